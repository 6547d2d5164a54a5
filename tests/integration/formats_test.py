#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every format as shipped: formats_test.py [--nested N] [--seed S] [--damage F] STOQ [NAME …]

Makes a sample of each format (tests/samples), scans it with the shipped configuration under a name that says nothing, and asserts that
the hidden program is reached, by the plugins that the format says, with no error. A program that is not ours must open the sample as well,
where the format names one. Then N formats in formats in formats, by seed. Then each sample damaged: cut short at so many of 20 places and with
so many of 200 seeded changes as --damage says (0.1: two and twenty); no plugin may crash or run into its deadline, and what lies before a cut is
still found where the format stores member after member.
docs/formats.md has to list the same formats; --table prints the rows.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "samples"))
import formats  # noqa: E402
import hidden  # noqa: E402
import nested  # noqa: E402
import readers  # noqa: E402

OTHER_TESTS = ("Packed executables and installers",)  # sections of the table that packed_test.py shows
TABLE = os.path.join(HERE, "..", "..", "docs", "formats.md")
DEADLY = {"crash", "plugin_deadline", "request_deadline", "plugin_memory", "protocol", "engine"}
AT_ONCE = 200  # samples that one run of the program scans at most
POOL = concurrent.futures.ThreadPoolExecutor(os.cpu_count())


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def scan(stoq, samples):
    """The responses to these contents, in order, of `stoq scan` without any flag that changes what is done."""
    with tempfile.TemporaryDirectory() as home:
        names = [f"{number:04}" for number in range(len(samples))]
        for name, sample in zip(names, samples):
            hidden.write(home, name, sample)
        env = {"PATH": "/usr/bin:/bin", "HOME": home, "TZ": "UTC", "LANG": "C.UTF-8"}
        env.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
        done = subprocess.run([stoq, "scan", "--format", "jsonl", *names], capture_output=True, env=env, cwd=home, check=False)
        responses = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode == 0 and len(responses) == len(samples), f"{len(responses)} of {len(samples)}: {done.stderr.decode(errors='replace')[-2000:]}"
        by_name = {response["results"][0]["payload_meta"]["extra_data"]["filename"]: response for response in responses}
        return [by_name[name] for name in names]


def in_parts(items):
    """Two parts at least, one for each core, and none too large."""
    size = max(1, min(AT_ONCE, (len(items) + 1) // 2))
    return [items[at:at + size] for at in range(0, len(items), size)]


def scan_all(stoq, samples):
    parts = POOL.map(lambda part: scan(stoq, part), in_parts(samples))
    return [response for part in parts for response in part]


def ways_to(response, wanted):
    """The plugins between the root and the payload, by each way that led to it."""
    by_id = {result["payload_id"]: result for result in response["results"]}

    def ways(result, below):
        if not result["extracted_from"]:
            yield ()
        for occurrence in [result, *result["duplicates"]]:
            parent = occurrence["extracted_from"]
            if parent and parent not in below:
                for way in ways(by_id[parent], below | {parent}):
                    yield (*way, occurrence["extracted_by"])

    return {way for result in response["results"] if result["sha256"] == wanted for way in ways(result, {result["payload_id"]})}


def skip(form, what, absent):
    print(f"skipped: {form.name}: {what}: {', '.join(absent)} missing; tools/install-npm fetches it")


def program_of(form):
    return (form.hides or hidden.program)()


def make(form):
    """The sample, or what went wrong."""
    absent = hidden.missing(form.needs)
    if absent and hidden.is_optional(form.needs):
        return None, skip(form, "not made", absent)
    if absent:
        return None, f"{form.name}: not made: {', '.join(absent)} missing; run tools/install-deps test"
    with tempfile.TemporaryDirectory() as work:
        hidden.write(work, hidden.NAME, program_of(form))
        hidden.write(work, hidden.OTHER, b"something else\n" * 20)
        try:
            return form.make(work), None
        except (AssertionError, OSError) as problem:
            return None, f"{form.name}: not made: {problem}"


def check_reached(form, response):
    ways = ways_to(response, sha256(program_of(form)))
    if not ways:
        return f"{form.name}: not reached: {[r['payload_meta']['extra_data'] for r in response['results']]} {response['errors']}"
    if form.chain not in ways:
        return f"{form.name}: reached by {ways}, not by {form.chain}"
    return f"{form.name}: errors: {response['errors']} {response['limits']}" if response["errors"] or response["limits"] else None


def check_opens(form, sample):
    if not form.opens:
        return None
    reader, needs = readers.READERS[form.opens]
    absent = hidden.missing(needs)
    if absent and hidden.is_optional(needs):
        return skip(form, "not opened", absent)
    if absent:
        return f"{form.name}: not opened: {', '.join(absent)} missing; run tools/install-deps test"
    with tempfile.TemporaryDirectory() as work:
        hidden.write(work, readers.SAMPLE, sample)
        try:
            found = reader(work)
        except (AssertionError, OSError) as problem:
            return f"{form.name}: {form.opens} does not open it: {problem}"
    return None if found is None or program_of(form) in found else f"{form.name}: {form.opens} does not find the program in it"


def try_formats(stoq, made):
    failures = [text for text in POOL.map(lambda pair: check_opens(*pair), made) if text]
    for (form, _), response in zip(made, scan_all(stoq, [sample for _, sample in made])):
        failures.append(check_reached(form, response))
    return failures


def try_nested(stoq, seeds):
    made = list(POOL.map(lambda seed: nested.make(random.Random(seed), seed), seeds))
    failures = []
    for seed, (wanted, names, _), response in zip(seeds, made, scan_all(stoq, [sample for _, _, sample in made])):
        if not ways_to(response, sha256(wanted)):
            failures.append(f"seed {seed}: not reached: {' in '.join(names)}: {response['errors']}")
    return failures


def damaged(sample, rng, fraction):
    """Pairs of a name and bytes."""
    yield "short", sample[:-30]
    for i in range(round(20 * fraction)):
        yield f"cut{i}", sample[:rng.randrange(1, len(sample))]
    for i in range(round(200 * fraction)):
        mutant = bytearray(sample)
        for _ in range(rng.choice((1, 1, 4, 16))):
            # Half of them near an end, where most formats have what leads to the rest.
            at = rng.choice((rng.randrange(len(mutant)), min(rng.randrange(256), len(mutant) - 1), max(len(mutant) - 1 - rng.randrange(256), 0)))
            mutant[at] = rng.choice((0, 0xFF, rng.randrange(256), mutant[at] ^ 1 << rng.randrange(8)))
        yield f"changed{i}", bytes(mutant)


def try_damage(stoq, made, seed, fraction):
    """Of several formats at once: a start of the program takes longer than a sample."""
    mutants = [(form, name, mutant) for form, sample in made for name, mutant in damaged(sample, random.Random(f"{seed} {form.name}"), fraction)]
    failures = []
    try:
        responses = [response for part in in_parts(mutants) for response in scan(stoq, [mutant for _, _, mutant in part])]
    except AssertionError as problem:
        return [f"damaged, of {', '.join(form.name for form, _ in made)}: {problem}"]
    for (form, name, _), response in zip(mutants, responses):
        records = [record for record in response["limits"] if record["limit"] in DEADLY]
        if records:
            failures.append(f"{form.name}, {name}: {records} {response['errors']}")
        if name == "short" and form.sequential and not ways_to(response, sha256(program_of(form))):
            failures.append(f"{form.name}: what lies before the damage is not found: {response['errors']}")
    return failures


def row(form):
    ways = {1: "", 2: " twice", 3: " three times"}
    steps = [[form.chain[0], 0]]
    for plugin in form.chain:
        if plugin != steps[-1][0]:
            steps.append([plugin, 0])
        steps[-1][1] += 1
    way = ", ".join(plugin + ways[count] for plugin, count in steps)
    return f"| {form.name} | {form.writer} | {form.opens} | reached, by {way} |"


def check_table():
    """Each section of docs/formats.md has the rows of its formats, in order, and no others."""
    rows = collections.defaultdict(list)
    section = None
    with open(TABLE, encoding="utf-8") as file:
        for line in map(str.strip, file):
            if line.startswith("## "):
                section = line[3:]
            elif "| reached" in line:
                rows[section].append(line)
    failures = []
    for name, forms in formats.SECTIONS.items():
        expected, there = [row(form) for form in forms], rows.pop(name, [])
        failures += [f"docs/formats.md, {name}: lacks {line}" for line in expected if line not in there]
        failures += [f"docs/formats.md, {name}: no sample shows {line}" for line in there if line not in expected]
        if not failures and there != expected:
            failures.append(f"docs/formats.md, {name}: the rows stand in another order than the makers")
    return failures + [f"docs/formats.md has a section {name} that no makers have" for name in rows if name not in OTHER_TESTS]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stoq")
    parser.add_argument("--nested", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--damage", type=float, default=0.1)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    if args.table:
        for name, forms in formats.SECTIONS.items():
            print(f"\n## {name}\n\n| format | writer | opens elsewhere | |\n|---|---|---|---|", *map(row, forms), sep="\n")
        return 0
    chosen = [form for form in formats.FORMATS if not args.names or form.name in args.names]
    results = list(POOL.map(make, chosen))
    failures = [problem for _, problem in results if problem]
    made = [(form, sample) for form, (sample, _) in zip(chosen, results) if sample is not None]
    failures += try_formats(args.stoq, made)
    seeds = range(args.seed, args.seed + (0 if args.names else args.nested))
    failures += try_nested(args.stoq, seeds)
    if args.damage > 0:
        at_once = max(1, round(AT_ONCE / (1 + 220 * args.damage)))
        for texts in POOL.map(lambda at: try_damage(args.stoq, made[at:at + at_once], args.seed, args.damage), range(0, len(made), at_once)):
            failures += texts
    if not args.names:
        failures += check_table()
    failures = [text for text in failures if text]
    for text in failures:
        print("FAILED", text)
    print(f"{len(made)} formats, {len(seeds)} nested, {len(made) if args.damage > 0 else 0} damaged: {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

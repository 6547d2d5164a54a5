#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every format as shipped: formats_test.py [--nested N] [--seed S] [--damage F] STOQ [NAME …]

Makes a sample of each format (tests/samples), scans it with the shipped configuration under a name that says nothing, and asserts that
the hidden program is reached, by the plugins that the format says, with no error. Then N archives in archives in archives, by seed. Then each
sample damaged: cut short at so many of 20 places and with so many of 200 seeded changes as --damage says (0.1: two and twenty); no plugin
may crash or run into its deadline, and what lies before a cut is still found where the format stores member after member.
docs/formats.md has to list the same formats.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES = os.path.join(HERE, "..", "samples")
sys.path.insert(0, SAMPLES)
import archives  # noqa: E402
import hidden  # noqa: E402
import nested  # noqa: E402
import rare  # noqa: E402

SUITES = [archives.FORMATS, rare.FORMATS]
TABLE = os.path.join(HERE, "..", "..", "docs", "formats.md")


def prepare(folder, content):
    hidden.write(folder, hidden.NAME, content)
    hidden.write(folder, hidden.OTHER, b"something else\n" * 20)


def scan(stoq, sample):
    """The response of `stoq scan` to these bytes, without any flag."""
    with tempfile.TemporaryDirectory() as home:
        path = os.path.join(home, "sample")
        with open(path, "wb") as file:
            file.write(sample)
        env = {"PATH": "/usr/bin:/bin", "HOME": home, "TZ": "UTC", "LANG": "C.UTF-8"}
        done = subprocess.run([stoq, "scan", path], capture_output=True, env=env, cwd=home, check=False)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return json.loads(done.stdout)


def way_to(response, sha256):
    """The plugins between the root and the payload, or None."""
    by_id = {result["payload_id"]: result for result in response["results"]}
    for result in response["results"]:
        if result["sha256"] != sha256:
            continue
        way = []
        while result["extracted_from"]:
            way.insert(0, result["extracted_by"])
            result = by_id[result["extracted_from"]]
        return tuple(way)
    return None


# Those in which the program is whole when only the last 30 bytes of the sample are gone.
SEQUENTIAL = ("zip, stored", "zip, deflate", "zip64", "zip, ZipCrypto", "zip, AES-256", "tar, ustar", "tar, GNU", "tar, pax", "cpio, newc", "cpio, odc",
              "arj", "ar", "FAT image", "ISO 9660")
DEADLY = {"crash", "plugin_deadline", "request_deadline", "plugin_memory", "protocol", "engine"}


def damaged(sample, rng, fraction):
    """Pairs of a name and bytes."""
    yield "short", sample[:-30]
    for i in range(round(20 * fraction)):
        yield f"cut{i}", sample[:rng.randrange(len(sample))]
    for i in range(round(200 * fraction)):
        mutant = bytearray(sample)
        for _ in range(rng.choice((1, 1, 4, 16))):
            # Half of them near an end, where most formats have what leads to the rest.
            at = rng.choice((rng.randrange(len(mutant)), min(rng.randrange(256), len(mutant) - 1), max(len(mutant) - 1 - rng.randrange(256), 0)))
            mutant[at] = rng.choice((0, 0xFF, rng.randrange(256), mutant[at] ^ 1 << rng.randrange(8)))
        yield f"changed{i}", bytes(mutant)


def try_damage(stoq, form, seed, fraction):
    content = hidden.program()
    sha256 = hashlib.sha256(content).hexdigest()
    with tempfile.TemporaryDirectory() as work:
        prepare(work, content)
        sample = form.make(work)
    problems = []
    with tempfile.TemporaryDirectory() as home:
        names = []
        for name, mutant in damaged(sample, random.Random(f"{seed} {form.name}"), fraction):
            hidden.write(home, name, mutant)
            names.append(name)
        env = {"PATH": "/usr/bin:/bin", "HOME": home, "TZ": "UTC", "LANG": "C.UTF-8"}
        done = subprocess.run([stoq, "scan", "--format", "jsonl", *names], capture_output=True, env=env, cwd=home, check=False)
        responses = [json.loads(line) for line in done.stdout.splitlines()]
        if len(responses) != len(names):
            problems.append(f"{form.name}: {len(responses)} responses for {len(names)} damaged samples: {done.stderr.decode(errors='replace')[-300:]}")
        for name, response in zip(names, responses):
            records = [record for record in response["limits"] if record["limit"] in DEADLY]
            if records:
                problems.append(f"{form.name}, {name}: {records} {response['errors']}")
            if name == "short" and form.name in SEQUENTIAL and way_to(response, sha256) is None:
                problems.append(f"{form.name}: what lies before the damage is not found: {response['errors']}")
    return "\n".join(problems) or None


def try_format(stoq, form):
    content = hidden.program()
    absent = hidden.missing(form.needs)
    if absent:
        return f"{form.name}: not made: {', '.join(absent)} missing; run tools/install-deps test"
    with tempfile.TemporaryDirectory() as work:
        prepare(work, content)
        try:
            sample = form.make(work)
        except (AssertionError, OSError) as problem:
            return f"{form.name}: not made: {problem}"
    response = scan(stoq, sample)
    way = way_to(response, hashlib.sha256(content).hexdigest())
    if way is None:
        return f"{form.name}: not reached: {[r['payload_meta']['extra_data'] for r in response['results']]} {response['errors']}"
    if way != form.chain:
        return f"{form.name}: reached by {way}, not by {form.chain}"
    return f"{form.name}: errors: {response['errors']}" if response["errors"] else None


def try_nested(stoq, seed):
    rng = random.Random(seed)
    content = hidden.program(seed)
    with tempfile.TemporaryDirectory() as work:
        prepare(work, content)
        names, sample = nested.make(rng, work)
    way = way_to(scan(stoq, sample), hashlib.sha256(content).hexdigest())
    return None if way else f"seed {seed}: not reached in {' in '.join(names)}"


def listed():
    """The formats that docs/formats.md says are reached: first column of rows whose last says so."""
    with open(TABLE, encoding="utf-8") as file:
        rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in file if line.startswith("|")]
    return {row[0]: row[1] for row in rows if len(row) == 3 and row[2].startswith("reached")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stoq")
    parser.add_argument("--nested", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--damage", type=float, default=0.1)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    formats = [form for suite in SUITES for form in suite if not args.names or form.name in args.names]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        failures = [text for text in pool.map(lambda form: try_format(args.stoq, form), formats) if text]
        seeds = range(args.seed, args.seed + (0 if args.names else args.nested))
        failures += [text for text in pool.map(lambda seed: try_nested(args.stoq, seed), seeds) if text]
        whole = [form for form in formats if args.damage > 0 and not hidden.missing(form.needs)]
        failures += [text for text in pool.map(lambda form: try_damage(args.stoq, form, args.seed, args.damage), whole) if text]
    if not args.names:
        table = listed()
        for form in formats:
            if table.pop(form.name, None) != form.writer:
                failures.append(f"{form.name}: docs/formats.md does not list it with the writer {form.writer}")
        failures += [f"{name}: docs/formats.md says that it is reached, no sample shows it" for name in table]
    for text in failures:
        print("FAILED", text)
    tried = len(formats) + len(seeds) + len(whole)
    print(f"{tried - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

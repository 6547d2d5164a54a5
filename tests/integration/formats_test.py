#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every format as shipped: formats_test.py [--nested N] [--seed S] STOQ [NAME …]

Makes a sample of each format (tests/samples), scans it with the shipped configuration under a name that says nothing, and asserts that
the hidden program is reached, by the plugins that the format says, with no error. Then N archives in archives in archives, by seed.
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

SUITES = [archives.FORMATS]
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
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    formats = [form for suite in SUITES for form in suite if not args.names or form.name in args.names]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        failures = [text for text in pool.map(lambda form: try_format(args.stoq, form), formats) if text]
        seeds = range(args.seed, args.seed + (0 if args.names else args.nested))
        failures += [text for text in pool.map(lambda seed: try_nested(args.stoq, seed), seeds) if text]
    if not args.names:
        table = listed()
        for form in formats:
            if table.pop(form.name, None) != form.writer:
                failures.append(f"{form.name}: docs/formats.md does not list it with the writer {form.writer}")
        failures += [f"{name}: docs/formats.md says that it is reached, no sample shows it" for name in table]
    for text in failures:
        print("FAILED", text)
    tried = len(formats) + len(seeds)
    print(f"{tried - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

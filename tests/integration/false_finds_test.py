#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Nothing is extracted that is not there: false_finds_test.py [--files N] [--random MIB] STOQ STOQ_BENCH_TREE

Scans N files of the bench tree (evenly spread; 0: all) with the shipped configuration. Every payload that comes out, and each further
occurrence of it, must lie in its parent at its `offset`, or come out of its parent by a program that is not ours (remade.py). Then so many
MiB of seeded random bytes, in large and in small payloads: nothing may come out of them.
"""
import argparse
import collections
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from remade import remade  # noqa: E402
from support import Run  # noqa: E402

MANY = 50  # files in one call of the program


def scan(stoq, paths):
    """Pairs of a path and its response."""
    for i in range(0, len(paths), MANY):
        some = paths[i:i + MANY]
        run = Run([stoq, "scan", "--format", "jsonl", *some], timeout=1200)
        assert run.code == 0, f"stoq scan ended with {run.code}: {run.err[-500:]}"
        responses = [json.loads(line) for line in run.out.splitlines()]
        assert len(responses) == len(some), f"{len(responses)} responses for {len(some)} files"
        yield from zip(some, responses)


def occurrences(response):
    """Each payload but the root, wherever it was found: (result, parent's id, extractor, extra_data)."""
    for result in response["results"][1:]:
        for place in (result, *result["duplicates"]):
            if place["extracted_from"] is not None:
                yield result, place["extracted_from"], place["extracted_by"], place["payload_meta"]["extra_data"]
    for duplicate in response["results"][0]["duplicates"]:
        if duplicate["extracted_from"] is not None:
            yield response["results"][0], duplicate["extracted_from"], duplicate["extracted_by"], duplicate["payload_meta"]["extra_data"]


def check(path, response, counts):
    """Problems of one file."""
    with open(path, "rb") as file:
        contents = {response["results"][0]["payload_id"]: file.read()}
    problems = []
    for result, parent, by, extra in occurrences(response):
        if parent not in contents:
            continue  # its parent is a problem already
        content = remade(contents[parent], by, extra, result["size"], result["sha256"])
        if content is None:
            problems.append(f"{path}: {by} gave {result['size']} bytes, {extra}, SHA-256 {result['sha256']}: not to be had from the parent by anything else")
        else:
            contents[result["payload_id"]] = content
            counts[by] += 1
    return problems


def check_tree(stoq, lister, files):
    """Problems of the tree's files."""
    listed = subprocess.run([lister, *([str(files)] if files else [])], capture_output=True, text=True, check=True)
    paths = listed.stdout.splitlines()
    assert paths, "the tree has no files"
    counts, problems = collections.Counter(), []
    for path, response in scan(stoq, paths):
        problems += check(path, response, counts)
    print(f"{len(paths)} files; payloads made again: {dict(sorted(counts.items()))}")
    if sum(counts.values()) == 0:
        problems.append("nothing came out of the tree: nothing was tried")
    return problems


def check_random(stoq, mebibytes):
    """Problems of random bytes: half of them in payloads of 16 MiB, half in payloads of 64 KiB."""
    problems, done = [], 0
    for size, together in ((16 << 20, 4), (64 << 10, 1024)):
        numbers = range((mebibytes << 20) // 2 // size)
        for some in (numbers[i:i + together] for i in range(0, len(numbers), together)):
            with tempfile.TemporaryDirectory() as folder:
                paths = [os.path.join(folder, str(number)) for number in some]
                for path, number in zip(paths, some):
                    with open(path, "wb") as file:
                        file.write(random.Random(f"{size} {number}").randbytes(size))
                for path, response in scan(stoq, paths):
                    done += size
                    problems += [f"{size} random bytes, number {os.path.basename(path)}: {result['extracted_by']} gave {result['size']} bytes, "
                                 f"{result['payload_meta']['extra_data']}" for result in response["results"][1:]]
    print(f"{done >> 20} MiB of random bytes")
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("stoq")
    parser.add_argument("lister")
    given = parser.parse_args()
    problems = check_tree(given.stoq, given.lister, given.files)
    if given.random:
        problems += check_random(given.stoq, given.random)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

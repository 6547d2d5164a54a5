#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whole scans of made samples against golden/*.json: golden_test.py STOQ [--update] [NAME …]

Ids are replaced by their order, time and scan_id by words; everything else, the order of keys included, must be the same, with one
thread and with four.
"""
import difflib
import json
import os
import struct
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "golden")
sys.path.insert(0, HERE)
from samples import HTML, PNG, PYTHON, gz, nested_gz, tar_of, zip_of  # noqa: E402
from stoq_program import Program  # noqa: E402

BOTH = ("-a", "hash", "decompress")
ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 0, 0, 0, 0)
LETTER = "Grüße".encode("windows-1252")

# golden file, name of the sample, its bytes, arguments
CASES = [
    ("text", "hello.txt", b"hello\n", BOTH),
    ("html", "page.html", HTML, BOTH),
    ("python", "tool.py", PYTHON, BOTH),
    ("png", "dot.png", PNG, BOTH),
    ("elf", "tool", ELF, BOTH),
    ("zip", "mixed.zip", zip_of([("page.html", HTML), ("copy/page.html", HTML), ("dir/", b""), ("tool.py.gz", gz(PYTHON)), ("empty", b"")]), BOTH),
    ("targz", "backup.tar.gz", gz(tar_of([("etc/motd", b"welcome\n"), ("../up", b"not here\n"), ("/abs", b"nor here\n"), ("link", None)])), BOTH),
    ("nested-gz", "deep.gz", nested_gz(3), BOTH),
    ("too-deep", "deep.gz", nested_gz(5), (*BOTH, "--max-recursion", "2")),
    ("too-many", "many.zip", zip_of([(f"f{i}", b"%d" % i) for i in range(12)] + [("tool.py", PYTHON)]),
     (*BOTH, "--set", "max_payloads=6", "--set", "reserved_payloads=2")),
    ("duplicates", "outer.zip", zip_of([("inner.zip", zip_of([("a", b"twice"), ("b", b"once")])), ("a", b"twice")]), BOTH),
    ("unknown-plugin", "hello.txt", b"hello\n", ("-a", "hash", "nosuch")),
    ("start-dispatch", "deep.gz", nested_gz(2), ("-a", "decompress", "-s", "hash")),
    ("request", "letter.txt", LETTER, (*BOTH, "--request-source", "mail", "--request-extra", "ticket=7", "urgent=true")),
]


def stable(response):
    """The response as text without what differs from run to run."""
    response["time"], response["scan_id"] = "(time)", "(scan_id)"
    text = json.dumps(response, indent=1, ensure_ascii=False)
    for number, result in enumerate(response["results"]):
        text = text.replace(result["payload_id"], f"(payload {number})")
    return text + "\n"


def main():
    arguments = sys.argv[1:]
    update = "--update" in arguments
    program_path, *names = [a for a in arguments if a != "--update"]
    unknown = set(names) - {case[0] for case in CASES}
    if unknown:
        print(f"no such scan: {', '.join(sorted(unknown))}")
        return 2
    failures = 0
    with tempfile.TemporaryDirectory() as home:
        program = Program(program_path, home)
        for name, file_name, content, options in CASES:
            if names and name not in names:
                continue
            sample, golden = os.path.join(home, file_name), os.path.join(GOLDEN, name + ".json")
            with open(sample, "wb") as file:
                file.write(content)
            results = {n: stable(program.scan(sample, *options, "--threads", n)[0]) for n in ("1", "4")}
            if update:
                with open(golden, "w", encoding="utf-8") as file:
                    file.write(results["1"])
            with open(golden, encoding="utf-8") as file:
                expected = file.read()
            for threads, text in results.items():
                if text == expected:
                    continue
                failures += 1
                print(f"{name}, {threads} thread(s):")
                sys.stdout.writelines(list(difflib.unified_diff(expected.splitlines(True), text.splitlines(True), golden, "now"))[:60])
    if failures:
        print(f"{failures} scans differ; if they should, run this with --update and read the difference before it is committed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compiled AutoIt scripts, scanned as shipped and by ClamAV, which must find the same in them: autoit_test.py STOQ

The samples are ours (tests/samples/autoit.py). clamscan gets a database of one checksum that nothing has, and keeps what it unpacks. It writes
scripts in another layout, so that they are compared without white space, and integers in hex. Skipped (77) where there is no clamscan.
"""
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "samples")]
import autoit  # noqa: E402
from support import Run  # noqa: E402

STOQ = sys.argv.pop(1)
CLAMSCAN = "/usr/bin/clamscan"


def content(path):
    with open(path, "rb") as file:
        return file.read()


def bare(text):
    """A script as both write it."""
    def number(match):
        digits = match.group(1)
        bits = len(digits) * 4
        value = int(digits, 16)
        return b"%d" % (value - (1 << bits) if value >> (bits - 1) else value)
    return re.sub(rb"\s", b"", re.sub(rb"0x([0-9a-f]{16}|[0-9a-f]{8})\b", number, text))


class Scripts(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.mkdtemp(prefix="stoq-autoit-", dir="/var/tmp")
        self.addCleanup(subprocess.run, ["/bin/rm", "-rf", self.work], check=True)

    def place(self, name):
        return os.path.join(self.work, name)

    def scan(self, sample):
        """What each of both unpacks, in order."""
        with open(self.place("sample"), "wb") as file:
            file.write(sample)
        run = Run([STOQ, "scan", "--format", "jsonl", self.place("sample"), "-A", "filedir",
                   "--plugin-opts", f"filedir:archive_dir={self.place('archive')}"], timeout=120)
        self.assertEqual(run.code, 0, run.err)
        response = json.loads(run.out)
        self.assertEqual(response["errors"], {})
        self.assertEqual(response["limits"], [])
        archived = {hashlib.sha256(data).hexdigest(): data for root, _, names in os.walk(self.place("archive")) for name in names
                    for data in [content(os.path.join(root, name))]}
        ours = [archived[result["sha256"]] for result in response["results"] if result["extracted_by"] == "autoit"]

        os.mkdir(self.place("database"))
        with open(self.place("database/none.hdb"), "w", encoding="ascii") as file:
            file.write("0123456789abcdef0123456789abcdef:1234567:none\n")
        os.mkdir(self.place("unpacked"))
        subprocess.run([CLAMSCAN, "--leave-temps", f"--tempdir={self.place('unpacked')}", "-d", self.place("database"), self.place("sample")],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=120)
        theirs = sorted((name, os.path.join(root, name)) for root, _, names in os.walk(self.place("unpacked")) for name in names
                        if re.fullmatch(r"autoit\.\d+", name))
        return ours, [content(path) for _, path in theirs]

    FILES = [("..\\program.exe", "C:\\work\\program.exe", b"MZ" + b"a program" * 3000, 1),
             ("runs", "C:\\work\\runs", b"".join(b"%c" % n * n for n in range(1, 256)) + b"z" * 5000, 1),
             ("random", "C:\\work\\random", random.Random(1).randbytes(100_000), 1),
             ("stored", "C:\\work\\stored", b"stored as it is", 0)]

    def test_ea05(self):
        script = b"; text\r\nFileInstall('..\\program.exe', @TempDir & '\\program.exe')\r\n" * 20
        sample = b"MZ" + bytes(1000) + autoit.script(autoit.EA05, [(">AUTOIT SCRIPT<", "C:\\aut1.tmp", script, 1), *self.FILES])
        ours, theirs = self.scan(sample)
        self.assertEqual(ours, [script, *(data for _, _, data, _ in self.FILES)])
        self.assertEqual(theirs, ours)

    def test_ea06(self):
        lines = [
            [(0x31, "MSGBOX"), (0x47, 0), (0x05, -12), (0x40, 0), (0x36, "a title"), (0x40, 0), (0x33, "TEXT"), (0x48, 0)],
            [(0x30, "LOCAL"), (0x33, "X"), (0x41, 0), (0x10, -(1 << 40)), (0x49, 0), (0x20, 1.5), (0x4D, 0), (0x32, "CRLF")],
            [(0x33, "O"), (0x35, "NAME"), (0x47, 0), (0x34, "_MY"), (0x47, 0), (0x48, 0), (0x48, 0)],
            [(0x37, "#NoTrayIcon")],
            [],
            [(code, 0) for code in range(0x40, 0x59)],
            *([(0x00, number)] for number in range(1, 45)),
            *([(0x01, number)] for number in range(406)),
        ]
        sample = b"MZ" + bytes(1000) + autoit.script(autoit.EA06, [(autoit.SCRIPT, "C:\\aut1.tmp", autoit.tokens(lines), 1), *self.FILES])
        ours, theirs = self.scan(sample)
        self.assertEqual(ours[1:], [data for _, _, data, _ in self.FILES])
        self.assertEqual(theirs[1:], ours[1:])
        self.assertEqual(bare(theirs[0]), bare(ours[0]))
        self.assertEqual(ours[0].splitlines()[:3], [b'MSGBOX(-12, "a title", $TEXT)', b"LOCAL $X = -1099511627776 + 1.5 & @CRLF", b"$O.NAME(_MY())"])


if __name__ == "__main__":
    if not os.access(CLAMSCAN, os.X_OK):
        print(f"skipped: there is no {CLAMSCAN}, which the samples are held against (Debian's package clamav)")
        sys.exit(77)
    unittest.main()

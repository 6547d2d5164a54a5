# SPDX-License-Identifier: Apache-2.0
"""The example programs, run on real files: examples_test.py DIRECTORY_OF_PROGRAMS"""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile

PROGRAMS = pathlib.Path(sys.argv.pop(1))
EXIFTOOL = pathlib.Path("/usr/bin/exiftool").exists()


def run(name, *arguments):
    return subprocess.run([PROGRAMS / name, *map(str, arguments)], capture_output=True, text=True, timeout=60)


class Examples(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="stoq-examples-"))
        self.addCleanup(shutil.rmtree, self.home)
        self.ls = pathlib.Path("/bin/ls").read_bytes()

    def test_individual_scan(self):
        done = run("individual_scan", "/bin/ls")
        self.assertEqual(done.returncode, 0, done.stderr)
        response = json.loads(done.stdout)
        result = response["results"][0]
        self.assertEqual(result["size"], len(self.ls))
        self.assertEqual(result["payload_meta"]["extra_data"], {"filename": "/bin/ls"})
        workers = result["workers"][0]
        self.assertEqual(workers["hash"]["sha256"], hashlib.sha256(self.ls).hexdigest())
        if EXIFTOOL:
            self.assertEqual(workers["exif"]["FileType"], "ELF shared library")
        else:
            self.assertIn("exif", response["errors"])

    def test_individual_scan_says_what_is_wrong(self):
        done = run("individual_scan", self.home / "missing")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"individual_scan: cannot open {self.home / 'missing'}\n")
        self.assertEqual(run("individual_scan").returncode, 2)

    def test_manual_interaction(self):
        results = self.home / "results"
        more = self.home / "plugins"
        more.mkdir()
        done = run("manual_interaction", "/bin/ls", results, more)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], "yara: Worker Dispatcher")
        self.assertEqual(lines[1], "raw bytes: 9 bytes")
        parts = dict(line.split(": ", 1) for line in lines[2:])
        self.assertEqual(json.loads(parts["hash"])["md5"], hashlib.md5(self.ls).hexdigest())
        (saved,) = results.iterdir()
        response = json.loads(saved.read_text())
        self.assertEqual(response["scan_id"], saved.name)
        self.assertEqual(response["results"][0]["payload_meta"]["extra_data"],
                         {"filename": "ls", "source_dir": "/bin"})

    def saved(self, results):
        found = {}
        for path in results.glob("*") if results.exists() else ():
            if path.name.startswith("."):
                continue  # being written
            response = json.loads(path.read_text())
            found[response["results"][0]["payload_meta"]["extra_data"]["filename"]] = response
        return found

    def wait_for(self, results, wanted, meanwhile=lambda: None):
        until = time.monotonic() + 30
        while time.monotonic() < until:
            meanwhile()
            for name, response in self.saved(results).items():
                if wanted(name):
                    return response
            time.sleep(0.05)
        self.fail(f"no result came; there are {sorted(self.saved(results))}")

    def test_providers(self):
        source, results, base = (self.home / name for name in ("datadump", "results", "base"))
        for directory in (source, base):
            directory.mkdir()
        (source / "before").write_bytes(b"there before it was watched")
        program = subprocess.Popen([PROGRAMS / "providers", source, results, base], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            # When the watch is in place nobody says: files come in until one is taken.
            count = iter(range(10**6))
            self.wait_for(results, lambda name: name.startswith("plain"),
                          lambda: (source / f"plain{next(count)}").write_bytes(b"plain"))
            with zipfile.ZipFile(self.home / "archive.zip", "w") as archive:
                archive.writestr("ls", self.ls)
            os.rename(self.home / "archive.zip", source / "archive.zip")
            response = self.wait_for(results, lambda name: name == "archive.zip")
        finally:
            program.send_signal(signal.SIGTERM)
            out, err = program.communicate(timeout=30)
        self.assertEqual(program.returncode, 0, err)
        self.assertRegex(out, r"^[0-9]+ done, 0 failed\n$")
        root, member = response["results"]
        # hash always, decompress because a rule of yara says so.
        self.assertEqual(root["plugins_run"]["workers"], [["hash", "decompress"]])
        self.assertEqual(member["extracted_by"], "decompress")
        self.assertEqual(member["workers"][0]["hash"]["sha256"], hashlib.sha256(self.ls).hexdigest())
        self.assertNotIn("before", self.saved(results))
        self.assertEqual(list(source.glob("archive.zip")), [source / "archive.zip"])


if __name__ == "__main__":
    unittest.main(verbosity=2)

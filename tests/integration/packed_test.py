#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Packed executables and rare installers, scanned as shipped: packed_test.py STOQ

The packed ones are those that ClamAV tests itself with (Debian: clamav-testfiles), written by the packers themselves: each hides the same
small program, which has to be reached, by the plugins named and without an error. FSG is not among them: that sample is written here. Skipped
(77) where clamscan or the files are missing.
"""
import hashlib
import json
import os
import random
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "samples")]
import hidden  # noqa: E402
import rare  # noqa: E402
from support import Run  # noqa: E402

STOQ = sys.argv.pop(1)
CLAMSCAN, FILES = "/usr/bin/clamscan", "/usr/share/clamav-testfiles"
# The file, what the result says of it, and the plugins between it and the program.
PACKED = {
    "clam-aspack.exe": ("aspack", ("last-resort", "pecarve")),
    "clam-mew.exe": ("mew", ("last-resort", "decompress")),
    "clam-pespin.exe": ("pespin", ("last-resort", "pecarve")),
    "clam-petite.exe": ("petite", ("last-resort", "decompress")),
    "clam-upack.exe": ("upack", ("last-resort", "decompress")),
    "clam-wwpack.exe": ("wwpack", ("last-resort", "decompress")),
    "clam-yc.exe": ("yc", ("last-resort", "upx", "pecarve")),
    "clam.sis": ("sis", ("last-resort",)),
    "clam_IScab_ext.exe": ("installshield", ("last-resort",)),
    "clam_IScab_int.exe": ("installshield", ("last-resort",)),
    "clam_ISmsi_ext.exe": ("installshield", ("last-resort",)),
    "clam_ISmsi_int.exe": ("installshield", ("last-resort", "sevenzip", "decompress")),
}
DEADLY = {"crash", "plugin_deadline", "request_deadline", "plugin_memory", "protocol", "engine"}


def content(name):
    with open(os.path.join(FILES, name), "rb") as file:
        return file.read()


def scan(samples):
    """The responses to the shipped configuration, in order."""
    with tempfile.TemporaryDirectory() as directory:
        paths = [os.path.join(directory, f"{number:04}") for number in range(len(samples))]
        for path, sample in zip(paths, samples):
            with open(path, "wb") as file:
                file.write(sample)
        run = Run([STOQ, "scan", "--format", "jsonl", *paths], timeout=600)
        assert run.code == 0, run.err
        responses = [json.loads(line) for line in run.out.splitlines()]
        assert len(responses) == len(samples), run.err
        return sorted(responses, key=lambda r: r["results"][0]["payload_meta"]["extra_data"]["filename"])


def result_of(response, plugin):
    return next((workers[plugin] for workers in response["results"][0]["workers"] if plugin in workers), None)


def ways(response, sha256):
    """All chains of plugins between the root and payloads of this digest."""
    by_id = {result["payload_id"]: result for result in response["results"]}
    found = set()
    for result in response["results"]:
        if result["sha256"] != sha256:
            continue
        for last in [result, *result["duplicates"]]:
            way, above = [last["extracted_by"]], last["extracted_from"]
            while by_id[above]["extracted_from"]:
                way.insert(0, by_id[above]["extracted_by"])
                above = by_id[above]["extracted_from"]
            found.add(tuple(way))
    return found


class Packed(unittest.TestCase):
    def test_what_the_packers_wrote(self):
        wanted = hashlib.sha256(content("clam.exe")).hexdigest()
        for (name, (packer, way)), response in zip(PACKED.items(), scan([content(name) for name in PACKED])):
            with self.subTest(name):
                self.assertEqual(result_of(response, "last-resort")["format"], packer)
                self.assertIn(way, ways(response, wanted))
                # In an MSI a cabinet lies in pieces: decompress finds its beginning and says so, sevenzip gives the whole.
                errors = {plugin for plugin in response["errors"] if plugin != "decompress" or name != "clam_ISmsi_int.exe"}
                self.assertEqual(errors, set())
                self.assertEqual(response["limits"], [])

    def test_fsg(self):
        [response] = scan([rare.fsg(b"image".ljust(0x400, b"i") + hidden.windows_program())])
        self.assertEqual(result_of(response, "last-resort")["format"], "fsg")
        self.assertIn(("last-resort", "pecarve"), ways(response, hashlib.sha256(hidden.windows_program()).hexdigest()))
        self.assertEqual(response["errors"], {})

    def test_what_upx_reads_is_left_to_it(self):
        [response] = scan([content("clam-upx.exe")])
        self.assertEqual(result_of(response, "upx")["format"], "pe")
        self.assertIsNone(result_of(response, "last-resort"))
        self.assertEqual(response["errors"], {})

    def test_damage(self):
        rng = random.Random(1)
        samples = []
        for name in PACKED:
            if len(whole := content(name)) > 1 << 20:
                continue
            samples += [whole[:rng.randrange(len(whole))] for _ in range(3)]
            for _ in range(12):
                changed = bytearray(whole)
                for _ in range(rng.choice((1, 4, 16))):
                    changed[rng.randrange(len(changed))] = rng.randrange(256)
                samples.append(bytes(changed))
        for response in scan(samples):
            self.assertEqual([record for record in response["limits"] if record["limit"] in DEADLY], [], response["errors"])


if __name__ == "__main__":
    for path, package in ((CLAMSCAN, "build"), (FILES, "test")):
        if not os.path.exists(path):
            print(f"skipped: there is no {path}: tools/install-deps {package}")
            sys.exit(77)
    unittest.main()

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What is carved under the shipped configuration is there: dig_test.py STOQ

That everything is found is shown by formats_test.py; here, that nothing else is.
"""
import hashlib
import json
import os
import random
import sys
import tempfile
import unittest

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "samples")]
import carvers  # noqa: E402
import hidden  # noqa: E402
import scripts  # noqa: E402
from support import Run  # noqa: E402

STOQ = sys.argv.pop(1)


def scan(contents):
    """The responses to the shipped configuration, in order."""
    with tempfile.TemporaryDirectory() as directory:
        paths = [os.path.join(directory, f"{number:04}") for number in range(len(contents))]
        for path, content in zip(paths, contents):
            with open(path, "wb") as file:
                file.write(content)
        run = Run([STOQ, "scan", "--format", "jsonl", *paths], timeout=600)
        assert run.code == 0, run.err
        responses = [json.loads(line) for line in run.out.splitlines()]
        assert len(responses) == len(contents), run.err
        return sorted(responses, key=lambda r: r["results"][0]["payload_meta"]["extra_data"]["filename"])


class Dig(unittest.TestCase):
    def test_what_is_carved_lies_at_its_offset(self):
        wrappers = (carvers.carved, carvers.png, carvers.gif, carvers.pe_overlay, scripts.shortcut)
        samples = [wrapper(hidden.windows_program()) for wrapper in wrappers]
        found = 0
        for content, response in zip(samples, scan(samples)):
            for result in response["results"][1:]:
                if result["extracted_by"] in ("pecarve", "overlay") and result["extracted_from"] == response["results"][0]["payload_id"]:
                    offset = result["payload_meta"]["extra_data"]["offset"]
                    there = content[offset:offset + result["size"]]
                    self.assertEqual(hashlib.sha256(there).hexdigest(), result["sha256"])
                    found += 1
        self.assertGreaterEqual(found, 4)

    def test_random_bytes_give_nothing(self):
        contents = [random.Random(seed).randbytes(4 << 20) for seed in range(4)]
        for response in scan(contents):
            self.assertEqual(len(response["results"]), 1)
            self.assertEqual(response["errors"], {})


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the digging workers reach under the shipped configuration: dig_test.py STOQ

STOQ_DIG_COMBINATIONS: how many combinations three deep are tried (50).
"""
import hashlib
import json
import os
import sys
import tempfile
import unittest

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "samples")]
import hiding  # noqa: E402
from support import Run  # noqa: E402

STOQ = sys.argv.pop(1)
COMBINATIONS = int(os.environ.get("STOQ_DIG_COMBINATIONS", "50"))
WANTED = hashlib.sha256(hiding.PROGRAM).hexdigest()


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


def ways(response):
    """By SHA-256 the workers that gave it."""
    found = {}
    for result in response["results"]:
        by = found.setdefault(result["sha256"], set())
        by.add(result["extracted_by"])
        by.update(duplicate["extracted_by"] for duplicate in result["duplicates"])
    return found


class Dig(unittest.TestCase):
    def test_every_wrapper_is_reached_by_its_worker(self):
        wrappers = {**hiding.WRAPPERS, **hiding.INNERMOST}
        for (wrapper, worker), response in zip(wrappers.items(), scan([wrapper(hiding.PROGRAM) for wrapper in wrappers])):
            with self.subTest(wrapper.__name__):
                found = ways(response)
                self.assertIn(WANTED, found, json.dumps(response)[:4000])
                by = {result["extracted_by"] for result in response["results"]} | found[WANTED]
                self.assertIn(worker, by)
                self.assertEqual(response["errors"], {})
                self.assertEqual(response["limits"], [])

    def test_combinations_three_deep(self):
        samples = list(hiding.combinations(1, COMBINATIONS))
        for (names, _), response in zip(samples, scan([content for _, content in samples])):
            with self.subTest(" > ".join(names)):
                self.assertIn(WANTED, ways(response), json.dumps(response["errors"]))

    def test_what_is_carved_lies_at_its_offset(self):
        plain = {"pecarve", "overlay"}
        samples = [wrapper(hiding.PROGRAM) for wrapper in (hiding.carved, hiding.png, hiding.gif, hiding.pe_overlay, hiding.shortcut)]
        for content, response in zip(samples, scan(samples)):
            for result in response["results"][1:]:
                if result["extracted_by"] in plain and result["extracted_from"] == response["results"][0]["payload_id"]:
                    offset = result["payload_meta"]["extra_data"]["offset"]
                    there = content[offset:offset + result["size"]]
                    self.assertEqual(hashlib.sha256(there).hexdigest(), result["sha256"])

    def test_random_bytes_give_nothing(self):
        import random
        contents = [random.Random(seed).randbytes(4 << 20) for seed in range(4)]
        for response in scan(contents):
            self.assertEqual(len(response["results"]), 1)
            self.assertEqual(response["errors"], {})


if __name__ == "__main__":
    unittest.main()

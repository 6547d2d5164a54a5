#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real responses against docs/schema/response.schema.json, and broken ones against it: schema_test.py STOQ TEST_PLUGINS"""
import copy
import json
import os
import sys
import tempfile

try:
    from jsonschema import Draft202012Validator
except ImportError as error:
    print(f"skipped: {error}; install python3-jsonschema")
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import samples  # noqa: E402
from stoq_program import Program  # noqa: E402

SCHEMA = os.path.join(HERE, "..", "..", "docs", "schema", "response.schema.json")
BOTH = ("-a", "hash", "decompress")
BAD = ("--plugin-dir", sys.argv[2], "-a", "hash", "hostile", "bad_answers")
SAME = [(f"same/{i}", b"the same bytes") for i in range(250)]
DIFFERENT = [(f"other/{i}", b"%d" % i) for i in range(200)]


def limits_of(response):
    return {record["limit"] for record in response["limits"]}


def expect(wanted, response):
    assert limits_of(response) == set(wanted), f"limits {limits_of(response)} instead of {wanted}"


def duplicates(response):
    listed = response["results"][1]["duplicates"]
    assert len(listed) == 101 and sum(d["count"] for d in listed) == 249, (len(listed), listed[-1])


def beyond_a_hundred(response):
    last = response["limits"][-1]
    assert len(response["limits"]) == 101 and last["count"] > 1 and last["payload"] is None, last


def explained_and_timed(response):
    root, member = response["results"][:2]
    why = root["explain"]["workers"][0]
    assert why["decompress"] == "always_dispatch", why
    assert set(root["timings"]["workers"][0]) == set(why) == set(member["explain"]["workers"][0]) == {"hash", "decompress"}, root["timings"]


# name, content, arguments, exit code, what must be in the response beside being valid
CASES = [
    ("plain", b"hello\n", BOTH, 0, lambda r: expect([], r)),
    ("nothing dispatched", b"hello\n", (), 0, lambda r: expect([], r)),
    ("zip", samples.zip_of([("a.txt", b"a"), ("b/b.html", samples.HTML)]), BOTH, 0, lambda r: expect([], r)),
    ("nested", samples.nested_gz(3), BOTH, 0, lambda r: expect([], r)),
    ("too deep", samples.nested_gz(6), (*BOTH, "--max-recursion", "2"), 0, lambda r: expect(["max_recursion"], r)),
    ("duplicates", samples.zip_of(SAME), BOTH, 0, duplicates),
    ("payloads", samples.zip_of(DIFFERENT), (*BOTH, "--set", "max_payloads=20", "--set", "reserved_payloads=5"), 0, lambda r: expect(["max_payloads"], r)),
    ("children", samples.zip_of(DIFFERENT), (*BOTH, "--set", "max_children=7"), 0, lambda r: expect(["max_children"], r)),
    ("request bytes", samples.zip_of(DIFFERENT), (*BOTH, "--set", "max_request_bytes=99"), 0, lambda r: expect(["max_request_bytes"], r)),
    ("more than 100 records", samples.zip_of(DIFFERENT), ("-a", "decompress", "hash", "--set", "max_response_size=4KiB"), 0,
     lambda r: expect(["max_response_size"], r) or beyond_a_hundred(r)),
    ("result size", samples.zip_of(DIFFERENT), (*BOTH, "--set", "max_result_size=1KiB"), 0, lambda r: expect(["max_result_size"], r)),
    ("bomb", samples.bomb(128), BOTH, 0, lambda r: expect(["max_ratio"], r)),
    ("bytes", samples.bomb(8), (*BOTH, "--set", "max_extracted_bytes=1MiB"), 0, lambda r: expect(["max_extracted_bytes"], r)),
    ("no spill", samples.bomb(48), (*BOTH, "--set", "spill_dir=/nonexistent"), 0, lambda r: expect(["spill"], r)),
    ("deadline", b"hostile spin\n", (*BAD, "--plugin-opts", "hostile:deadline=200ms"), 0, lambda r: expect(["plugin_deadline"], r)),
    ("root too large", b"x" * 3000, (*BOTH, "--set", "max_payload_size=2KiB"), 1, lambda r: expect(["max_payload_size"], r)),
    ("crash", b"hostile segfault\n", BAD, 0, lambda r: expect(["crash"], r)),
    ("hang", b"hostile sleep\n", (*BAD, "--plugin-opts", "hostile:deadline=200ms"), 0, lambda r: expect(["plugin_deadline"], r)),
    ("quarantine", b"hostile segfault\n", (*BAD, "-d", "hostile", "--set", "quarantine_deaths=1"), 0, lambda r: expect(["crash", "quarantine"], r)),
    ("errors", b"a million errors", BAD, 0, lambda r: expect(["max_errors"], r)),
    ("depth", b"deep json", BAD, 0, lambda r: expect(["max_result_depth"], r)),
    ("unknown plugin", b"hello\n", ("-a", "hash", "nosuch"), 0, lambda r: r["errors"]["nosuch"][0]),
    ("explained and timed", samples.zip_of([("a.txt", b"a")]), (*BOTH, "--explain", "--timings"), 0, explained_and_timed),
    ("request", b"hello\n", (*BOTH, "--request-source", "mail", "--request-extra", "ticket=7", "urgent=true"), 0, None),
]


# The objects whose keys are the engine's.
PLACES = {
    "response": lambda r: r,
    "request_meta": lambda r: r["request_meta"],
    "payload": lambda r: r["results"][0],
    "payload_meta": lambda r: r["results"][1]["payload_meta"],
    "plugins_run": lambda r: r["results"][1]["plugins_run"],
    "duplicate": lambda r: r["results"][1]["duplicates"][0],
    "duplicate's payload_meta": lambda r: r["results"][1]["duplicates"][0]["payload_meta"],
    "count of duplicates": lambda r: r["results"][1]["duplicates"][-1],
    "limit": lambda r: r["limits"][0],
}


def other_type(value):
    """A value of a type that stands nowhere for this one."""
    return {"text": 1} if isinstance(value, list) else [value] if not isinstance(value, str) else 7


def mutations(response):
    """Every key of every fixed object left out, given another type, and one added."""
    for name, place in PLACES.items():
        for key, value in place(response).items():
            broken = copy.deepcopy(response)
            del place(broken)[key]
            yield f"{name} without {key}", broken
            broken = copy.deepcopy(response)
            place(broken)[key] = other_type(value)
            yield f"{name} with {key} of another type", broken
        broken = copy.deepcopy(response)
        place(broken)["surplus"] = 1
        yield f"{name} with one key more", broken
    values = {
        "an unknown limit": lambda r: r["limits"][0].update(limit="max_luck"),
        "a count of nothing": lambda r: r["limits"][0].update(count=0),
        "less than nothing left out": lambda r: r["limits"][0].update(left_out=-1),
        "another version": lambda r: r.update(schema="3.0"),
        "no results": lambda r: r.update(results=[]),
        "a time with a zone": lambda r: r.update(time=r["time"] + "Z"),
        "a scan_id that is none": lambda r: r.update(scan_id="1"),
        "a negative size": lambda r: r["results"][0].update(size=-1),
        "half a byte": lambda r: r["results"][0].update(size=0.5),
        "a digest in capitals": lambda r: r["results"][0].update(sha256="A" * 64),
        "a worker's null": lambda r: r["results"][0]["workers"][0].update(hash=None),
        "no round": lambda r: r["results"][0].update(workers=[]),
        "an error that is no text": lambda r: r["errors"].update(hash=[{"text": "x"}]),
        "a plugin without errors": lambda r: r["errors"].update(hash=[]),
    }
    for name, change in values.items():
        broken = copy.deepcopy(response)
        change(broken)
        yield name, broken


def main():
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    failures = []
    with tempfile.TemporaryDirectory() as home:
        program = Program(sys.argv[1], home)
        sample = os.path.join(home, "sample.bin")
        for name, content, arguments, code, check in CASES:
            with open(sample, "wb") as file:
                file.write(content)
            try:
                response, returned = program.scan(sample, *arguments)
                assert returned == code, f"exit code {returned} instead of {code}"
                for problem in list(validator.iter_errors(response))[:3]:
                    failures.append(f"{name}: {problem.json_path}: {problem.message[:300]}")
                if check:
                    check(response)
            except AssertionError as problem:
                failures.append(f"{name}: {problem}")

        # Everything that a response may hold, in one; valid, and each change of it not.
        with open(sample, "wb") as file:
            file.write(samples.zip_of(SAME + DIFFERENT))
        full, _ = program.scan(sample, *BOTH, "nosuch", "--set", "max_payloads=20", "--set", "reserved_payloads=5")
        failures += [f"full response: {problem.json_path}: {problem.message[:300]}" for problem in validator.iter_errors(full)]
        accepted = [name for name, broken in mutations(full) if validator.is_valid(broken)]
        failures += [f"the schema accepts {name}" for name in accepted]
        print(f"{len(CASES) + 1} responses, {sum(1 for _ in mutations(full))} broken ones, {len(failures)} failures")
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

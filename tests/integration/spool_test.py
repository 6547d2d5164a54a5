#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`stoq spool` as a user meets it, and runs that leave something there: spool_test.py STOQ TEST_PLUGINS"""
import fcntl
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import Run  # noqa: E402

STOQ = ""
NAME = r"[0-9]{8}T[0-9]{6}\.[0-9]{6}-[0-9a-f]{8}-filedir"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def digest(content):
    return hashlib.sha256(content).hexdigest().encode()


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="stoq-spool-", dir="/var/tmp")
        self.addCleanup(holder.cleanup)
        self.dir = holder.name
        self.spool, self.results = os.path.join(self.dir, "spool"), os.path.join(self.dir, "results")
        with open(os.path.join(self.dir, "stoq.cfg"), "w", encoding="utf-8") as config:
            config.write(f"[core]\nlog_dir =\nlog_level = warning\nalways_dispatch = hash\nconnector_attempts = 1\n[filedir]\nresults_dir = {self.results}\n")
        self.break_results()

    def break_results(self):
        """A file where the directory for results should be."""
        with open(self.results, "w", encoding="utf-8") as file:
            file.write("in the way")
        self.problem = (f"StoqPluginException: cannot open the directory {self.results}: Not a directory; a part of that path is no "
                        "directory: move it away, or point results_dir elsewhere")

    def mend_results(self):
        os.remove(self.results)

    def stoq(self, *args, **kwargs):
        return Run([STOQ, *args], env={"STOQ_HOME": self.dir}, **kwargs)

    def file(self, name, content=b"content"):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def read(self, path):
        with open(path, "rb") as file:
            return file.read()

    def spool_files(self):
        return {name: self.read(os.path.join(self.spool, name)) for name in os.listdir(self.spool)}

    def scan(self, name="a", *args):
        return self.stoq("scan", self.file(name), "-C", "filedir", *args)

    def ids(self):
        try:
            return sorted(name[:-len(".jsonl")] for name in os.listdir(self.spool) if name.endswith(".jsonl"))
        except FileNotFoundError:
            return []

    def said(self, run, code, out, err=""):
        """Sizes, times and ids apart."""
        self.assertEqual((run.out.decode(), re.sub(r"\[[-0-9: ,]+ (\w+)\]", r"\1", run.err), run.code), (out, err, code))


class Scan(Case):
    def test_what_is_not_saved_is_printed_and_kept(self):
        run = self.scan()
        [name] = self.ids()
        self.assertRegex(name, f"^{NAME}$")
        response = run.response
        self.assertEqual(response["errors"], {"filedir": [f"connector:failed to save: filedir ; {self.problem}"]})
        self.assertEqual(run.code, 1)
        self.assertEqual(re.sub(r"^\[.*?(\w+)\]", r"\1", run.err),
                         f"WARNING stoq: Results of scan {response['scan_id']} are not saved using filedir and lie in the spool as {name}: {self.problem}\n")
        with open(os.path.join(self.spool, name + ".jsonl"), encoding="utf-8") as file:
            header, kept = map(json.loads, file.read().splitlines())
        self.assertEqual({key: header[key] for key in ("schema", "connector", "scan_id", "attempts", "error")},
                         {"schema": "stoq-spool/1", "connector": "filedir", "scan_id": response["scan_id"], "attempts": 1, "error": self.problem})
        self.assertEqual(kept, {**response, "errors": {}})


class Commands(Case):
    def test_an_empty_spool(self):
        self.said(self.stoq("spool", "list"), 0, f"the spool is empty: {self.spool}\n")
        self.assertEqual(json.loads(self.stoq("spool", "list", "--format", "json").out), {"spool": self.spool, "responses": [], "left_alone": []})
        self.said(self.stoq("spool", "retry"), 0, "0 responses saved, 0 not\n")
        self.said(self.stoq("spool", "drop", "--all"), 0, "0 responses dropped, 0 not\n")

    def test_one_that_cannot_be_read_is_not_an_empty_one(self):
        os.makedirs(os.path.dirname(self.spool), exist_ok=True)
        os.symlink(self.spool, self.spool)
        problem = f"stoq: the spool cannot be read: {self.spool}: Too many levels of symbolic links\n"
        self.said(self.stoq("spool", "list"), 1, "", problem)
        self.said(self.stoq("spool", "retry"), 1, "0 responses saved, 0 not\n", problem)
        self.said(self.stoq("spool", "drop", "--all"), 1, "0 responses dropped, 0 not\n", problem)

    def test_list(self):
        self.scan("a"), self.scan("b")
        first, second = self.ids()
        text = self.stoq("spool", "list").out.decode()
        size = r"[0-9.]+ (B|KiB)"
        self.assertRegex(text, r"\AID {39}ATTEMPTS  SIZE +LAST ERROR\n"
                               rf"{first}  1         {size}  StoqPluginException: cannot open[^\n]*\n"
                               rf"{second}  1         {size}  StoqPluginException: cannot open[^\n]*\n"
                               rf"2 responses, {size}, in {self.spool}\n\Z")
        listed = json.loads(self.stoq("spool", "list", "--format", "json").out)
        self.assertEqual([(r["id"], r["connector"], r["attempts"], r["error"]) for r in listed["responses"]],
                         [(name, "filedir", 1, self.problem) for name in (first, second)])
        for r in listed["responses"]:
            self.assertEqual(r["size"], os.path.getsize(os.path.join(self.spool, r["id"] + ".jsonl")))
            self.assertRegex(r["scan_id"], f"^{UUID}$")
            self.assertRegex(r["time"], r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z$")

    def test_retry_until_it_is_saved(self):
        self.scan("a"), self.scan("b")
        first, second = self.ids()
        self.said(self.stoq("spool", "retry"), 1, f"{first}: not saved: {self.problem}\n{second}: not saved: {self.problem}\n0 responses saved, 2 not\n")
        self.assertEqual([r["attempts"] for r in json.loads(self.stoq("spool", "list", "--format", "json").out)["responses"]], [2, 2])
        self.mend_results()
        self.said(self.stoq("spool", "retry", second), 0, f"{second}: saved\n1 response saved, 0 not\n")
        self.assertEqual(self.ids(), [first])
        self.said(self.stoq("spool", "retry", "--connector", "splunk"), 0, "0 responses saved, 0 not\n")
        self.said(self.stoq("spool", "retry", "--connector", "filedir"), 0, f"{first}: saved\n1 response saved, 0 not\n")
        self.assertEqual(os.listdir(self.spool), [])
        for name in os.listdir(self.results):
            with open(os.path.join(self.results, name), encoding="utf-8") as file:
                self.assertEqual(json.load(file)["scan_id"], name)
        self.assertEqual(len(os.listdir(self.results)), 2)

    def test_a_connector_that_does_not_load(self):
        self.scan()
        [name] = self.ids()
        other = name.replace("-filedir", "-gone")
        with open(os.path.join(self.spool, name + ".jsonl"), "rb") as file:
            self.file(f"spool/{other}.jsonl", file.read().replace(b'"connector": "filedir"', b'"connector": "gone"'))
        self.mend_results()
        self.said(self.stoq("spool", "retry"), 1,
                  f'{name}: saved\n{other}: not saved: The plugin "gone" is invalid or does not exist in your plugin path\n1 response saved, 1 not\n')
        self.assertEqual(self.ids(), [other])

    def test_drop(self):
        ids = [self.scan(name).response["scan_id"] for name in "abc"]
        names = self.ids()
        self.said(self.stoq("spool", "drop", names[1]), 0, f"{names[1]}: dropped, scan {ids[1]}\n1 response dropped, 0 not\n")
        self.said(self.stoq("spool", "drop", names[1], names[0]), 1, f"{names[0]}: dropped, scan {ids[0]}\n1 response dropped, 0 not\n",
                  f"stoq: there is no '{names[1]}' in the spool {self.spool}; see stoq spool list\n")
        self.said(self.stoq("spool", "drop", "--all"), 0, f"{names[2]}: dropped, scan {ids[2]}\n1 response dropped, 0 not\n")
        self.assertEqual(os.listdir(self.spool), [])

    def test_what_another_process_has_is_left_to_it(self):
        self.scan()
        [name] = self.ids()
        with open(os.path.join(self.spool, name + ".jsonl"), "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            for action in (["retry"], ["drop", "--all"]):
                run = self.stoq("spool", *action)
                self.assertEqual((run.code, run.out.decode().splitlines()[0]), (1, f"{name}: left alone: another process is at it"))
        self.assertEqual(self.ids(), [name])

    def test_doctor_tells(self):
        def told():
            checks = json.loads(self.stoq("doctor", "--format", "json").out)["checks"]
            return [(check["status"], check["text"]) for check in checks if check["name"] == "spool_dir"]
        self.assertEqual(told(), [("ok", f"{self.spool} (will be made)")])
        self.scan()
        self.assertEqual(told(), [("ok", self.spool), ("note", "1 response that is not saved lies there; see stoq spool list")])

    def test_bash_completes_what_lies_there(self):
        self.scan()
        script = (f'. {os.path.dirname(os.path.abspath(__file__))}/../../completions/stoq.bash\nCOMP_WORDS=({STOQ} spool retry "")\nCOMP_CWORD=3\n_stoq\n'
                  'printf "%s\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env={"STOQ_HOME": self.dir, "PATH": "/usr/bin:/bin"})
        self.assertEqual(done.stdout.decode().split(), self.ids())

    def test_broken_files_are_named_and_left(self):
        name = "20261124T172244.123456-0a1b2c3d-filedir"
        self.file(f"spool/{name}.jsonl", b"\x1b[31mhostile\n")
        self.file("spool/\x1b[31mred", b"")
        why = "its header is no JSON: unexpected 0x1b at byte 0, expected a value"
        before = self.spool_files()
        self.said(self.stoq("spool", "list"), 0,
                  f"the spool is empty: {self.spool}\n\\x1b[31mred: left alone: it has not the name of a response in the spool\n{name}.jsonl: left alone: {why}\n")
        self.assertEqual(json.loads(self.stoq("spool", "list", "--format", "json").out)["left_alone"],
                         [{"file": "\x1b[31mred", "problem": "it has not the name of a response in the spool"}, {"file": name + ".jsonl", "problem": why}])
        self.mend_results()
        self.said(self.stoq("spool", "retry"), 1, f"{name}: left alone: {why}\n0 responses saved, 1 not\n")
        self.said(self.stoq("spool", "drop", "--all"), 1, f"{name}: left alone: {why}\n0 responses dropped, 1 not\n")
        self.assertEqual(self.spool_files(), before)

    def test_responses_that_are_none_are_named_and_left(self):
        self.scan()
        [name] = self.ids()
        self.mend_results()
        header, response, _ = self.read(f"{self.spool}/{name}.jsonl").split(b"\n")
        scan_id = json.loads(response)["scan_id"].encode()
        other = scan_id[:-1] + (b"0" if scan_id[-1:] != b"0" else b"1")
        for wrong, why in ((b'{"results": [', f"its response is no JSON: unexpected end at byte {len(response)}, expected a value"),
                           (b'{"result": []}', "its response is none: it has no results"),
                           (response.replace(scan_id, other), "its response is of another scan than its header")):
            wrong = wrong.ljust(len(response))
            fitting = header.replace(digest(response), digest(wrong))
            self.assertNotEqual(fitting, header)
            self.file(f"spool/{name}.jsonl", fitting + b"\n" + wrong + b"\n")
            before = self.spool_files()
            self.said(self.stoq("spool", "retry"), 1, f"{name}: left alone: {why}\n0 responses saved, 1 not\n")
            self.assertEqual(self.spool_files(), before)
        self.assertFalse(os.path.exists(self.results))

    def test_mistakes(self):
        see = "; see stoq spool --help"
        for message, *args in (
                ("stoq spool needs a ACTION",),
                ("ACTION: 'lst' is not list, retry or drop (did you mean 'list'?)", "lst"),
                ("'x' is one argument too many for stoq spool list", "list", "x"),
                ("--format is for stoq spool list", "retry", "--format", "json"),
                ("--connector is for stoq spool retry", "list", "--connector", "filedir"),
                ("--all is for stoq spool drop", "retry", "--all"),
                ("name responses, or give --all, not both", "drop", "x", "--all"),
                ("name responses, or give --connector, not both", "retry", "x", "--connector", "filedir"),
                ("stoq spool drop needs the ID of a response, or --all", "drop")):
            self.said(self.stoq("spool", *args), 2, "", f"stoq: {message}{see}\n")
        self.said(self.stoq("spool", "list", "--set", "spool_dir="), 2, "", "stoq: spool_dir is empty: there is no spool\n")


class Runs(Case):
    def run_files(self, *args, **kwargs):
        return self.stoq("run", "-P", "filedir", "-C", "filedir", "--plugin-opts", f"filedir:source_dir={self.dir}/source", "--log-level", "critical", *args, **kwargs)

    def test_what_lies_there_at_the_end_is_said(self):
        for i in range(3):
            self.file(f"source/f{i}")
        self.said(self.run_files(), 1, "", "stoq: 3 responses are not saved and lie in the spool; see stoq spool list\n")
        self.assertEqual(len(self.ids()), 3)
        self.mend_results()
        os.remove(os.path.join(self.dir, "source/f0"))
        self.said(self.run_files(), 0, "")
        self.assertEqual((self.ids(), len(os.listdir(self.results))), ([], 5))
        self.break_after_use()
        os.remove(os.path.join(self.dir, "source/f1"))
        self.said(self.run_files(), 1, "", "stoq: 1 response is not saved and lies in the spool; see stoq spool list\n")

    def test_two_at_once_save_each_once(self):
        for i in range(60):
            self.file(f"source/f{i}")
        self.assertEqual(self.run_files("--set", "durable=yes").code, 1)
        names = self.ids()
        self.mend_results()
        both = [subprocess.Popen([STOQ, "spool", "retry"], env={"STOQ_HOME": self.dir}, stdout=subprocess.PIPE) for _ in range(2)]
        lines = [line for process in both for line in process.communicate(timeout=60)[0].decode().splitlines()]
        self.assertEqual(sorted(line for line in lines if line.endswith(": saved")), [f"{name}: saved" for name in names])
        self.assertEqual((self.ids(), len(os.listdir(self.results))), ([], 60))

    def test_a_full_spool_stops_intake_until_the_run_is_stopped(self):
        for i in range(200):
            self.file(f"source/f{i}", b"%d" % i)
        err = os.path.join(self.dir, "err")
        with open(err, "wb") as out:
            process = subprocess.Popen([STOQ, "run", "-P", "filedir", "-C", "filedir", "--plugin-opts", f"filedir:source_dir={self.dir}/source",
                                        "--set", "spool_max_files=3", "log_level=error"], env={"STOQ_HOME": self.dir}, stderr=out)
            until = time.monotonic() + 60
            while b"Intake waits" not in self.read(err) and process.poll() is None and time.monotonic() < until:
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(60), 1)
        with open(err, encoding="utf-8") as file:
            lines = [re.sub(r"^\[.*?(\w+)\]", r"\1", line) for line in file.read().splitlines()]
        full = (f"not saved by filedir: {self.problem}; not kept in {self.spool}: it is full, 3 responses of spool_max_files = 3, "
                r"\d+ bytes of spool_max_bytes = 4294967296")
        self.assertRegex(lines[0], rf"^ERROR stoq: Intake waits until there is room in the spool \(stoq spool retry, stoq spool drop\), or the run is "
                                   rf"stopped: scan {UUID} is {full}$")
        self.assertIn("stoq: 3 responses are not saved and lie in the spool; see stoq spool list", lines)
        left = [line for line in lines if re.match(rf"ERROR stoq: f\d+ from filedir is left for another run: {full}$", line)]
        self.assertGreater(len(left), 0)
        self.assertEqual(len(self.ids()), 3)
        self.mend_results()
        self.assertEqual(self.run_files().code, 0)
        found = set()
        for name in os.listdir(self.results):
            with open(os.path.join(self.results, name), encoding="utf-8") as file:
                found.add(json.load(file)["results"][0]["payload_meta"]["extra_data"]["filename"])
        self.assertEqual(found, {f"f{i}" for i in range(200)})

    def break_after_use(self):
        os.rename(self.results, self.results + "-before")
        self.break_results()

    def test_killed_at_any_moment_nothing_in_it_is_half(self):
        for i in range(300):
            self.file(f"source/f{i:03}", b"%d" % i)
        for round_ in range(8):
            process = subprocess.Popen([STOQ, "run", "-P", "filedir", "-C", "filedir", "--plugin-opts", f"filedir:source_dir={self.dir}/source",
                                        "--log-level", "critical"], env={"STOQ_HOME": self.dir, "HOME": self.dir}, stderr=subprocess.DEVNULL)
            until = time.monotonic() + 60
            count = len(self.ids())
            while len(self.ids()) < count + 1 + 10 * round_ and process.poll() is None and time.monotonic() < until:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            process.wait()
            listed = json.loads(self.stoq("spool", "list", "--format", "json").out)
            self.assertEqual(listed["left_alone"], [])
            self.assertGreater(len(listed["responses"]), count)
        names = self.ids()
        self.mend_results()
        self.said(self.stoq("spool", "retry"), 0, "".join(f"{name}: saved\n" for name in names) + f"{len(names)} responses saved, 0 not\n")
        self.assertEqual((os.listdir(self.spool), len(os.listdir(self.results))), ([], len(names)))


if __name__ == "__main__":
    sys.argv.pop(2)
    STOQ = sys.argv.pop(1)
    unittest.main(verbosity=1)

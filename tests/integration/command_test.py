#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands as a user meets them: several files, formats, list, doctor, test, mistakes: command_test.py STOQ TEST_PLUGINS"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import Run  # noqa: E402

STOQ, TEST_PLUGINS = "", ""
PLAIN = ["--set", "dispatchers=", "--set", "always_dispatch=hash"]


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="stoq-command-", dir="/var/tmp")
        self.addCleanup(holder.cleanup)
        self.dir = holder.name

    def path(self, name, content=None):
        path = os.path.join(self.dir, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path

    def run_stoq(self, *args, **kwargs):
        return Run([STOQ, *args], **kwargs)

    def mistake(self, message, *args):
        run = self.run_stoq(*args)
        self.assertEqual((run.err, run.out, run.code), (f"stoq: {message}\n", b"", 2))


class Several(Case):
    def test_in_the_order_of_arguments_whatever_is_done_first(self):
        paths = [self.path(f"f{i}", (b"%d " % i) * (1 if i % 3 else 200_000)) for i in range(30)]
        run = self.run_stoq("scan", *paths, *PLAIN, "--threads", "4")
        self.assertEqual((run.code, run.err), (0, ""))
        metas = [json.loads(line)["results"][0]["payload_meta"]["extra_data"] for line in run.out.splitlines()]
        self.assertEqual(metas, [{"filename": f"f{i}", "path": paths[i]} for i in range(30)])

    def test_what_cannot_be_read_does_not_stop_the_others(self):
        first, last, empty = self.path("a", b"a"), self.path("b", b"b"), self.path("empty", b"")
        run = self.run_stoq("scan", first, self.path("none"), self.dir, empty, last, *PLAIN)
        self.assertEqual(run.code, 1)
        self.assertEqual(run.err, f"stoq: {self.path('none')}: No such file or directory\n"
                                  f"stoq: {self.dir} is a directory; scan one file, or use: "
                                  f"stoq run -P filedir --plugin-opts filedir:source_dir={self.dir}\n"
                                  f"stoq: The provided content to scan was empty: {empty}\n")
        self.assertEqual([json.loads(line)["results"][0]["size"] for line in run.out.splitlines()], [1, 1])

    def test_where_plugins_cannot_keep_their_state(self):
        state = self.path("a file", b"") + "/state"
        run = self.run_stoq("scan", self.path("x", b"x"), "-C", "filedir", "--set", f"state_dir={state}", "--log-level", "info", *PLAIN,
                            "--plugin-opts", f"filedir:results_dir={self.dir}/results")
        self.assertEqual(run.code, 0, run.err)
        self.assertIn(f"plugin filedir gets no directory for its state: {state}/filedir: Not a directory (set state_dir)\n", run.err)
        self.assertEqual(len(os.listdir(self.dir + "/results")), 1)

    def test_the_same_file_twice(self):
        run = self.run_stoq("scan", self.path("a", b"a"), self.path("a"), *PLAIN)
        self.assertEqual((run.code, len(run.out.splitlines())), (0, 2))

    def test_one_indented_document_is_refused(self):
        a, b = self.path("a", b"a"), self.path("b", b"b")
        self.mistake("--format json is one document, and 2 files give as many; use --format jsonl (one line each) or tree",
                     "scan", a, b, "--format", "json")

    def test_stdin_is_scanned_alone(self):
        self.mistake("- stands for stdin, which is scanned alone; leave the files out, or -", "scan", "-", self.path("a", b"a"))

    def test_trees_stand_one_below_the_other(self):
        run = self.run_stoq("scan", self.path("a", b"a"), self.path("b", b"bb"), *PLAIN, "--format", "tree")
        text = re.sub(r"scan [0-9a-f-]{36}", "scan ID", run.out.decode())
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(text.split("\n")[0], "a  1 B")
        self.assertIn("\n1 payload · 1 B · scan ID\n\nb  2 B\n", text)
        self.assertTrue(text.endswith("\n1 payload · 2 B · scan ID\n"))

    def test_one_file_on_one_line(self):
        run = self.run_stoq("scan", self.path("a", b"a"), *PLAIN, "--format", "jsonl")
        self.assertEqual(len(run.out.splitlines()), 1)
        self.assertEqual(run.response["results"][0]["payload_meta"]["extra_data"], {"filename": "a"})

    def test_a_reader_that_goes_away(self):
        paths = [self.path(f"f{i}", b"x" * 100_000) for i in range(40)]
        read, write = os.pipe()
        os.close(read)
        process = subprocess.Popen([STOQ, "scan", *paths, *PLAIN], stdout=write, stderr=subprocess.PIPE, env={"HOME": self.dir})
        os.close(write)
        err = process.communicate(timeout=60)[1].decode()
        self.assertEqual((process.returncode, err), (1, "stoq: the result could not be written to stdout: Broken pipe\n"))


class Mistakes(Case):
    def test_commands(self):
        everything = "there are scan, run, list, install, doctor, test and spool"
        self.mistake(f"'frobnicate' is no command; {everything}", "frobnicate")
        self.mistake(f"'scna' is no command (did you mean 'scan'?); {everything}", "scna")
        self.mistake("a command is missing; see stoq --help")

    def test_flags(self):
        file = self.path("a", b"a")
        self.mistake("'--timing' is no flag of stoq scan (did you mean '--timings'?); see stoq scan --help", "scan", "--timing", file)
        self.mistake("'--colour' is no flag of stoq scan (did you mean '--color'?); see stoq scan --help", "scan", "--colour=never", file)
        self.mistake("'--frobnicate' is no flag of stoq list; see stoq list --help", "list", "--frobnicate")
        self.mistake("'x' is one argument too many for stoq list; see stoq list --help", "list", "x")
        self.mistake("'--progress' is no flag of stoq scan; see stoq scan --help", "scan", file, "--progress", "never")

    def test_values(self):
        file = self.path("a", b"a")
        self.mistake("--format: 'jsonn' is not json, jsonl or tree (did you mean 'json'?); see stoq scan --help", "scan", "--format", "jsonn", file)
        self.mistake("--color: 'blue' is not auto, always or never; see stoq scan --help", "scan", "--color", "blue", file)
        self.mistake("--plugin-opts: 'nocolon' is not plugin:option=value; see stoq scan --help", "scan", "--plugin-opts", "nocolon", "--", file)
        self.mistake("stoq install needs a SOURCE; see stoq install --help", "install")

    def test_file_behind_names(self):
        file = self.path("a", b"a")
        self.mistake(f"The provided content to scan was empty; '{file}' was taken for the name of a plugin: put -- before files", "scan", "-a", "hash", file)

    def test_help_is_a_result(self):
        run = self.run_stoq("--help")
        self.assertEqual((run.code, run.err), (0, ""))
        for command in (b"scan", b"run", b"list", b"install", b"doctor", b"test"):
            self.assertIn(command, run.out)
        self.assertEqual(self.run_stoq("--version").out, b"stoq 4.0.0\n")


class List(Case):
    def test_names_are_the_plugins(self):
        run = self.run_stoq("list", "--names")
        names = run.out.decode().split()
        self.assertEqual((run.code, run.err), (0, ""))
        self.assertEqual(names, sorted(names))
        self.assertIn("hash", names)
        self.assertEqual(names, re.findall(r"^  (\S+) +v", self.run_stoq("list").out.decode(), re.M))

    def test_verbose_tells_options_as_they_are_declared(self):
        out = self.run_stoq("list", "--verbose").out.decode()
        start = out.index("\nfiledir ")
        block = out[start + 1:out.index("\n\n", start)]
        self.assertTrue(block.startswith("filedir 4.0.0  Scans the files of a directory"), block)
        self.assertIn("\n    roles      Provider, Connector, Archiver\n", block)
        self.assertIn("\n    isolation  none, profile legacy\n", block)
        self.assertIn("\n      source_dir              text, no default\n", block)
        self.assertIn("\n      results_dir             text, default ./results\n", block)

    def test_verbose_tells_what_is_missing(self):
        broken = self.path("helped")
        shutil.copytree(os.path.join(TEST_PLUGINS, "echo_worker"), broken)
        with open(os.path.join(broken, "echo_worker.stoq"), "a") as manifest:
            manifest.write("helpers = tool=/no/such/tool\n")
        out = self.run_stoq("list", "--verbose", "--plugin-dir", self.dir, os.path.join(TEST_PLUGINS, "bad_no_entry"))
        text = out.out.decode()
        self.assertEqual(out.code, 1)
        self.assertIn("\n    helper     tool=/no/such/tool, which is missing\n", text)
        self.assertRegex(text, r"\n    problem    /\S+/bad_no_entry.so exports no stoq_plugin_entry_v1; end its source with STOQ_PLUGIN\(...\)\n")


class Doctor(Case):
    def checks(self, *args):
        run = self.run_stoq("doctor", "--format", "json", *args)
        report = json.loads(run.out)
        self.assertEqual(run.code, 1 if report["problems"] else 0, run.out)
        self.assertEqual(report["problems"], sum(check["status"] == "problem" for check in report["checks"]))
        return report["checks"]

    def find(self, checks, section, name):
        return [(c["status"], c["text"], c["advice"]) for c in checks if (c["section"], c["name"]) == (section, name)]

    def config(self, text):
        return ["--config-file", self.path("stoq.cfg", text.encode())]

    def test_facts_and_plugins(self):
        checks = self.checks()
        self.assertEqual(self.find(checks, "kernel", "pidfd"), [("ok", "yes", "")])
        for name in ("seccomp", "Landlock", "user namespaces", "no_new_privs", "memfd", "cores"):
            self.assertEqual(len(self.find(checks, "kernel", name)), 1, name)
        self.assertEqual(self.find(checks, "plugins", "hash"), [("ok", "4.0.0, Worker, isolation none", "")])
        [(status, text, _)] = self.find(checks, "isolation", "none")
        self.assertEqual(status, "note")
        self.assertIn("hash", text)
        self.assertEqual(self.find(checks, "host processes", "stoq-host")[0][0], "ok")
        [(status, text, _), *more] = self.find(checks, "host processes", "sandbox")
        if status == "ok":
            self.assertEqual((text, more), ("whole, tried with profile compute", []))
        else:
            self.assertTrue(all(status == "note" and text.startswith("lacks ") for status, text, _ in [(status, text, _), *more]))

    def test_sandbox_on_a_machine_that_gives_less(self):
        refuse = "for kind in mnt net ipc uts; do echo 0 > /proc/sys/user/max_${kind}_namespaces || exit 9; done; "
        poor = ["unshare", "--user", "--map-root-user", "sh", "-c", refuse + 'exec "$@"', "sh"]
        if shutil.which("unshare") is None or subprocess.run([*poor, "true"], capture_output=True).returncode != 0:
            self.skipTest("this machine cannot be made to give less")
        run = subprocess.run([*poor, STOQ, "doctor", "--format", "json"], capture_output=True)
        lacking = self.find(json.loads(run.stdout)["checks"], "host processes", "sandbox")
        self.assertEqual(lacking, [("note", "lacks namespaces: No space left on device", ""),
                                   ("note", "lacks private tmp with a quota: No space left on device", "")])

    def test_text_ends_with_the_number_of_problems(self):
        run = self.run_stoq("doctor")
        last = run.out.decode().rstrip("\n").rsplit("\n", 1)[1]
        self.assertRegex(last, r"^(no|\d+) problems?$")
        self.assertEqual(run.code, 0 if last == "no problems" else 1)

    def test_configuration(self):
        path = self.path("stoq.cfg")
        checks = self.checks(*self.config("[core]\nmax_recursoin = 3\nlog_dir =\n[hahs]\nx = 1\n"))
        self.assertIn(("problem", f"{path}:2: [core] has no key 'max_recursoin' (did you mean 'max_recursion'?); it is ignored",
                       "correct it, or take it out"), self.find(checks, "configuration", "stoq.cfg"))
        self.assertIn(("problem", f"{path}: there is no plugin 'hahs' (did you mean 'hash'?); its options are ignored", "correct it, or take it out"),
                      self.find(checks, "plugins", "directory"))

    def test_malformed_configuration_ends_it(self):
        path = self.path("stoq.cfg")
        checks = self.checks(*self.config("[core]\nthreads = 0\nmax_queue = many\n"))
        self.assertEqual(self.find(checks, "configuration", "stoq.cfg"),
                         [("problem", f"{path}:2: threads: 0 is out of range 1 to 1024", "correct it: nothing runs until then"),
                          ("problem", f"{path}:3: max_queue: 'many' is not an integer", "correct it: nothing runs until then")])
        self.assertEqual([c for c in checks if c["section"] == "plugins"], [])

    def test_lists_that_name_what_is_not_there(self):
        checks = self.checks(*self.config("[core]\nlog_dir =\nconnectors = fildir, hash\n"))
        self.assertIn(("problem", "connectors names it, and there is no such plugin (did you mean 'filedir'?)",
                       "correct connectors in stoq.cfg, or install it"), self.find(checks, "plugins", "fildir"))
        self.assertIn(("problem", "connectors names it, and it is no Connector", "correct connectors in stoq.cfg"), self.find(checks, "plugins", "hash"))

    def test_plugins_that_do_not_load(self):
        checks = self.checks("--plugin-dir", os.path.join(TEST_PLUGINS, "bad_abi_major"))
        [(status, text, advice)] = self.find(checks, "plugins", "bad_abi_major")
        self.assertEqual(status, "problem")
        self.assertRegex(text, r"^does not load: it was built for plugin interface \d+\.\d+, this stoQ offers \d+\.\d+; rebuild it$")
        self.assertEqual(advice, f"build or install it anew, or remove {TEST_PLUGINS}/bad_abi_major")

    def test_a_module_that_crashes_costs_no_more_than_a_line(self):
        folder = self.path("crashing")
        os.mkdir(folder)
        with open(folder + "/crashing.stoq", "w") as manifest:
            manifest.write("[Core]\nName = crashing\nModule = crashing\n[engine]\nroles = worker\nisolation = none\n")
        code = b"#include <stdlib.h>\n__attribute__((constructor)) static void go(void) { abort(); }\n"
        if subprocess.run(["cc", "-shared", "-fPIC", "-xc", "-", "-o", folder + "/crashing.so"], input=code, check=False).returncode:
            self.skipTest("there is no C compiler")
        checks = self.checks("--plugin-dir", folder)
        self.assertEqual(self.find(checks, "plugins", "crashing"), [
            ("problem", "does not load: its module ended the process that loaded it by signal 6 (SIGABRT)",
             f"build or install it anew, or remove {folder}")])

    def test_directories(self):
        blocked = self.path("file", b"")
        checks = self.checks(*self.config(f"[core]\nlog_dir = {blocked}/logs\nspill_dir = {self.dir}/none\n[filedir]\nresults_dir = {self.dir}/results\n"))
        advice = "give this user the right to write there, or choose another directory"
        self.assertEqual(self.find(checks, "directories", "log_dir"), [("problem", f"{blocked}/logs: {blocked}: no directory", advice)])
        self.assertEqual(self.find(checks, "directories", "results_dir"), [("ok", f"{self.dir}/results (will be made)", "")])
        self.assertEqual(self.find(checks, "directories", "spill_dir"),
                         [("problem", f"{self.dir}/none: No such file or directory", "set spill_dir in [core] to a directory with room")])


    def test_directories_that_are_none(self):
        checks = self.checks(*self.config("[core]\nlog_dir =\nspool_dir =\n"))
        self.assertEqual(self.find(checks, "directories", "log_dir"), [("ok", "none, no log file is written", "")])
        self.assertEqual(self.find(checks, "directories", "spool_dir"),
                         [("note", "none: a response that is not saved is an item that has failed", "")])

    def test_room_to_spill(self):
        for key, status, text, advice in (
                ("max_payload_size", "problem", "payload", "set spill_dir in [core] to a directory with room"), ("max_request_bytes", "note", "request", "")):
            [(found, told, said)] = self.find(self.checks("--set", f"{key}=1000000GiB"), "directories", "spill_dir")
            self.assertEqual((found, said), (status, advice))
            self.assertRegex(told, rf"^/var/tmp, .* free: less than one {text} may have, {key} = 977 TiB$")

    def test_plugins_that_want_more(self):
        broken = self.path("helped")
        shutil.copytree(os.path.join(TEST_PLUGINS, "echo_worker"), broken)
        with open(os.path.join(broken, "echo_worker.stoq"), "a") as manifest:
            manifest.write("helpers = tool=/no/such/tool\n")
        checks = self.checks("--plugin-dir", self.dir)
        self.assertIn(("problem", "helper program /no/such/tool is missing", f"install it, or correct helpers in {broken}"),
                      self.find(checks, "plugins", "echo_worker"))
        [(status, text, _)] = self.find(checks, "plugins", "dirmon")
        self.assertEqual((status, text[:37]), ("note", "not ready, and not used: Source direc"))

    def test_a_home_without_configuration(self):
        home = self.path("home")
        os.mkdir(home)
        run = self.run_stoq("doctor", "--format", "json", env={"STOQ_HOME": home})
        [(status, text, _)] = self.find(json.loads(run.out)["checks"], "configuration", "stoq.cfg")
        self.assertEqual(status, "ok")
        self.assertTrue(text.endswith("/stoq.cfg"), text)


class Test(Case):
    def plugin(self, samples, name="hash"):
        """A copy of a plugin with other samples."""
        own = os.path.dirname(os.path.dirname(STOQ)) + f"/plugins/{name}"
        copy = self.path("plugins/" + name)
        shutil.copytree(own, copy)
        with open(copy + "/selftest.json", "w", encoding="utf-8") as file:
            file.write(samples if isinstance(samples, str) else json.dumps(samples))
        return ["--plugin-dir", self.path("plugins")]

    def test_shipped_samples_pass(self):
        names = ["hash", "mimetype", "yara", "decompress", "entropy", "b64decode", "xordecode"]
        run = self.run_stoq("test", *names)
        lines = run.out.decode().splitlines()
        self.assertEqual(run.code, 0, run.out.decode())
        self.assertEqual([re.sub(r" +", " ", line) for line in lines],
                         ["hash passed, 2 samples", "mimetype passed, 3 samples", "yara passed, 2 samples", "decompress passed, 3 samples",
                          "entropy passed, 3 samples", "b64decode passed, 2 samples", "xordecode passed, 3 samples",
                          "7 tested with 18 samples, 0 loaded only, 0 failed"])

    def test_without_samples_it_is_loaded(self):
        run = self.run_stoq("test", "filedir")
        self.assertEqual((run.code, run.out.decode()), (0, "filedir         loaded; it brings no samples\n0 tested with 0 samples, 1 loaded only, 0 failed\n"))

    def test_all_plugins(self):
        run = self.run_stoq("test")
        self.assertEqual(run.code, 0, run.out.decode())
        self.assertRegex(run.out.decode().splitlines()[-1], r"^\d+ tested with \d+ samples, \d+ loaded only(, \d+ not ready)?, 0 failed$")

    def test_differences_are_told(self):
        options = self.plugin([{"name": "wrong", "content": "hello\n", "result": {"md5": "x", "sha999": "y"},
                                "extracted": [{"content": "z"}], "errors": ["boom"]},
                               {"content": "a", "result": None}])
        run = self.run_stoq("test", "hash", *options)
        self.assertEqual(run.code, 1)
        self.assertEqual(run.out.decode().splitlines(), [
            "hash            FAILED, 2 samples",
            "    wrong: result.md5 is \"b1946ac92492d2347c6235b4d2611184\", expected \"x\"",
            "    wrong: result.sha999 is missing",
            "    wrong: extracted are 0 payloads, expected 1",
            "    wrong: errors: expected one with 'boom'",
            run.out.decode().splitlines()[5],
            "1 tested with 2 samples, 0 loaded only, 1 failed"])
        self.assertRegex(run.out.decode().splitlines()[5], r"^    sample 2: result is \{.*, expected null$")

    def test_broken_samples(self):
        options = self.plugin([{"name": "x", "content": "a", "result": None, "reslut": 1}])
        run = self.run_stoq("test", "hash", *options)
        self.assertIn(f"{self.path('plugins/hash/selftest.json')}, sample 1: it has a key 'reslut', which means nothing", run.out.decode())
        self.assertEqual(run.code, 1)

    def test_samples_that_are_none(self):
        for samples, why in (({"content": "a"}, ": it is not a list of samples"), ([{"base64": "?", "result": None}], ", sample 1: its base64 is none"),
                             ([{"content": "a", "result": None}, {"content": "a", "result": None, "payload_meta": {"should_scan": 3}}],
                              ", sample 2: its payload_meta has the wrong shape"),
                             ('["' + "x" * (4 << 20) + '"]', " is larger than 4 MiB")):
            run = self.run_stoq("test", "hash", *self.plugin(samples))
            self.assertEqual((run.code, run.out.decode().splitlines()[1]), (1, f"    {self.path('plugins/hash/selftest.json')}{why}"))
            shutil.rmtree(self.path("plugins"))

    def test_samples_are_for_workers(self):
        run = self.run_stoq("test", "filedir", *self.plugin([], "filedir"))
        self.assertEqual((run.code, run.out.decode().splitlines()[1]),
                         (1, f"    {self.path('plugins/filedir/selftest.json')}: samples are for workers, and this plugin is none"))

    def test_what_is_extracted_is_compared(self):
        options = self.plugin([{"name": "other", "content": "aGVsbG8=", "result": None, "extracted": [{"content": "hell"}]}], "b64decode")
        run = self.run_stoq("test", "b64decode", *options)
        self.assertEqual((run.code, run.out.decode().splitlines()[1]), (1, "    other: extracted[0] has the SHA-256 "
                         "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824, expected "
                         "0ebdc3317b75839f643387d783535adc360ca01f33c75f7c1e7373adcd675c0b"))

    def test_of_many_differences_the_first_are_told(self):
        run = self.run_stoq("test", "hash", *self.plugin([{"name": "all", "content": "a", "result": {f"x{i}": 1 for i in range(8)}}]))
        lines = run.out.decode().splitlines()
        self.assertEqual(lines[1:7], [f"    all: result.x{i} is missing" for i in range(5)] + ["    all: and 3 more differences"])

    def test_samples_too_deep_to_compare(self):
        options = self.plugin('[{"content": "", "result": ' + "[" * 90000 + "]" * 90000 + "}]")
        run = self.run_stoq("test", "hash", *options)
        self.assertIn(f"{self.path('plugins/hash/selftest.json')}: not JSON: more than 256 levels of brackets at byte ", run.out.decode())
        self.assertEqual(run.code, 1)

    def test_unknown_name(self):
        self.mistake("there is no plugin 'hahs' (did you mean 'hash'?); see stoq list", "test", "hahs")

    def test_what_does_not_load_fails(self):
        run = self.run_stoq("test", "bad_no_role", "--plugin-dir", os.path.join(TEST_PLUGINS, "bad_no_role"))
        self.assertEqual(run.code, 1)
        self.assertIn("bad_no_role     FAILED to load: it plays no role of this version of the plugin interface", run.out.decode())


if __name__ == "__main__":
    TEST_PLUGINS = sys.argv.pop(2)
    STOQ = sys.argv.pop(1)
    unittest.main(verbosity=1)

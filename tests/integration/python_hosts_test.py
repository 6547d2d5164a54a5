# SPDX-License-Identifier: Apache-2.0
"""What a plugin written in Python may do to its host process: each deed costs its own result, and the response says what it was. Loading,
listing, doctor, test and install of such plugins: python_hosts_test.py STOQ"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from support import Run, UUID  # noqa: E402

PLUGINS = os.path.join(os.path.dirname(HERE), "python_plugins")
FAULT = os.path.join(PLUGINS, "fault")
STOQ = ""
STANDS = "; what it had given stands"


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="stoq-python-test-", dir="/var/tmp")
        self.addCleanup(holder.cleanup)
        self.dir = holder.name
        self.home = os.path.join(self.dir, "home")
        os.mkdir(self.home)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, content):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def stoq(self, *args, plugins=PLUGINS, env=None, **more):
        command, *rest = args
        directory = ["--plugin-dir", plugins] if plugins else []
        return Run([STOQ, command, *rest, *directory], env={"STOQ_HOME": self.home, **(env or {})}, **more)

    def scan(self, *contents, plugin="deeds", args=()):
        """The responses, in order, one scan thread: all go to the same host as long as it lives."""
        files = [self.write(f"file{i}", content) for i, content in enumerate(contents)]
        run = self.stoq("scan", *files, "-a", plugin, "byte_stats", "--threads", "1", "--format", "jsonl", "--log-level", "info", *args)
        self.assertEqual(run.code, 0, run.err)
        responses = [json.loads(line) for line in run.out.splitlines()]
        self.assertEqual(len(responses), len(contents))
        self.log = run.err
        for response in responses:  # whatever it does
            self.assertIn("byte_stats", response["results"][0]["workers"][0])
        return responses

    def errors(self, response, plugin="deeds"):
        """Without the id at their end, and with places in short."""
        texts = response["errors"].get(plugin, [])
        return [re.sub(r'File "[^"]*/([^/"]*)", line \d+', r'File "\1", line N', UUID.sub("ID", text)) for text in texts]

    def result(self, response, plugin="deeds"):
        return response["results"][0]["workers"][0].get(plugin)


class Deeds(Case):
    def one(self, deed, expected, limits=(), result=None, args=()):
        """What one deed costs: itself. The calls before and after it are answered."""
        before, response, after = self.scan("count # before", deed, "count # after", args=args)
        self.assertEqual(self.errors(response), [f"worker:failed to scan: deeds ; {text} ; payload ID" for text in expected])
        self.assertEqual([limit["limit"] for limit in response["limits"]], list(limits))
        self.assertEqual(self.result(response), result)
        for other in (before, after):
            self.assertEqual(other["errors"], {})
            self.assertIn("calls", self.result(other))

    def test_exceptions(self):
        where = 'File "deeds.py", line N, in '
        self.one("exit", [where + "do_exit ; SystemExit: 7"])
        self.one("interrupt", [where + "do_interrupt ; KeyboardInterrupt: stop"])
        self.one("recursion", [where + "do_recursion ; RecursionError: maximum recursion depth exceeded"])
        self.one("fail after print", [where + "do_fail_after_print ; RuntimeError: after the print"])
        self.assertIn("INFO] stoq.deeds: before the end\n", self.log)
        self.one("wrong answer", ["TypeError: it returned int, not a WorkerResponse or None"])

    def test_metas_are_bounded(self):
        self.one("many metas", ["StoqException: it sets more than 1000 dispatch metas; the rest was left out"], result={"did": "many_metas"})
        file = self.write("large", "large request meta")
        run = self.stoq("scan", file, "-a", "deeds", "--format", "json", "--set", "max_response_size=5000")
        self.assertEqual(run.code, 0, run.err)
        response = json.loads(run.out)
        self.assertNotIn("large", response["request_meta"]["extra_data"])
        self.assertEqual({(limit["limit"], limit["plugin"]) for limit in response["limits"]}, {("max_response_size", "deeds")})

    def test_half_pairs_cost_nothing(self):
        run = self.stoq("scan", self.write("half", "half pairs"), "-s", "deeds", "--format", "json", "--set", "dispatchers=", "--set", "always_dispatch=")
        response = json.loads(run.out)
        self.assertEqual(response["errors"], {"deeds": ["n\ufffd"]})
        root, extracted = response["results"]
        self.assertEqual(root["workers"], [{"deeds": {"n\ufffd": "n\ufffd"}}])
        self.assertEqual(extracted["payload_meta"]["extra_data"], {"filename": "n\ufffd"})
        self.one("half pairs raised", ['File "deeds.py", line N, in do_half_pairs_raised ; ValueError: n\ufffd'])

    def test_metas_that_the_manifest_rules_out(self):
        package = shutil.copytree(os.path.join(PLUGINS, "fault/deeds"), self.path("plugins/deeds"))
        with open(os.path.join(package, "deeds.stoq"), "a") as manifest:
            manifest.write("[engine]\nchanges_payload = no\n")
        run = self.stoq("scan", self.write("many", "many metas"), "-a", "deeds", "--format", "json", plugins=self.path("plugins"))
        self.assertEqual(run.code, 0, run.err)
        response = json.loads(run.out)
        self.assertEqual(self.errors(response), ["worker:failed to scan: deeds ; StoqException: it changes dispatch meta, "
                                                 "which its manifest rules out (changes_payload = no) ; payload ID"])
        self.assertEqual(self.result(response), {"did": "many_metas"})

    def test_ends(self):
        for deed, how in (("hard exit", "exit status 3"), ("segfault", "signal 11 (SIGSEGV)"), ("abort", "signal 6 (SIGABRT)"),
                          ("signal itself", "signal 15 (SIGTERM)")):
            with self.subTest(deed):
                self.one(deed, [f"crash: its host process ended by {how}{STANDS}"], ["crash"])
        with self.subTest("close everything"):  # of a host that has hung up, what it gives afterwards may come in time
            response, after = self.scan("close everything", "count")
            self.assertEqual(self.errors(response),
                             [f"worker:failed to scan: deeds ; crash: its host process ended by exit status 0{STANDS} ; payload ID"])
            self.assertIn(self.result(response), (None, {"did": "close_everything"}))
            self.assertEqual(after["errors"], {})

    def test_time(self):
        for deed in ("loop", "sleep"):
            with self.subTest(deed):
                self.one(deed, [f"deadline: it did not answer within 0.5 s and was killed{STANDS}"], ["plugin_deadline"],
                         args=("--plugin-opts", "deeds:deadline=0.5s"))

    def test_memory(self):
        response = self.scan("take memory", "count", args=("--plugin-opts", "deeds:memory=200MiB"))[0]
        self.assertEqual([limit["limit"] for limit in response["limits"]], ["plugin_memory"])
        self.assertEqual(self.errors(response),
                         ['worker:failed to scan: deeds ; File "deeds.py", line N, in do_take_memory ; MemoryError:  ; payload ID'])

    def test_results(self):
        for deed in ("large result", "gigabyte result"):
            response, after = self.scan(deed, "count")
            self.assertIsNone(self.result(response))
            self.assertEqual(len(response["limits"]), 1, response["limits"])
            self.assertIn(response["limits"][0]["limit"], ("max_result_size", "plugin_memory"))
            self.assertEqual(after["errors"], {})
        for deed in ("deep result", "circular result", "object result"):
            response, after = self.scan(deed, "count")
            self.assertEqual(len(self.errors(response)), 1)
            self.assertIsNone(self.result(response))
            self.assertEqual(after["errors"], {})

    def test_wrong_extraction(self):
        response = self.scan("wrong extraction")[0]
        self.assertEqual(response["errors"], {})
        self.assertEqual(self.result(response), {"kept": True})
        self.assertEqual([r["size"] for r in response["results"]], [16, 5])

    def test_unspeakable(self):
        response, after = self.scan("unspeakable", "count")
        self.assertEqual(self.errors(response), ['worker:failed to scan: deeds ; File "deeds.py", line N, in do_unspeakable ; '
                                                 'stoq_plugins.deeds.Unspeakable: (its text cannot be had) ; payload ID'])
        self.assertEqual(after["errors"], {})

    def test_threads(self):
        first, second, third = self.scan("leave threads", "count", "leave threads")
        self.assertEqual([self.result(r) for r in (first, second, third)], [{"threads": 3}, {"calls": 2}, {"threads": 5}])
        self.assertEqual([r["errors"] for r in (first, second, third)], [{}] * 3)
        self.scan("talk later", "exit", "count", "count # again")

    def test_patches(self):
        first, second = self.scan("patch", "count")
        self.assertEqual(self.result(first), {"patched": True})
        self.assertIn("deeds", json.dumps(second))  # its own later calls are its own concern; byte_stats had its answer

    def test_forks(self):
        first, second = self.scan("fork", "count")
        self.assertEqual((self.result(first), first["errors"]), ({"who": "parent"}, {}))
        self.assertEqual((self.result(second), second["errors"]), ({"calls": 2}, {}))

    def test_files(self):
        refused, used, left, around = self.scan("write file", "use tmp", "write tmp", "look around")
        self.assertRegex(self.errors(refused)[0], r"do_write_file ; PermissionError: \[Errno 13\] Permission denied: '/var/tmp/stoq-python-test'")
        self.assertFalse(os.path.exists("/var/tmp/stoq-python-test"))
        self.assertEqual(self.result(used), {"own": True})
        self.assertEqual(left["errors"], {})
        self.assertEqual(self.result(around)["argv"], ["stoq"])
        self.assertLessEqual(set(self.result(around)["environment"]), {"HOME", "LANG", "PATH", "TMPDIR", "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                                                                       "TSAN_OPTIONS", "LSAN_OPTIONS", "LC_CTYPE"})
        self.assertIsNotNone(self.result(around)["home"])

    def test_prints(self):
        self.scan("half a line", "count")
        self.assertIn("INFO] stoq.deeds: half a line\n", self.log)
        self.assertNotIn("not for the log", self.log)

    def test_awaited(self):
        args = ("--plugin-opts", "deeds3:deadline=0.5s")
        deeds = ("exit", "wait", "loop", "leave a task", "threads", "stop the loop", "nothing")
        responses = self.scan(*deeds, plugin="deeds3", args=args)
        late = f"worker:failed to scan: deeds3 ; deadline: it did not answer within 0.5 s and was killed{STANDS} ; payload ID"
        self.assertEqual(self.errors(responses[0], "deeds3"),
                         ['worker:failed to scan: deeds3 ; File "deeds3.py", line N, in scan ; SystemExit: 7 ; payload ID'])
        self.assertEqual([self.errors(r, "deeds3") for r in responses[1:3]], [[late], [late]])
        self.assertEqual(len(self.errors(responses[5], "deeds3")), 1)
        for response in (responses[3], responses[4], responses[6]):
            self.assertEqual(response["errors"], {})
            self.assertIn("did", self.result(response, "deeds3"))


class Instances(Case):
    def test_one_for_all_threads(self):
        files = [self.write(f"f{i}", f"content {i}") for i in range(12)]
        run = self.stoq("scan", *files, "-a", "single", "--threads", "4", "--format", "jsonl")
        calls = [self.result(json.loads(line), "single")["calls"] for line in run.out.splitlines()]
        self.assertEqual(sorted(calls), list(range(1, 13)))

    def test_one_for_each_thread(self):
        files = [self.write(f"f{i}", f"slow count # {i}") for i in range(12)]
        run = self.stoq("scan", *files, "-a", "deeds", "--threads", "4", "--format", "jsonl")
        calls = [self.result(json.loads(line))["calls"] for line in run.out.splitlines()]
        self.assertEqual(len(calls), 12)
        self.assertGreaterEqual(calls.count(1), 2, calls)  # the first call of that many objects

    def test_one_that_dies(self):
        responses = self.scan("a", "die", "b", plugin="single")
        self.assertEqual([len(r["limits"]) for r in responses], [0, 1, 0])
        self.assertEqual(self.result(responses[2], "single"), {"calls": 1})

    def test_what_is_made_with_a_thread_has_it_in_its_host(self):
        responses = self.scan("one", "three", plugin="keeps_thread")
        self.assertEqual([self.result(r, "keeps_thread") for r in responses], [{"length": 3}, {"length": 5}])


class Providers(Case):
    def run_it(self, *args, **more):
        return self.stoq("run", "-a", "byte_stats", "-C", "json_lines", "--plugin-opts", f"json_lines:results_file={self.path('results')}", *args, **more)

    def responses(self):
        with open(self.path("results")) as file:
            return [json.loads(line) for line in file]

    def test_payloads_and_tasks(self):
        inbox = self.path("inbox")
        os.mkdir(inbox)
        self.write("inbox/a", b"first")
        self.write("inbox/b", b"second")
        vault = self.path("vault")
        kept = self.stoq("scan", self.write("kept", b"kept before"), "-A", "disk_vault", "--plugin-opts", f"disk_vault:archive_dir={vault}")
        self.write("inbox/c.task", json.dumps(kept.response["results"][0]["archivers"]))
        run = self.run_it(f"inbox:source_dir={inbox}", "inbox:with_tasks=yes", f"disk_vault:archive_dir={vault}", "-P", "inbox", "-S", "disk_vault")
        self.assertEqual(run.code, 0, run.err)
        found = {(r["results"][0]["size"], json.dumps(r["results"][0]["payload_meta"]["extra_data"])) for r in self.responses()}
        self.assertEqual({size for size, _ in found}, {5, 6, 11})
        self.assertIn((5, json.dumps({"filename": "a", "source_dir": inbox})), found)

    def test_v3(self):
        run = self.run_it("ticker:count=5", "ticker:pause=0.001", "-P", "ticker")
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(sorted(r["results"][0]["payload_meta"]["extra_data"]["number"] for r in self.responses()), list(range(5)))

    def test_those_that_never_end_are_told_to(self):
        def stop(process):
            while process.poll() is None and not os.path.exists(self.path("results")):
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)

        for plugin in ("endless", "endless3"):
            with self.subTest(plugin):
                run = self.run_it("-P", plugin, "--set", "drain_time=120s", during=stop)
                self.assertEqual((run.code, "was killed" in run.err), (0, False), run.err)
                os.remove(self.path("results"))

    def test_one_that_fails(self):
        run = self.run_it("-P", "bad_provider")
        self.assertEqual(run.code, 1)
        self.assertRegex(run.err, r"bad_provider\.py\", line \d+, in ingest ; SystemExit: enough")
        self.assertEqual([r["results"][0]["size"] for r in self.responses()], [12])


class Loading(Case):
    def problem(self, plugin):
        response = self.scan("x", plugin=plugin)[0]
        (text,) = response["errors"][plugin]
        text = re.sub(r'File "[^"]*/([^/"]*)"', r'File "\1"', UUID.sub("ID", text))
        head = f"worker:failed to load: {plugin} ; StoqPluginException: plugin '{plugin}' ({FAULT}/{plugin}/{plugin}.stoq) cannot be loaded: "
        self.assertTrue(text.startswith(head), text)
        return text[len(head):].removesuffix(" ; payload ID")

    def test_messages(self):
        self.assertEqual(self.problem("bad_import"),
                         'File "bad_import.py", line 2, in <module> ; ModuleNotFoundError: No module named \'a_module_that_is_nowhere\' '
                         '(its requirements.txt names what it needs: stoq install --upgrade fetches that)')
        self.assertIn("SyntaxError: invalid syntax (bad_syntax.py, line 2)", self.problem("bad_syntax"))
        self.assertEqual(self.problem("bad_start"), 'File "bad_start.py", line 9, in __init__ ; stoq.exceptions.StoqPluginException: no key was given')
        self.assertEqual(self.problem("bad_exit"), 'File "bad_exit.py", line 4, in <module> ; SystemExit: 5')
        self.assertEqual(self.problem("bad_crash"), "it ended the process that loaded it by signal 6 (SIGABRT)")
        self.assertIn("it cannot be told whether it is written for stoQ 2 or 3", self.problem("bad_mixture"))
        self.assertIn("No valid plugin classes found in the module", self.problem("bad_empty"))

    def test_the_engine_itself(self):
        response = self.scan("x", plugin="makes_stoq")[0]
        self.assertEqual(self.result(response, "makes_stoq"), {"refused": "plugins that run under the command stoq cannot make a Stoq"},
                         response["errors"])

    def test_isolation_none(self):
        response = self.scan("count", args=("--plugin-opts", "deeds:isolation=none"))[0]
        self.assertIn("isolation = none is not for plugins written in Python, which run in host processes; use process or fresh",
                      response["errors"]["deeds"][0])

    def test_fresh(self):
        responses = self.scan("count", "count", args=("--plugin-opts", "deeds:isolation=fresh"))
        self.assertEqual([self.result(r) for r in responses], [{"calls": 1}] * 2)

    def test_list(self):
        run = self.stoq("list", plugins=os.path.join(PLUGINS, "v2"))
        self.assertEqual(run.code, 0, run.err)
        text = run.out.decode()
        self.assertIn("  keyword_router      v2.0.3     Sends payloads with a keyword to the workers named for it\n"
                      "\t\t\t\t- Worker, Dispatcher\n", text)
        verbose = self.stoq("list", "--verbose", plugins=os.path.join(PLUGINS, "v3")).out.decode()
        self.assertIn("byte_stats 3.0.0  What bytes a payload is made of\n    roles      Worker\n", verbose)
        self.assertRegex(verbose, r"    isolation  process, profile legacy, in Python\n")
        self.assertRegex(verbose, r"      top +text, default 3\n")

    def test_doctor(self):
        run = self.stoq("doctor", plugins=os.path.join(PLUGINS, "v2"))
        text = run.out.decode()
        self.assertRegex(text, r"ok +stoq-pyhost +.*/stoq-pyhost, with /usr/bin/python3's library")
        self.assertRegex(text, r"ok +grumpy +2\.0\.0, Worker, isolation process")
        run = self.stoq("doctor", plugins=os.path.join(FAULT, "bad_crash"))
        self.assertEqual(run.code, 1)
        self.assertIn("does not load: it ended the process that loaded it by signal 6 (SIGABRT)", run.out.decode())

    def test_selftest(self):
        plugin = self.path("plugins/grumpy")
        shutil.copytree(os.path.join(PLUGINS, "v2/grumpy"), plugin)
        self.write("plugins/grumpy/selftest.json", json.dumps([{"name": "a mood", "content": "cheerful", "result": {"mood": "cheerful"}}]))
        run = self.stoq("test", "grumpy", plugins=self.path("plugins"))
        self.assertEqual((run.code, run.out.decode()), (0, "grumpy          passed, 1 sample\n1 tested with 1 samples, 0 loaded only, 0 failed\n"), run.err)


def wheel(path, name, version, module):
    """A wheel with one module."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(os.path.join(path, f"{name}-{version}-py3-none-any.whl"), "w") as file:
        file.writestr(f"{name}.py", module)
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


HAS_PIP = subprocess.run(["/usr/bin/python3", "-I", "-m", "pip", "--version"], capture_output=True).returncode == 0


class Install(Case):
    def setUp(self):
        super().setUp()
        self.wheels = self.path("wheels")
        os.mkdir(self.wheels)
        self.index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": self.wheels, "PIP_CONFIG_FILE": "/dev/null"}
        self.place = os.path.join(self.home, "plugins", "needy")

    def source(self, requirements, folder="src/needy"):
        path = self.path(folder)
        os.makedirs(path)
        with open(os.path.join(path, "needy.stoq"), "w") as file:
            file.write("[Core]\nName = needy\nModule = needy\n[Documentation]\nVersion = 1.0\n")
        with open(os.path.join(path, "needy.py"), "w") as file:
            file.write("import stoq_test_words\nfrom stoq.data_classes import WorkerResponse\nfrom stoq.plugins import WorkerPlugin\n\n\n"
                       "class Needy(WorkerPlugin):\n    def scan(self, payload, request_meta):\n"
                       "        return WorkerResponse({'words': stoq_test_words.WORDS})\n")
        if requirements is not None:
            with open(self.path("src/requirements.txt"), "w") as file:
                file.write(requirements)
        return self.path("src")

    def install(self, *args):
        return self.stoq("install", *args, plugins=None, env=self.index)

    @unittest.skipUnless(HAS_PIP, "without python3-pip")
    def test_requirements_are_fetched(self):
        wheel(self.wheels, "stoq_test_words", "1.2", "WORDS = 'of a wheel'\n")
        source = self.source("stoq-test-words>=1  # words\n")
        run = self.install(source)
        self.assertEqual((run.code, run.err, run.out.decode()),
                         (0, "", f"installed needy 1.0 (Worker) at {self.place}\n  fetched for it: stoq-test-words>=1\n"))
        scan = self.stoq("scan", self.write("x", "x"), "-a", "needy", plugins=None)
        self.assertEqual(self.result(scan.response, "needy"), {"words": "of a wheel"}, scan.response["errors"])
        wheel(self.wheels, "stoq_test_words", "2.0", "WORDS = 'of a newer one'\n")
        with open(self.path("src/requirements.txt"), "w") as file:
            file.write("stoq-test-words==2.0\n")
        self.assertEqual(self.install(source, "--upgrade").code, 0)
        scan = self.stoq("scan", self.path("x"), "-a", "needy", plugins=None)
        self.assertEqual(self.result(scan.response, "needy"), {"words": "of a newer one"})
        # The folder of an installed plugin can be installed elsewhere.
        run = self.install(self.place, "--install-dir", self.path("other"))
        self.assertEqual(run.code, 0, run.err)

    @unittest.skipUnless(HAS_PIP, "without python3-pip")
    def test_what_is_missing_is_said(self):
        wheel(self.wheels, "stoq_test_words", "1.2", "WORDS = ''\n")
        run = self.install(self.source("stoq-test-words>=1\nstoq-test-nowhere==3.1\n"))
        self.assertEqual(run.code, 1)
        self.assertRegex(run.err, r"plugin 'needy' is not installed: its requirements\.txt asks for Python packages that are not here: "
                                  r"stoq-test-words>=1, stoq-test-nowhere==3\.1; pip cannot get them: Could not find a version that satisfies the "
                                  r"requirement stoq-test-nowhere==3\.1 .*\. Make a package index reachable \(PIP_INDEX_URL, pip\.conf\), or "
                                  r"install them for /usr/bin/python3, and install the plugin again")
        self.assertEqual(os.listdir(os.path.join(self.home, "plugins")), [])

    def test_what_is_there_is_not_fetched(self):
        source = self.source("# nothing\n")
        with open(self.path("src/needy/needy.py")) as file:
            text = file.read().replace("stoq_test_words.WORDS", "1").replace("import stoq_test_words\n", "")
        with open(self.path("src/needy/needy.py"), "w") as file:
            file.write(text)
        run = self.install(source)
        self.assertEqual((run.code, run.out.decode()), (0, f"installed needy 1.0 (Worker) at {self.place}\n"), run.err)
        self.assertFalse(os.path.exists(os.path.join(self.place, ".venv")))

    def test_a_missing_file_is_said(self):
        run = self.install(self.source("-r other.txt\n"))
        self.assertEqual(run.code, 1)
        self.assertIn("plugin 'needy' is not installed: requirements.txt cannot be read: [Errno 2] No such file or directory: 'other.txt'", run.err)


if __name__ == "__main__":
    STOQ = sys.argv.pop(1)
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""stoq run and its signals, with real processes: signals_test.py STOQ TEST_PLUGINS"""
import json
import os
import pty
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import descendants, sleeps  # noqa: E402

STOQ = TEST_PLUGINS = ""
STOPPED = "stoq: no new payloads are taken; what is in work is finished within {} s (once more to stop at once)"


def eventually(condition, what, most=60):
    until = time.monotonic() + most
    while not condition():
        assert time.monotonic() < until, f"not within {most} s: {what() if callable(what) else what}"
        time.sleep(0.01)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Watching:
    """stoq run that watches a directory, as a daemon would."""

    def __init__(self, config, *arguments, files=None, terminal=False):
        self.holder = tempfile.TemporaryDirectory(prefix="stoq-signals-", dir="/var/tmp")
        self.dir = self.holder.name
        for name in ("home", "incoming", "results", "making"):
            os.mkdir(f"{self.dir}/{name}")
        for name, text in (files or {}).items():
            self.write(name, text)
        self.config(config)
        self.count = 0
        self.start(*arguments, terminal=terminal)

    def start(self, *arguments, terminal=False):
        env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": self.dir, "STOQ_HOME": f"{self.dir}/home", "TZ": "UTC"}
        env.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
        args = [STOQ, "run", "-P", "dirmon", "-C", "filedir", "--progress", "never", "--plugin-dir", TEST_PLUGINS, *arguments,
                "--plugin-opts", f"dirmon:source_dir={self.dir}/incoming", "dirmon:existing=true", f"filedir:results_dir={self.dir}/results"]
        self.log_path = f"{self.dir}/log"
        with open(self.log_path, "wb") as log:
            if terminal:
                self.pid, self.master = pty.fork()
                if self.pid == 0:
                    os.dup2(log.fileno(), 2)
                    os.execve(args[0], args, env)
            else:
                self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
                self.pid = self.process.pid
        # Files are taken once somebody watches.
        eventually(lambda: os.path.isdir(f"{self.dir}/home/state/dirmon") and os.listdir(f"{self.dir}/home/state/dirmon"), self.log)

    def write(self, name, text):
        """In one step, as an editor should."""
        path = f"{self.dir}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(path + ".new", path)

    def config(self, text):
        self.write("home/stoq.cfg", "[core]\nlog_dir =\n" + text.replace("DIR", self.dir))

    def log(self):
        with open(self.log_path, encoding="utf-8") as log:
            return log.read()

    def lines(self):
        return [line.partition("] ")[2] or line for line in self.log().splitlines()]

    def last_word(self):
        """Of the engine; providers may say something when they go."""
        return [line for line in self.lines() if line.startswith("stoq: ")][-1]

    def says(self, line, times=1):
        eventually(lambda: self.lines().count(line) >= times, lambda: f"{line}\n{self.log()}")

    def put(self, content):
        self.count += 1
        name = f"{self.count:03d}"
        with open(f"{self.dir}/making/{name}", "wb") as file:
            file.write(content)
        os.rename(f"{self.dir}/making/{name}", f"{self.dir}/incoming/{name}")

    def results(self):
        return [name for name in os.listdir(f"{self.dir}/results") if not name.startswith(".")]

    def scan(self, content):
        """The response for one more file."""
        before = set(self.results())
        self.put(content)
        eventually(lambda: len(self.results()) > len(before), self.log)
        (name,) = set(self.results()) - before
        with open(f"{self.dir}/results/{name}", encoding="utf-8") as file:
            return json.load(file)

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self):
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end: {self.log()}") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if hasattr(self, "process") and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.holder.cleanup()


def ran(response):
    return response["results"][0]["plugins_run"]["workers"][0]


class Signals(unittest.TestCase):
    maxDiff = None

    def end(self, run, items=None):
        run.signal(signal.SIGTERM)
        self.assertEqual(run.wait(), 0, run.log())
        done = items or run.count
        self.assertEqual(run.last_word(),
                         f"stoq: The run was stopped: {done} {'item is' if done == 1 else 'items are'} done, 0 failed, 0 were put back")

    def test_reload_takes_what_has_changed(self):
        with Watching("always_dispatch = hash\n") as run:
            self.assertEqual(ran(run.scan(b"one")), ["hash"])
            run.config("always_dispatch = hash, mimetype\n")
            run.signal(signal.SIGHUP)
            run.says("stoq: Configuration and plugins are reloaded: 4 plugins are in force")
            self.assertEqual(ran(run.scan(b"two")), ["hash", "mimetype"])
            run.config("always_dispatch = hash\nmax_payloads = lots\n")
            run.signal(signal.SIGHUP)
            run.says(f"stoq: Nothing is reloaded, what was in force stays: {run.dir}/home/stoq.cfg:4: max_payloads: 'lots' is not an integer")
            self.assertEqual(ran(run.scan(b"three")), ["hash", "mimetype"])
            self.end(run)

    def test_rules_that_break_are_named_and_their_last_good_version_works(self):
        def rule(name):
            return f"rule {name} {{ condition: true }}\n"

        files = {"rules/a.yar": rule("a_old"), "rules/b.yar": rule("b_old")}
        with Watching("always_dispatch = yara\n[yara]\nworker_rules = DIR/rules\n", files=files) as run:
            rules = f"{run.dir}/rules"
            loaded = "stoq: Configuration and plugins are reloaded: 3 plugins are in force"

            def write(name, text):
                run.write("rules/" + name, text)

            def found(content):
                response = run.scan(content)
                return [m["rule"] for m in response["results"][0]["workers"][0]["yara"]["matches"]], response["errors"].get("yara")

            self.assertEqual(found(b"1"), (["a_old", "b_old"], None))
            write("a.yar", "rule a_new { condition: ) }\n")
            write("b.yar", rule("b_new"))
            run.signal(signal.SIGHUP)
            run.says(loaded)
            broken = f"{rules}/a.yar:1: syntax error"
            run.says(f"stoq.yara: {broken}")
            self.assertEqual(found(b"2"), (["a_old", "b_new"], [broken]))
            # Where none compiles all that was in force stays.
            write("b.yar", "rule\n")
            run.signal(signal.SIGHUP)
            eventually(lambda: any(line.startswith("stoq: Nothing is reloaded, what was in force stays: plugin 'yara' (") and
                                   line.endswith(f") cannot be loaded: {broken}; {rules}/b.yar:1: syntax error") for line in run.lines()), run.log)
            self.assertEqual(found(b"3"), (["a_old", "b_new"], [broken]))
            write("a.yar", rule("a_new"))
            run.signal(signal.SIGHUP)
            run.says(loaded, 2)
            self.assertEqual(found(b"4"), (["a_new", "b_new"], [f"{rules}/b.yar:1: syntax error"]))
            self.end(run)
            run.start()
            self.assertEqual(found(b"5"), (["a_new", "b_new"], [f"{rules}/b.yar:1: syntax error"]))
            self.end(run, 1)

    def poisoned(self, drain_time, *arguments):
        """A run with one thread that hangs in a plugin, and three items behind that."""
        run = Watching(f"threads = 1\nmax_queue = 1000\ndrain_time = {drain_time}\nalways_dispatch = bad_end\n"
                       "[bad_end]\nhow = loop\ndeadline = 1h\n", "--set", "request_deadline=2h", *arguments)
        for _ in range(4):
            run.put(b"poison")
        eventually(lambda: any(sleeps(pid) >= 2000 for pid in descendants(run.pid)[1:]), run.log)  # the hang
        return run

    def test_what_a_drain_cannot_finish_is_put_back_and_taken_the_next_time(self):
        with self.poisoned("100ms") as run:
            hosts = descendants(run.pid)[1:]
            run.signal(signal.SIGTERM)
            self.assertEqual(run.wait(), 1)
            self.assertIn(STOPPED.format("0.1"), run.lines())
            last = run.last_word()
            self.assertRegex(last, r"^stoq: The run was stopped: 0 items are done, 0 failed, \d+ were put back$")
            self.assertEqual(run.results(), [])
            eventually(lambda: not any(alive(pid) for pid in hosts), f"{hosts} end")
            run.config("always_dispatch = hash\n")
            run.start()
            eventually(lambda: len(run.results()) == run.count, run.log)
            self.end(run)

    def test_a_drain_does_not_wait_for_a_file_without_end(self):
        with Watching("threads = 1\ndrain_time = 100ms\nalways_dispatch = hash\n") as run:
            sparse = f"{run.dir}/making/sparse"
            with open(sparse, "wb") as file:
                file.truncate(1 << 42)
            os.rename(sparse, f"{run.dir}/incoming/sparse")

            def opened():
                for fd in os.listdir(f"/proc/{run.pid}/fd"):
                    try:
                        if os.readlink(f"/proc/{run.pid}/fd/{fd}").endswith("/incoming/sparse"):
                            return True
                    except OSError:
                        pass
                return False

            eventually(opened, run.log)
            run.signal(signal.SIGTERM)
            self.assertEqual(run.wait(), 1)
            self.assertEqual(run.last_word(), "stoq: The run was stopped: 0 items are done, 0 failed, 1 were put back")

    def test_a_second_signal_ends_it_at_once(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.poisoned("1h") as run:
                hosts = descendants(run.pid)[1:]
                run.signal(signal.SIGTERM)
                run.says(STOPPED.format("3600.0"))
                run.signal(number)
                self.assertEqual(run.wait(), 128 + number)
                self.assertEqual(os.listdir(f"{run.dir}/results"), [])
                eventually(lambda pids=hosts: not any(alive(pid) for pid in pids), f"{hosts} end")

    def test_the_end_of_the_terminal_is_a_stop(self):
        with Watching("always_dispatch = hash\n", terminal=True) as run:
            run.scan(b"one")
            os.close(run.master)
            status = []
            eventually(lambda: status.append(os.waitpid(run.pid, os.WNOHANG)) or status[-1][0] == run.pid, run.log)
            self.assertEqual(os.waitstatus_to_exitcode(status[-1][1]), 0)
            self.assertEqual(run.last_word(), "stoq: The run was stopped: 1 item is done, 0 failed, 0 were put back")


if __name__ == "__main__":
    TEST_PLUGINS = sys.argv.pop(2)
    STOQ = sys.argv.pop(1)
    unittest.main(verbosity=1)

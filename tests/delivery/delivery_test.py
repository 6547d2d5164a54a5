#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No item that was taken is lost, whenever the process is killed: delivery_test.py STOQ TEST_PLUGINS

Rounds of new small files and one kill -9 of `stoq run` at a seeded moment, then a run to the end. Afterwards each file has a complete
result, none is half-written, and only those have two that were taken and had no outcome in the journal when the kill came.
STOQ_DELIVERY_ROUNDS (20), STOQ_DELIVERY_FILES (1000) and STOQ_DELIVERY_SEED (1) say how much of it."""
import collections
import glob
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

STOQ, TEST_PLUGINS = "", ""
ROUNDS = int(os.environ.get("STOQ_DELIVERY_ROUNDS", "20"))
FILES = int(os.environ.get("STOQ_DELIVERY_FILES", "1000"))
SEED = os.environ.get("STOQ_DELIVERY_SEED", "1")
MOMENTS = ("start", "intake", "scan", "save", "drain")
PATIENCE = 60  # seconds
RESUMED = re.compile(r"a run on \S+ did not come to its end; files that it has done are not taken again, \d+ by its journal \S+ "
                     r"\(delete that to begin anew\)$")


class Journal:
    """What is written in a plugin's journal, which may end in a torn line."""

    def __init__(self, directory, prefix):
        self.there, self.open, self.done = False, set(), set()
        for path in glob.glob(directory + "/*.journal"):
            with open(path, "rb") as file:
                lines = file.read().split(b"\n")[1:-1]
            self.there = True
            for line in lines:
                word, _, _, _, name = line.decode().split(" ", 4)
                name = os.path.basename(name)
                if not name.startswith(prefix):
                    continue  # of another round
                self.open.discard(name)
                self.done.discard(name)
                if word.startswith("taken"):
                    self.open.add(name)
                elif word == "done":
                    self.done.add(name)

    @staticmethod
    def size(directory):
        try:
            return sum(entry.stat().st_size for entry in os.scandir(directory) if entry.name.endswith(".journal"))
        except OSError:
            return 0


class Results:
    """The files that a connector has saved; each is looked at once."""

    def __init__(self, directory, contents):
        self.directory, self.contents, self.seen, self.of = directory, contents, set(), collections.Counter()

    def count(self):
        return sum(not name.startswith(".") for name in self.names())

    def names(self):
        return os.listdir(self.directory) if os.path.isdir(self.directory) else []

    def temporaries(self):
        return {name for name in self.names() if name.startswith(".")}

    def read(self):
        for name in self.names():
            if name.startswith(".") or name in self.seen:
                continue
            self.seen.add(name)
            with open(f"{self.directory}/{name}", encoding="utf-8") as file:
                text = file.read()
            assert text.endswith("}\n"), f"{name} is half-written: {text[-100:]!r}"
            response = json.loads(text)
            assert response["scan_id"] == name, text
            (result,) = response["results"]
            file = result["payload_meta"]["extra_data"]["filename"]
            assert result["workers"][0]["hash"]["sha256"] == self.contents[file], f"the result of {file} is of something else"
            assert response["errors"] == {}, text
            self.of[file] += 1
        return self.of


def wait_until(condition, process, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, f"it ended with {process.returncode} before {what}"
        assert time.monotonic() < end, f"no {what} within {PATIENCE} s"
        time.sleep(0.002)


class Delivery(unittest.TestCase):
    maxDiff = None
    provider, connector = "filedir", "filedir"
    settings, options, workers = [], [], []

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="stoq-delivery-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.home, self.source, self.spare = self.dir + "/home", self.dir + "/source", self.dir + "/spare"
        self.state = f"{self.home}/state/{self.provider}"
        for directory in (self.home, self.source, self.spare):
            os.mkdir(directory)
        with open(self.home + "/stoq.cfg", "w", encoding="utf-8") as config:
            config.write(f"[core]\nlog_dir =\nlog_level = WARNING\nplugin_dir_list = {TEST_PLUGINS}\n")
        self.env = {"STOQ_HOME": self.home, "HOME": self.home, "TZ": "UTC", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin",
                    **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}}
        self.killed = 0

    def begin(self, number):
        """A round: its seed, its files' contents, and where results go."""
        self.random = random.Random(f"{SEED} {type(self).__name__} {number}")
        self.moment = MOMENTS[number % len(MOMENTS)]
        self.contents, self.made, self.prefix = {}, 0, f"r{number}-"
        self.results_dir = f"{self.dir}/results-{number}"
        os.mkdir(self.results_dir)
        self.results = Results(self.results_dir, self.contents)

    def make(self, count):
        """That many new files, of which half are moved to where they belong."""
        for _ in range(min(count, FILES - self.made)):
            content = b"%s %d %d\n" % (self.results_dir.encode(), self.made, self.random.getrandbits(64))
            name = f"{self.prefix}{self.made:05d}"
            self.contents[name] = hashlib.sha256(content).hexdigest()
            moved = self.made % 2 == 1
            with open(f"{self.spare if moved else self.source}/{name}", "wb") as file:
                file.write(content)
            if moved:
                os.rename(f"{self.spare}/{name}", f"{self.source}/{name}")
            self.made += 1

    def start(self):
        self.log = tempfile.TemporaryFile("a+b")  # so that it can be read meanwhile
        self.addCleanup(self.log.close)
        args = [STOQ, "run", "-P", self.provider, "-C", self.connector, "-a", "hash", *self.workers, "--set", "dispatchers=", *self.settings,
                "--plugin-opts", f"{self.provider}:source_dir={self.source}", f"{self.connector}:results_dir={self.results_dir}", *self.options]
        process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log, env=self.env, cwd=self.dir,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def complaints(self):
        """What it wrote to stderr, without times and what is expected of a resumed run."""
        self.log.seek(0)
        lines = [re.sub(r"^\[[-0-9: ,]+ (\w+)\] ", r"\1 ", line) for line in self.log.read().decode().splitlines()]
        return [line for line in lines if not RESUMED.search(line) and not self.expected(line)]

    def expected(self, _line):
        return False

    def kill_at_the_moment(self, process):
        """True: it was killed. It may have been through before."""
        before, share = Journal.size(self.state), self.random.uniform(0.02, 0.95)
        line = 43 + (len(self.source) if self.provider == "filedir" else 0)  # at least

        def reached():
            if self.moment == "intake":
                # A journal that is rewritten at the start may never be as long again.
                return Journal.size(self.state) > before or self.results.count() > 0
            if self.moment == "scan" and Journal.size(self.state) > before + share * 2 * FILES * line:
                return True  # else the results tell: a journal may be rewritten, and shrink
            return self.results.count() >= share * self.reachable()

        terminate = self.moment == "drain" and self.random.random() < 0.7
        if self.moment == "drain" and not terminate:
            share = 1 - self.random.uniform(0, 0.02)
        if self.moment != "start":
            end = time.monotonic() + PATIENCE
            while not reached() and process.poll() is None:
                self.assertLess(time.monotonic(), end, f"the moment to kill never came: {self.moment} {share}")
                self.make_more()
                time.sleep(0.0003)
        if terminate:
            process.send_signal(signal.SIGTERM)
        time.sleep(self.random.uniform(0, 0.03 if self.moment == "start" else 0.004))
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL

    def make_more(self):
        pass

    def reachable(self):
        """How many results there can be before the disk is full."""
        return FILES

    def to_the_end(self):
        process = self.start()
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual(self.complaints(), [])

    def round(self, number):
        self.begin(number)
        self.make(FILES)
        killed = self.kill_at_the_moment(self.start())
        journal, had = Journal(self.state, self.prefix), self.results.read().keys() | self.spooled()
        left = self.results.temporaries()
        ended = not journal.there and len(had) == FILES  # such a run leaves no journal: the next takes everything
        self.killed += killed and not ended
        self.assertEqual(journal.done - had, set(), "done in the journal, and without a result")
        self.to_the_end()
        self.make_sure(had, journal, left, ended)
        self.assertEqual(os.listdir(self.state), [])
        for name in self.contents:
            os.unlink(f"{self.source}/{name}")
        shutil.rmtree(self.results_dir, ignore_errors=True)

    def spooled(self):
        """The files whose responses lie in the spool: below a line of header."""
        names = set()
        for path in glob.glob(self.home + "/spool/[!.]*"):
            with open(path, encoding="utf-8") as file:
                response = json.loads(file.read().split("\n", 1)[1])
            names.add(response["results"][0]["payload_meta"]["extra_data"]["filename"])
        return names

    def make_sure(self, had, journal, left, ended):
        now = self.results.read()
        self.assertEqual(self.contents.keys() - now.keys(), set(), "lost")
        twice = {name for name, count in now.items() if count > 1}
        self.assertLessEqual(max(now.values()), 2)
        if not ended:
            self.assertEqual(twice - had, set(), "two results from one run")
            self.assertEqual(twice & journal.done, set(), "done in the journal, and repeated")
            self.assertEqual(twice - journal.open, set(), "repeated, and not in the journal as taken")
        self.assertLessEqual(self.results.temporaries(), left, "files that no kill explains")

    def rounds(self, most=ROUNDS):
        for number in range(most):
            try:
                self.round(number)
            except AssertionError as e:
                raise AssertionError(f"round {number}, killed in {self.moment}: {e}") from e
        self.assertGreaterEqual(self.killed, most * 3 // 5, "too many runs were through before they were killed")


class Filedir(Delivery):
    def test_rounds(self):
        self.rounds()


class Durable(Delivery):
    options = ["filedir:durable=true"]

    def test_rounds(self):
        self.rounds(max(len(MOMENTS), ROUNDS // 10))


class Dirmon(Delivery):
    provider = "dirmon"

    def stop(self, process):
        wait_until(lambda: self.keeper() == str(process.pid), process, "intake")  # before, a SIGTERM just ends it
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual(self.complaints(), [])

    def keeper(self):
        """The process that has the journal, or had it last."""
        for path in glob.glob(self.state + "/*.lock"):
            with open(path, encoding="utf-8") as file:
                return file.read()
        return ""

    def expected(self, line):
        return line == ("stoq: no new payloads are taken; what is in work is finished within 30.0 s "
                        "(once more to stop at once)")

    def make_more(self):
        self.make(self.random.randrange(20))

    def round(self, number):
        self.begin(number)
        if self.moment == "start":
            self.make(FILES // 2)
        process = self.start()
        self.killed += self.kill_at_the_moment(process)
        self.assertIn(process.returncode, (0, -signal.SIGKILL))  # 0: it was told to end, and had
        journal, had = Journal(self.state, self.prefix), set(self.results.read())
        left = self.results.temporaries()
        self.assertEqual(journal.done - had, set(), "done in the journal, and without a result")
        self.make(FILES)
        process = self.start()
        wait_until(lambda: self.results.count() >= FILES and len(self.results.read()) == FILES, process, "result for each file")
        self.stop(process)
        self.make_sure(had, journal, left, False)
        for name in self.contents:
            os.unlink(f"{self.source}/{name}")
        shutil.rmtree(self.results_dir)

    def test_rounds(self):
        self.begin(0)
        process = self.start()  # the first start: there is nothing yet
        wait_until(lambda: Journal(self.state, "").there, process, "journal")
        self.stop(process)
        shutil.rmtree(self.results_dir)
        self.rounds()


class Deadly(Delivery):
    """A plugin inside the engine dies of one file: three times, then that file has failed and all others have their result."""

    def run_on_poison(self, provider):
        self.provider, self.state = provider, f"{self.home}/state/{provider}"
        self.workers, self.options = ["bad_end"], ["bad_end:isolation=none"] + (["dirmon:existing=true"] if provider == "dirmon" else [])
        self.begin(0)
        self.make(40)
        with open(self.source + "/poison", "wb") as file:
            file.write(b"poison")
        for death in range(3):
            self.assertEqual(self.start().wait(PATIENCE), -signal.SIGSEGV, f"death {death}")
        process = self.start()
        if provider == "dirmon":
            wait_until(lambda: len(self.results.read()) == 40 and self.complaints(), process, "result for each other file")
            process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 1)
        why = f"{self.source}/poison failed: the engine died 3 times while it was in work; it is not taken again until "
        why += "it is written again" if provider == "dirmon" else "a run has come to its end"
        failure = f"provider:{provider} failed: {why}"
        self.assertEqual(sorted(line for line in self.complaints() if "no new payloads" not in line),
                         [f"ERROR stoq: {failure}", f"WARNING stoq.{provider}: {why}", f"stoq: {failure}"])
        self.assertEqual(self.results.read().keys(), self.contents.keys())

    def test_filedir(self):
        self.run_on_poison("filedir")

    def test_dirmon(self):
        self.run_on_poison("dirmon")


class Spooled(Delivery):
    """What connectors cannot save lies in the spool, from where it is saved later."""

    def setUp(self):
        super().setUp()
        if "spool" not in self.stoq("--help").stdout:
            self.skipTest("this stoq has no spool")

    def stoq(self, *args):
        return subprocess.run([STOQ, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=self.env, cwd=self.dir, check=False,
                              timeout=PATIENCE)

    def listed(self):
        listed = self.stoq("spool", "list", "--format", "json")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        content = json.loads(listed.stdout)
        self.assertEqual(content["left_alone"], [])
        return content["responses"]

    def expected(self, line):
        return "results of scan" in line.lower() or "spool" in line

    def empty_spool(self):
        for _ in range(50):
            if not self.listed():
                return
            self.stoq("spool", "retry")
        self.fail(f"still in the spool: {self.listed()[:3]}")


class FailingConnector(Spooled):
    connector, settings = "flaky_connector", ["connector_attempts=1"]

    def to_the_end(self):
        process = self.start()
        self.assertIn(process.wait(PATIENCE), (0, 1))
        self.assertEqual(self.complaints(), [])
        self.empty_spool()

    def start(self):
        with open(self.home + "/stoq.cfg", "w", encoding="utf-8") as config:
            config.write(f"[core]\nlog_dir =\nlog_level = WARNING\nplugin_dir_list = {TEST_PLUGINS}\n"
                         f"[{self.connector}]\nresults_dir = {self.results_dir}\n")
        return super().start()

    def test_rounds(self):
        self.rounds()


class FullDisk(Spooled):
    settings = ["connector_attempts=1"]
    PAGES = FILES // 3

    def mount(self, *options):
        return subprocess.run(["mount", *options, self.results_dir], capture_output=True, check=False).returncode == 0

    def begin(self, number):
        super().begin(number)
        if not self.mount("-t", "tmpfs", "-o", f"size={self.PAGES * os.sysconf('SC_PAGE_SIZE')}", "tmpfs"):
            self.skipTest("mounting a tmpfs is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", self.results_dir], capture_output=True, check=False)
        with open(self.home + "/stoq.cfg", "w", encoding="utf-8") as config:
            config.write(f"[core]\nlog_dir =\nlog_level = WARNING\n[filedir]\nresults_dir = {self.results_dir}\n")

    def reachable(self):
        return self.PAGES

    def to_the_end(self):
        process = self.start()
        self.assertEqual(process.wait(PATIENCE), 1, "the disk is still full")
        self.assertEqual(self.complaints(), [])
        self.assertTrue(self.mount("-o", "remount,size=100%"))
        self.empty_spool()

    def round(self, number):
        super().round(number)
        subprocess.run(["umount", self.results_dir], check=False)
        os.rmdir(self.results_dir)

    def test_rounds(self):
        self.rounds()


if __name__ == "__main__":
    TEST_PLUGINS = os.path.abspath(sys.argv.pop(2))
    STOQ = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The progress line of stoq run on a terminal, and its absence elsewhere: progress_test.py STOQ TEST_PLUGINS"""
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import Run  # noqa: E402

STOQ = ""
CLEAR = "\r\x1b[K"


def screen(text):
    """The lines that a terminal shows at the end."""
    lines, column = [""], 0
    for piece in re.split(r"(\x1b\[K|\r|\n)", text):
        if piece == "\r":
            column = 0
        elif piece == "\n":
            lines.append("")
            column = 0
        elif piece == "\x1b[K":
            lines[-1] = lines[-1][:column]
        else:
            lines[-1] = lines[-1][:column] + piece + lines[-1][column + len(piece):]
            column += len(piece)
    return lines


class Terminal:
    """A run whose stderr is a terminal of so many columns."""

    def __init__(self, args, columns, env, stdout=subprocess.PIPE):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        start = time.monotonic()
        process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=slave if stdout is None else stdout, stderr=slave, env=env)
        os.close(slave)
        raw = b""
        while True:
            try:
                piece = os.read(master, 1 << 16)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            raw += piece
        os.close(master)
        self.code = process.wait(60)
        if process.stdout:
            process.stdout.close()
        self.seconds = time.monotonic() - start
        self.text = raw.decode("utf-8").replace("\r\n", "\n")
        self.drawn = [line for line in re.findall(r"\r\x1b\[K([^\r\n\x1b]*)", self.text) if re.match(r"\d+ .*done", line)]


class Progress(unittest.TestCase):
    maxDiff = None
    FILES = 240  # so that it takes longer than until the line is drawn first, on fast machines too

    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory(prefix="stoq-progress-", dir="/var/tmp")
        cls.dir = cls.holder.name
        os.mkdir(cls.dir + "/samples")
        for i in range(cls.FILES):
            with open(f"{cls.dir}/samples/{i:04d}", "wb") as file:
                file.write(b"sample %d\n" % i * 100)
        os.mkdir(cls.dir + "/home")
        with open(cls.dir + "/home/stoq.cfg", "w") as config:
            config.write("[core]\nlog_dir =\n[filedir]\nresults_dir = " + cls.dir + "/results\n")

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def args(self, *more):
        # A process of its own for each call makes it slow enough to be watched.
        return [STOQ, "run", "-P", "filedir", "-a", "decompress", "b64decode", "--plugin-opts", f"filedir:source_dir={self.dir}/samples",
                "decompress:isolation=fresh", "b64decode:isolation=fresh", "--threads", "1", *more]

    def env(self):
        return {"STOQ_HOME": self.dir + "/home", "HOME": self.dir, "TERM": "xterm", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin",
                **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}

    def test_drawn_on_a_terminal_beside_whole_log_lines(self):
        t = Terminal(self.args("--log-level", "info"), 80, self.env())
        self.assertEqual(t.code, 0, t.text)
        self.assertGreater(len(t.drawn), 0, t.text)
        self.assertLessEqual(len(t.drawn), t.seconds * 5 + 3)  # once more for each log line
        for line in t.drawn:
            self.assertRegex(line, r"^\d+ (of \d+ )?done · .*/s")
            self.assertLess(len(line), 80)
        lines = screen(t.text)
        self.assertEqual(lines[-1], "")
        self.assertRegex(lines[-2], rf"^stoq: {self.FILES} items in \d+:\d\d: {self.FILES} done, 0 failed; \d+(\.\d)?/s, \d+ KiB at \S+ .?i?B/s$")
        for line in lines[:-2]:
            self.assertRegex(line, r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO\] stoq", t.text)
        self.assertEqual(sum("Provider plugin filedir successfully completed" in line for line in lines), 1)

    def test_says_how_long_it_will_take(self):
        for i in range(self.FILES, 3 * self.FILES):  # long enough for a rate
            with open(f"{self.dir}/samples/{i:04d}", "wb") as file:
                file.write(b"sample %d\n" % i * 100)
        try:
            t = Terminal(self.args(), 120, self.env())
        finally:
            for i in range(self.FILES, 3 * self.FILES):
                os.unlink(f"{self.dir}/samples/{i:04d}")
        self.assertEqual(t.code, 0, t.text)
        told = [re.search(r"^(\d+) of (\d+) done · .*\d+:\d\d left", line) for line in t.drawn]
        self.assertTrue(any(told), t.drawn)
        for match in filter(None, told):
            self.assertEqual(int(match[2]), 3 * self.FILES)
            self.assertLessEqual(int(match[1]), int(match[2]))

    def test_narrow_terminal(self):
        t = Terminal(self.args(), 20, self.env())
        self.assertGreater(len(t.drawn), 0, t.text)
        for line in t.drawn:
            self.assertLess(len(line), 20)

    def test_never_where_stderr_is_no_terminal(self):
        run = Run(self.args(), env=self.env())
        self.assertEqual((run.code, run.out, re.findall(r"done ·|\x1b", run.err)), (0, b"", []))

    def test_flags(self):
        run = Run(self.args("--progress", "always"), env=self.env())
        self.assertIn(CLEAR, run.err)
        self.assertRegex(run.err.rsplit("\n", 2)[1], rf"stoq: {self.FILES} items in ")
        t = Terminal(self.args("--progress", "never"), 80, self.env())
        self.assertNotIn("\x1b", t.text)
        self.assertNotIn(" items in ", t.text)
        t = Terminal(self.args(), 80, {**self.env(), "TERM": "dumb"})
        self.assertNotIn("\x1b", t.text)

    def test_not_on_the_terminal_that_responses_go_to(self):
        t = Terminal(self.args("-C", "stdout"), 80, self.env(), stdout=None)
        self.assertEqual(t.code, 0)
        self.assertNotIn("\x1b", t.text)


if __name__ == "__main__":
    sys.argv.pop(2)
    STOQ = sys.argv.pop(1)
    unittest.main(verbosity=1)

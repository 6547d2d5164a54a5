#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every flag that the parser knows stands in the manual page, docs/command.md and the completions, and no other: command_docs_test.py STOQ TEST_PLUGINS"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import Run  # noqa: E402

STOQ = ""
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FLAG = r"(?<![\w-])(--?[a-zA-Z][\w-]*)"


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def flags_of(*command):
    """What --help lists in front of the explanations."""
    found = set()
    for line in Run([STOQ, *command, "--help"]).out.decode().splitlines():
        at = re.match(r"^  (-\S+)", line)
        if at:
            found.update(at.group(1).split(","))
    return found


class Documents(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        top = Run([STOQ, "--help"]).out.decode()
        cls.commands = re.findall(r"^  (\w+) {2,}\S", top.split("Subcommands:")[1], re.M)
        cls.by_command = {command: flags_of(command) for command in cls.commands}
        cls.flags = flags_of().union(*cls.by_command.values())

    def test_there_are_some(self):
        self.assertEqual(self.commands, ["scan", "run", "list", "install", "doctor", "test", "spool"])
        self.assertIn("--install_dir", self.by_command["install"])
        self.assertGreater(len(self.by_command["scan"]), 30)

    def named(self, text):
        return set(re.findall(FLAG, text))

    def test_manual_page(self):
        page = read("man/stoq.1")
        for command in self.commands:
            self.assertRegex(page, rf"(?m)^\.B (stoq )?{command}$")
        headings = "\n".join(line for line in page.splitlines() if re.match(r"^\.(B|BI|BR|RB) .*\\-", line))
        self.assertEqual(self.named(headings.replace("\\-", "-")) & self.flags, self.flags)
        self.assertEqual(self.named(headings.replace("\\-", "-")) - self.flags, set())

    def test_manual_page_is_sound(self):
        groff = shutil.which("groff")
        if not groff:
            self.skipTest("there is no groff")
        done = subprocess.run([groff, "-man", "-Tutf8", "-ww", os.path.join(ROOT, "man/stoq.1")], capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_docs(self):
        text = read("docs/command.md")
        for command in self.commands:
            self.assertIn(f"\n## {command}\n", text)
        quoted = self.named(" ".join(re.findall(r"`([^`\n]+)`", text)))
        self.assertEqual(self.flags - quoted, set())
        self.assertEqual(quoted - self.flags, set())

    def test_bash(self):
        text = read("completions/stoq.bash")
        self.assertEqual(subprocess.run(["bash", "-n", os.path.join(ROOT, "completions/stoq.bash")], check=False).returncode, 0)
        for command, flags in self.by_command.items():
            done = self.complete(text, ["stoq", command, "-"])
            self.assertEqual(set(done), flags, command)
        self.assertEqual(set(self.complete(text, ["stoq", ""])), {*self.commands, "--help", "-h", "--version"})

    def complete(self, text, words):
        script = f'{text}\nCOMP_WORDS=({" ".join(repr(w) for w in words)})\nCOMP_CWORD={len(words) - 1}\n_stoq\nprintf "%s\\n" "${{COMPREPLY[@]}}"'
        env = {"PATH": "/usr/bin:/bin", "HOME": tempfile.gettempdir()}
        return subprocess.run(["bash", "-c", script], capture_output=True, check=True, env=env).stdout.decode().split()

    def test_bash_values(self):
        text = read("completions/stoq.bash")
        self.assertIn("hash", self.complete(text, [STOQ, "scan", "-a", "yara", "ha"]))
        self.assertEqual(self.complete(text, [STOQ, "scan", "--format", ""]), ["json", "jsonl", "tree"])
        self.assertEqual(self.complete(text, [STOQ, "doctor", "--format", ""]), ["text", "json"])
        self.assertIn("filedir:", self.complete(text, [STOQ, "run", "--plugin-opts", "filed"]))
        self.assertIn("hash", self.complete(text, [STOQ, "test", "has"]))
        self.assertEqual(self.complete(text, [STOQ, "spool", ""]), ["list", "retry", "drop"])

    def test_zsh(self):
        text = read("completions/_stoq")
        self.assertTrue(text.startswith("#compdef stoq\n"))
        self.assertEqual(self.flags - self.named(re.sub(r"[{,}']", " ", text)), set())

    def test_fish(self):
        text = read("completions/stoq.fish")
        self.assertEqual({"--" + name for name in re.findall(r"(?<!^set) -l ([\w-]+)", text, re.M)} | {"-" + name for name in re.findall(r" -s (\w)", text)}, self.flags)

    def test_shells_take_them(self):
        for shell, file in (("zsh", "_stoq"), ("fish", "stoq.fish")):
            if shutil.which(shell):
                self.assertEqual(subprocess.run([shell, "-n", os.path.join(ROOT, "completions", file)], check=False).returncode, 0)


if __name__ == "__main__":
    sys.argv.pop(2)
    STOQ = sys.argv.pop(1)
    unittest.main(verbosity=1)

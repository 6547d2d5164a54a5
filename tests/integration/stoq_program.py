# SPDX-License-Identifier: Apache-2.0
"""Runs the stoq program on made samples, apart from whatever configuration the user has."""
import json
import os
import subprocess


def strict(text):
    """JSON without what only Python takes: duplicate keys, NaN, infinities."""

    def members(pairs):
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), f"duplicate key in {names}"
        return dict(pairs)

    def constant(word):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, object_pairs_hook=members, parse_constant=constant)


class Program:
    def __init__(self, path, home):
        self.path, self.home = path, home
        # An empty stoq.cfg: the defaults of the library, not those that are shipped.
        with open(os.path.join(home, "stoq.cfg"), "w", encoding="utf-8") as config:
            config.write("[core]\nlog_dir =\n")

    def run(self, *arguments, stdin=b""):
        env = {"STOQ_HOME": self.home, "HOME": self.home, "TZ": "UTC", "LANG": "C.UTF-8"}
        env.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
        return subprocess.run([self.path, *arguments], input=stdin, capture_output=True, env=env, cwd=self.home, check=False)

    def scan(self, file, *arguments):
        """The response to `stoq scan FILE …` and the exit code."""
        done = self.run("scan", file, *arguments)
        assert done.stdout, f"no response for {file} {arguments}: {done.stderr.decode(errors='replace')}"
        return strict(done.stdout.decode("utf-8")), done.returncode

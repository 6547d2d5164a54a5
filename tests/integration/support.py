# SPDX-License-Identifier: Apache-2.0
"""What the integration tests share: running the program, its memory, and responses made comparable."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def descendants(pid):
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as children:
                for child in children.read().split():
                    found += descendants(int(child))
    except OSError:
        pass
    return found


def sleeps(pid):
    """How often the process went to sleep; 0 of one that is gone."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return int(status.read().partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    except OSError:
        return 0


def summed_pss(pid):
    """Bytes of the whole process tree."""
    total = 0
    for one in descendants(pid):
        try:
            with open(f"/proc/{one}/smaps_rollup") as rollup:
                total += sum(int(line.split()[1]) << 10 for line in rollup if line.startswith("Pss:"))
        except OSError:
            pass
    return total


class Run:
    """One run of the program to its end."""

    def __init__(self, args, stdin=subprocess.DEVNULL, timeout=300, env=None, cwd=None, preexec=None, measure=False, during=None):
        home = tempfile.mkdtemp(prefix="stoq-home-")
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": home, "XDG_STATE_HOME": home + "/state", "TZ": "UTC"}
        environment.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        environment.update(env or {})
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(args, stdin=stdin, stdout=out, stderr=err, env=environment, cwd=cwd, preexec_fn=preexec)
            self.peak = 0
            watcher = threading.Thread(target=self._watch, args=(process,), daemon=True) if measure else None
            if watcher:
                watcher.start()
            if during:
                during(process)
            try:
                self.code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise AssertionError(f"{args} did not end within {timeout} s")
            if watcher:
                watcher.join()
            shutil.rmtree(home, ignore_errors=True)
            out.seek(0)
            err.seek(0)
            self.out, self.err = out.read(), err.read().decode("utf-8", "replace")

    def _watch(self, process):
        while process.poll() is None:
            self.peak = max(self.peak, summed_pss(process.pid))
            time.sleep(0.02)

    @property
    def response(self):
        return json.loads(self.out)


def comparable(text):
    """A response in which what may differ between two runs is the same."""
    ids = {}
    text = UUID.sub(lambda match: ids.setdefault(match.group(0), f"id-{len(ids)}"), text)
    return re.sub(r'"time": "[^"]*"', '"time": ""', text)


def limits(response):
    return [(record["limit"], record["plugin"], record["left_out"]) for record in response["limits"]]

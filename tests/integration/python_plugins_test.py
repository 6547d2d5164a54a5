# SPDX-License-Identifier: Apache-2.0
"""Plugins written in Python under the command: python_plugins_test.py STOQ [--update] [CASE …]

The cases of tests/python_plugins/cases.py against golden files, with one scan thread and with four; with --update the golden files
are written. Read the difference before it is committed: a Python program is held to the same files.
"""
import difflib
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "python_plugins")]
from cases import CASES, GOLDEN, filled, outcome  # noqa: E402
from cases import HERE as PLUGINS  # noqa: E402
from support import Run  # noqa: E402

LISTS = {"always_dispatch": "-a", "dispatchers": "-R", "deep_dispatchers": "-E", "dest_archivers": "-A", "source_archivers": "-S",
         "connectors": "-C", "decorators": "-D", "add_start_dispatch": "-s", "add_start_deep_dispatch": "-d"}


def arguments(case, directory):
    """The command line of a case."""
    out = []
    for name, value in (filled(case.stoq, directory) | case.scan).items():
        if name in LISTS:
            out += [LISTS[name], *value]
        elif name == "plugin_opts":
            out += ["--plugin-opts", *(f"{plugin}:{option}={text}" for plugin, options in value.items() for option, text in options.items())]
        elif name == "max_recursion":
            out += ["--max-recursion", str(value)]
        elif name == "request_meta":
            out += ["--request-source", value["source"]]
            if "extra_data" in value:
                out += ["--request-extra", *(f"{key}={text}" for key, text in value["extra_data"].items())]
        else:
            raise ValueError(f"a case gives {name}, which has no flag here")
    return out


def run(stoq, case, threads):
    with tempfile.TemporaryDirectory(prefix="stoq-python-test-") as directory:
        with open(os.path.join(directory, "sample"), "wb") as file:
            file.write(case.content)
        config = os.path.join(directory, "stoq.cfg")
        with open(config, "w") as file:
            file.write(filled(case.config, directory))
        home = os.path.join(directory, "home")
        os.mkdir(home)
        result = Run([stoq, "scan", os.path.join(directory, "sample"), "--config-file", config, "--plugin-dir", PLUGINS, "--threads", threads,
                      *arguments(case, directory)], env={"STOQ_HOME": home})
        if result.code not in (0, 1) or not (result.out or "connectors" in case.stoq):
            raise AssertionError(f"{case.name}: exit status {result.code}\n{result.err}")
        return outcome(case, result.out.decode(), directory)


def main():
    stoq, *names = [a for a in sys.argv[1:] if a != "--update"]
    failures = 0
    for case in CASES:
        if names and case.name not in names:
            continue
        golden = os.path.join(GOLDEN, case.name + ".json")
        got = {threads: run(stoq, case, threads) for threads in ("1", "4")}
        if "--update" in sys.argv:
            os.makedirs(GOLDEN, exist_ok=True)
            with open(golden, "w", encoding="utf-8") as file:
                file.write(got["1"])
        with open(golden, encoding="utf-8") as file:
            expected = file.read()
        for threads, text in got.items():
            if text != expected:
                failures += 1
                print(f"{case.name} with {threads} threads is not what golden/{case.name}.json says:")
                print("\n".join(difflib.unified_diff(expected.splitlines(), text.splitlines(), lineterm="", n=2)))
    print(f"{failures} differences" if failures else "all as it should be")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

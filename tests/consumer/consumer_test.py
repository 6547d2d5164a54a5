#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An installation as others use it: consumer_test.py BUILD SOURCE WORK

Installs BUILD below WORK, builds programs and plugins of every role on it, runs what was built, moves the installation and scans again.
"""
import json
import os
import shutil
import subprocess
import sys
import time

import doc_code

BUILD, SOURCE, WORK = (os.path.realpath(path) for path in sys.argv[1:4])
HERE = os.path.dirname(os.path.realpath(__file__))
ROLES = ("worker", "extractor", "dispatcher", "deep_dispatcher", "archiver", "connector", "decorator", "provider")
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("STOQ") and key not in ("DESTDIR", "LD_LIBRARY_PATH")}
ENVIRONMENT.update(HOME=f"{WORK}/home", XDG_STATE_HOME=f"{WORK}/state", CCACHE_DIR=os.environ.get("CCACHE_DIR") or
                   os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "ccache"))
started = time.monotonic()


class Failed(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failed(text)


def step(text):
    print(f"{time.monotonic() - started:6.1f} s  {text}", flush=True)


def run(*command, code=0, **more):
    """What the command prints; it has to end with that code."""
    environment = {**ENVIRONMENT, **more.pop("environment", {})}
    done = subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, check=False, **more)
    check(done.returncode == code, f"{' '.join(command)}\nended with {done.returncode}, not {code}:\n{done.stdout[-8000:]}{done.stderr[-8000:]}")
    return done.stdout if code == 0 else done.stdout + done.stderr


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def files_below(folder):
    return [os.path.join(where, name) for where, _, names in os.walk(folder) for name in names]


def install():
    """Into a place that the prefix does not name, as packages are made."""
    run("cmake", "--install", BUILD, "--prefix", "/opt/stoq", environment={"DESTDIR": f"{WORK}/stage"})
    return f"{WORK}/stage/opt/stoq"


def check_files(root):
    for path in ("bin/stoq", "bin/stoq-new-plugin", "libexec/stoq/stoq-host", "lib/stoq/plugins/hash/hash.so", "lib/stoq/plugins/hash/hash.stoq",
                 "lib/stoq/plugins/yara/rules/stoq.yar", "include/stoq/stoq.h", "include/stoq/abi/plugin.h", "include/stoq/sdk/plugin.h",
                 "share/stoq/stoq.cfg", "share/doc/stoq/LICENSE", "share/doc/stoq/library.md", "share/doc/stoq/plugins/hash/README.md"):
        check(os.path.isfile(f"{root}/{path}"), f"{path} is not installed")
    for path in files_below(root):
        with open(path, "rb") as file:
            start = file.read(4)
            rest = file.read() if start != b"\x7fELF" else b""
        if start == b"\x7fELF":
            dynamic = run("readelf", "-d", path)
            check("RPATH" not in dynamic and "RUNPATH" not in dynamic, f"{path} looks for libraries of its own:\n{dynamic}")
        else:
            check(BUILD.encode() not in rest and WORK.encode() not in rest, f"{path} names the build tree")


def check_exports(root):
    library = os.path.realpath(f"{root}/lib/libstoq.so")
    exported = [line.split(" ", 2)[2] for line in run("nm", "-DC", "--defined-only", library).splitlines()]
    check(any(name.startswith("stoq::Stoq::scan(") for name in exported), "libstoq.so exports no Stoq::scan")
    for internal in ("stoq::Engine::", "stoq::config::", "stoq::json::", "fmt::"):
        names = [name for name in exported if name.startswith(internal)]
        check(not names, f"libstoq.so exports {names[:3]}")


def make_plugins(root):
    maker = f"{root}/bin/stoq-new-plugin"
    for role in ROLES:
        run(maker, f"my_{role}", "--role", role, "--dir", f"{WORK}/plugins")
    run(maker, "all-in-one", "--role", "worker,extractor,dispatcher,deep-dispatcher,archiver,connector,decorator,provider", "--dir", f"{WORK}/plugins")
    for name, role, why in (("stoq", "worker", "is taken by stoQ itself"), ("a:b", "worker", "cannot be a plugin's name"),
                            ("../up", "worker", "cannot be a plugin's name"), ("fine", "wurker", "'wurker' is no role"),
                            ("my_worker", "worker", "is there already")):
        said = run(maker, name, "--role", role, "--dir", f"{WORK}/plugins", code=2)
        check(why in said, f"new-plugin {name} --role {role}: {said}")
    # The tutorial, as it is written.
    page = f"{SOURCE}/docs/writing-a-plugin.md"
    run(maker, "netstrings", "--role", "extractor", "--dir", f"{WORK}/plugins")
    texts = doc_code.files(page)
    check(set(texts) == {"netstrings.cc", "tests/netstrings_test.cc", "selftest.json"}, f"{page}: its files are {sorted(texts)}")
    for path, text in texts.items():
        check(os.path.isfile(f"{WORK}/plugins/netstrings/{path}"), f"{page} writes {path}, which new-plugin does not make")
        write(f"{WORK}/plugins/netstrings/{path}", text)


def make_pages():
    for page, includes, opening, closing in (
            ("library", ['#include "stoq/stoq.h"', "#include <nlohmann/json.hpp>", "#include <string>"],
             "void fragment_%d([[maybe_unused]] stoq::Stoq& s, [[maybe_unused]] const stoq::StoqResponse& r) {", "}"),
            ("writing-a-plugin", ["#include <algorithm>", '#include "stoq/sdk/helper.h"', '#include "stoq/sdk/plugin.h"', "namespace sdk = stoq::sdk;"],
             "struct Fragment_%d {", "};")):
        text, count = doc_code.translation_unit(f"{SOURCE}/docs/{page}.md", includes, opening, closing)
        check(count >= 7, f"docs/{page}.md has only {count} blocks of C++")
        write(f"{WORK}/pages/{page}.cc", text)


def build(root):
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    run("cmake", "-G", "Ninja", "-S", HERE, "-B", f"{WORK}/build", f"-DCMAKE_PREFIX_PATH={root}", f"-DPLUGINS={WORK}/plugins",
        f"-DPAGES={WORK}/pages", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0", *launcher)
    step("configured")
    run("cmake", "--build", f"{WORK}/build", "--parallel", str(min(4, os.cpu_count() or 1)))


def check_plugin_tests():
    said = run("ctest", "--test-dir", f"{WORK}/build", "--output-on-failure", "--parallel", "2")
    check(f"100% tests passed, 0 tests failed out of {len(ROLES) + 2}" in said, said)


def compile_by_pkg_config(root):
    environment = {"PKG_CONFIG_PATH": f"{root}/lib/pkgconfig"}
    flags = run("pkg-config", "--cflags", "--libs", "stoq", environment=environment).split()
    program = f"{WORK}/embed"
    run("c++", "-std=c++20", "-O0", f"{HERE}/embed/embed.cc", "-o", program, *flags)
    plugins = run("pkg-config", "--variable=plugindir", "stoq", environment=environment).strip()
    check(os.path.realpath(plugins) == f"{root}/lib/stoq/plugins", f"plugindir of stoq.pc is {plugins}")
    return program


def check_stand_in(root):
    """A made test where GoogleTest is not installed: passes with the plugin, fails without."""
    flags = run("pkg-config", "--cflags", "--libs", "stoq", environment={"PKG_CONFIG_PATH": f"{root}/lib/pkgconfig"}).split()
    program = f"{WORK}/plain/test"
    os.makedirs(f"{WORK}/plain/plugins")
    run("c++", "-std=c++20", "-O0", f"-I{root}/lib/cmake/stoq/plain_test", f'-DSTOQ_PLUGINS="{WORK}/plain/plugins"', "-o", program,
        f"{WORK}/plugins/my_extractor/tests/my_extractor_test.cc", *flags)
    environment = {"LD_LIBRARY_PATH": f"{root}/lib"}
    check("FAILED MyExtractor.GivesEachPartAsAPayload" in run(program, code=1, environment=environment), "the stand-in passes without the plugin")
    shutil.copytree(f"{WORK}/installed/my_extractor", f"{WORK}/plain/plugins/my_extractor")
    said = run(program, environment=environment)
    check(said.count("ok ") == 2, f"the stand-in: {said}")


def first_result(text):
    return json.loads(text)["results"][0]["workers"][0]


def check_program(program, root):
    environment = {"LD_LIBRARY_PATH": f"{root}/lib"}
    found = first_result(run(program, "hello\n", "hash", "mimetype", environment=environment, cwd=WORK))
    check(found["hash"]["md5"] == "b1946ac92492d2347c6235b4d2611184" and "mimetype" in found, f"{program}: {found}")
    said = run(program, "hello\n", "no_such_plugin", code=3, environment=environment, cwd=WORK)
    check(said.startswith("not found: "), f"{program}: {said}")


def check_scans(root):
    """By the installed program: with what is shipped, and with plugins from elsewhere."""
    stoq = f"{root}/bin/stoq"
    sample = write(f"{WORK}/sample", "stoq, and stoq again")
    found = first_result(run(stoq, "scan", sample))
    check(list(found)[:3] == ["hash", "mimetype", "yara"], f"stoq scan FILE gives {list(found)}")
    plugins = ("--plugin-dir", f"{WORK}/installed")
    for name in ("my_worker", "my_extractor", "netstrings"):
        with open(f"{WORK}/installed/{name}/selftest.json", encoding="utf-8") as file:
            for case in json.load(file):
                found = first_result(run(stoq, "scan", write(f"{WORK}/case", case["content"]), *plugins, "-s", name))
                check(found[name] == case["result"], f"{name}, {case['name']}: {found[name]}")
        said = run(stoq, "test", name, *plugins)
        check("passed" in said, f"stoq test {name}: {said}")
    listed = run(stoq, "list", *plugins)
    for name in [f"my_{role}" for role in ROLES] + ["all-in-one", "hash", "exif"]:
        check(f"  {name} " in listed, f"stoq list does not show {name}:\n{listed}")


def check_tutorial(root):
    """Its last steps."""
    stoq = f"{root}/bin/stoq"
    run(stoq, "install", f"{WORK}/installed/netstrings")
    found = json.loads(run(stoq, "scan", write(f"{WORK}/sample", "5:hello,3:abc,"), "-s", "netstrings"))
    check([r["size"] for r in found["results"]] == [14, 5, 3], f"netstrings of an installed plugin: {found['errors']}")
    check("passed" in run(stoq, "test", "netstrings"), "stoq test netstrings")


def check_administrators_configuration(root):
    write(f"{root}/etc/stoq/stoq.cfg", "[core]\nalways_dispatch = entropy\nlog_dir =\n")
    found = first_result(run(f"{root}/bin/stoq", "scan", f"{WORK}/sample"))
    check(list(found) == ["entropy"], f"etc/stoq/stoq.cfg is not read: {list(found)}")


def main():
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(f"{WORK}/home")
    root = install()
    check_files(root)
    check_exports(root)
    step("installed")
    make_plugins(root)
    make_pages()
    build(root)
    step("built on it")
    check_plugin_tests()
    step("tests of made plugins passed")
    run("cmake", "--install", f"{WORK}/build", "--prefix", f"{WORK}/installed")
    program = compile_by_pkg_config(root)
    check_program(f"{WORK}/build/embed/embed", root)
    check_program(program, root)
    check_stand_in(root)
    check_scans(root)
    check_tutorial(root)
    step("programs and plugins work")
    moved = f"{WORK}/elsewhere/stoq-4"
    os.makedirs(os.path.dirname(moved))
    os.rename(root, moved)
    check_program(program, moved)
    check_scans(moved)
    check_administrators_configuration(moved)
    step("and elsewhere, too")


if __name__ == "__main__":
    try:
        main()
    except Failed as why:
        sys.exit(f"consumer_test: {why}")

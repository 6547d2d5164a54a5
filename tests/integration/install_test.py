#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""stoq install: from folders, archives, git; hostile archives; what is there stays unless the new one loads: install_test.py STOQ TEST_PLUGINS"""
import fcntl
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import Run  # noqa: E402

STOQ, TEST_PLUGINS = "", ""


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="stoq-install-test-", dir="/var/tmp")
        self.addCleanup(holder.cleanup)
        self.dir = holder.name
        self.home = os.path.join(self.dir, "home")
        os.mkdir(self.home)
        self.plugins = os.path.join(self.home, "plugins")
        self.place = os.path.join(self.plugins, "echo_worker")

    def path(self, name):
        return os.path.join(self.dir, name)

    def source(self, version="1.5", folder="src/some-name", plugin="echo_worker", break_it=False):
        """A plugin's folder, of the given version."""
        path = self.path(folder)
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(os.path.join(TEST_PLUGINS, plugin), path)
        manifest = os.path.join(path, plugin + ".stoq")
        with open(manifest) as file:
            text = re.sub(r"(?m)^Version *=.*$", f"Version = {version}", file.read())
        with open(manifest, "w") as file:
            file.write(text)
        if break_it:
            with open(os.path.join(path, plugin + ".so"), "wb") as module:
                module.write(b"no module")
        return path

    def install(self, *args):
        return Run([STOQ, "install", *args], env={"STOQ_HOME": self.home})

    def installed(self, *args, more=""):
        run = self.install(*args)
        self.assertEqual((run.code, run.err), (0, ""), run.err)
        self.assertEqual(run.out.decode(), f"installed echo_worker 1.5 (Worker) at {self.place}\n{more}")
        self.assertEqual(sorted(os.listdir(self.plugins)), ["echo_worker"])
        return run

    def refused(self, message, *args, code=1):
        before = self.state()
        run = self.install(*args)
        self.assertEqual((run.err, run.out, run.code), (f"stoq: {message}\n", b"", code))
        self.assertEqual(self.state(), before)

    def state(self):
        found = {}
        for folder, _, files in os.walk(self.home):
            for name in files:
                with open(os.path.join(folder, name), "rb") as file:
                    found[os.path.join(folder, name)] = file.read()
        return found


class Folders(Case):
    def test_installed_and_used(self):
        self.installed(self.source())
        self.assertEqual(sorted(os.listdir(self.place)), ["echo_worker.so", "echo_worker.stoq"])
        out = Run([STOQ, "list"], env={"STOQ_HOME": self.home}).out.decode()
        self.assertRegex(out, r"(?m)^  echo_worker +v1\.5 ")

    def test_present_one_is_refused(self):
        self.installed(self.source())
        self.refused(f"plugin 'echo_worker' is installed already at {self.place} (1.5); replace it with --upgrade", self.source("2.0"))

    def test_upgrade(self):
        self.installed(self.source())
        with open(os.path.join(self.place, "old-file"), "w"):
            pass
        run = self.install(self.source("2.0"), "--upgrade")
        self.assertEqual((run.code, run.err), (0, ""))
        self.assertEqual(run.out.decode(), f"installed echo_worker 2.0 (Worker) at {self.place}\n  it replaces 1.5\n")
        self.assertEqual(sorted(os.listdir(self.place)), ["echo_worker.so", "echo_worker.stoq"])

    def test_upgrade_that_does_not_load_changes_nothing(self):
        self.installed(self.source())
        before = self.state()
        run = self.install(self.source("2.0", break_it=True), "--upgrade")
        self.assertEqual((run.code, run.out), (1, b""))
        self.assertRegex(run.err, r"^stoq: plugin 'echo_worker' is not installed, for it does not load: its module cannot be loaded: .*\n$")
        self.assertEqual(self.state(), before)

    def test_a_module_that_ends_its_process(self):
        source = self.source()
        code = "#include <unistd.h>\n__attribute__((constructor)) static void go(void) { _exit(3); }\n"
        if subprocess.run(["cc", "-shared", "-fPIC", "-xc", "-", "-o", source + "/echo_worker.so"], input=code.encode(), check=False).returncode:
            self.skipTest("there is no C compiler")
        self.refused("plugin 'echo_worker' is not installed, for it does not load: its module ended the process that loaded it by exit status 3", source)

    def test_other_directory(self):
        other = self.path("elsewhere")
        for flag in ("--install-dir", "--install_dir"):
            run = self.install(self.source(), flag, other, "--upgrade")
            self.assertEqual((run.code, run.err), (0, ""))
            self.assertIn(f"  {other} is not searched for plugins; add it to plugin_dir_list in stoq.cfg, or say --plugin-dir {other}\n", run.out.decode())
        self.assertTrue(os.path.exists(other + "/echo_worker/echo_worker.so"))

    def test_instead_of_the_bundled_one(self):
        own = os.path.dirname(os.path.dirname(STOQ)) + "/plugins/hash"
        run = self.install(own)
        self.assertEqual((run.code, run.err), (0, ""))
        self.assertEqual(run.out.decode(), f"installed hash 4.0.0 (Worker) at {self.plugins}/hash\n"
                                           f"  it is used instead of the bundled plugin of that name, 4.0.0 in {own}\n")

    def test_what_is_no_plugin(self):
        empty = self.path("empty")
        os.mkdir(empty)
        self.refused(f"{empty} holds no plugin: there is no .stoq file in it", empty)
        self.refused(f"{self.path('none')} is not there; give a folder, an archive or a git URL (https://, ssh://, git://, file://)",
                     self.path("none"), code=2)
        both = self.path("both")
        self.source(folder="both/a")
        self.source(folder="both/b", plugin="echo_second")
        self.refused(f"{both} holds several plugins (echo_second, echo_worker); give the folder of one", both)
        source = self.source()
        os.remove(source + "/echo_worker.so")
        self.refused(f"{source} holds no plugin: Unable to find module at: {source}/echo_worker (.so, .pyc or .py); build or install it, "
                     f"or correct Module in {source}/echo_worker.stoq", source)

    def test_links(self):
        source = self.source()
        os.symlink("echo_worker.so", source + "/inside")
        self.installed(source)
        self.assertEqual(os.readlink(self.place + "/inside"), "echo_worker.so")
        os.symlink("/etc/passwd", source + "/outside")
        self.refused(f"cannot copy {source}/outside: it is a link that may lead out of the plugin's folder", source, "--upgrade")
        os.remove(source + "/outside")
        os.mkfifo(source + "/fifo")
        self.refused(f"cannot copy {source}/fifo: it is neither a file, a folder nor a link", source, "--upgrade")

    def test_what_is_too_much_for_a_plugin(self):
        source = self.source()
        deep = os.path.join(source, *["d"] * 32)
        os.makedirs(deep)
        self.refused(f"cannot copy {deep}: it lies too deep", source)
        shutil.rmtree(source + "/d")
        for i in range(10_000):
            with open(f"{source}/{i}", "w"):
                pass
        self.refused(f"cannot copy {source}: it holds more than 10000 files; is it the folder of a plugin?", source)

    def test_names_that_hide(self):
        source = self.source()
        manifest = source + "/echo_worker.stoq"
        with open(manifest) as file:
            text = file.read()
        with open(manifest, "w") as file:
            file.write(text.replace("Name = echo_worker", "Name = .echo"))
        self.refused("the plugin's Name '.echo' begins with a dot; choose another", source)

    def test_one_at_a_time(self):
        os.makedirs(self.plugins)
        directory = os.open(self.plugins, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, directory)
        fcntl.flock(directory, fcntl.LOCK_EX)
        self.refused(f"another installation is at work in {self.plugins}; try again when it is done", self.source())
        fcntl.flock(directory, fcntl.LOCK_UN)
        self.installed(self.source())

    def test_where_nothing_can_be_written(self):
        self.refused("/proc/stoq: No such file or directory", self.source(), "--install-dir", "/proc/stoq")
        self.refused("cannot write to /proc: No such file or directory; choose another directory with --install-dir", self.source(),
                     "--install-dir", "/proc")

    def test_another_directory_wins(self):
        other = self.path("other")
        shutil.copytree(self.source(), other + "/echo_worker")
        run = self.install(self.source(), "--plugin-dir", self.plugins, other)
        self.assertEqual((run.code, run.err), (0, ""))
        self.assertEqual(run.out.decode(), f"installed echo_worker 1.5 (Worker) at {self.place}\n"
                                           f"  it is not used: the plugin of that name in {other}/echo_worker comes later and wins; remove one of them\n")

    def test_leftovers_of_a_killed_installation_are_no_plugins(self):
        os.makedirs(self.plugins + "/.stoq-install-abcdef/new")
        shutil.copytree(os.path.join(TEST_PLUGINS, "echo_second"), self.plugins + "/.stoq-install-abcdef/new/echo_second")
        names = Run([STOQ, "list", "--names"], env={"STOQ_HOME": self.home}).out.decode().split()
        self.assertNotIn("echo_second", names)
        self.installed(self.source())  # and takes them away


class Archives(Case):
    def tar(self, *members, mode="w:gz", plugin=True):
        """A tar of the plugin and whatever is to go wrong with it."""
        path = self.path("plugin.tar")
        with tarfile.open(path, mode) as archive:
            if plugin:
                archive.add(self.source(), "echo-1.5")
            for info, content in members:
                archive.addfile(info, io.BytesIO(content))
        return path

    def member(self, name, content=b"x", kind=tarfile.REGTYPE, link=""):
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size = kind, link, len(content)
        return info, content

    def test_tar_and_zip(self):
        for mode in ("w", "w:gz", "w:xz", "w:bz2"):
            self.installed(self.tar(mode=mode), "--upgrade", more="  it replaces 1.5\n" if os.path.exists(self.place) else "")
        path = self.path("plugin.zip")
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("echo_worker.so", "echo_worker.stoq"):
                archive.write(os.path.join(self.source(), name), name)
        self.installed(path, "--upgrade", more="  it replaces 1.5\n")

    def test_members_that_lead_out(self):
        for name in ("../evil", "/tmp/evil", "echo-1.5/../../evil"):
            path = self.tar(self.member(name))
            self.refused(f"{path} is not installed: its member '{name}' leads out of it", path)

    def test_links(self):
        for target, link in (("/etc/passwd", "echo-1.5/a"), ("../../x", "echo-1.5/b"), ("c/../../..", "echo-1.5/d")):
            path = self.tar(self.member(link, b"", tarfile.SYMTYPE, target))
            self.refused(f"{path} is not installed: its member '{link}' is a link that may lead out of it", path)
        path = self.tar(self.member("echo-1.5/hard", b"", tarfile.LNKTYPE, "echo-1.5/echo_worker.so"))
        self.refused(f"{path} is not installed: its member 'echo-1.5/hard' is a hard link; pack the file itself", path)
        self.installed(self.tar(self.member("echo-1.5/soft", b"", tarfile.SYMTYPE, "echo_worker.so")))

    def test_nothing_is_written_through_a_link(self):
        path = self.tar(self.member("echo-1.5/d", b"", tarfile.SYMTYPE, "."), self.member("echo-1.5/d/file"))
        run = self.install(path)
        self.assertEqual((run.code, run.out), (1, b""))
        self.assertEqual(self.state(), {})

    def test_devices(self):
        for kind in (tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE):
            path = self.tar(self.member("echo-1.5/dev", b"", kind))
            self.refused(f"{path} is not installed: its member 'echo-1.5/dev' is neither a file, a folder nor a link", path)

    def test_bounds(self):
        path = self.tar(*[self.member(f"echo-1.5/{i}", b"") for i in range(10_001)])
        self.refused(f"{path} is not installed: it holds more than 10000 members", path)
        path = self.tar(self.member("/".join(["d"] * 40), b""))
        self.refused(f"{path} is not installed: its member '{'/'.join(['d'] * 40)}' lies too deep", path)
        path = self.tar(self.member("echo-1.5/twice"), self.member("echo-1.5/twice"))
        self.refused(f"{path} is not installed: its member 'echo-1.5/twice' is there twice", path)

    def test_a_bomb_is_cut_off(self):
        path = self.path("bomb.tar.xz")
        with tarfile.open(path, "w:xz", preset=0) as archive:
            info = tarfile.TarInfo("zeros")
            info.size = (1 << 30) + (64 << 20)

            class Zeros:
                def read(self, n):
                    return bytes(n)
            archive.addfile(info, Zeros())
        self.refused(f"{path} is not installed: it holds more than 1 GiB", path)

    def test_what_is_no_archive(self):
        path = self.path("text")
        with open(path, "w") as file:
            file.write("no archive\n" * 1000)
        self.refused(f"{path} is not installed: it is no archive that can be read (tar, zip, 7z): Unrecognized archive format", path)

    def test_one_that_asks_for_more_memory_than_it_may_have(self):
        corpus = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../fuzz/corpus/unpack")
        path = shutil.copy(f"{corpus}/asks_for_8_gib.7z", self.path("large.7z"))
        self.refused(f"{path} is not installed: it is no archive that can be read (tar, zip, 7z): Couldn't allocate memory", path)


class Git(Case):
    def setUp(self):
        super().setUp()
        if not os.path.exists("/usr/bin/git"):
            self.skipTest("there is no git")

    def repository(self):
        path = self.source(folder="repository")
        settings = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        for command in (["init", "-q"], ["add", "."], [*settings, "commit", "-qm", "x"]):
            subprocess.run(["/usr/bin/git", *command], cwd=path, check=True, env={"HOME": self.dir, "PATH": "/usr/bin:/bin"})
        return path

    def test_clone(self):
        path = self.repository()
        self.installed(f"file://{path}")
        self.assertEqual(sorted(os.listdir(self.place)), ["echo_worker.so", "echo_worker.stoq"])
        self.installed(f"git+file://{path}", "--github", "--upgrade", more="  it replaces 1.5\n")

    def test_hooks_and_environment_do_not_reach_it(self):
        path = self.repository()
        hook = self.path("hooks")
        os.mkdir(hook)
        with open(hook + "/post-checkout", "w") as file:
            file.write(f"#!/bin/sh\ntouch {self.dir}/ran\n")
        os.chmod(hook + "/post-checkout", 0o755)
        with open(self.path("gitconfig"), "w") as file:
            file.write(f"[core]\n\thooksPath = {hook}\n")
        run = Run([STOQ, "install", f"file://{path}"], env={"STOQ_HOME": self.home, "GIT_CONFIG_GLOBAL": self.path("gitconfig"), "GIT_DIR": "/nonsense"})
        self.assertEqual((run.code, run.err), (0, ""))
        self.assertFalse(os.path.exists(self.path("ran")))

    def test_nothing_there(self):
        run = self.install("file:///no/such/repository")
        self.assertEqual((run.code, run.out), (1, b""))
        self.assertRegex(run.err, r"^stoq: git cannot fetch file:///no/such/repository: fatal: .*\n$")
        self.assertEqual(self.state(), {})

    def test_what_is_no_git_url(self):
        self.refused("'stoq:yara' names one of the Python plugins of stoQ v2, which are not looked up by name; give its git URL, or its folder or archive",
                     "stoq:yara", "--github", code=2)
        self.refused("--github is not needed: give the URL of the repository, such as https://github.com/OWNER/NAME", "--github", "owner/name", code=2)
        self.refused("'http://example.org/x' would be fetched without protection, and plugins are programs; use https://", "http://example.org/x", code=2)


if __name__ == "__main__":
    TEST_PLUGINS = sys.argv.pop(2)
    STOQ = sys.argv.pop(1)
    unittest.main(verbosity=1)

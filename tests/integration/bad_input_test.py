#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a user can do wrong, and what files can do to us: the exact message or record, the right exit code, nothing else lost."""
import ctypes
import gzip
import io
import os
import re
import resource
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import zipfile
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "samples"))
from quine import gzip_of_itself  # noqa: E402
from support import Run, limits  # noqa: E402

STOQ = ""
PLAIN = ["--set", "dispatchers=", "--set", "always_dispatch=hash"]
UNPACK = ["--set", "dispatchers=", "--set", "always_dispatch=hash,decompress"]
GIGABYTE = 1 << 30
HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="stoq-bad-", dir="/var/tmp")
        self.addCleanup(holder.cleanup)
        self.dir = holder.name

    def path(self, name, content=None):
        path = os.path.join(self.dir, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path

    def scan(self, *args, **kwargs):
        return Run([STOQ, "scan", *args], **kwargs)

    def refused(self, run, message, code=2):
        self.assertEqual(run.err, f"stoq: {message}\n")
        self.assertEqual(run.out, b"")
        self.assertEqual(run.code, code)


class Files(Case):
    def test_empty_file(self):
        path = self.path("empty", b"")
        self.refused(self.scan(path), f"The provided content to scan was empty: {path}")

    def test_one_byte(self):
        run = self.scan(self.path("one", b"x"))
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(run.response["results"][0]["size"], 1)
        self.assertEqual(run.response["errors"], {})

    def test_missing(self):
        self.refused(self.scan(self.path("none")), f"{self.path('none')}: No such file or directory")

    def test_directory(self):
        self.refused(self.scan(self.dir), f"{self.dir} is a directory; scan one file, or use: "
                     f"stoq run -P filedir --plugin-opts filedir:source_dir={self.dir}")

    def test_fifo_without_writer_does_not_hang(self):
        path = self.path("fifo")
        os.mkfifo(path)
        self.refused(self.scan(path, timeout=20),
                     f"{path} is no regular file; to scan what comes out of it, redirect it to stdin: stoq scan < {path}")

    def test_unreadable(self):
        path = self.path("secret", b"x")
        os.chmod(path, 0)

        def without_overrides():  # root that obeys permissions; the program itself may lie where only root can go
            libc, drop = ctypes.CDLL(None), 24
            for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
                if libc.prctl(drop, capability, 0, 0, 0) != 0:
                    raise OSError("a capability cannot be dropped")
        self.refused(self.scan(path, preexec=without_overrides if os.getuid() == 0 else None), f"{path}: Permission denied")

    def test_sparse_file_beyond_the_limit_is_hashed_and_listed(self):
        path = self.path("sparse")
        with open(path, "wb") as file:
            file.truncate(5 * GIGABYTE)
        run = self.scan(path, *PLAIN, measure=True)
        self.assertEqual(run.code, 1, run.err)
        root = run.response["results"][0]
        self.assertEqual(root["size"], 5 * GIGABYTE)
        self.assertEqual(root["sha256"], "7f06c62352aebd8125b2a1841e2b9e1ffcbed602f381c3dcb3200200e383d1d5")
        self.assertEqual(root["workers"], [{}])
        self.assertEqual(limits(run.response), [("max_payload_size", None, 5 * GIGABYTE)])
        self.assertEqual(run.response["errors"], {"stoq": [
            f"the payload has {5 * GIGABYTE} bytes, more than max_payload_size = {GIGABYTE} allows; "
            f"it was hashed, not scanned ; payload {root['payload_id']}"]})
        self.assertLess(run.peak, GIGABYTE)

    def test_sparse_file_that_cannot_be_hashed_in_time(self):
        path = self.path("sparse")
        with open(path, "wb") as file:
            file.truncate(1 << 40)
        self.refused(self.scan(path, *PLAIN, "--set", "request_deadline=0.2s"),
                     "the file cannot be scanned: it is larger than max_payload_size, and could not be hashed within request_deadline = 0.2 s; "
                     "raise that")

    def test_name_that_is_not_utf8(self):
        path = os.path.join(os.fsencode(self.dir), b"caf\xe9.bin")
        with open(path, "wb") as file:
            file.write(b"hello")
        run = self.scan(path, *PLAIN)
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(run.response["results"][0]["payload_meta"]["extra_data"], {"filename": "caf\u00e9.bin"})

    def test_stdin_closed(self):
        self.refused(self.scan(preexec=lambda: os.close(0), stdin=None),
                     "No content to scan was provided: stdin is closed; name a file, or pipe the content in")

    def test_stdin_empty(self):
        self.refused(self.scan(), "The provided content to scan was empty")

    def test_slow_stdin_is_waited_for(self):
        read, write = os.pipe()

        def feed(_):
            os.close(read)
            for piece in (b"he", b"llo"):
                time.sleep(0.4)
                os.write(write, piece)
            os.close(write)
        os.set_inheritable(write, False)
        run = self.scan(*PLAIN, stdin=read, during=feed)
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(run.response["results"][0]["sha256"], HELLO)
        self.assertEqual(run.response["results"][0]["payload_meta"]["extra_data"], {"filename": None})

    def test_long_stdin(self):
        with open(self.path("long", os.urandom(1 << 20) * 40), "rb") as file:
            run = self.scan(*PLAIN, stdin=file, measure=True)
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(run.response["results"][0]["size"], 40 << 20)
        self.assertLess(run.peak, 400 << 20)

    def test_stdin_that_cannot_be_kept(self):
        with open(self.path("long", bytes(40 << 20)), "rb") as file:
            self.refused(self.scan(stdin=file, env={"TMPDIR": "/nonexistent"}),
                         "stdin is too long for memory and cannot be put on disk: No such file or directory (set TMPDIR)")
        with open(self.path("long"), "rb") as file:
            self.refused(self.scan(stdin=file, preexec=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))),
                         "cannot keep what stdin gives: File too large")
        directory = os.open(self.dir, os.O_RDONLY)
        self.addCleanup(os.close, directory)
        self.refused(self.scan(stdin=directory), "cannot read stdin: Is a directory")

    def test_no_room_to_spill(self):
        why = "cannot make a spill file in /nonexistent: No such file or directory (set spill_dir)"
        room = ["--set", "spill_dir=/nonexistent"]
        path = self.path("long", bytes(40 << 20))
        self.refused(self.scan(path, *PLAIN, *room), f"the file cannot be scanned: {why}")
        run = self.scan(path, self.path("x", b"hello"), *PLAIN, *room)
        self.assertEqual((run.code, run.err), (1, f"stoq: {path}: the file cannot be scanned: {why}\n"))
        self.assertEqual(run.response["results"][0]["sha256"], HELLO)
        with zipfile.ZipFile(self.path("long.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, "long")
        run = self.scan(self.path("long.zip"), *UNPACK, *room)
        [root] = run.response["results"]
        self.assertEqual((run.code, run.response["errors"]), (0, {"decompress": [
            f"worker:failed to scan: decompress ; StoqException: {why} ; payload {root['payload_id']}"]}))
        self.assertEqual(limits(run.response), [("spill", "decompress", None)])
        self.assertIn("sha1", root["workers"][0]["hash"])

    def test_stdout_closed_by_its_reader(self):
        process = subprocess.Popen([STOQ, "scan", self.path("x", b"hello"), *PLAIN], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        err = process.stderr.read().decode()
        process.stderr.close()
        self.assertEqual(process.wait(60), 1)
        self.assertEqual(err, "stoq: the result could not be written to stdout: Broken pipe\n")

    def test_stdout_closed_from_the_start(self):
        """Its number must not become that of a journal, or of a socket: what is printed is lost, or worse."""
        os.mkdir(self.path("in"))
        for name in ("one", "two"):
            self.path(f"in/{name}", name.encode())
        run = subprocess.run([STOQ, "run", "-P", "filedir", "-C", "stdout", *PLAIN, "--set", f"state_dir={self.path('state')}",
                              "--set", f"spool_dir={self.path('spool')}", "--set", "connector_attempts=1", "--set", "log_dir=",
                              "--plugin-opts", f"filedir:source_dir={self.path('in')}"],
                             preexec_fn=lambda: os.close(1), stderr=subprocess.PIPE, check=False, timeout=60)
        err = run.stderr.decode()
        self.assertEqual(run.returncode, 1, err)
        self.assertIn("cannot print the response to stdout: Bad file descriptor; mend what stdout leads to, or use another connector", err)
        self.assertEqual(len(os.listdir(self.path("spool"))), 2)
        run = subprocess.run([STOQ, "scan", self.path("in/one"), *PLAIN], preexec_fn=lambda: os.close(1), stderr=subprocess.PIPE, check=False)
        self.assertEqual((run.returncode, run.stderr), (1, b"stoq: the result could not be written to stdout: Bad file descriptor\n"))

    def test_few_descriptors(self):
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))  # noqa: E731
        run = subprocess.run([STOQ, "scan", self.path("x", b"hello"), "--set", "dispatchers=", "--set", "always_dispatch=entropy",
                              "--plugin-opts", "entropy:isolation=process"], preexec_fn=few, capture_output=True, check=False)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        self.assertIn(b'"entropy": {', run.stdout)

    def test_stdout_full(self):
        with open("/dev/full", "wb") as full:
            process = subprocess.Popen([STOQ, "scan", self.path("x", b"hello"), *PLAIN], stdout=full, stderr=subprocess.PIPE)
            err = process.stderr.read().decode()
            process.stderr.close()
            self.assertEqual(process.wait(60), 1)
        self.assertEqual(err, "stoq: the result could not be written to stdout: No space left on device\n")


class Configuration(Case):
    def config(self, text):
        return ["--config-file", self.path("stoq.cfg", text.encode())]

    def test_broken(self):
        path = self.path("stoq.cfg")
        run = self.scan(self.path("x", b"hello"), *self.config("max_recursion = 3\n"))
        self.assertEqual(run.code, 2)
        self.assertTrue(run.err.startswith(f"stoq: {path}:1: "), run.err)
        run = self.scan(self.path("x", b"hello"), *self.config("[core]\nmax_recursion = many\nthreads = 0\n"))
        self.refused(run, f"{path}:2: max_recursion: 'many' is not an integer\n{path}:3: threads: 0 is out of range 1 to 1024")

    def test_links_that_lead_nowhere(self):
        for target, why in (("stoq.cfg", "Too many levels of symbolic links"), ("none", "No such file or directory")):
            os.symlink(target, self.path("stoq.cfg"))
            self.refused(Run([STOQ, "scan", self.path("x", b"hello"), *PLAIN], env={"STOQ_HOME": self.dir}),
                         f"{self.path('stoq.cfg')}: cannot be opened: {why}")
            os.unlink(self.path("stoq.cfg"))

    def test_no_path_at_all(self):
        self.refused(self.scan(self.path("x", b"hello"), "--config-file", ""),
                     "--config-file: a path is missing: give that of a stoq.cfg; see stoq scan --help")

    def test_spool_that_is_a_file(self):
        file = self.path("spool", b"")
        self.refused(Run([STOQ, "spool", "list", "--set", f"spool_dir={file}"]), f"the spool cannot be read: {file}: Not a directory", 1)

    def test_unknown_key_warns_and_goes_on(self):
        run = self.scan(self.path("x", b"hello"), *self.config("[core]\nmax_recursoin = 3\nlog_dir =\n"))
        self.assertEqual(run.code, 0, run.err)
        self.assertIn(f"WARNING] stoq: {self.path('stoq.cfg')}:2: [core] has no key 'max_recursoin' (did you mean 'max_recursion'?); it is ignored\n", run.err)

    def test_missing_config_file_warns_on_stderr(self):
        run = self.scan(self.path("x", b"hello"), "--config-file", self.path("none.cfg"), "--set", "log_dir=")
        self.assertEqual(run.code, 0, run.err)
        self.assertIn(f"configuration file {self.path('none.cfg')} does not exist; the defaults apply", run.err)
        self.assertEqual(len(run.response["results"]), 1)

    def test_unknown_plugin(self):
        message = 'The plugin "nosuch" is invalid or does not exist in your plugin path'
        file = self.path("x", b"hello")
        self.refused(self.scan(file, "--set", "always_dispatch=", "-R", "nosuch"), message)
        self.refused(self.scan(file, *PLAIN, "-C", "nosuch"), message)
        run = self.scan(file, *PLAIN, "-s", "nosuch")
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(list(run.response["errors"]), ["nosuch"])
        self.assertEqual(run.response["errors"]["nosuch"][0],
                         f"worker:failed to load: nosuch ; StoqPluginNotFound: {message} ; payload {run.response['results'][0]['payload_id']}")

    def test_a_worker_is_no_connector(self):
        self.refused(self.scan(self.path("x", b"hello"), *PLAIN, "-C", "hash"), "plugin 'hash' is named as a connector but is none; it is: Worker")

    def test_plugin_option_out_of_range(self):
        for option, problem in (("timeout=-1", "option 'timeout' of plugin 'decompress': '-1' is not a duration; write seconds, or a number with "
                                               "ms, s, m or h"),
                                ("maximum_size=-5", "option 'maximum_size' of plugin 'decompress': '-5' is not a size; write bytes, or a whole "
                                                    "number with KB, MB, GB, KiB, MiB or GiB")):
            run = self.scan(self.path("x", b"hello"), *UNPACK, "--plugin-opts", f"decompress:{option}")
            self.assertEqual((run.code, run.out), (2, b""))
            self.assertRegex(run.err.splitlines()[-1], rf"^stoq: plugin 'decompress' \(/\S+/decompress.stoq\) cannot be loaded: "
                                                       rf"plugin_opts: {re.escape(problem)}$")

    def test_core_settings_out_of_range(self):
        file = self.path("x", b"hello")
        for args, message in ((["--set", "threads=0"], "argument threads: 0 is out of range 1 to 1024"),
                              (["--set", "max_queue=many"], "argument max_queue: 'many' is not an integer"),
                              (["--log-level", "loud"], "argument log_level: 'loud' is no log level; write debug, info, warning, error or critical"),
                              (["--max-recursion", "-1"], "--max-recursion: Value -1 not in range 0 to 1000; see stoq scan --help"),
                              (["--max-recursion", "x"], "--max-recursion: Value x not in range 0 to 1000; see stoq scan --help")):
            self.refused(self.scan(file, *args), message)

    def test_options_for_what_has_none(self):
        run = self.scan(self.path("x", b"hello"), *PLAIN, "--plugin-opts", "hash:x=1", "nosuch:x=1")
        self.assertEqual(run.code, 0, run.err)
        self.assertIn("plugin_opts: plugin 'hash' has no option 'x'; it is passed on as text\n", run.err)
        self.assertIn("plugin_opts: there is no plugin 'nosuch'; its options are ignored\n", run.err)

    def test_log_file(self):
        self.scan(self.path("x", b"hello"), *PLAIN, "--set", f"log_dir={self.dir}/logs", "log_level=debug")
        with open(self.path("logs/stoq.log")) as log:
            self.assertIn(f"Writing logs to {self.dir}/logs\n", log.read())
        self.refused(self.scan(self.path("x"), *PLAIN, "--set", f"log_dir={self.dir}/x/logs"),
                     f"cannot open the log file {self.dir}/x/logs/stoq.log: Not a directory; set log_dir, or leave it empty for none")

    def test_unknown_plugin_option_warns(self):
        run = self.scan(self.path("x", b"hello"), *UNPACK, "--plugin-opts", "decompress:maximum_sise=5")
        self.assertEqual(run.code, 0, run.err)
        self.assertIn("plugin_opts: plugin 'decompress' has no option 'maximum_sise' (did you mean 'maximum_size'?); it is passed on as text", run.err)

    def test_usage(self):
        for args in ([], ["frobnicate"], ["scan", "--no-such-flag"], ["scan", "--plugin-opts", "nocolon", "--", "x"], ["scan", "--format", "xml", "x"],
                     ["scan", "--threads", "0", "x"]):
            run = Run([STOQ, *args])
            self.assertEqual(run.code, 2, (args, run.err))
            self.assertEqual(run.out, b"", args)
            self.assertNotEqual(run.err, "", args)
        self.assertIn("'frobnicate' is no command; there are scan, run, list, install, doctor, test and spool", Run([STOQ, "frobnicate"]).err)
        self.assertIn("'nocolon' is not plugin:option=value", Run([STOQ, "scan", "--plugin-opts", "nocolon", "--", "x"]).err)

    def test_options_with_colons_and_equal_signs(self):
        run = self.scan(self.path("x", b"hello"), *PLAIN, "--request-extra", "url=http://a:1/?q=b=c", "flag=true", "--request-source", "me")
        self.assertEqual(run.response["request_meta"], {"archive_payloads": True, "source": "me", "extra_data": {"url": "http://a:1/?q=b=c", "flag": True}})

    def test_no_provider(self):
        self.refused(Run([STOQ, "run"]), "No activated provider plugins; name one with providers, or -P on the command line")


def zeros_zip(path, size):
    """A zip of one member of zeros: the same compressed block again and again, so that it is made in seconds."""
    block = 1 << 24
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = compressor.compress(bytes(block)) + compressor.flush(zlib.Z_FULL_FLUSH)
    count = size // block
    crc, zeros = 0, bytes(block)
    for _ in range(count):
        crc = zlib.crc32(zeros, crc)
    end = b"\x03\x00"
    compressed = len(piece) * count + len(end)
    name = b"zeros.bin"
    extra = struct.pack("<HHQQ", 1, 16, count * block, compressed)
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 45, 0, 8, 0, 0x21, crc, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(extra)) + name + extra
    central = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, 0, 8, 0, 0x21, crc, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(extra), 0, 0, 0, 0, 0)
    central += name + extra
    with open(path, "wb") as file:
        file.write(local)
        for _ in range(count):
            file.write(piece)
        file.write(end)
        at = file.tell()
        file.write(central + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(central), at, 0))


def empty_files_tar_gz(path, count):
    """A compressed tar of so many empty files, a thousand names again and again."""
    headers = b"".join(tarfile.TarInfo(f"empty/{i:04d}").tobuf(tarfile.USTAR_FORMAT) for i in range(1000))
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = compressor.compress(headers) + compressor.flush(zlib.Z_FULL_FLUSH)
    crc = 0
    for _ in range(count // 1000):
        crc = zlib.crc32(headers, crc)
    end = bytes(1024)
    with open(path, "wb") as file:
        file.write(b"\x1f\x8b\x08" + bytes(6) + b"\xff")
        for _ in range(count // 1000):
            file.write(piece)
        last = zlib.compressobj(9, zlib.DEFLATED, -15)
        file.write(last.compress(end) + last.flush())
        file.write(struct.pack("<II", zlib.crc32(end, crc), (len(headers) * (count // 1000) + len(end)) & 0xFFFFFFFF))


def sparse_tar(size, data):
    """A tar whose one member has `size` bytes, of which all but the last are a hole (GNU's old format)."""

    def octal(value, width):
        return b"%0*o\0" % (width - 1, value)

    header = bytearray(512)
    header[0:6] = b"sparse"
    header[100:108], header[108:116], header[116:124] = octal(0o644, 8), octal(0, 8), octal(0, 8)
    header[124:136], header[136:148] = octal(len(data), 12), octal(0, 12)
    header[156:157], header[257:265] = b"S", b"ustar  \0"
    header[386:398], header[398:410] = octal(size - len(data), 12), octal(len(data), 12)
    header[483:495] = octal(size, 12)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + data.ljust(512, b"\0") + bytes(1024)


class Archives(Case):
    def test_zip_bomb_of_ten_gigabytes(self):
        path = self.path("bomb.zip")
        zeros_zip(path, 10 * GIGABYTE)
        self.assertLess(os.path.getsize(path), 12 << 20)
        run = self.scan(path, *UNPACK, measure=True)
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(run.response["errors"], {"decompress": [f"Extracted object is too large ({10 * GIGABYTE} > {GIGABYTE}): zeros.bin"]})
        self.assertLess(run.peak, GIGABYTE)
        # The plugin's own limit out of the way, the engine's bites.
        run = self.scan(path, *UNPACK, "--plugin-opts", "decompress:maximum_size=100GiB", measure=True)
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(len(run.response["results"]), 1)
        [(limit, plugin, left_out)] = limits(run.response)
        self.assertEqual((limit, plugin, left_out), ("max_extracted_bytes", "decompress", None))
        self.assertIn("extraction by decompress was stopped after max_extracted_bytes = 1073741824 bytes ; payload ", run.response["errors"]["stoq"][0])
        self.assertEqual(run.response["results"][0]["workers"][0]["decompress"]["members"][0]["status"], "stopped")
        self.assertLess(run.peak, GIGABYTE)

    def test_zip_with_200_000_members(self):
        path = self.path("many.zip")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for i in range(200_000):
                archive.writestr(f"m{i:07d}", b"member %d" % i)
        run = self.scan(path, *UNPACK, measure=True)
        self.assertEqual(run.code, 0, run.err)
        response = run.response
        self.assertEqual(len(response["results"]), 8000)
        self.assertEqual(limits(response), [("max_payloads", "decompress", 192_001)])
        self.assertEqual(response["results"][0]["workers"][0]["decompress"]["member_count"], 200_000)
        self.assertLess(run.peak, GIGABYTE)

    def test_tar_of_a_million_empty_files(self):
        path = self.path("empty.tar.gz")
        empty_files_tar_gz(path, 1_000_000)
        run = self.scan(path, *UNPACK, measure=True)
        self.assertEqual(run.code, 0, run.err)
        response = run.response
        self.assertEqual([r["size"] for r in response["results"]], [os.path.getsize(path), 0])
        self.assertEqual(sum(d["count"] for d in response["results"][1]["duplicates"]), 999_999)
        self.assertEqual(limits(response), [])
        self.assertEqual(response["results"][0]["workers"][0]["decompress"]["member_count"], 1_000_000)
        self.assertLess(run.peak, GIGABYTE)

    def test_sparse_member_of_four_gigabytes(self):
        path = self.path("sparse.tar", sparse_tar(4 * GIGABYTE, b"the end"))
        run = self.scan(path, *UNPACK, measure=True)
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(run.response["errors"], {"decompress": [f"Extracted object is too large ({4 * GIGABYTE} > {GIGABYTE}): sparse"]})
        self.assertLess(run.peak, GIGABYTE)
        run = self.scan(path, *UNPACK, "--plugin-opts", "decompress:maximum_size=100GiB", measure=True)
        self.assertEqual([(limit, plugin) for limit, plugin, _ in limits(run.response)], [("max_ratio", "decompress")])
        self.assertLess(run.peak, GIGABYTE)

    def test_names_that_lead_elsewhere_and_collide(self):
        names = ["../up", "/etc/absolute", "same", "same", "dir/../../x", "C:\\windows\\y.exe", ""]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for i, name in enumerate(names):
                archive.writestr(zipfile.ZipInfo(name), b"content %d" % i)
        run = self.scan(self.path("names.zip", buffer.getvalue()), *UNPACK)
        self.assertEqual(run.code, 0, run.err)
        children = [r["payload_meta"]["extra_data"] for r in run.response["results"][1:]]
        self.assertEqual([c["filename"] for c in children][:4], ["up", "absolute", "same", "same"])
        self.assertEqual(children[0]["path"], "../up")
        self.assertEqual(len(children), len(names))
        self.assertFalse(os.path.exists(os.path.join(self.dir, "..", "up")))
        self.assertFalse(os.path.exists("/etc/absolute"))

    def test_links_to_passwd_are_listed_not_followed(self):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for kind, name in ((tarfile.SYMTYPE, "soft"), (tarfile.LNKTYPE, "hard")):
                info = tarfile.TarInfo(name)
                info.type, info.linkname = kind, "/etc/passwd"
                archive.addfile(info)
        run = self.scan(self.path("links.tar", buffer.getvalue()), *UNPACK)
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(len(run.response["results"]), 1)
        members = run.response["results"][0]["workers"][0]["decompress"]["members"]
        self.assertEqual([(m["name"], m["target"], m["status"]) for m in members],
                         [("soft", "/etc/passwd", "skipped: link"), ("hard", "/etc/passwd", "skipped: link")])
        self.assertNotIn(b"root:", run.out)

    def test_thousand_gzips_one_in_the_other(self):
        content = b"the end"
        for _ in range(1000):
            content = gzip.compress(content, 6, mtime=0)
        run = self.scan(self.path("nested.gz", content), *UNPACK, measure=True)
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(len(run.response["results"]), 11)  # the shipped max_recursion is 10
        self.assertEqual(limits(run.response), [("max_recursion", "decompress", 1)])
        self.assertLess(run.peak, GIGABYTE)
        run = self.scan(self.path("nested.gz"), *UNPACK, "--set", "max_recursion=1000", measure=True)
        self.assertEqual(len(run.response["results"]), 1001)
        self.assertEqual(limits(run.response), [])
        self.assertLess(run.peak, GIGABYTE)

    def test_sixteen_zips_in_each_of_sixteen_zips(self):
        # Five levels above members of 4 GB: four petabytes, were everything unpacked.
        path = self.path("0.zip")
        zeros_zip(path, 4 * GIGABYTE)
        for level in range(1, 6):
            with open(path, "rb") as file:
                content = file.read()
            path = self.path(f"{level}.zip")
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for i in range(16):
                    archive.writestr(f"{level}-{i}.zip", content)
        run = self.scan(path, *UNPACK, measure=True)
        self.assertEqual(run.code, 0, run.err)
        response = run.response
        self.assertEqual(len(response["results"]), 6)  # the same zip again and again
        self.assertEqual([sum(d["count"] for d in r["duplicates"]) for r in response["results"]], [0, 15, 15, 15, 15, 15])
        self.assertIn("Extracted object is too large", response["errors"]["decompress"][0])
        self.assertLess(run.peak, GIGABYTE)

    def test_zips_that_are_all_different(self):
        # Each holds ten of its own, which no duplicate takes out of the way: more than the request may have.
        def zip_of(name, depth):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
                for i in range(10):
                    inner = f"{name}{i}"
                    archive.writestr(inner, inner.encode() if depth == 0 else zip_of(inner, depth - 1))
            return buffer.getvalue()

        run = self.scan(self.path("wide.zip", zip_of("m", 4)), *UNPACK, measure=True)
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual({limit for limit, _, _ in limits(run.response)}, {"max_payloads"})
        self.assertEqual(len(run.response["results"]), 10_000)  # zips have the places that are kept for what is of interest
        self.assertGreater(sum(left_out for _, _, left_out in limits(run.response)), 1000)
        self.assertLess(run.peak, GIGABYTE)

    def test_archive_that_contains_itself(self):
        run = self.scan(self.path("self.gz", gzip_of_itself()), *UNPACK, "--set", "max_recursion=1000")
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual((run.response["errors"], run.response["limits"]), ({}, []))
        [root] = run.response["results"]
        self.assertEqual(root["workers"][0]["decompress"]["members"][0]["status"], "extracted")
        self.assertEqual(root["duplicates"], [{"extracted_from": root["payload_id"], "extracted_by": "decompress", "count": 1,
                                               "payload_meta": root["duplicates"][0]["payload_meta"]}])

    def test_one_archive_twice_in_another(self):
        inner, outer = io.BytesIO(), io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("x", b"hello")
        with zipfile.ZipFile(outer, "w") as archive:
            archive.writestr("a.zip", inner.getvalue())
            archive.writestr("b.zip", inner.getvalue())
        run = self.scan(self.path("twice.zip", outer.getvalue()), *UNPACK)
        self.assertEqual(len(run.response["results"]), 3)
        self.assertEqual(len(run.response["results"][1]["duplicates"]), 1)

    def test_what_is_no_archive_gives_nothing(self):
        run = self.scan(self.path("plain", b"just text\n" * 100), *UNPACK)
        self.assertEqual(list(run.response["results"][0]["workers"][0]), ["hash"])
        self.assertEqual(run.response["errors"], {})


class Rules(Case):
    def test_a_bad_rule_file_is_named_in_every_response_while_the_others_work(self):
        good = self.path("good.yar", b'rule good { strings: $a = "needle" condition: $a }')
        bad = self.path("bad.yar", b"rule bad {\n condition: nonsense\n}")
        args = ["--set", "dispatchers=", "--set", "always_dispatch=yara", "--plugin-opts", f"yara:worker_rules={good},{bad}"]
        for content in (b"a needle", b"nothing"):
            run = self.scan(self.path("x", content), *args)
            self.assertEqual(run.code, 0, run.err)
            self.assertEqual([m["rule"] for m in run.response["results"][0]["workers"][0]["yara"]["matches"]], ["good"] if b"needle" in content else [])
            self.assertEqual(len(run.response["errors"]["yara"]), 1)
            self.assertTrue(run.response["errors"]["yara"][0].startswith(f"{bad}:2: "), run.response["errors"])

    def test_where_none_compiles_the_plugin_does_not_load(self):
        bad = self.path("bad.yar", b"rule bad {")
        run = self.scan(self.path("x", b"x"), "--set", "dispatchers=", "-a", "yara", "--plugin-opts", f"yara:worker_rules={bad}")
        self.assertEqual(run.code, 0)
        self.assertIn(f"cannot be loaded: {bad}:1: ", run.response["errors"]["yara"][0])
        run = self.scan(self.path("x", b"x"), "--set", "dispatchers=yara", "always_dispatch=", "-a", "yara", "--plugin-opts", "yara:worker_rules=",
                        "yara:dispatch_rules=")
        end = f" ; payload {run.response['results'][0]['payload_id']}"
        self.assertEqual(run.response["errors"]["yara"], [
            f"dispatcher:failed to dispatch: yara ; StoqPluginException: the option dispatch_rules is empty: name a rule file{end}",
            f"worker:failed to scan: yara ; StoqPluginException: the option worker_rules is empty: name a rule file{end}"])
        missing = self.path("missing.yar")
        run = self.scan(self.path("x", b"x"), "--set", "dispatchers=", "-a", "yara", "--plugin-opts", f"yara:worker_rules={missing}")
        self.assertIn(f"Nonexistent yara rules file provided: {missing}", run.response["errors"]["yara"][0])


if __name__ == "__main__":
    STOQ = sys.argv.pop(1)
    unittest.main(verbosity=1)

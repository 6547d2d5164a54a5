# SPDX-License-Identifier: Apache-2.0
"""The program that every sample hides, and what the makers of samples share."""
import collections
import os
import random
import shutil
import struct
import subprocess

NAME = "prog.bin"
OTHER = "other.txt"
PASSWORD = "infected"

# name: of the format, as docs/formats.md has it. writer: who wrote the sample; "self-made": we. make(work): bytes, in the folder `work`
# where NAME and OTHER lie. chain: the plugins from the sample to the program. needs: programs.
Format = collections.namedtuple("Format", "name writer make chain needs", defaults=((),))


def program(seed=1):
    """An ELF header and bytes that nothing compresses: no rule takes it for anything else."""
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 0, 0, 0, 0)
    return head + random.Random(seed).randbytes(1500) + b"the hidden program\n" * 40


def run(work, *command, stdin=None):
    done = subprocess.run(command, cwd=work, input=stdin, capture_output=True, check=False,
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": work, "LANG": "C.UTF-8", "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1"})
    assert done.returncode == 0, f"{command}: {done.stdout.decode(errors='replace')[-500:]} {done.stderr.decode(errors='replace')[-500:]}"
    return done.stdout


def read(work, name):
    with open(os.path.join(work, name), "rb") as file:
        return file.read()


def write(work, name, content):
    with open(os.path.join(work, name), "wb") as file:
        file.write(content)


def missing(needs):
    return [name for name in needs if not shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")]

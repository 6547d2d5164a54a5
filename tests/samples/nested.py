# SPDX-License-Identifier: Apache-2.0
"""Archives in archives in archives, by seed."""
import os
import tempfile

from archives import FORMATS
from hidden import NAME, OTHER, missing, read, write

DEPTH = 3
# Those that take long to make, and disks so large that three of them in each other are no sample but a load.
HEAVY = ("NSIS", "MSI", "CHM", "rpm", "DMG", "VHD", "VMDK", "QCOW", "VDI", "disk image", "FAT", "ext image", "WIM, LZMS", "SquashFS")
# A cabinet's block of stored data and the headers of small formats hold 64 KiB.
KNOWN = {form.name: form for form in FORMATS if not form.name.startswith(HEAVY)}


def make(rng, work):
    """The names of the formats, the outermost last, and the sample."""
    names = []
    content = read(work, NAME)
    for _ in range(DEPTH):
        form = KNOWN[rng.choice(sorted(KNOWN))]
        if missing(form.needs):
            raise AssertionError(f"{form.name}: not made: {form.needs} missing; run tools/install-deps test")
        with tempfile.TemporaryDirectory() as inner:
            write(inner, NAME, content)
            write(inner, OTHER, b"something else\n" * 20)
            content = form.make(inner)
        names.append(form.name)
        if os.environ.get("STOQ_NESTED_SHOW"):
            print(form.name, len(content))
    return names, content

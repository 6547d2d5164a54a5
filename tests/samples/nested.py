# SPDX-License-Identifier: Apache-2.0
"""Formats in formats in formats, by seed: a zip in a PDF in a mail, a OneNote section in a cabinet in a page."""
import tempfile

from formats import SECTIONS
from hidden import NAME, OTHER, PASSWORD, missing, program, write

DEPTH = 3
MOST_PLUGINS = 9  # on the way: the shipped configuration looks ten levels deep
LARGEST = 1 << 19  # of what is put into the next: disks in each other are no sample but a load
FAMILIES = [family for family in ([form for form in section if not form.heavy] for section in SECTIONS.values()) if family]


def choose(rng, content, plugins, password):
    """One that takes the content, out of any family; around what has a password of its own a mail that names it."""
    def fits(form):
        takes = form.takes(content) or (not plugins and form.hides)
        return takes and plugins + len(form.chain) <= MOST_PLUGINS and (form.names_password or not password)
    families = [family for family in ([form for form in family if fits(form)] for family in FAMILIES) if family]
    return rng.choice(rng.choice(families))


def make(rng, seed):
    """The program, the names of the formats, the outermost last, and the sample."""
    names, plugins, password = [], 0, None
    content = wanted = program(seed)
    for depth in range(DEPTH):
        form = choose(rng, content, plugins, password)
        if not plugins and form.hides:
            content = wanted = form.hides(seed)
        if missing(form.needs):
            raise AssertionError(f"{form.name}: not made: {form.needs} missing; run tools/install-deps test")
        arguments = ()
        if form.names_password:
            arguments = (password or PASSWORD,)
            password = None
        elif form.locks and depth + 1 < DEPTH and rng.random() < 0.5:
            password = f"w{rng.randrange(10**6)}x"
            arguments = (password,)
        with tempfile.TemporaryDirectory() as work:
            write(work, NAME, content)
            write(work, OTHER, b"something else\n" * 20)
            content = form.make(work, *arguments)
        if len(content) > LARGEST and depth + 1 < DEPTH:
            return make(rng, seed)
        names.append(form.name + (f" with the password {password}" if password else ""))
        plugins += len(form.chain)
    return wanted, names, content

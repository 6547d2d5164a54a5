# SPDX-License-Identifier: Apache-2.0
"""The C++ of a page of documentation, so that a compiler sees it.

A block whose introduction ends in `path`: is that file; one that includes headers, or is a class, stands on its own; any other is a fragment.
"""
import re

BLOCK = re.compile(r"^(?P<before>[^\n]*)\n+```(?P<language>\w+)\n(?P<code>.*?)^```$", re.M | re.S)


def blocks(path):
    with open(path, encoding="utf-8") as page:
        return [(m["before"], m["language"], m["code"]) for m in BLOCK.finditer(page.read())]


def files(path):
    """{path: text} of the blocks that are files."""
    found = {}
    for before, _, code in blocks(path):
        if name := re.search(r"`([\w./-]+)`:$", before):
            found[name[1]] = code
    return found


def translation_unit(path, includes, opening, closing):
    """What stands on its own, each in a namespace, and the fragments, each between opening and closing; `%d` is a number."""
    headers, bodies = list(includes), []
    for number, (before, language, code) in enumerate(blocks(path)):
        if language != "cpp" or re.search(r"`([\w./-]+)`:$", before):
            continue
        lines = code.splitlines()
        own = [line for line in lines if line.startswith("#include")]
        body = "\n".join(line for line in lines if line not in own)
        headers += own
        alone = own or code.startswith("class ")
        start, end = ("namespace alone_%d {" % number, "}") if alone else (opening % number, closing)
        bodies.append(f"{start}\n{body}\n{end}\n")
    text = "\n".join(dict.fromkeys(headers)) + "\n"
    return text + "\n".join(bodies).replace("int main(", "int run("), len(bodies)

# SPDX-License-Identifier: Apache-2.0
"""Which lines of a requirements.txt are not met, a line each; run by `stoq install`.

_requirements.py FILE [VIRTUAL_ENVIRONMENT]
"""

import importlib.metadata
import os
import re
import sys
from typing import Iterator, List

try:
    from packaging.requirements import InvalidRequirement, Requirement
except ImportError:
    try:
        from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
    except ImportError:
        Requirement = None

_DEEPEST = 10  # files that name files


def requirements(path: str, depth: int = 0) -> Iterator[str]:
    with open(path, encoding='utf-8-sig') as f:
        text = re.sub(r'\\\r?\n', ' ', f.read())
    for line in text.splitlines():
        line = re.sub(r'(^|\s)#.*', '', line).strip()
        if other := re.match(r'(-r|--requirement)[\s=]*(\S+)', line):
            if depth == _DEEPEST:
                raise ValueError(f'{path} names files that name files without end')
            yield from requirements(os.path.join(os.path.dirname(path), other[2]), depth + 1)
        elif line and not line.startswith('-'):
            yield re.sub(r'\s--\S+.*', '', line)


def is_met(text: str) -> bool:
    if Requirement is None:  # without pip: the name alone
        name = re.match(r'[\w.-]+', text)
        return bool(name) and version_of(name[0]) is not None
    try:
        requirement = Requirement(text)
    except InvalidRequirement:  # a file or URL: only pip knows what that is
        return False
    if requirement.marker and not requirement.marker.evaluate():
        return True
    version = version_of(requirement.name)
    return version is not None and requirement.specifier.contains(version, prereleases=True)


def version_of(name: str):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def main(arguments: List[str]) -> int:
    sys.path.pop(0)  # the package that this file lies in
    if len(arguments) > 2:
        version = f'python{sys.version_info[0]}.{sys.version_info[1]}'
        sys.path.insert(0, os.path.join(arguments[2], 'lib', version, 'site-packages'))
    try:
        unmet = [text for text in requirements(arguments[1]) if not is_met(text)]
    except (OSError, ValueError) as error:
        print(error)
        return 1
    for text in unmet:
        print(text)
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))

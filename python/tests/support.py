# SPDX-License-Identifier: Apache-2.0
"""What the tests share."""

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

from stoq import Stoq

PLUGINS = os.path.abspath(os.path.join(os.path.dirname(__file__), '../../tests/python_plugins'))


class Case(unittest.TestCase):
    """A directory of its own, in which Stoq objects and plugins are made."""

    def setUp(self) -> None:
        self.base = tempfile.mkdtemp(prefix='stoq-python-')
        self.addCleanup(shutil.rmtree, self.base, ignore_errors=True)
        self.plugins = os.path.join(self.base, 'plugins')
        os.mkdir(self.plugins)

    def path(self, *names: str) -> str:
        return os.path.join(self.base, *names)

    def write(self, text, *names: str) -> str:
        path = self.path(*names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        return path

    def plugin(self, name: str, code: str, options: str = '', core: str = '') -> str:
        """A Python plugin in the plugin directory."""
        self.write(f'[Core]\nName = {name}\nModule = {name}\n{core}\n[Documentation]\n'
                   f'Author = us\nVersion = 1.2\nDescription = The {name}\n'
                   f'[options]\n{options}\n', 'plugins', name, f'{name}.stoq')
        return self.write(textwrap.dedent(code), 'plugins', name, f'{name}.py')

    def worker(self, name: str, body: str, options: str = '', head: str = '') -> None:
        """A worker of stoQ 2 whose scan is that body."""
        code = ('from stoq import *\nfrom stoq.plugins import WorkerPlugin\n'
                + textwrap.dedent(head)
                + f'\nclass {name.title()}(WorkerPlugin):\n'
                  '    def scan(self, payload, request_meta):\n'
                + textwrap.indent(textwrap.dedent(body), ' ' * 8) + '\n')
        self.plugin(name, code, options)

    def stoq(self, **options) -> Stoq:
        options.setdefault('base_dir', self.base)
        options.setdefault('log_dir', None)
        options.setdefault('log_level', 'critical')
        options.setdefault('plugin_dir_list', [self.plugins])
        return Stoq(**options)

    def python(self, code: str, timeout: float = 60, **env: str) -> subprocess.CompletedProcess:
        """A program of its own."""
        return subprocess.run(
            [sys.executable, '-B', '-c', textwrap.dedent(code), self.base, self.plugins],
            capture_output=True, text=True, timeout=timeout, env={**os.environ, **env},
            cwd=self.base)

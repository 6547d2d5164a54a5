# SPDX-License-Identifier: Apache-2.0
"""The installed package, as `make install` and `pip install .` place it, finds its plugins."""

import importlib.util
import os
import subprocess
import sys
import unittest

from support import Case

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '../..'))
BUILD = os.environ.get('STOQ_BUILD_DIRECTORY', '')
SCAN = '''
import stoq
s = stoq.Stoq(log_dir=None)
print(stoq.__file__, s.scan(b'abc', add_start_dispatch=['hash', 'mimetype']).errors or 'no errors')
'''


@unittest.skipUnless(BUILD, 'STOQ_BUILD_DIRECTORY says where everything is built')
class Install(Case):
    def run_it(self, *command: str, **env: str) -> str:
        plain = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'}
        done = subprocess.run(command, cwd=self.base, env={**plain, **env}, text=True, timeout=200,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_make_install(self) -> None:
        for prefix, packages in (('/usr/local', 'usr/local/lib/python3.11/dist-packages'),
                                 ('/usr', 'usr/lib/python3/dist-packages')):
            for component in ('runtime', 'python'):
                self.run_it('cmake', '--install', BUILD, '--prefix', prefix, '--component', component,
                            DESTDIR=self.path('root'))
            place = self.path('root', packages)
            out = self.run_it(sys.executable, '-B', '-c', SCAN, PYTHONPATH=place)
            self.assertEqual(out, f'{place}/stoq/__init__.py no errors\n')

    @unittest.skipUnless(importlib.util.find_spec('ensurepip'), 'python3-venv is not installed')
    def test_pip_install(self) -> None:
        self.run_it(sys.executable, '-m', 'venv', self.path('venv'))
        self.run_it(self.path('venv/bin/pip'), 'install', '--no-index',
                    '--disable-pip-version-check', ROOT)
        out = self.run_it(self.path('venv/bin/python'), '-B', '-c', SCAN)
        self.assertEqual(out, self.path('venv/lib/python3.11/site-packages/stoq/__init__.py')
                         + ' no errors\n')


if __name__ == '__main__':
    unittest.main()

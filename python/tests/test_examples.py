# SPDX-License-Identifier: Apache-2.0
"""The example programs, on real files."""

import json
import os
import signal
import subprocess
import sys
import time
import unittest

from support import Case

EXAMPLES = os.path.abspath(os.path.join(os.path.dirname(__file__), '../../examples/python'))


class Examples(Case):
    def start(self, name: str, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, '-B', os.path.join(EXAMPLES, name), *arguments],
                                cwd=self.base, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def test_individual_scan(self) -> None:
        out, err = self.start('individual_scan.py', '/bin/ls').communicate(timeout=60)
        document = json.loads(out)
        self.assertEqual(document['results'][0]['payload_meta']['extra_data'], {'filename': '/bin/ls'})
        self.assertEqual(list(document['results'][0]['workers'][0])[0], 'hash')

    def test_manual_interaction(self) -> None:
        out, err = self.start('manual_interaction.py', '/bin/ls',
                              self.path('results')).communicate(timeout=60)
        lines = out.splitlines()
        self.assertEqual(lines[:2], ['<plugin yara: Worker, Dispatcher>', '9 bytes'], err)
        self.assertIn("{'hash':", lines[2])
        self.assertEqual(len(os.listdir(self.path('results'))), 1)

    def test_providers(self) -> None:
        source, results = self.path('source'), self.path('results')
        os.mkdir(source)
        program = self.start('providers.py', source, results, self.base)
        until, number = time.monotonic() + 30, 0
        # When the watch is in place nobody says: files come in until one is taken.
        while not (os.path.isdir(results) and os.listdir(results)) and time.monotonic() < until:
            number += 1
            self.write(b'plain', 'source', f'file{number}')
            time.sleep(0.05)
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=60)
        self.assertEqual(program.returncode, 0, err)
        self.assertTrue(os.listdir(results), err)


if __name__ == '__main__':
    unittest.main()

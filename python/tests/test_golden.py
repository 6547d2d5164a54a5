# SPDX-License-Identifier: Apache-2.0
"""The cases of tests/python_plugins inside a program: the same golden files as under the command."""

import os
import sys
import unittest

from stoq import PayloadMeta, RequestMeta

from support import PLUGINS, Case

sys.path.insert(0, PLUGINS)
from cases import CASES, GOLDEN, filled, outcome  # noqa: E402


class Golden(Case):
    maxDiff = None

    def response(self, case, directory: str) -> str:
        os.mkdir(directory)
        with open(os.path.join(directory, 'stoq.cfg'), 'w', encoding='utf-8') as f:
            f.write(filled(case.config, directory))
        s = self.stoq(base_dir=directory, plugin_dir_list=[PLUGINS],
                      **filled(case.stoq, directory))
        scan = dict(case.scan)
        if 'request_meta' in scan:
            scan['request_meta'] = RequestMeta(**scan['request_meta'])
        return str(s.scan(case.content, PayloadMeta(extra_data={'filename': 'sample'}), **scan))

    def test_all(self) -> None:
        for case in CASES:
            with self.subTest(case.name):
                directory = self.path(case.name)
                got = outcome(case, self.response(case, directory), directory)
                with open(os.path.join(GOLDEN, case.name + '.json'), encoding='utf-8') as f:
                    self.assertEqual(got, f.read())


if __name__ == '__main__':
    unittest.main()

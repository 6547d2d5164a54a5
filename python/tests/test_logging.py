# SPDX-License-Identifier: Apache-2.0
"""Log records reach Python's logging, on the caller's thread."""

import json
import logging
import os
import threading
import unittest

from support import Case


class Logging(Case):
    def test_a_connector_that_fails(self) -> None:
        self.plugin('conn', '''
            from stoq.plugins import ConnectorPlugin
            class Conn(ConnectorPlugin):
                def save(self, response):
                    raise ValueError('no room')
            ''')
        s = self.stoq(connectors=['conn'], log_level='info')
        with self.assertLogs('stoq', level='ERROR') as logs:
            response = s.scan(b'x')
        self.assertTrue(logs.output[0].startswith(
            'ERROR:stoq:Failed to save results using conn: {\n    "results": ['), logs.output[0])
        self.assertIn(response.scan_id, logs.output[0])
        self.assertRegex(response.errors['conn'][0], r'^connector:failed to save: conn ; .*no room')

    def test_records_of_plugins_and_engine(self) -> None:
        self.worker('talk', '''
            self.log.warning('seen %d bytes', payload.size)
            raise RuntimeError('enough')''')
        s = self.stoq(always_dispatch=['talk'], log_level='info')
        seen = []

        class Handler(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                seen.append((record.name, record.getMessage(), record.thread))
        handler = Handler()
        logging.getLogger('stoq').addHandler(handler)
        self.addCleanup(logging.getLogger('stoq').removeHandler, handler)
        s.scan(b'abc')
        self.assertEqual(seen[0][:2], ('stoq.talk', 'seen 3 bytes'))
        self.assertRegex(seen[1][1], r'^worker:failed to scan \(talk\): File ".*talk.py", line \d+, '
                                     r'in scan ; RuntimeError: enough$')
        self.assertEqual({record[2] for record in seen}, {threading.get_ident()})

    def test_the_version_a_plugin_asks_for(self) -> None:
        self.worker('future', 'return None', options='min_stoq_version = 10.0.0')
        s = self.stoq(log_level='info')
        with self.assertLogs(level='WARNING') as logs:
            s.load_plugin('future')
        self.assertEqual(logs.output, ['WARNING:stoq:Plugin future not compatible with this version '
                                       'of stoQ. Unpredictable results may occur!'])

    def test_warnings_of_the_start(self) -> None:
        with self.assertLogs('stoq', level='WARNING') as logs:
            self.stoq(plugin_dir_list=[self.path('missing')], log_level='info')
        self.assertIn('Invalid plugin directory specified, skipping', logs.output[0])

    def test_disabled(self) -> None:
        s = self.stoq(log_level='info')
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        with self.assertRaises(AssertionError):
            with self.assertLogs('stoq'):
                s.scan(b'', add_start_dispatch=['nope'])

    def test_the_file(self) -> None:
        logs = self.path('new', 'logs')
        first = self.stoq(log_dir=logs, log_level='debug')
        second = self.stoq(log_dir=logs, log_level='debug')
        first.log.info('one line')
        with open(os.path.join(logs, 'stoq.log'), encoding='utf-8') as f:
            lines = [line for line in f if 'one line' in line]
        self.assertEqual(len(lines), 1)
        self.assertRegex(lines[0], r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO stoq:test_logging.py:'
                                   r'test_the_file:\d+: one line\n$')
        del first, second

    def test_json(self) -> None:
        self.write('[core]\nlog_syntax = json\n', 'stoq.cfg')
        s = self.stoq(log_dir=self.path('logs'), log_level='info')
        s.log.warning('as JSON')
        with open(self.path('logs', 'stoq.log'), encoding='utf-8') as f:
            record = json.loads(f.readlines()[-1])
        self.assertEqual((record['levelname'], record['name'], record['message']),
                         ('WARNING', 'stoq', 'as JSON'))


if __name__ == '__main__':
    unittest.main()

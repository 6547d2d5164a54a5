# SPDX-License-Identifier: Apache-2.0
"""Plugins of stoQ 2 and 3 as their users wrote them, unmodified, inside a program."""

import json
import os
import unittest
import zlib

from stoq._load import Style

from support import PLUGINS, Case

V2 = ('ascii_strings', 'marker_carve', 'grumpy', 'case_tagger', 'keyword_router', 'second_look',
      'disk_vault', 'json_lines', 'counters', 'inbox', 'swiss_knife')
V3 = ('byte_stats', 'zlib_streams', 'moody', 'labeller', 'byte_verdict', 'next_step', 'prefix_gate',
      'async_vault', 'journal', 'ticker')


class UserPlugins(Case):
    def setUp(self) -> None:
        super().setUp()
        self.plugins = PLUGINS

    def mine(self, **options):
        opts = {'disk_vault': {'archive_dir': self.path('vault2')},
                'async_vault': {'archive_dir': self.path('vault3')},
                'json_lines': {'results_file': self.path('lines')},
                'journal': {'journal_file': self.path('journal')}}
        for name, values in options.pop('plugin_opts', {}).items():
            opts.setdefault(name, {}).update(values)
        return self.stoq(plugin_opts=opts, **options)

    def scan(self, content, *workers, **options):
        return self.mine(**options).scan(content, add_start_dispatch=list(workers))

    def one(self, name, content, **options):
        return self.scan(content, name, **options).results[0].workers[0].get(name)

    def test_all_load_as_what_they_are(self) -> None:
        s = self.mine()
        listing = s.list_plugins()
        for names, version in ((V2, 2), (V3, 3)):
            for name in names:
                plugin = s.load_plugin(name)
                self.assertEqual(Style(type(plugin)).version, version, name)
                self.assertEqual(plugin.plugin_name, name)
                self.assertTrue(listing[name]['classes'], name)
        self.assertEqual(listing['keyword_router']['classes'], ['Worker', 'Dispatcher'])
        self.assertEqual(listing['journal']['classes'], ['Connector', 'Decorator'])

    def test_options(self) -> None:
        got = self.one('ascii_strings', b'\0hello\0hi\0worlds\0',
                       plugin_opts={'ascii_strings': {'min_length': 5, 'with_offsets': True}})
        self.assertEqual(got, {'strings': [[1, 'hello'], [10, 'worlds']], 'count': 2})
        got = self.one('byte_stats', b'aab\0', plugin_opts={
            'byte_stats': {'top': 1, 'buckets': {'low': [0, 31]}, 'ignore': ['00']}})
        self.assertEqual(got, {'distinct': 2, 'top': [['61', 2]], 'printable': 3, 'size': 4, 'low': 0})

    def test_extraction(self) -> None:
        s = self.mine(always_dispatch=['marker_carve'])
        config = s.load_plugin('marker_carve')
        r = s.scan(b'x' + config.begin + b'inner' + config.end + b'y' + config.begin)
        self.assertEqual(r.results[0].workers[0]['marker_carve'], {'carved': 1})
        self.assertEqual(r.results[1].size, 5)
        self.assertFalse(r.results[1].payload_meta.should_archive)
        self.assertIn('no end for what begins at', r.errors['marker_carve'][0])
        r = self.scan(b'..' + zlib.compress(b'inner') + b'\x78\x9c' + b'\xff' * 9, 'zlib_streams')
        self.assertEqual(r.results[1].size, 5)
        self.assertEqual(r.results[1].payload_meta.extra_data, {'offset': 2, 'whole': True})
        self.assertIn('offset ', r.errors['zlib_streams'][0])

    def test_moods(self) -> None:
        for name, error in (('grumpy', 'I will not look at this'), ('moody', 'not today')):
            r = self.scan('plugin exception', name)
            self.assertRegex(r.errors[name][0], r'^worker:failed to scan: %s ; File ".*%s.py", line '
                             r'\d+, in scan ; stoq.exceptions.StoqPluginException: %s ; payload %s$'
                             % (name, name, error, r.results[0].payload_id))
            self.assertIn('in deep ; ValueError' if name == 'moody' else 'in _deep ; ValueError',
                          self.scan('deep exception', name).errors[name][0])
            self.assertEqual(self.scan('none', name).results[0].workers, [{}])
            self.assertEqual(self.scan('none', name).results[0].plugins_run['workers'], [[name]])
        self.assertEqual(self.one('grumpy', 'nothing found'), {})
        self.assertEqual(self.scan('nothing found', 'moody').results[0].workers, [{}])
        self.assertEqual(self.scan('errors', 'grumpy').errors, {'grumpy': ['one thing', 'another thing']})
        self.assertEqual(self.scan('errors', 'moody').errors, {'moody': ['one thing']})
        self.assertEqual(self.scan('error of the request', 'moody').errors, {'moody': ['noted by hand']})
        self.assertEqual(self.one('grumpy', 'bytes'), {'raw': 'café', 'empty': ''})
        self.assertIn("KeyError: 'such key'", self.scan('lookup', 'grumpy').errors['grumpy'][0])
        self.assertIn('ValueError', self.scan('in a task', 'moody').errors['moody'][0])
        self.assertIn('TimeoutError', self.scan('timeout', 'moody').errors['moody'][0])

    def test_meta(self) -> None:
        r = self.mine().scan(b'a secret', request_meta={'case': 'mine'},
                             add_start_dispatch=['case_tagger', 'labeller'])
        first = r.results[0]
        self.assertEqual(first.workers[0]['case_tagger']['case'], 'mine')
        self.assertFalse(first.payload_meta.should_archive)
        self.assertEqual(first.payload_meta.extra_data['case'], 'mine')
        self.assertTrue(r.request_meta.extra_data['labelled'])
        self.assertEqual(first.workers[0]['labeller']['after'],
                         first.payload_meta.extra_data['labels'])

    def test_dispatch(self) -> None:
        routes = self.write(json.dumps({'needle': ['keyword_router', 'grumpy']}), 'routes.json')
        opts = {'keyword_router': {'routes': routes},
                'prefix_gate': {'prefixes': {'go': ['prefix_gate']}}}
        r = self.scan(b'a needle, trouble', dispatchers=['keyword_router'], plugin_opts=opts)
        self.assertEqual(r.results[0].plugins_run['workers'], [['keyword_router', 'grumpy']])
        self.assertEqual(r.results[0].workers[0]['keyword_router']['told'],
                         {'keyword': 'needle', 'offset': 2})
        self.assertEqual(r.errors, {'keyword_router': ['there is trouble in here']})
        r = self.scan(b'panic', dispatchers=['keyword_router'], plugin_opts=opts)
        self.assertRegex(r.errors['keyword_router'][0], r'^dispatcher:failed to dispatch: .*'
                                                        r'ValueError: panic')
        r = self.scan(b'go on', dispatchers=['prefix_gate'], plugin_opts=opts)
        self.assertEqual(r.results[0].workers[0]['prefix_gate'],
                         {'told': {'prefix_gate': {'prefix': 'go'}}})
        self.assertEqual(self.scan(b'? no', dispatchers=['prefix_gate']).errors,
                         {'prefix_gate': ['a question is no payload']})

    def test_rounds(self) -> None:
        r = self.scan(b'then:grumpy then:hash', 'next_step')
        self.assertEqual(r.results[0].plugins_run['workers'], [['next_step'], ['grumpy', 'hash']])
        r = self.scan(b'plain text', 'byte_verdict')
        self.assertEqual(r.results[0].plugins_run['workers'], [['byte_stats', 'byte_verdict']])
        self.assertEqual(r.results[0].workers[0]['byte_verdict'], {'text': True, 'share': 1.0})
        s = self.mine(deep_dispatchers=['second_look'])
        worker = s.load_plugin('second_look').worker
        r = s.scan(b'x', add_start_dispatch=['case_tagger'])
        self.assertEqual(r.results[0].plugins_run['workers'], [['case_tagger'], [worker]])

    def test_archivers(self) -> None:
        s = self.mine(dest_archivers=['disk_vault', 'async_vault'])
        r = s.scan(b'keep me')
        archived = r.results[0].archivers
        self.assertEqual(r.results[0].plugins_run['archivers'], ['disk_vault', 'async_vault'])
        self.assertTrue(os.path.isfile(self.path('vault2', archived['disk_vault']['path'])))
        self.assertTrue(os.path.isfile(self.path('vault3', archived['async_vault']['name'])))
        self.assertIn('this is not kept', s.scan(b'refuse').errors['async_vault'][0])
        self.assertIsInstance(s.load_plugin('disk_vault'), object)

    def test_ends(self) -> None:
        s = self.mine(connectors=['json_lines', 'journal'], decorators=['counters', 'journal'],
                      always_dispatch=['hash'])
        r = s.scan(b'')
        self.assertEqual(r.decorators['counters']['payloads'], 1)
        self.assertEqual(r.decorators['counters']['by_worker'], {'hash': 1})
        self.assertEqual(r.errors, {'counters': ['an empty payload']})
        with open(self.path('lines'), encoding='utf-8') as f:
            self.assertEqual(json.loads(f.read()), json.loads(str(r)))
        with open(self.path('journal'), encoding='utf-8') as f:
            self.assertEqual(f.read(), "1 1 ['counters']\n")

    def test_providers(self) -> None:
        inbox = self.path('inbox')
        self.write(b'first', 'inbox', 'a')
        kept = self.mine(dest_archivers=['disk_vault']).scan(b'from the vault').results[0].archivers
        self.write(json.dumps(kept), 'inbox', 'b.task')
        s = self.mine(providers=['inbox', 'ticker'], source_archivers=['disk_vault'],
                      connectors=['json_lines'], plugin_opts={
                          'inbox': {'source_dir': inbox, 'with_tasks': True}, 'ticker': {'count': 2}})
        s.run()
        with open(self.path('lines'), encoding='utf-8') as f:
            sizes = sorted(json.loads(line)['results'][0]['size'] for line in f)
        self.assertEqual(sizes, [5, 6, 6, 14])


if __name__ == '__main__':
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""Every example of the Core page, with its slips mended, on files that stand for those it names."""

import json
import os
import threading
import time
import unittest
from typing import List

from stoq import Stoq
from stoq.data_classes import Payload, PayloadMeta, StoqResponse

from support import Case


class SeedExamples(Case):
    def setUp(self) -> None:
        super().setUp()
        self.src = self.write(b'MZ' + bytes(1000), 'bad.exe')
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.base)
        self.rules = self.write('rule mz { meta: plugin = "hash" strings: $a = "MZ" condition: $a }',
                                'rules.yar')

    def test_individual_scan(self) -> None:
        workers = ['hash', 'exif']
        plugin_dirs = [self.plugins]
        s = Stoq(plugin_dir_list=plugin_dirs, always_dispatch=workers, log_level='critical')
        with open(self.src, 'rb') as src_payload:
            meta = {'filename': self.src}
            results = s.scan(content=src_payload.read(), payload_meta=meta,
                             add_start_dispatch=workers)
        document = json.loads(str(results))
        self.assertEqual(document['results'][0]['size'], 1002)
        self.assertEqual(document['results'][0]['payload_meta'],
                         {'should_archive': True, 'extra_data': {'filename': self.src},
                          'dispatch_to': [], 'should_scan': True})
        self.assertIn('hash', document['results'][0]['workers'][0])
        self.assertEqual(document['results'][0]['plugins_run']['workers'][0][0], 'hash')

    def test_using_providers(self) -> None:
        dump = self.path('datadump')
        os.mkdir(dump)
        self.write(b'MZ of the dump', 'datadump', 'a.bin')
        always_dispatch = ['hash']
        providers = ['dirmon']
        connectors = ['filedir']
        dispatchers = ['yara']
        plugin_opts = {
            'dirmon': {'source_dir': dump, 'existing': True},
            'filedir': {'results_dir': self.path('stoq-results')},
            'yara': {'dispatch_rules': self.rules}}
        s = Stoq(base_dir=self.base, plugin_dir_list=[self.plugins], dispatchers=dispatchers,
                 providers=providers, connectors=connectors, plugin_opts=plugin_opts,
                 always_dispatch=always_dispatch, log_level='critical')

        def stop_when_saved() -> None:
            while not self.saved():
                time.sleep(0.01)
            s.stop()

        watcher = threading.Thread(target=stop_when_saved, daemon=True)
        watcher.start()
        s.run()
        watcher.join()
        with open(self.saved()[0], encoding='utf-8') as f:
            document = json.load(f)
        self.assertIn('hash', document['results'][0]['workers'][0])

    def saved(self) -> List[str]:
        return [os.path.join(folder, f) for folder, _, files in os.walk(self.path('stoq-results'))
                for f in files if not f.startswith('.')]

    def test_manual_interaction(self) -> None:
        s = Stoq(log_level='critical',
                 plugin_opts={'filedir': {'results_dir': self.path('results')}})
        plugin = s.load_plugin('yara')
        self.assertIs(plugin, s.load_plugin('yara'))

        with open(self.src, 'rb') as src:
            meta = PayloadMeta(extra_data={'filename': os.path.basename(self.src),
                                           'source_dir': os.path.dirname(self.src)})
            payload = Payload(src.read(), meta)

        start_dispatch = ['hash']
        results = s.scan('raw bytes', add_start_dispatch=start_dispatch)
        self.assertEqual(results.results[0].size, 9)
        results = s.scan_payload(payload, add_start_dispatch=start_dispatch)
        self.assertEqual(results.results[0].payload_meta.extra_data['filename'], 'bad.exe')

        connector = s.load_plugin('filedir')
        connector.save(results)
        saved = [os.path.join(folder, f) for folder, _, files in os.walk(self.path('results'))
                 for f in files]
        with open(saved[0], encoding='utf-8') as f:
            self.assertEqual(json.load(f)['scan_id'], results.scan_id)

        results = s.scan_payload(payload, add_start_dispatch=['hash', 'entropy'])
        parts = results.split()
        self.assertTrue(all(isinstance(part, StoqResponse) for part in parts))
        self.assertEqual([list(part.results[0].workers[0]) for part in parts],
                         [['hash'], ['entropy']])

    def test_multiple_plugin_directories(self) -> None:
        self.plugin('mine', '')
        other = self.path('more')
        os.mkdir(other)
        s = Stoq(plugin_dir_list=[self.plugins, other], log_level='critical')
        self.assertIn('mine', s.list_plugins())


if __name__ == '__main__':
    unittest.main()

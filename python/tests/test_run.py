# SPDX-License-Identifier: Apache-2.0
"""run: providers, archivers and connectors written in Python."""

import os
import signal
import threading
import time
import unittest

from stoq import StoqException

from support import Case

SAVER = '''
    from stoq.plugins import ConnectorPlugin
    class Saver(ConnectorPlugin):
        def __init__(self, config, plugin_opts):
            super().__init__(config, plugin_opts)
            self.saved = []
        def save(self, response):
            self.saved.append(str(response))
            self.responses = getattr(self, 'responses', []) + [response]
    '''
PROVIDER = '''
    from stoq.data_classes import Payload, PayloadMeta
    from stoq.plugins import ProviderPlugin
    class Source(ProviderPlugin):
        items = []
        def ingest(self, queue):
            for item in self.items:
                queue.put(item)
    '''


class Run(Case):
    def setUp(self) -> None:
        super().setUp()
        self.plugin('saver', SAVER)
        self.plugin('source', PROVIDER)

    def test_payloads(self) -> None:
        from stoq import Payload, PayloadMeta
        s = self.stoq(providers=['source'], connectors=['saver'], always_dispatch=['hash'])
        s.load_plugin('source').items = [Payload(f'{i}', PayloadMeta(extra_data={'n': i}))
                                         for i in range(250)]
        self.assertIsNone(s.run(request_meta={'case': 7}))
        responses = s.load_plugin('saver').responses
        self.assertEqual(sorted(r.results[0].payload_meta.extra_data['n'] for r in responses),
                         list(range(250)))
        self.assertEqual(responses[0].request_meta.extra_data, {'case': 7})

    def test_tasks(self) -> None:
        self.plugin('vault', '''
            from stoq.data_classes import Payload
            from stoq.plugins import ArchiverPlugin
            class Vault(ArchiverPlugin):
                def get(self, task):
                    if task.results['key'] == 'bad': raise ValueError('lost')
                    return Payload(task.results['key'].encode())
            ''')
        s = self.stoq(providers=['source'], source_archivers=['vault'], connectors=['saver'],
                      log_level='info')
        s.load_plugin('source').items = [{'vault': {'key': 'four'}}, {'vault': {'key': 'bad'}}]
        with self.assertLogs('stoq', level='WARNING') as logs:
            s.run()
        self.assertEqual([r.results[0].size for r in s.load_plugin('saver').responses], [4])
        self.assertTrue(any('lost' in line for line in logs.output), logs.output)

    def test_stoq_3(self) -> None:
        self.plugin('ticks', '''
            import asyncio
            from stoq import Payload, Request, RequestMeta
            from stoq.plugins import ProviderPlugin
            class Ticks(ProviderPlugin):
                async def ingest(self, queue):
                    for i in range(5):
                        await asyncio.sleep(0)
                        await queue.put(Payload(f'tick {i}'))
                    await queue.put(Request([Payload(b'of a request')], RequestMeta(source='v3')))
            ''')
        s = self.stoq(providers=['ticks'], connectors=['saver'])
        s.run()
        responses = s.load_plugin('saver').responses
        self.assertEqual(len(responses), 6)
        self.assertEqual([r.request_meta.source for r in responses if r.results[0].size == 12],
                         ['v3'])

    def test_failures(self) -> None:
        with self.assertRaisesRegex(StoqException, 'No activated provider plugins'):
            self.stoq().run()
        s = self.stoq(providers=['source'])
        s.load_plugin('source').items = [5]
        with self.assertRaisesRegex(StoqException, r'(?s)provider:source failed.*int cannot be queued'):
            s.run()

    def test_stop(self) -> None:
        self.plugin('endless', '''
            from stoq.data_classes import Payload
            from stoq.plugins import ProviderPlugin
            class Endless(ProviderPlugin):
                def ingest(self, queue):
                    while True:
                        queue.put(Payload(b'again'))
            ''')
        s = self.stoq(providers=['endless'], connectors=['saver'])
        saver = s.load_plugin('saver')

        def stop() -> None:
            while len(saver.saved) < 3:
                time.sleep(0.005)
            s.stop()
        threading.Thread(target=stop).start()
        s.run()
        self.assertGreaterEqual(len(saver.saved), 3)

        def interrupt() -> None:
            before = len(saver.saved)
            while len(saver.saved) < before + 3:
                time.sleep(0.005)
            os.kill(os.getpid(), signal.SIGINT)
        threading.Thread(target=interrupt).start()
        with self.assertRaises(KeyboardInterrupt):
            s.run()


if __name__ == '__main__':
    unittest.main()

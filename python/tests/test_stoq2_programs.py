# SPDX-License-Identifier: Apache-2.0
"""Programs, and tests of plugins, as they are written for stoQ 2: plugins that are told by class
attributes what to do, mocks in place of methods, names that begin with an underscore."""

import json
import logging
import os
import queue
import time
import unittest
from unittest.mock import MagicMock, Mock, create_autospec, patch

import stoq.helpers as helpers
from stoq import Stoq
from stoq.data_classes import (ArchiverResponse, DecoratorResponse, DeepDispatcherResponse,
                               DispatcherResponse, ExtractedPayload, Payload, PayloadMeta,
                               PayloadResults, RequestMeta, StoqResponse, WorkerResponse)
from stoq.exceptions import StoqException, StoqPluginException, StoqPluginNotFound
from stoq.plugin_manager import StoqPluginManager
from stoq.plugins import (ArchiverPlugin, BasePlugin, ConnectorPlugin, DecoratorPlugin,
                          DeepDispatcherPlugin, DispatcherPlugin, ProviderPlugin, WorkerPlugin)

from support import Case

PLUGINS = {
    'simple_worker': '''
        from configparser import ConfigParser
        from typing import Dict, Optional
        from stoq.data_classes import Payload, RequestMeta, WorkerResponse
        from stoq.plugins import WorkerPlugin
        class SimpleWorker(WorkerPlugin):
            RAISE_EXCEPTION = False
            RETURN_ERRORS = False
            def __init__(self, config: ConfigParser, plugin_opts: Optional[Dict]) -> None:
                super().__init__(config, plugin_opts)
            def scan(self, payload: Payload, request_meta: RequestMeta) -> Optional[WorkerResponse]:
                if self.RAISE_EXCEPTION:
                    raise Exception('Test exception, please ignore')
                response = WorkerResponse({'valuable_insight': 'wow'})
                if self.RETURN_ERRORS:
                    response.errors += ['Test error, please ignore']
                return response
        ''',
    'dummy_worker': '''
        from stoq.plugins import WorkerPlugin
        class DummyWorker(WorkerPlugin):
            def scan(self, payload, request_meta):
                pass
        ''',
    'extract_payload': '''
        from stoq.data_classes import ExtractedPayload, PayloadMeta, WorkerResponse
        from stoq.plugins import WorkerPlugin
        class ExtractPayload(WorkerPlugin):
            EXTRACTED_PAYLOAD = None
            EXTRACTED_PAYLOADS = None
            EXTRACTED_DIR = None
            def scan(self, payload, request_meta):
                if self.EXTRACTED_PAYLOADS is not None:
                    return WorkerResponse({}, extracted=[ExtractedPayload(p) for p in self.EXTRACTED_PAYLOADS])
                if self.EXTRACTED_PAYLOAD is not None:
                    meta = PayloadMeta(dispatch_to=self.EXTRACTED_DIR or [])
                    return WorkerResponse({}, extracted=[ExtractedPayload(self.EXTRACTED_PAYLOAD, meta)])
        ''',
    'extract_random': '''
        import os
        from stoq.data_classes import ExtractedPayload, WorkerResponse
        from stoq.plugins import WorkerPlugin
        class ExtractRandom(WorkerPlugin):
            def scan(self, payload, request_meta):
                return WorkerResponse({}, [ExtractedPayload(os.urandom(50))])
        ''',
    'simple_dispatcher': '''
        from stoq.data_classes import DispatcherResponse
        from stoq.plugins import DispatcherPlugin
        class SimpleDispatcher(DispatcherPlugin):
            RAISE_EXCEPTION = False
            WORKERS = []
            def get_dispatches(self, payload, request_meta):
                if self.RAISE_EXCEPTION:
                    raise Exception('Test exception, please ignore')
                dr = DispatcherResponse()
                dr.plugin_names.extend(self.WORKERS)
                dr.meta['test_key'] = 'Useful metadata info'
                return dr
        ''',
    'simple_deep_dispatcher': '''
        from stoq.data_classes import DeepDispatcherResponse
        from stoq.plugins import DeepDispatcherPlugin
        class SimpleDeepDispatcher(DeepDispatcherPlugin):
            RAISE_EXCEPTION = False
            WORKERS = []
            def get_deep_dispatches(self, payload, request_meta):
                if self.RAISE_EXCEPTION:
                    raise Exception('Test exception, please ignore')
                dr = DeepDispatcherResponse()
                if len(payload.plugins_run['workers']) < 2:
                    dr.plugin_names.extend(self.WORKERS)
                dr.meta['test_key'] = 'Useful metadata info'
                return dr
        ''',
    'dummy_archiver': '''
        from typing import Optional
        from stoq.data_classes import ArchiverResponse, Payload, RequestMeta
        from stoq.plugins import ArchiverPlugin
        class DummyArchiver(ArchiverPlugin):
            def archive(self, payload: Payload, request_meta: RequestMeta) -> Optional[ArchiverResponse]:
                return None
            def get(self, task: ArchiverResponse) -> Optional[Payload]:
                return None
        ''',
    'simple_archiver': '''
        from stoq.data_classes import ArchiverResponse, Payload, PayloadMeta
        from stoq.plugins import ArchiverPlugin
        class SimpleArchiver(ArchiverPlugin):
            RAISE_EXCEPTION = False
            PAYLOAD = None
            def archive(self, payload, request_meta):
                if self.RAISE_EXCEPTION:
                    raise Exception('Test exception, please ignore')
                return ArchiverResponse({'file_save_id': 12345})
            def get(self, task):
                if self.RAISE_EXCEPTION:
                    raise Exception('Test exception, please ignore')
                if self.PAYLOAD:
                    return Payload(self.PAYLOAD, PayloadMeta(extra_data=task.results))
        ''',
    'simple_provider': '''
        from queue import Queue
        from stoq.data_classes import Payload
        from stoq.plugins import ProviderPlugin
        class SimpleProvider(ProviderPlugin):
            RAISE_EXCEPTION = False
            RETURN_PAYLOAD = True
            def ingest(self, queue: Queue) -> None:
                if self.RAISE_EXCEPTION:
                    raise Exception('Test exception, please ignore')
                if self.RETURN_PAYLOAD:
                    queue.put(Payload(b'Important stuff'))
                else:
                    queue.put({'simple_archiver': {'task': 'This is a task'}})
        ''',
    'dummy_connector': '''
        from stoq.data_classes import StoqResponse
        from stoq.plugins import ConnectorPlugin
        class DummyConnector(ConnectorPlugin):
            RAISE_EXCEPTION = False
            def save(self, response: StoqResponse) -> None:
                if self.RAISE_EXCEPTION:
                    raise Exception('Test exception, please ignore')
        ''',
    'simple_decorator': '''
        from stoq.data_classes import DecoratorResponse
        from stoq.plugins import DecoratorPlugin
        class SimpleDecorator(DecoratorPlugin):
            RAISE_EXCEPTION = False
            RETURN_ERRORS = False
            def decorate(self, response):
                if self.RAISE_EXCEPTION:
                    raise Exception('Test exception, please ignore')
                d = DecoratorResponse({'simple_decoration': 123})
                if self.RETURN_ERRORS:
                    d.errors += ['Test error, please ignore']
                return d
        ''',
    'configurable_worker': '''
        from stoq.plugins import WorkerPlugin
        class ConfigurableWorker(WorkerPlugin):
            def __init__(self, config, plugin_opts):
                super().__init__(config, plugin_opts)
                if plugin_opts and 'crazy_runtime_option' in plugin_opts:
                    self.crazy = plugin_opts['crazy_runtime_option']
                elif config.has_option('options', 'crazy_runtime_option'):
                    self.crazy = config.getint('options', 'crazy_runtime_option')
            def scan(self, payload, request_meta):
                pass
            def get_important_option(self):
                return self.config.get('options', 'important_option')
            def get_crazy_runtime_option(self):
                return self.crazy
        ''',
    'multiclass_plugin': '''
        from stoq.data_classes import (ArchiverResponse, DecoratorResponse, DeepDispatcherResponse, DispatcherResponse,
                                       Payload, WorkerResponse)
        from stoq.plugins import (ArchiverPlugin, ConnectorPlugin, DecoratorPlugin, DeepDispatcherPlugin,
                                  DispatcherPlugin, ProviderPlugin, WorkerPlugin)
        class MultiClassPlugin(ArchiverPlugin, ConnectorPlugin, DecoratorPlugin, DeepDispatcherPlugin, DispatcherPlugin,
                               ProviderPlugin, WorkerPlugin):
            def __init__(self, config, plugin_opts):
                super().__init__(config, plugin_opts)
                self.calls = []
            def scan(self, payload, request_meta):
                self.calls.append('scan')
                return WorkerResponse({'multi': payload.size})
            def get_dispatches(self, payload, request_meta):
                self.calls.append('get_dispatches')
                return DispatcherResponse(['multiclass_plugin'], {'multiclass_plugin': {'meta': 1}})
            def get_deep_dispatches(self, payload, request_meta):
                self.calls.append('get_deep_dispatches')
                return DeepDispatcherResponse()
            def archive(self, payload, request_meta):
                self.calls.append('archive')
                return ArchiverResponse({'at': 1})
            def get(self, task):
                self.calls.append('get')
                return Payload(b'got')
            def save(self, response):
                self.calls.append('save')
            def decorate(self, response):
                self.calls.append('decorate')
                return DecoratorResponse({'multi': True})
            def ingest(self, queue):
                self.calls.append('ingest')
                queue.put(Payload(b'ingested'))
        ''',
}

OPTIONS = {'configurable_worker': 'important_option = cybercybercyber\ncrazy_runtime_option = 123'}


class Suite(Case):
    content = b'The quick brown fox'

    def setUp(self) -> None:
        super().setUp()
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        for name, code in PLUGINS.items():
            self.plugin(name, code, OPTIONS.get(name, ''))

    def made(self, **options) -> Stoq:
        return Stoq(base_dir=self.base, **options)


class Core(Suite):
    def test_no_plugins(self):
        s = Stoq(base_dir=self.base)
        r = s.scan(self.content)
        self.assertEqual(len(r.results), 1)
        self.assertEqual(r.results[0].size, len(self.content))
        self.assertEqual(r.results[0].plugins_run['workers'], [[]])
        self.assertEqual(len(r.results[0].plugins_run['archivers']), 0)
        self.assertEqual(len(r.results[0].workers[0]), 0)
        self.assertEqual(len(r.results[0].workers), 1)
        self.assertEqual(len(r.errors), 0)
        self.assertEqual(len(r.decorators), 0)
        self.assertIsNone(r.results[0].extracted_by)
        self.assertIsNone(r.request_meta.source)
        self.assertTrue(os.path.isdir(os.path.join(self.base, 'logs')))

    def test_no_plugin_dir(self):
        s = Stoq(base_dir=self.base, plugin_dir_list=[self.path('no_such_dir')])
        self.assertEqual(len(s._loaded_plugins), 0)
        self.assertEqual(len(s._plugin_name_to_info), 0)

    def test_start_dispatch(self):
        r = self.made().scan(self.content, add_start_dispatch=['simple_worker'])
        self.assertIn('simple_worker', r.results[0].plugins_run['workers'][0])
        self.assertEqual(r.results[0].workers[0]['simple_worker'], {'valuable_insight': 'wow'})

    def test_positional_scan(self):
        r = self.made().scan(self.content, PayloadMeta(extra_data={'a': 1}),
                             RequestMeta(True, 'src', {'b': 2}), ['simple_worker'],
                             ['dummy_worker'])
        self.assertEqual(r.results[0].payload_meta.extra_data, {'a': 1})
        self.assertEqual(r.request_meta.extra_data, {'b': 2})
        self.assertEqual(r.results[0].plugins_run['workers'], [['simple_worker'], ['dummy_worker']])

    def test_always_dispatch_missing(self):
        r = self.made(always_dispatch=['no_such', 'simple_worker']).scan(self.content)
        self.assertEqual(list(r.errors), ['no_such'])
        self.assertTrue(r.errors['no_such'][0].startswith('worker:failed to load'))
        self.assertIn('simple_worker', r.results[0].workers[0])
        self.assertEqual(r.results[0].plugins_run['workers'], [['simple_worker']])

    def test_worker_raises(self):
        s = self.made(always_dispatch=['simple_worker', 'hash'])
        w = s.load_plugin('simple_worker')
        w.RAISE_EXCEPTION = True
        r = s.scan(self.content)
        self.assertIn('Test exception, please ignore', r.errors['simple_worker'][0])
        self.assertIn('worker:failed to scan', r.errors['simple_worker'][0])
        self.assertIn('simple_worker', r.results[0].plugins_run['workers'][0])
        self.assertNotIn('simple_worker', r.results[0].workers[0])
        w.RAISE_EXCEPTION = False
        w.RETURN_ERRORS = True
        r = s.scan(self.content)
        self.assertEqual(r.errors, {'simple_worker': ['Test error, please ignore']})
        self.assertEqual(len(r.errors['simple_worker']), 1)
        # the class attribute counts as well
        type(w).RAISE_EXCEPTION = True
        del w.RAISE_EXCEPTION
        self.assertIn('simple_worker', s.scan(self.content).errors)

    def test_dispatcher(self):
        s = self.made(dispatchers=['simple_dispatcher'])
        d = s.load_plugin('simple_dispatcher')
        d.WORKERS = ['simple_worker', 'simple_worker', 'dummy_worker']
        w = s.load_plugin('simple_worker')
        w.scan = create_autospec(w.scan, return_value=None)
        r = s.scan(self.content)
        self.assertEqual(sorted(r.results[0].plugins_run['workers'][0]),
                         ['dummy_worker', 'simple_worker'])
        w.scan.assert_called_once()
        payload = w.scan.call_args[0][0]
        self.assertEqual(payload.dispatch_meta['simple_dispatcher']['test_key'],
                         'Useful metadata info')
        self.assertIsInstance(w.scan.call_args[0][1], RequestMeta)

        d.WORKERS = ['no_such']
        r = s.scan(self.content)
        self.assertEqual(len(r.errors), 1)
        d.RAISE_EXCEPTION = True
        r = s.scan(self.content)
        self.assertTrue(r.errors['simple_dispatcher'][0].startswith('dispatcher:failed to dispatch'))
        self.assertIn('Test exception, please ignore', r.errors['simple_dispatcher'][0])
        d.get_dispatches = Mock(return_value=None)
        self.assertIn('simple_dispatcher', s.scan(self.content).errors)

    def test_deep_dispatcher(self):
        s = self.made(deep_dispatchers=['simple_deep_dispatcher'], max_dispatch_passes=3)
        d = s.load_plugin('simple_deep_dispatcher')
        d.WORKERS = ['simple_worker', 'multiclass_plugin']
        r = s.scan(self.content, add_start_dispatch=['dummy_worker'])
        self.assertEqual(r.results[0].plugins_run['workers'],
                         [['dummy_worker'], ['simple_worker', 'multiclass_plugin']])
        self.assertIn('simple_worker', r.results[0].workers[1])
        self.assertEqual(len(r.results[0].workers), 2)
        d.WORKERS = ['no_such']
        r = s.scan(self.content)
        self.assertTrue(r.errors['no_such'][0].startswith('deep dispatch:failed to load (pass 1/3)'),
                        r.errors)
        d.RAISE_EXCEPTION = True
        r = s.scan(self.content)
        self.assertIn('deep dispatcher:failed to deep dispatch', r.errors['simple_deep_dispatcher'][0])
        d.RAISE_EXCEPTION = False
        d.WORKERS = ['simple_worker']
        s.load_plugin('simple_worker').RAISE_EXCEPTION = True
        r = s.scan(self.content)
        self.assertTrue(r.errors['simple_worker'][0].startswith(
            'deep dispatch:failed to scan (pass 1/3)'), r.errors)

    def test_start_deep_dispatch(self):
        s = self.made()
        r = s.scan(self.content, add_start_deep_dispatch=['simple_worker'])
        self.assertEqual(r.results[0].plugins_run['workers'], [[], ['simple_worker']])

    def test_extracted(self):
        s = self.made(max_recursion=2)
        e = s.load_plugin('extract_payload')
        e.EXTRACTED_PAYLOAD = b'extracted'
        e.EXTRACTED_DIR = ['simple_worker']
        r = s.scan(self.content, add_start_dispatch=['extract_payload'])
        self.assertEqual(len(r.results), 2)
        self.assertEqual(r.results[1].extracted_from, r.results[0].payload_id)
        self.assertEqual(r.results[1].extracted_by, 'extract_payload')
        self.assertEqual(r.results[1].payload_meta.dispatch_to, ['simple_worker'])
        self.assertIn('simple_worker', r.results[1].plugins_run['workers'][0])
        self.assertEqual(r.results[0].workers[0]['extract_payload'], {})

    def test_extracted_types(self):
        s = self.made()
        e = s.load_plugin('extract_payload')
        for given, sizes in ((iter([ExtractedPayload(b'a'), ExtractedPayload('bé')]), [1, 3]),
                             ((ExtractedPayload(c) for c in (b'x', b'yy')), [1, 2]),
                             ((ExtractedPayload(b'1'), ExtractedPayload(b'22')), [1, 2]),
                             (None, [])):
            e.scan = Mock(return_value=WorkerResponse({}, extracted=given))
            r = s.scan(self.content, add_start_dispatch=['extract_payload'])
            self.assertEqual([x.size for x in r.results[1:]], sizes)
            self.assertEqual(r.errors, {})

    def test_generator_that_raises(self):
        s = self.made()
        e = s.load_plugin('extract_payload')

        def some():
            yield ExtractedPayload(b'first')
            raise ValueError('half way')
        e.scan = Mock(return_value=WorkerResponse({'kept': 1}, extracted=some()))
        r = s.scan(self.content, add_start_dispatch=['extract_payload'])
        self.assertIn('half way', r.errors['extract_payload'][0])
        self.assertEqual([x.size for x in r.results], [19, 5])
        self.assertEqual(r.results[0].workers[0], {'extract_payload': {'kept': 1}})

    def test_max_recursion(self):
        s = self.made(max_recursion=4, always_dispatch=['extract_random'])
        self.assertEqual(len(s.scan(self.content).results), 5)

    def test_dedup(self):
        s = self.made(always_dispatch=['extract_payload'])
        e = s.load_plugin('extract_payload')
        e.EXTRACTED_PAYLOADS = [self.content, b'1', b'1']
        r = s.scan(self.content)
        self.assertEqual([x.size for x in r.results], [19, 1])

    def test_archive(self):
        s = self.made(dest_archivers=['dummy_archiver'])
        a = s.load_plugin('dummy_archiver')
        a.archive = create_autospec(a.archive, return_value=None)
        r = s.scan(self.content, add_start_dispatch=['extract_random'],
                   request_meta=RequestMeta(archive_payloads=True))
        self.assertEqual(a.archive.call_count, 2)
        self.assertEqual(r.results[0].plugins_run['archivers'], ['dummy_archiver'])
        a.archive.reset_mock()
        r = s.scan(self.content, payload_meta=PayloadMeta(should_archive=False),
                   add_start_dispatch=['extract_random'])
        a.archive.assert_called_once()
        self.assertEqual(len(r.results[0].plugins_run['archivers']), 0)
        self.assertIn('dummy_archiver', r.results[1].plugins_run['archivers'])
        a.archive.reset_mock()
        s.scan(self.content, request_meta=RequestMeta(archive_payloads=False))
        a.archive.assert_not_called()
        a.archive = Mock(side_effect=Exception('Test exception'))
        r = s.scan(self.content)
        self.assertIn('archiver:failed to archive', r.errors['dummy_archiver'][0])
        self.assertEqual(r.results[0].plugins_run['archivers'], ['dummy_archiver'])

    def test_autospec_without_a_value(self):
        s = self.made(dest_archivers=['dummy_archiver'])
        a = s.load_plugin('dummy_archiver')
        a.archive = create_autospec(a.archive)
        r = s.scan(self.content)
        a.archive.assert_called_once()
        self.assertIn('dummy_archiver', r.results[0].plugins_run['archivers'])
        w = s.load_plugin('simple_worker')
        w.scan = create_autospec(w.scan)
        s.scan(self.content, add_start_dispatch=['simple_worker'])
        w.scan.assert_called_once()
        w.scan = MagicMock()
        s.scan(self.content, add_start_dispatch=['simple_worker'])
        w.scan.assert_called_once()

    def test_archive_results(self):
        s = self.made(dest_archivers=['simple_archiver'])
        r = s.scan(self.content)
        self.assertEqual(r.results[0].archivers, {'simple_archiver': {'file_save_id': 12345}})

    def test_get(self):
        s = self.made(source_archivers=['simple_archiver'])
        a = s.load_plugin('simple_archiver')
        a.PAYLOAD = b'This is a payload'
        payload = a.get(ArchiverResponse(results={'path': '/tmp/123'}))
        self.assertEqual(payload.payload_meta.extra_data['path'], '/tmp/123')
        self.assertEqual(payload.content, a.PAYLOAD)
        self.assertIn('simple_archiver', s._loaded_source_archiver_plugins)

    def test_provider(self):
        s = self.made(providers=['simple_provider'], connectors=['dummy_connector'])
        c = s.load_plugin('dummy_connector')
        c.save = create_autospec(c.save)
        s.run()
        c.save.assert_called_once()
        self.assertEqual(c.save.call_args[0][0].results[0].size, 15)
        self.assertIs(s._loaded_connector_plugins[0], c)

    def test_provider_task(self):
        s = self.made(providers=['simple_provider'], source_archivers=['simple_archiver'],
                      connectors=['dummy_connector'])
        p = s.load_plugin('simple_provider')
        p.RETURN_PAYLOAD = False
        a = s.load_plugin('simple_archiver')
        a.PAYLOAD = b'This is a payload'
        c = s.load_plugin('dummy_connector')
        c.save = Mock(return_value=None)
        s.run()
        c.save.assert_called_once()
        self.assertEqual(c.save.call_args[0][0].results[0].payload_meta.extra_data,
                         {'task': 'This is a task'})
        # and one that cannot be had
        logging.disable(logging.NOTSET)
        a.RAISE_EXCEPTION = True
        c.save.reset_mock()
        with self.assertLogs(level='WARNING') as logs:
            s.run()
        c.save.assert_not_called()
        self.assertTrue(any("archiver 'simple_archiver' cannot get it" in line
                            for line in logs.output), logs.output)

    def test_provider_task_without_archiver(self):
        s = self.made(providers=['simple_provider'], connectors=['dummy_connector'])
        s.load_plugin('simple_provider').RETURN_PAYLOAD = False
        c = s.load_plugin('dummy_connector')
        c.save = Mock(return_value=None)
        logging.disable(logging.NOTSET)
        with self.assertLogs(level='WARNING'):
            s.run()
        c.save.assert_not_called()

    def test_provider_raises(self):
        s = self.made(providers=['simple_provider'])
        s.load_plugin('simple_provider').RAISE_EXCEPTION = True
        with self.assertRaises(Exception) as context:
            s.run()
        self.assertIn('provider:simple_provider failed', context.exception.args[0])
        with self.assertRaises(StoqException):
            self.made().run()

    def test_provider_alone(self):
        p = self.made().load_plugin('simple_provider')
        q = queue.Queue()
        p.ingest(q)
        self.assertEqual(q.get().content, b'Important stuff')

    def test_connector(self):
        s = self.made(connectors=['dummy_connector'])
        c = s.load_plugin('dummy_connector')
        c.save = create_autospec(c.save)
        r = s.scan(self.content)
        c.save.assert_called_once()
        self.assertIs(c.save.call_args[0][0], r)
        c.save.assert_called_once_with(r)

    def test_connector_raises(self):
        logging.disable(logging.NOTSET)
        s = self.made(connectors=['dummy_connector'])
        c = s.load_plugin('dummy_connector')
        c.RAISE_EXCEPTION = True
        with self.assertLogs(level='ERROR') as logs:
            s.scan(self.content)
        self.assertTrue(logs.output[0].startswith(
            'ERROR:stoq:Failed to save results using dummy_connector: {'), logs.output[0])
        c.RAISE_EXCEPTION = False
        c.save = Mock(side_effect=Exception('Test exception'))
        with self.assertLogs(level='ERROR') as logs:
            s.scan(self.content)
        self.assertEqual(len(logs.output), 1, logs.output)
        c.save.assert_called_once()

    def test_connector_raises_in_run(self):
        logging.disable(logging.NOTSET)
        s = self.made(providers=['simple_provider'], connectors=['dummy_connector'])
        s.load_plugin('dummy_connector').RAISE_EXCEPTION = True
        begin = time.monotonic()
        with self.assertLogs(level='ERROR') as logs:
            s.run()
        self.assertTrue(logs.output[0].startswith(
            'ERROR:stoq:Failed to save results using dummy_connector: {'), logs.output[0])
        self.assertLess(time.monotonic() - begin, 20)

    def test_decorator(self):
        s = self.made(decorators=['simple_decorator'])
        r = s.scan(self.content)
        self.assertEqual(r.decorators['simple_decorator'], {'simple_decoration': 123})
        d = s.load_plugin('simple_decorator')
        d.RETURN_ERRORS = True
        r = s.scan(self.content)
        self.assertEqual(r.errors['simple_decorator'], ['Test error, please ignore'])
        d.RAISE_EXCEPTION = True
        r = s.scan(self.content)
        self.assertIn('Test exception, please ignore', r.errors['simple_decorator'][0])
        self.assertTrue(r.errors['simple_decorator'][0].startswith('decorator'))
        self.assertNotIn('simple_decorator', r.decorators)

    def test_plugins_that_write_errors(self):
        s = self.made(decorators=['simple_decorator'], connectors=['dummy_connector'])

        def decorate(response):
            response.errors['simple_decorator'].append('by hand')
            response.results[0].payload_meta.extra_data['decorated'] = True
            return None
        s.load_plugin('simple_decorator').decorate = decorate
        saved = []
        s.load_plugin('dummy_connector').save = lambda response: saved.append(str(response))
        r = s.scan(self.content)
        self.assertEqual(r.errors, {'simple_decorator': ['by hand']})
        self.assertEqual(json.loads(saved[0])['errors'], {'simple_decorator': ['by hand']})
        self.assertEqual(json.loads(saved[0])['results'][0]['payload_meta']['extra_data'],
                         {'decorated': True})

    def test_multiclass(self):
        name = 'multiclass_plugin'
        s = self.made(providers=[name], source_archivers=[name], dest_archivers=[name],
                      connectors=[name], dispatchers=[name], deep_dispatchers=[name],
                      decorators=[name])
        p = s.load_plugin(name)
        for loaded in (s._loaded_provider_plugins, s._loaded_source_archiver_plugins,
                       s._loaded_dest_archiver_plugins, s._loaded_dispatcher_plugins,
                       s._loaded_deep_dispatcher_plugins, s._loaded_decorator_plugins):
            self.assertIs(loaded[name], p)
        self.assertEqual(len(s._loaded_plugins), 1)
        s.run()
        self.assertEqual(p.calls, ['ingest', 'get_dispatches', 'scan', 'get_deep_dispatches',
                                   'archive', 'decorate', 'save'])
        for cls in (ArchiverPlugin, ConnectorPlugin, DecoratorPlugin, DeepDispatcherPlugin,
                    DispatcherPlugin, ProviderPlugin, WorkerPlugin, BasePlugin):
            self.assertIsInstance(p, cls)
        self.assertEqual(sorted(s.list_plugins()[name]['classes']),
                         ['Archiver', 'Connector', 'Decorator', 'DeepDispatcher', 'Dispatcher',
                          'Provider', 'Worker'])

    def test_ratelimit(self):
        s = self.made()
        begin = time.monotonic()
        for _ in range(3):
            s.scan(self.content, ratelimit='10/1')
        self.assertGreaterEqual(time.monotonic() - begin, 0.19)

    def test_scan_payload(self):
        s = self.made()
        payload = Payload(self.content, PayloadMeta(dispatch_to=['simple_worker']))
        r = s.scan_payload(payload)
        self.assertEqual(r.results[0].payload_id, payload.payload_id)
        self.assertIn('simple_worker', r.results[0].workers[0])
        r = s.scan_payload(Payload(self.content), RequestMeta(source='s'), ['simple_worker'])
        self.assertEqual(r.request_meta.source, 's')

    def test_split(self):
        s = self.made(always_dispatch=['simple_worker', 'multiclass_plugin'])
        e = s.load_plugin('extract_payload')
        e.EXTRACTED_PAYLOAD = b'x'
        r = s.scan(self.content, add_start_dispatch=['extract_payload'])
        parts = r.split()
        self.assertEqual(len(parts), 5)
        self.assertEqual(len(parts[0].results), 1)
        for part in parts:
            self.assertEqual(len(part.results[0].workers), 1)
            self.assertEqual(len(part.results[0].workers[0]), 1)
            json.loads(str(part))

    def test_reconstruct(self):
        def result(name, parent=None):
            return PayloadResults(payload_id=name, size=0, payload_meta=PayloadMeta(),
                                  workers=[{'fake': name}], archivers={},
                                  plugins_run={'workers': [['fake']], 'archivers': []},
                                  extracted_from=parent, extracted_by='fake' if parent else None)
        response = StoqResponse(
            results=[result('A.zip'), result('B.txt', 'A.zip'), result('C.zip', 'A.zip'),
                     result('D.txt', 'C.zip')],
            request_meta=RequestMeta(extra_data={'check': 'me'}), errors={})
        s = self.made(decorators=['simple_decorator'])
        parts = list(s.reconstruct_all_subresponses(response))
        self.assertEqual([len(part.results) for part in parts], [4, 1, 2, 1])
        self.assertEqual([part.results[0].workers[0]['fake'] for part in parts],
                         ['A.zip', 'B.txt', 'C.zip', 'D.txt'])
        self.assertTrue(all('simple_decorator' in part.decorators for part in parts))
        self.assertEqual({part.scan_id for part in parts}, {response.scan_id})
        self.assertTrue(all(part.request_meta.extra_data['check'] == 'me' for part in parts))
        for part in parts:
            json.loads(str(part))

    def test_stoq_cfg(self):
        self.write('[core]\nmax_recursion = 4\nmax_queue = 919\nmax_dispatch_passes = 2\n'
                   'log_level = WARNING\nalways_dispatch = simple_worker, dummy_worker\n'
                   'connectors = dummy_connector\n'
                   '[configurable_worker]\nimportant_option = overridden\n', 'stoq.cfg')
        s = Stoq(base_dir=self.base)
        self.assertEqual((s.max_recursion, s.max_queue, s.max_dispatch_passes), (4, 919, 2))
        self.assertEqual(s.always_dispatch, ['simple_worker', 'dummy_worker'])
        self.assertEqual(s.load_plugin('configurable_worker').get_important_option(), 'overridden')
        self.assertEqual(s.log.getEffectiveLevel(), logging.WARNING)
        self.assertEqual(len(s._loaded_connector_plugins), 1)
        s = Stoq(base_dir=self.base, config_file=self.path('none.cfg'))
        self.assertEqual(s.max_recursion, 3)
        s = Stoq(base_dir=self.base, always_dispatch=['dummy_worker'])
        self.assertEqual(s.always_dispatch, ['dummy_worker'])

    def test_logs(self):
        logging.disable(logging.NOTSET)
        s = Stoq(base_dir=self.base, log_dir=self.path('mylogs'), log_level='DEBUG')
        with self.assertLogs(level='DEBUG') as logs:
            s.log.debug('debug %s', 'words')
            s.log.error('error')
        self.assertEqual(logs.output, ['DEBUG:stoq:debug words', 'ERROR:stoq:error'])
        self.assertTrue(os.path.exists(self.path('mylogs', 'stoq.log')))
        with self.assertLogs('stoq', level='ERROR') as logs:
            s.scan(self.content, add_start_dispatch=['no_such'])
        self.assertIn('no_such', logs.output[0])

    def test_log_of_a_plugin_that_does_not_load(self):
        logging.disable(logging.NOTSET)
        self.plugin('broken', 'import no_such_module')
        s = self.made(dispatchers=['simple_dispatcher'])
        s.load_plugin('simple_dispatcher').WORKERS = ['broken', 'nowhere']
        with self.assertLogs(level='ERROR') as logs:
            r = s.scan(self.content)
        self.assertEqual(sorted(r.errors), ['broken', 'nowhere'])
        text = '\n'.join(logs.output)
        self.assertIn("No module named 'no_such_module'", text)
        self.assertIn('failed to load (nowhere): there is no such plugin', text)

    def test_log_of_a_worker(self):
        logging.disable(logging.NOTSET)
        s = self.made()
        s.load_plugin('simple_worker').RAISE_EXCEPTION = True
        with self.assertLogs(level='ERROR') as logs:
            s.scan(self.content, add_start_dispatch=['simple_worker'])
        self.assertIn('worker:failed to scan', logs.output[0])
        self.assertIn('Test exception, please ignore', logs.output[0])

    def test_constructor_raises(self):
        for role in ('providers', 'source_archivers', 'dest_archivers', 'connectors', 'dispatchers',
                     'deep_dispatchers', 'decorators'):
            with self.assertRaises(StoqException, msg=role):
                self.made(**{role: ['no_such']})
        with self.assertRaises(StoqPluginNotFound):
            self.made().load_plugin('no_such')
        with self.assertRaises(TypeError):
            Stoq(bogus=1)

    def test_wrong_class(self):
        with self.assertRaisesRegex(StoqPluginException, "'simple_worker' is named as a connector "
                                                         'but is none; it is: Worker'):
            self.made(connectors=['simple_worker'])

    def test_str_of_everything(self):
        meta, payload = PayloadMeta(), Payload(b'abc')
        for one in (meta, RequestMeta(), payload, ExtractedPayload(b'x'), WorkerResponse({'a': b'b'}),
                    ArchiverResponse({'a': 1}), DispatcherResponse(['a'], {'a': 1}),
                    DeepDispatcherResponse(), DecoratorResponse({'x': {1, 2}}),
                    PayloadResults.from_payload(payload), StoqResponse({}, RequestMeta(), []),
                    StoqResponse([], RequestMeta(), {})):
            text = str(one)
            self.assertIsInstance(json.loads(text), dict, type(one))
            self.assertIsInstance(repr(one), str)
            self.assertIsInstance(helpers.dumps(one), str)

    def test_plugin_attributes_by_patch(self):
        s = self.made(always_dispatch=['simple_worker'])
        w = s.load_plugin('simple_worker')
        with patch.object(w, 'scan', return_value=WorkerResponse({'patched': 1})):
            self.assertEqual(s.scan(b'').results[0].workers[0]['simple_worker'], {'patched': 1})
        with patch.object(type(w), 'scan', return_value=WorkerResponse({'patched': 2})):
            self.assertEqual(s.scan(b'').results[0].workers[0]['simple_worker'], {'patched': 2})
        self.assertEqual(s.scan(b'').results[0].workers[0]['simple_worker'],
                         {'valuable_insight': 'wow'})


class Manager(Suite):
    def manager(self, *arguments):
        return StoqPluginManager([self.plugins], *arguments)

    def test_none(self):
        self.assertEqual(len(StoqPluginManager([]).list_plugins()), 0)

    def test_listing(self):
        listing = self.manager().list_plugins()
        self.assertEqual(sorted(listing), sorted(PLUGINS))
        self.assertEqual(listing['simple_worker']['version'], '1.2')
        self.assertEqual(listing['simple_worker']['classes'], ['Worker'])

    def test_two_directories(self):
        other = os.path.join(self.base, 'plugins2')
        self.write('[Core]\nName=dummy_worker2\nModule=dummy_worker2\n', 'plugins2', 'd',
                   'dummy_worker2.stoq')
        self.write('from stoq.plugins import WorkerPlugin\nclass D(WorkerPlugin):\n'
                   '    def scan(self, payload, request_meta):\n        pass\n', 'plugins2', 'd',
                   'dummy_worker2.py')
        pm = StoqPluginManager([self.plugins, other])
        self.assertIn('dummy_worker2', pm.list_plugins())
        self.assertIn('dummy_worker', pm.list_plugins())
        worker = pm.load_plugin('dummy_worker2')
        self.assertEqual((worker.__author__, worker.__version__, worker.__website__,
                          worker.__description__), ('', '', '', ''))

    def test_bad_ones(self):
        self.write('[Core\nName', 'plugins', 'invalid_config', 'invalid_config.stoq')
        self.write('[Core]\nName=missing_module\nModule=none\n', 'plugins', 'mm', 'mm.stoq')
        self.plugin('no_plugin', 'x = 1')
        self.plugin('two', PLUGINS['dummy_worker'] + PLUGINS['dummy_worker'].replace('DummyWorker', 'B'))
        listing = self.manager().list_plugins()
        for name in ('invalid_config', 'missing_module'):
            self.assertNotIn(name, listing)
        self.assertIn('two', listing)
        for name in ('no_plugin', 'two', 'missing_module', 'no_such'):
            with self.assertRaises(StoqException):
                self.manager().load_plugin(name)
        logging.disable(logging.NOTSET)
        with self.assertLogs(level='WARNING') as logs:
            StoqPluginManager([self.plugins, self.path('nowhere')])
        said = '\n'.join(logs.output)
        for text in ('WARNING:stoq:Error parsing config file', 'WARNING:stoq:Unable to find module at',
                     'WARNING:stoq:Invalid plugin directory specified, skipping'):
            self.assertIn(text, said)

    def test_same_object(self):
        pm = self.manager()
        self.assertIs(pm.load_plugin('simple_worker'), pm.load_plugin('simple_worker'))

    def test_options(self):
        self.assertEqual(self.manager().load_plugin('configurable_worker').get_important_option(),
                         'cybercybercyber')
        self.assertEqual(
            self.manager().load_plugin('configurable_worker').get_crazy_runtime_option(), 123)
        pm = self.manager({'configurable_worker': {'crazy_runtime_option': 16}})
        self.assertEqual(pm.load_plugin('configurable_worker').get_crazy_runtime_option(), 16)

    def test_attributes(self):
        worker = self.manager().load_plugin('simple_worker')
        self.assertEqual(worker.plugin_name, 'simple_worker')
        self.assertEqual(worker.__author__, 'us')
        self.assertEqual(worker.__version__, '1.2')
        self.assertEqual(worker.__description__, 'The simple_worker')

    def test_direct_calls(self):
        pm = self.manager()
        answer = pm.load_plugin('simple_worker').scan(Payload(b'abc'), RequestMeta())
        self.assertIsInstance(answer, WorkerResponse)
        answer = pm.load_plugin('simple_dispatcher').get_dispatches(Payload(b''), RequestMeta())
        self.assertIsInstance(answer, DispatcherResponse)
        answer = pm.load_plugin('simple_decorator').decorate(StoqResponse([], RequestMeta(), {}))
        self.assertIsInstance(answer, DecoratorResponse)
        self.assertIsNone(pm.load_plugin('dummy_archiver').archive(Payload(b''), RequestMeta()))

    def test_plugin_info(self):
        info = self.manager()._plugin_name_to_info
        self.assertEqual(sorted(info), sorted(PLUGINS))
        path, config = info['simple_worker']
        self.assertTrue(path.endswith('simple_worker.py'))
        self.assertEqual(config.get('Core', 'Name'), 'simple_worker')

    def test_version_warning(self):
        self.plugin('future', PLUGINS['dummy_worker'], 'min_stoq_version = 10.0.0')
        logging.disable(logging.NOTSET)
        with self.assertLogs(level='WARNING') as logs:
            plugin = self.manager().load_plugin('future')
        self.assertTrue(logs.output[0].startswith('WARNING:stoq:Plugin future not compatible'))
        self.assertIsNotNone(plugin)

    def test_own_construction(self):
        from configparser import ConfigParser
        config = ConfigParser()
        config.read_string('[Core]\nName = mine\nModule = mine\n[options]\na = 1\n')

        class Mine(WorkerPlugin):
            def scan(self, payload, request_meta):
                return WorkerResponse({'a': self.config.get('options', 'a')})
        for plugin in (Mine(config, None), Mine(config, {}), Mine(config)):
            self.assertEqual(plugin.scan(Payload(b''), RequestMeta()).results, {'a': '1'})


if __name__ == '__main__':
    unittest.main()

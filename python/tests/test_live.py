# SPDX-License-Identifier: Apache-2.0
"""Plugins written in Python as live objects of the program."""

import asyncio
import json
import logging
import threading
import time
import unittest
from unittest.mock import Mock

from stoq import (Payload, PayloadMeta, RequestMeta, StoqException,
                  StoqPluginException, StoqPluginNotFound, WorkerResponse)

from support import Case


class Live(Case):
    def test_the_same_object_every_time(self) -> None:
        self.worker('counter', '''
            self.calls = getattr(self, 'calls', 0) + 1
            return WorkerResponse({'calls': self.calls})''')
        s = self.stoq(always_dispatch=['counter'])
        plugin = s.load_plugin('counter')
        self.assertIs(s.load_plugin('counter'), plugin)
        self.assertIs(s._loaded_plugins['counter'], plugin)
        s.scan(b'1')
        self.assertEqual(plugin.calls, 1)
        plugin.calls = 41
        self.assertEqual(s.scan(b'2').results[0].workers, [{'counter': {'calls': 42}}])

    def test_a_mock_for_scan(self) -> None:
        self.worker('real', 'return WorkerResponse({})')
        s = self.stoq(always_dispatch=['real'])
        plugin = s.load_plugin('real')
        plugin.scan = Mock(return_value=WorkerResponse({'mocked': True}))
        response = s.scan(b'content', request_meta=RequestMeta(source='here'))
        self.assertEqual(response.results[0].workers[0]['real'], {'mocked': True})
        payload, request_meta = plugin.scan.call_args[0]
        self.assertEqual(payload.content, b'content')  # also when it is over
        self.assertEqual(request_meta.source, 'here')
        plugin.scan = Mock(side_effect=ValueError('broken'))
        self.assertIn('ValueError: broken', s.scan(b'').errors['real'][0])

    def test_the_callers_payload(self) -> None:
        self.worker('mark', '''
            payload.payload_meta.extra_data['seen'] = True
            payload.marked = True
            return None''')
        s = self.stoq(always_dispatch=['mark', 'hash'])
        payload = Payload(b'mine', PayloadMeta(extra_data={'filename': 'x'}), payload_id='my-id')
        response = s.scan_payload(payload)
        self.assertEqual(payload.payload_meta.extra_data, {'filename': 'x', 'seen': True})
        self.assertTrue(payload.marked)
        self.assertEqual(response.results[0].payload_id, 'my-id')
        self.assertEqual(response.results[0].payload_meta.extra_data, {'filename': 'x', 'seen': True})
        self.assertEqual(bytes(memoryview(payload)), b'mine')
        self.assertEqual(list(payload.worker_results[0]), ['hash'])
        self.assertEqual(payload.plugins_run['workers'], [['mark', 'hash']])

    def test_changes_are_seen_by_those_after(self) -> None:
        self.worker('first', '''
            payload.payload_meta.extra_data['a'] = 1
            payload.dispatch_meta['first'] = {'x': 'y'}
            request_meta.extra_data['b'] = 2
            payload.payload_meta.should_archive = False
            return WorkerResponse({'done': True})''')
        self.worker('second', '''
            return WorkerResponse({'meta': payload.payload_meta.extra_data,
                'dispatch': payload.dispatch_meta, 'request': request_meta.extra_data,
                'before': payload.worker_results, 'run': payload.plugins_run})''')
        r = self.stoq().scan(b'x', add_start_dispatch=['first', 'hash', 'second'])
        got = r.results[0].workers[0]['second']
        self.assertEqual(got['meta'], {'a': 1})
        self.assertEqual(got['dispatch'], {'first': {'x': 'y'}})
        self.assertEqual(got['request'], {'b': 2})
        self.assertEqual(list(got['before'][0]), ['first', 'hash'])
        self.assertEqual(got['run']['workers'], [['first', 'hash', 'second']])
        self.assertEqual(r.request_meta.extra_data, {'b': 2})
        self.assertFalse(r.results[0].payload_meta.should_archive)

    def test_extraction(self) -> None:
        self.worker('halve', '''
            half = len(payload.content) // 2
            if not half:
                return None
            return WorkerResponse({'size': payload.size}, [
                ExtractedPayload(payload.content[:half], PayloadMeta(extra_data={'part': 0})),
                ExtractedPayload('é' * half)])''')
        r = self.stoq(always_dispatch=['halve'], max_recursion=1).scan(b'abcd')
        self.assertEqual([x.size for x in r.results], [4, 2, 4])
        self.assertEqual(r.results[1].payload_meta.extra_data, {'part': 0})
        self.assertEqual(r.results[1].extracted_from, r.results[0].payload_id)
        self.assertEqual(r.results[1].extracted_by, 'halve')

    def test_what_plugins_must_not_return(self) -> None:
        self.worker('wrong', '''
            kind = payload.content.decode()
            if kind == 'int': return 5
            if kind == 'dict': return {'a': 1}
            if kind == 'extracted': return WorkerResponse({'r': 1}, extracted=7)
            if kind == 'content': return WorkerResponse({'r': 1}, extracted=['text'])
            if kind == 'key': return WorkerResponse({b'x': 1})
            if kind == 'meta':
                payload.payload_meta.extra_data = 5
                return WorkerResponse({'r': 1})
            if kind == 'exit':
                import sys; sys.exit(3)
            if kind == 'one error': return WorkerResponse(errors='text')
            if kind == 'exceptions': return WorkerResponse(errors=[KeyError('k')])''')
        s = self.stoq(always_dispatch=['wrong'])

        def error(kind: str) -> str:
            (text,) = s.scan(kind).errors['wrong']
            return text
        self.assertRegex(error('int'), r'^worker:failed to scan: wrong ; .*'
                         r'it returned int, not a WorkerResponse or None ; payload [-0-9a-f]{36}$')
        self.assertIn('it returned dict, not a WorkerResponse or None', error('dict'))
        self.assertEqual(error('extracted'), 'extracted is int, not a list of ExtractedPayload')
        self.assertEqual(error('content'),
                         'a payload that it extracted was refused: str is no ExtractedPayload')
        self.assertIn('its results were refused: TypeError', error('key'))
        self.assertIn('its payload_meta was refused', error('meta'))
        self.assertRegex(error('exit'), r'File ".*wrong.py", line \d+, in scan ; SystemExit: 3')
        self.assertEqual(error('one error'), 'text')
        self.assertEqual(error('exceptions'), "KeyError: 'k'")
        self.assertEqual(s.scan('content').results[0].workers[0], {'wrong': {'r': 1}})

    def test_a_refused_meta_is_the_fault_of_one(self) -> None:
        self.worker('bad', '''
            kind = payload.content.decode()
            if kind == 'shape':
                request_meta.extra_data, payload.payload_meta = None, 5
            elif kind == 'request':
                request_meta.extra_data['x'] = object()
                payload.payload_meta.extra_data['kept'] = True
            elif kind == 'payload':
                payload.payload_meta.extra_data['x'] = object()
                request_meta.extra_data['kept'] = True
            else:
                payload.dispatch_meta[b'key'] = 1
            return WorkerResponse({'r': 1})''')
        self.worker('good', 'return WorkerResponse([payload.payload_meta.extra_data, '
                            'request_meta.extra_data, payload.dispatch_meta])')
        s = self.stoq(always_dispatch=['bad', 'good'])
        for kind, meta, request in (('shape', {'a': 1}, {'b': 2}),
                                    ('request', {'a': 1, 'kept': True}, {'b': 2}),
                                    ('payload', {'a': 1}, {'b': 2, 'kept': True}),
                                    ('dispatch', {'a': 1}, {'b': 2})):
            r = s.scan(kind, {'a': 1}, {'b': 2})
            self.assertEqual(list(r.errors), ['bad'], kind)
            self.assertEqual(r.results[0].workers[0]['good'], [meta, request, {}], kind)

    def test_loading_fails(self) -> None:
        self.plugin('none', 'x = 1')
        self.plugin('two', 'from stoq.plugins import WorkerPlugin\n'
                    'class A(WorkerPlugin):\n    def scan(self, p, r): pass\n'
                    'class B(WorkerPlugin):\n    def scan(self, p, r): pass\n')
        self.plugin('broken', 'import no_such_module')
        self.plugin('mixed', 'from stoq.plugins import WorkerPlugin\n'
                    'class A(WorkerPlugin):\n    def __init__(self, config):\n'
                    '        super().__init__(config)\n    def scan(self, payload, request_meta): pass\n')
        s = self.stoq()
        for name, text in (
                ('none', 'No valid plugin classes found in the module .*none.py$'),
                ('two', r'Multiple possible plugin classes found in the module .*two.py: A, B$'),
                ('broken', "broken.py\", line 1, in <module> ; ModuleNotFoundError: No module named "
                           "'no_such_module'$"),
                ('mixed', r'it cannot be told whether it is written for stoQ 2 or 3: scan takes '
                          r'request_meta, as in stoQ 2, but its constructor takes \(config\), as in '
                          r'stoQ 3$')):
            with self.assertRaisesRegex(StoqPluginException, text):
                s.load_plugin(name)
            self.assertIn('cannot be loaded', s.scan(b'', add_start_dispatch=[name]).errors[name][0])
            with self.assertRaises(StoqPluginException):
                self.stoq(connectors=[name])
        with self.assertRaisesRegex(StoqPluginNotFound,
                                    'The plugin "nope" is invalid or does not exist in your plugin '
                                    'path'):
            s.load_plugin('nope')

    def test_for_which_stoq_a_plugin_is_written(self) -> None:
        for at, (constructor, scan, kind) in enumerate((
                ('', 'def scan(self, payload, request_meta)', 'RequestMeta'),
                ('', 'def scan(self, payload, request)', 'Request'),
                ('', 'def scan(self, payload, what: Optional[RequestMeta])', 'RequestMeta'),
                ('', 'def scan(self, payload, what)', 'RequestMeta'),
                ('', 'async def scan(self, payload, what)', 'Request'),
                ('', 'def scan(self, payload, *what)', 'tuple'),
                ('self, config, plugin_opts', 'def scan(self, payload, request)', 'RequestMeta'),
                ('self, config, plugin_opts=None', 'def scan(self, payload, request)', 'Request'),
                ('self, config', 'def scan(self, payload, what)', 'Request'),
                ('self, *what', 'def scan(self, payload, what)', 'RequestMeta'))):
            what = scan.rpartition(',')[2].strip(' *)').partition(':')[0]
            head = (f'    def __init__({constructor}):\n'
                    f"        super().__init__({constructor.replace('=None', '')[6:]})\n"
                    if constructor else '')
            self.plugin(f'p{at}', 'from __future__ import annotations\nfrom typing import Optional\n'
                        'from stoq.data_classes import RequestMeta, WorkerResponse\n'
                        f'from stoq.plugins import WorkerPlugin\nclass P(WorkerPlugin):\n{head}'
                        f'    {scan}:\n        return WorkerResponse(type({what}).__name__)\n')
            r = self.stoq().scan(b'', add_start_dispatch=[f'p{at}'])
            self.assertEqual((r.results[0].workers[0], r.errors), ({f'p{at}': kind}, {}), scan)

    def test_options_of_every_layer(self) -> None:
        self.plugin('opts', '''
            from stoq import WorkerResponse
            from stoq.plugins import WorkerPlugin
            class Opts(WorkerPlugin):
                def __init__(self, config, plugin_opts):
                    super().__init__(config, plugin_opts)
                    self.got = dict(config.items('options'))
                def scan(self, payload, request_meta): pass
            ''', options='a = file\nb = file\nc = file\nformat = %%Y')
        self.write('[opts]\nb = cfg\nc = cfg\npercent = 5%\n', 'stoq.cfg')
        plugin = self.stoq(plugin_opts={'opts': {'c': True, 'list': ['x', 'y']}}).load_plugin('opts')
        self.assertEqual(plugin.got, {'a': 'file', 'b': 'cfg', 'c': 'True', 'format': '%Y',
                                      'percent': '5%', 'list': 'x, y'})
        self.assertEqual(plugin.plugin_opts, {'c': True, 'list': ['x', 'y']})
        self.assertEqual(plugin.plugin_name, 'opts')

    def test_names_that_tests_read(self) -> None:
        self.worker('w', 'return None')
        self.write('[core]\nmax_queue = 919\nmax_recursion = 7\n', 'stoq.cfg')
        s = self.stoq(always_dispatch=['w'], connectors=['stdout'], dispatchers=['yara'],
                      providers=['dirmon'], dest_archivers=['filedir'],
                      plugin_opts={'dirmon': {'source_dir': self.base}})
        self.assertEqual(s.max_queue, 919)
        self.assertEqual(s.max_recursion, 7)
        self.assertEqual(s.max_dispatch_passes, 1)
        self.assertEqual(s.always_dispatch, ['w'])
        self.assertEqual(list(s._loaded_provider_plugins), ['dirmon'])
        self.assertEqual(list(s._loaded_dispatcher_plugins), ['yara'])
        self.assertEqual(len(s._loaded_connector_plugins), 1)
        self.assertEqual(list(s._loaded_dest_archiver_plugins), ['filedir'])
        for names in (s._loaded_source_archiver_plugins, s._loaded_deep_dispatcher_plugins,
                      s._loaded_decorator_plugins):
            self.assertEqual(len(names), 0)
        self.assertIn('w', s._plugin_name_to_info)
        self.assertIn('w', s._loaded_plugins)
        self.assertIs(s.log, logging.getLogger('stoq'))

    def test_attributes_that_are_changed(self) -> None:
        self.worker('dig', "return WorkerResponse(None, [ExtractedPayload(payload.content + b'x')])")
        s = self.stoq(always_dispatch=['dig'])
        s.max_recursion = 5
        self.assertEqual(len(s.scan(b'').results), 6)
        s.always_dispatch.append('hash')
        self.assertEqual(list(s.scan(b'').results[0].workers[0]), ['hash'])

    def test_v3_inside_a_running_loop(self) -> None:
        self.plugin('later', '''
            import asyncio
            from stoq import Error, Payload, Request, WorkerResponse
            from stoq.plugins import WorkerPlugin
            class Later(WorkerPlugin):
                async def scan(self, payload, request):
                    await asyncio.sleep(0.001)
                    request.errors.append(Error('noted', self.plugin_name))
                    return WorkerResponse({'size': payload.results.size}, errors=[Error('given')])
            ''')
        s = self.stoq(always_dispatch=['later'])

        async def inside():
            return s.scan(b'abc')
        r = asyncio.run(inside())
        self.assertEqual(r.results[0].workers, [{'later': {'size': 3}}])
        self.assertEqual(r.errors, {'later': ['given', 'noted']})

    def test_v3_by_threads_inside_a_running_loop(self) -> None:
        for name in ('outer', 'inner'):
            self.plugin(name, '''
                import asyncio
                from stoq import WorkerResponse
                from stoq.plugins import WorkerPlugin
                class Waits(WorkerPlugin):
                    stoq = None
                    async def scan(self, payload, request):
                        await asyncio.sleep(0)
                        if self.stoq is None:
                            return WorkerResponse({'content': payload.content})
                        if payload.content == b'at once':
                            self.stoq.scan(b'')
                        r = await asyncio.to_thread(self.stoq.scan, payload.content,
                                                    add_start_dispatch=['inner'])
                        return WorkerResponse(r.results[0].workers[0]['inner'])
                ''')
        s = self.stoq()
        s.load_plugin('outer').stoq = s

        async def all_of_them():
            def scan(i: int):
                return s.scan(f'content {i}', add_start_dispatch=['outer', 'inner', 'hash'])
            return await asyncio.gather(*[asyncio.to_thread(scan, i) for i in range(40)])
        for i, r in enumerate(asyncio.run(asyncio.wait_for(all_of_them(), 60))):
            workers = r.results[0].workers[0]
            self.assertEqual((workers['outer'], workers['inner']), ({'content': f'content {i}'},) * 2)
        # It would wait for what cannot go on while it waits.
        (text,) = s.scan(b'at once', add_start_dispatch=['outer']).errors['outer']
        self.assertIn('StoqException: coroutines of plugins share a thread, where none may wait for a '
                      'scan: await asyncio.to_thread(stoq.scan, …)', text)

    def test_dispatchers_and_their_meta(self) -> None:
        self.plugin('chooser', '''
            from stoq.data_classes import DispatcherResponse
            from stoq.plugins import DispatcherPlugin
            class Chooser(DispatcherPlugin):
                def get_dispatches(self, payload, request_meta):
                    return DispatcherResponse(['told'], {'told': {'x': 1}, 'other': 2}, ['odd'])
            ''')
        self.worker('told', 'return WorkerResponse(payload.dispatch_meta)')
        r = self.stoq(dispatchers=['chooser']).scan(b'')
        self.assertEqual(r.results[0].workers, [{'told': {'chooser': {'told': {'x': 1}, 'other': 2}}}])
        self.assertEqual(r.errors, {'chooser': ['odd']})

    def test_responses_are_made_as_far_as_they_are_looked_at(self) -> None:
        r = self.stoq(always_dispatch=['hash']).scan(b'x')
        self.assertEqual(vars(r), {})
        self.assertEqual(vars(r.results[0]), {})
        self.assertEqual(list(vars(r)), ['results'])
        self.assertEqual(r.results[0].size, 1)
        self.assertEqual(list(vars(r)), ['results'])

    def test_connectors_and_decorators_get_the_very_response(self) -> None:
        self.plugin('ends', '''
            from stoq.data_classes import DecoratorResponse
            from stoq.plugins import ConnectorPlugin, DecoratorPlugin
            class Ends(ConnectorPlugin, DecoratorPlugin):
                def decorate(self, response):
                    self.decorated = response
                    return DecoratorResponse({'payloads': len(response.results)})
                def save(self, response):
                    self.saved = response
            ''')
        s = self.stoq(connectors=['ends'], decorators=['ends'], always_dispatch=['hash'])
        response = s.scan(b'x')
        plugin = s.load_plugin('ends')
        self.assertIs(plugin.saved, response)
        self.assertIs(plugin.decorated, response)
        self.assertEqual(response.decorators, {'ends': {'payloads': 1}})
        self.assertEqual(json.loads(str(response))['decorators'], {'ends': {'payloads': 1}})

    def test_what_a_connector_keeps_of_a_run(self) -> None:
        self.plugin('keep', '''
            from stoq.data_classes import Payload
            from stoq.plugins import ConnectorPlugin, ProviderPlugin
            class Keep(ConnectorPlugin, ProviderPlugin):
                def ingest(self, queue):
                    queue.put(Payload(b'abc'))
                def save(self, response):
                    self.result = response.results[0]
            ''')
        s = self.stoq(connectors=['keep'], providers=['keep'], always_dispatch=['hash'])
        s.run()
        result = s.load_plugin('keep').result
        self.assertEqual((result.size, list(result.workers[0])), (3, ['hash']))

    def test_views_without_a_copy(self) -> None:
        self.worker('view', '''
            view = memoryview(payload)
            self.kept.append((view, payload))
            return WorkerResponse({'sum': sum(view[:4]), 'size': len(view),
                                   'read_only': view.readonly})''', head='import sys')
        s = self.stoq()
        plugin = s.load_plugin('view')
        plugin.kept = []
        content = bytes(range(256)) * 1024
        r = s.scan(content, add_start_dispatch=['view'])
        self.assertEqual(r.results[0].workers[0]['view'],
                         {'sum': 6, 'size': len(content), 'read_only': True})
        view, payload = plugin.kept[0]
        self.assertEqual(bytes(view), content)
        self.assertEqual(payload.content, content)
        self.assertIs(payload.content, content)

    def test_views_that_are_kept_of_what_is_not_bytes(self) -> None:
        self.worker('view', '''
            self.kept.append((memoryview(payload), payload))
            return WorkerResponse(None, [] if payload.extracted_from else
                                  [ExtractedPayload(b'child ' * 1000)])''')
        s = self.stoq(always_dispatch=['view'])
        plugin = s.load_plugin('view')
        plugin.kept = []
        for content in (bytearray(b'abc' * 1000), memoryview(bytearray(b'def' * 1000)),
                        ''.join(['gh\u00e9'] * 1000)):
            expected = content.encode() if isinstance(content, str) else bytes(content)
            s.scan(content)
            if isinstance(content, bytearray):
                content[:] = b'?' * 3000
            del content
            others = [bytes([i % 256]) * 3000 for i in range(200)]
            for view, payload in plugin.kept[-2:]:
                self.assertEqual(bytes(view), expected)
                self.assertEqual(payload.content, expected)
                expected = b'child ' * 1000
            del others

    def test_generators(self) -> None:
        self.worker('gives', '''
            def some():
                yield ExtractedPayload(b'one')
                yield ExtractedPayload(b'two')
                if payload.content == b'early': raise ValueError('no more')
            if payload.extracted_from:
                return None
            return WorkerResponse({'kept': 1}, extracted=some(), errors=(e for e in ['a', 'b']),
                                  dispatch_to=(name for name in ['hash', 'entropy']))''')
        self.plugin('names', '''
            from stoq.data_classes import DispatcherResponse
            from stoq.plugins import DispatcherPlugin
            class Names(DispatcherPlugin):
                def get_dispatches(self, payload, request_meta):
                    return DispatcherResponse(name for name in ['gives'])
            ''')
        s = self.stoq(dispatchers=['names'])
        r = s.scan(b'root')
        self.assertEqual([x.size for x in r.results], [4, 3, 3])
        self.assertEqual(r.results[0].plugins_run['workers'], [['gives'], ['hash', 'entropy']])
        self.assertEqual(r.errors, {'gives': ['a', 'b']})
        r = s.scan(b'early')
        self.assertEqual([x.size for x in r.results], [5, 3, 3])
        self.assertEqual(r.results[0].workers[0], {'gives': {'kept': 1}})
        self.assertRegex(r.errors['gives'][2], r'^its extraction ended early: File ".*gives.py", '
                                               r'line \d+, in some ; ValueError: no more$')

    def test_system_exit_of_every_role(self) -> None:
        for role, method in (('Dispatcher', 'get_dispatches(self, payload, request_meta)'),
                             ('DeepDispatcher', 'get_deep_dispatches(self, payload, request_meta)'),
                             ('Archiver', 'archive(self, payload, request_meta)'),
                             ('Connector', 'save(self, response)'),
                             ('Decorator', 'decorate(self, response)'),
                             ('Provider', 'ingest(self, queue)')):
            self.plugin(f'x_{role}', f'''
                import sys
                from stoq.plugins import {role}Plugin
                class X({role}Plugin):
                    def {method}:
                        sys.exit(4)
                ''')
        self.plugin('x_module', 'import sys\nsys.exit(5)')
        s = self.stoq(dispatchers=['x_Dispatcher'], deep_dispatchers=['x_DeepDispatcher'],
                      dest_archivers=['x_Archiver'], connectors=['x_Connector'],
                      decorators=['x_Decorator'], providers=['x_Provider'])
        r = s.scan(b'', add_start_dispatch=['x_module', 'hash'])
        self.assertEqual(sorted(r.errors), ['x_Archiver', 'x_Connector', 'x_Decorator',
                                            'x_DeepDispatcher', 'x_Dispatcher', 'x_module'])
        for name, (text,) in r.errors.items():
            self.assertIn('SystemExit: 5' if name == 'x_module' else 'SystemExit: 4', text)
        self.assertIn('hash', r.results[0].workers[0])
        self.assertIn('SystemExit: 4',
                      s.reconstruct_all_subresponses(r)[0].errors['x_Decorator'][1])
        with self.assertRaisesRegex(StoqPluginException, 'SystemExit: 5'):
            s.load_plugin('x_module')
        with self.assertRaisesRegex(StoqException, 'provider:x_Provider failed: .*SystemExit: 4'):
            s.run()

    def test_threads_and_recursion(self) -> None:
        self.worker('slow', '''
            import time
            time.sleep(0.002)
            return WorkerResponse({'content': payload.content})''')
        self.worker('again', '''
            inner = self.stoq.scan(b'inner', add_start_dispatch=['slow'])
            return WorkerResponse({'inner': inner.results[0].workers[0]['slow']})''')
        s = self.stoq()
        s.load_plugin('again').stoq = s
        self.assertEqual(s.scan(b'outer', add_start_dispatch=['again']).results[0].workers[0],
                         {'again': {'inner': {'content': 'inner'}}})
        wrong = []

        def work(name: str) -> None:
            for i in range(20):
                r = s.scan(f'{name}{i}', add_start_dispatch=['slow', 'hash'])
                if r.results[0].workers[0]['slow'] != {'content': f'{name}{i}'}:
                    wrong.append(str(r))
        threads = [threading.Thread(target=work, args=(f't{i}-',)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_arguments_that_make_no_sense(self) -> None:
        s = self.stoq()
        with self.assertRaisesRegex(TypeError, 'content is int: give bytes or str'):
            s.scan(5)
        with self.assertRaisesRegex(TypeError, 'payload is bytes: give a Payload'):
            s.scan_payload(b'')
        with self.assertRaisesRegex(TypeError, 'add_start_dispatch is int: give a list of plugin'):
            s.scan(b'', add_start_dispatch=5)
        with self.assertRaisesRegex(StoqException, "ratelimit 'x': write count/seconds"):
            s.scan(b'', ratelimit='x')
        with self.assertRaises(TypeError):
            self.stoq(no_such=1)

    def test_ratelimit(self) -> None:
        s = self.stoq()
        start = time.monotonic()
        for _ in range(4):
            s.scan(b'', ratelimit='50/1')
        self.assertGreaterEqual(time.monotonic() - start, 0.055)

    def test_reload(self) -> None:
        s = self.stoq()
        hash_before = s.load_plugin('hash')
        self.assertIn('late', s.scan(b'', add_start_dispatch=['late']).errors)
        self.worker('late', 'return WorkerResponse({"extra": self.config.get("options", "extra")})')
        self.write('[core]\nmax_recursion = 9\nalways_dispatch = late\nconnectors = stdout\n'
                   '[late]\nextra = of the file\n', 'stoq.cfg')
        s.reload()
        self.assertEqual(s.load_plugin('late').plugin_name, 'late')
        self.assertEqual((s.max_recursion, s.always_dispatch, len(s._loaded_connector_plugins)),
                         (9, ['late'], 1))
        s.load_plugin('late').mark = 1
        self.write('[core]\nconnectors = nowhere\n', 'stoq.cfg')
        with self.assertRaises(StoqPluginNotFound):
            s.reload()
        self.assertEqual(s.always_dispatch, ['late'])
        self.write('[core]\nalways_dispatch = late\n', 'stoq.cfg')
        s.reload()
        self.assertEqual(s.max_recursion, 3)
        self.assertEqual(s.load_plugin('late').mark, 1)  # live objects stay
        self.assertIs(s.load_plugin('hash'), hash_before)
        self.assertEqual(s.scan(b'').results[0].workers, [{'late': {'extra': 'of the file'}}])

    def test_reconstruct(self) -> None:
        self.worker('dig', '''
            if payload.content == b'root':
                return WorkerResponse({}, [ExtractedPayload('a'), ExtractedPayload('b')])
            if payload.content == b'a':
                return WorkerResponse({}, [ExtractedPayload('c')])''')
        self.plugin('deco', '''
            from stoq.data_classes import DecoratorResponse
            from stoq.plugins import DecoratorPlugin
            class Deco(DecoratorPlugin):
                def decorate(self, response):
                    if len(response.results) == 2: raise ValueError('two')
                    return DecoratorResponse({'n': len(response.results)})
            ''')
        s = self.stoq(always_dispatch=['dig'], decorators=['deco'])
        response = s.scan(b'root')
        parts = s.reconstruct_all_subresponses(response)
        self.assertEqual([len(part.results) for part in parts], [4, 2, 1, 1])
        self.assertEqual(parts[0].decorators, {'deco': {'n': 4}})
        self.assertIn('ValueError: two', parts[1].errors['deco'][0])
        self.assertEqual(response.errors, {})
        self.assertEqual({part.scan_id for part in parts}, {response.scan_id})


if __name__ == '__main__':
    unittest.main()

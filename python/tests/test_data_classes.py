# SPDX-License-Identifier: Apache-2.0
"""The classes as ordinary objects: arguments, defaults, JSON, copies."""

import copy
import json
import pickle
import unittest

from stoq import (ArchiverResponse, DecoratorResponse, DeepDispatcherResponse, DispatcherResponse,
                  Error, ExtractedPayload, Payload, PayloadMeta, PayloadResults, Request,
                  RequestMeta, StoqResponse, WorkerResponse)


class DataClasses(unittest.TestCase):
    def test_defaults(self) -> None:
        payload = Payload(b'abc')
        self.assertEqual(payload.content, b'abc')
        self.assertEqual(payload.size, 3)
        self.assertEqual(payload.worker_results, [{}])
        self.assertEqual(payload.plugins_run, {'workers': [[]], 'archivers': []})
        self.assertEqual(vars(payload.payload_meta), {
            'should_archive': True, 'extra_data': {}, 'dispatch_to': [], 'should_scan': True})
        self.assertEqual(vars(RequestMeta()),
                         {'archive_payloads': True, 'source': None, 'extra_data': {}})
        self.assertEqual(vars(WorkerResponse()),
                         {'results': None, 'extracted': [], 'errors': [], 'dispatch_to': []})
        self.assertEqual(vars(ArchiverResponse()), {'results': None, 'errors': []})
        self.assertEqual(vars(DecoratorResponse()), {'results': None, 'errors': []})
        for cls in (DispatcherResponse, DeepDispatcherResponse):
            self.assertEqual(vars(cls()), {'plugin_names': [], 'meta': {}, 'errors': []})
        self.assertIsNot(WorkerResponse().errors, WorkerResponse().errors)

    def test_positional_arguments(self) -> None:
        meta = PayloadMeta(False, {'a': 1}, ['x'])
        payload = Payload(b'', meta, 'by', 'from', 'id')
        self.assertIs(payload.payload_meta, meta)
        self.assertEqual((payload.extracted_by, payload.extracted_from, payload.payload_id),
                         ('by', 'from', 'id'))
        results = PayloadResults('id', 1, meta, [{'w': {}}], {}, {'workers': [['w']]}, 'f', 'b')
        self.assertEqual(results.extracted_by, 'b')
        response = StoqResponse([results], RequestMeta(False, 'src', {}), {'e': ['x']}, 'now',
                                {'d': {}}, 'scan')
        self.assertEqual((response.time, response.decorators, response.scan_id),
                         ('now', {'d': {}}, 'scan'))
        self.assertEqual(ExtractedPayload('é').content, 'é'.encode())
        self.assertEqual(Error('text', 'plugin', 'id').plugin_name, 'plugin')
        self.assertEqual(Request([payload]).payloads, [payload])

    def test_payload_meta_in_the_order_of_stoq_3(self) -> None:
        meta = PayloadMeta(True, False, {'a': 1}, ['x'])
        self.assertEqual(vars(meta), {'should_archive': True, 'extra_data': {'a': 1},
                                      'dispatch_to': ['x'], 'should_scan': False})

    def test_unknown_arguments(self) -> None:
        for cls in (Payload, PayloadMeta, RequestMeta, WorkerResponse, ArchiverResponse,
                    DispatcherResponse, DecoratorResponse, ExtractedPayload, StoqResponse):
            with self.assertRaises(TypeError):
                cls(b'', unknown=1)

    def test_a_dict_is_extra_data(self) -> None:
        self.assertEqual(Payload(b'', {'a': 1}).payload_meta.extra_data, {'a': 1})
        with self.assertRaisesRegex(TypeError, 'payload_meta is int: give a PayloadMeta or a dict'):
            Payload(b'', 1)

    def test_content(self) -> None:
        self.assertEqual(Payload('é').size, 2)
        self.assertEqual(Payload(bytearray(b'x')).content, b'x')
        with self.assertRaisesRegex(TypeError, 'content is int: give bytes or str'):
            Payload(1)
        self.assertEqual(bytes(memoryview(Payload(b'view'))), b'view')

    def test_json(self) -> None:
        response = StoqResponse([PayloadResults.from_payload(Payload(b'x'))], RequestMeta(), {})
        document = json.loads(str(response))
        self.assertEqual(list(document), ['results', 'request_meta', 'errors', 'time', 'decorators',
                                          'scan_id', 'schema', 'limits'])
        self.assertEqual(list(document['results'][0]), [
            'payload_id', 'size', 'payload_meta', 'workers', 'archivers', 'plugins_run',
            'extracted_from', 'extracted_by', 'sha256', 'duplicates'])
        self.assertTrue(str(response).startswith('{\n    "results": [\n        {\n'))

    def test_copies(self) -> None:
        payload = Payload(b'abc', {'a': [1]})
        other = copy.deepcopy(payload)
        other.payload_meta.extra_data['a'].append(2)
        self.assertEqual(payload.payload_meta.extra_data, {'a': [1]})
        self.assertEqual(bytes(memoryview(pickle.loads(pickle.dumps(payload)))), b'abc')

    def test_split(self) -> None:
        meta = PayloadMeta()
        first = PayloadResults('1', 1, meta, [{'a': {'x': 1}}, {'b': 2}], {}, {})
        second = PayloadResults('2', 1, meta, [{}], {}, {}, '1', 'a')
        response = StoqResponse([first, second], RequestMeta(), {'e': ['text']})
        parts = response.split()
        self.assertEqual([part.results[0].workers for part in parts], [[{'a': {'x': 1}}], [{'b': 2}]])
        self.assertTrue(all(part.scan_id == response.scan_id for part in parts))
        parts[0].errors['e'].append('more')
        parts[0].results[0].workers[0]['a']['x'] = 5
        self.assertEqual(response.errors, {'e': ['text']})
        self.assertEqual(first.workers[0], {'a': {'x': 1}})


if __name__ == '__main__':
    unittest.main()

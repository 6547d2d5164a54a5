# SPDX-License-Identifier: Apache-2.0
from configparser import ConfigParser
from typing import Dict, Optional

from stoq.data_classes import (
    ArchiverResponse,
    DecoratorResponse,
    DeepDispatcherResponse,
    DispatcherResponse,
    ExtractedPayload,
    Payload,
    PayloadMeta,
    RequestMeta,
    StoqResponse,
    WorkerResponse,
)
from stoq.plugins import (
    ArchiverPlugin,
    DecoratorPlugin,
    DeepDispatcherPlugin,
    DispatcherPlugin,
    WorkerPlugin,
)


class SwissKnife(ArchiverPlugin, DecoratorPlugin, DeepDispatcherPlugin, DispatcherPlugin, WorkerPlugin):
    def __init__(self, config: ConfigParser, plugin_opts: Optional[Dict]) -> None:
        super().__init__(config, plugin_opts)
        self.thorough = config.getboolean('options', 'thorough')
        if plugin_opts and 'thorough' in plugin_opts:
            self.thorough = plugin_opts['thorough']

    def get_dispatches(self, payload: Payload, request_meta: RequestMeta) -> DispatcherResponse:
        dr = DispatcherResponse(plugin_names=(name for name in ('swiss_knife', 'byte_stats')))
        dr.meta['test_key'] = 'Useful metadata info'
        dr.meta['swiss_knife'] = {'size': payload.size}
        dr.errors.append('dispatched in haste')
        return dr

    def scan(self, payload: Payload, request_meta: RequestMeta) -> WorkerResponse:
        told = {'first': payload.dispatch_meta, 'deep': payload.deep_dispatch_meta}
        result = {
            'thorough': 1 if self.thorough else 0,
            'told': dict(told),
            'start': bytes(memoryview(payload)[:4]),
            'meta': dict(payload.payload_meta.extra_data),
        }
        payload.payload_meta.extra_data.update(raw=b'caf\xe9', both=(1, 2), some={3, 1, 2})
        payload.dispatch_meta['swiss_knife']['seen'] = [payload.payload_id]

        def parts():
            yield ExtractedPayload(b'a part', PayloadMeta(extra_data={b'n'.decode(): 1}, dispatch_to='grumpy'))
            yield ExtractedPayload('d\xe9j\xe0 vu')

        return WorkerResponse(results=result, extracted=None if payload.extracted_from else parts(), errors='a blunt blade')

    def get_deep_dispatches(self, payload: Payload, request_meta: RequestMeta) -> DeepDispatcherResponse:
        return DeepDispatcherResponse(('swiss_knife',), {'why': sorted(payload.worker_results[0])}, ['deep, too'])

    def archive(self, payload: Payload, request_meta: RequestMeta) -> ArchiverResponse:
        return ArchiverResponse({'run': payload.plugins_run['workers'], 'begin': payload.content[:4]}, ['no space'])

    def decorate(self, response: StoqResponse) -> DecoratorResponse:
        counts = {name: len(texts) for name, texts in response.errors.items()}
        return DecoratorResponse({'errors': counts, 'sizes': [r.size for r in response.results]}, errors=['dull'])

# SPDX-License-Identifier: Apache-2.0
import asyncio

from stoq import Payload, Request, WorkerResponse
from stoq.helpers import StoqConfigParser
from stoq.plugins import WorkerPlugin


class Labeller(WorkerPlugin):
    def __init__(self, config: StoqConfigParser) -> None:
        super().__init__(config)
        self.labels = config.getlist('options', 'labels', fallback=[])

    async def scan(self, payload: Payload, request: Request) -> WorkerResponse:
        meta = payload.results.payload_meta
        before = list(meta.extra_data.get('labels', []))
        await asyncio.sleep(0.001)
        meta.extra_data['labels'] = before + self.labels
        if b'private' in payload.content:
            meta.should_archive = False
            self.log.warning('private: %s', payload.results.payload_meta.extra_data['labels'])
        request.request_meta.extra_data['labelled'] = True
        return WorkerResponse(
            results={
                'before': before,
                'after': meta.extra_data['labels'],
                'source': request.request_meta.source,
                'size': payload.results.size,
                'extracted': bool(payload.results.extracted_from),
            }
        )

# SPDX-License-Identifier: Apache-2.0
import zlib
from typing import List

from stoq.data_classes import Error, ExtractedPayload, Payload, PayloadMeta, Request, WorkerResponse
from stoq.helpers import StoqConfigParser
from stoq.plugins import WorkerPlugin


class ZlibStreams(WorkerPlugin):
    def __init__(self, config: StoqConfigParser) -> None:
        super().__init__(config)
        self.max_size = config.getint('options', 'max_size', fallback=1000)
        self.always_dispatch = config.getlist('options', 'always_dispatch', fallback=[])

    async def scan(self, payload: Payload, request: Request) -> WorkerResponse:
        extracted: List[ExtractedPayload] = []
        errors: List[Error] = []
        at = payload.content.find(b'\x78\x9c')
        while at != -1:
            inflater = zlib.decompressobj()
            try:
                data = inflater.decompress(payload.content[at:], self.max_size)
            except zlib.error as err:
                errors.append(
                    Error(
                        plugin_name=self.plugin_name,
                        error=f'offset {at}: {err}',
                        payload_id=payload.results.payload_id,
                    )
                )
            else:
                extracted.append(
                    ExtractedPayload(
                        content=data,
                        payload_meta=PayloadMeta(
                            extra_data={'offset': at, 'whole': inflater.eof},
                            dispatch_to=self.always_dispatch,
                        ),
                    )
                )
            at = payload.content.find(b'\x78\x9c', at + 2)
        return WorkerResponse(extracted=extracted, errors=errors)

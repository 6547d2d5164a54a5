# SPDX-License-Identifier: Apache-2.0
from stoq import Payload, Request, WorkerResponse
from stoq.helpers import StoqConfigParser
from stoq.plugins import WorkerPlugin


class ByteVerdict(WorkerPlugin):
    def __init__(self, config: StoqConfigParser) -> None:
        super().__init__(config)
        self.threshold = config.getfloat('options', 'threshold', fallback=0.9)

    async def scan(self, payload: Payload, request: Request) -> WorkerResponse:
        stats = payload.results.workers['byte_stats']
        share = stats['printable'] / stats['size'] if stats['size'] else 0.0
        return WorkerResponse(
            results={'text': share >= self.threshold, 'share': round(share, 3)}
        )

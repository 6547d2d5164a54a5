# SPDX-License-Identifier: Apache-2.0
from collections import Counter

from stoq import Payload, Request, WorkerResponse
from stoq.helpers import StoqConfigParser
from stoq.plugins import WorkerPlugin


class ByteStats(WorkerPlugin):
    def __init__(self, config: StoqConfigParser) -> None:
        super().__init__(config)
        self.top = config.getint('options', 'top', fallback=5)
        self.ignore = config.getset('options', 'ignore', fallback=set())
        self.buckets = config.getjson('options', 'buckets', fallback={})

    async def scan(self, payload: Payload, request: Request) -> WorkerResponse:
        counts = Counter(payload.content)
        for byte in self.ignore:
            counts.pop(int(byte, 16), None)
        most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: self.top]
        results = {
            'distinct': len(counts),
            'top': [[f'{byte:02x}', count] for byte, count in most],
            'printable': sum(c for b, c in counts.items() if 0x20 <= b < 0x7F),
            'size': len(payload.content),
        }
        for name, bounds in self.buckets.items():
            results[name] = sum(c for b, c in counts.items() if bounds[0] <= b <= bounds[1])
        return WorkerResponse(results=results)

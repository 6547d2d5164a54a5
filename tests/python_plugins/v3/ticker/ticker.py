# SPDX-License-Identifier: Apache-2.0
import asyncio
from asyncio import Queue

from stoq import Payload, PayloadMeta
from stoq.helpers import StoqConfigParser
from stoq.plugins import ProviderPlugin


class Ticker(ProviderPlugin):
    def __init__(self, config: StoqConfigParser) -> None:
        super().__init__(config)
        self.count = config.getint('options', 'count', fallback=1)
        self.pause = config.getfloat('options', 'pause', fallback=0.0)

    async def ingest(self, queue: Queue) -> None:
        for number in range(self.count):
            await asyncio.sleep(self.pause)
            await queue.put(
                Payload(f'tick {number}'.encode(), PayloadMeta(extra_data={'number': number}))
            )

# SPDX-License-Identifier: Apache-2.0
import asyncio

from stoq.data_classes import Payload
from stoq.helpers import StoqConfigParser
from stoq.plugins import ProviderPlugin


class Endless3(ProviderPlugin):
    def __init__(self, config: StoqConfigParser) -> None:
        super().__init__(config)

    async def ingest(self, queue: asyncio.Queue) -> None:
        await queue.put(Payload(b'the only one'))
        await asyncio.Event().wait()

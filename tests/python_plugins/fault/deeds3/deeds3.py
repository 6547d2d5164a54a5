# SPDX-License-Identifier: Apache-2.0
import asyncio
import sys
import threading

from stoq.data_classes import Payload, Request, WorkerResponse
from stoq.helpers import StoqConfigParser
from stoq.plugins import WorkerPlugin


class Deeds3(WorkerPlugin):
    def __init__(self, config: StoqConfigParser) -> None:
        super().__init__(config)

    async def scan(self, payload: Payload, request: Request) -> WorkerResponse:
        deed = payload.content.decode().split(' #')[0]
        if deed == 'exit':
            sys.exit(7)
        if deed == 'wait':
            await asyncio.Event().wait()
        if deed == 'loop':
            while True:
                pass
        if deed == 'leave a task':
            asyncio.ensure_future(asyncio.sleep(1000))
        if deed == 'stop the loop':
            asyncio.get_running_loop().stop()
            await asyncio.sleep(1)
        if deed == 'threads':
            await asyncio.get_running_loop().run_in_executor(None, threading.active_count)
        return WorkerResponse(results={'did': deed})

# SPDX-License-Identifier: Apache-2.0
import asyncio
from typing import Optional

from stoq import Error, Payload, Request, WorkerResponse
from stoq.exceptions import StoqPluginException
from stoq.helpers import StoqConfigParser
from stoq.plugins import WorkerPlugin


class Moody(WorkerPlugin):
    def __init__(self, config: StoqConfigParser) -> None:
        super().__init__(config)

    async def scan(self, payload: Payload, request: Request) -> Optional[WorkerResponse]:
        mood = payload.content.decode('utf-8', 'replace').strip()
        await asyncio.sleep(0)
        if mood == 'plugin exception':
            raise StoqPluginException('not today')
        if mood == 'deep exception':
            return await self.deep(payload)
        if mood == 'in a task':
            await asyncio.gather(self.deep(payload), asyncio.sleep(0))
        if mood == 'none':
            return None
        if mood == 'nothing found':
            return WorkerResponse()
        if mood == 'errors':
            return WorkerResponse(
                results={'partial': True},
                errors=[Error(error='one thing', plugin_name=self.plugin_name)],
            )
        if mood == 'error of the request':
            request.errors.append(
                Error(
                    error='noted by hand',
                    plugin_name=self.plugin_name,
                    payload_id=payload.results.payload_id,
                )
            )
        if mood == 'timeout':
            await asyncio.wait_for(asyncio.Event().wait(), timeout=0.01)
        return WorkerResponse(results={'mood': mood})

    async def deep(self, payload: Payload) -> WorkerResponse:
        await asyncio.sleep(0)
        return WorkerResponse(results={'number': float(payload.content)})

# SPDX-License-Identifier: Apache-2.0
import re

from stoq import Payload, Request, WorkerResponse
from stoq.helpers import StoqConfigParser
from stoq.plugins import WorkerPlugin


class NextStep(WorkerPlugin):
    def __init__(self, config: StoqConfigParser) -> None:
        super().__init__(config)

    async def scan(self, payload: Payload, request: Request) -> WorkerResponse:
        names = [m.decode() for m in re.findall(rb'then:([a-z_]+)', payload.content)]
        return WorkerResponse(results={'named': names}, dispatch_to=names)

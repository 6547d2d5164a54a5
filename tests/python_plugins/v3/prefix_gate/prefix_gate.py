# SPDX-License-Identifier: Apache-2.0
from stoq import DispatcherResponse, Payload, Request, WorkerResponse
from stoq.data_classes import Error
from stoq.helpers import StoqConfigParser
from stoq.plugins import DispatcherPlugin, WorkerPlugin


class PrefixGate(DispatcherPlugin, WorkerPlugin):
    def __init__(self, config: StoqConfigParser) -> None:
        super().__init__(config)
        self.prefixes = config.getjson('options', 'prefixes', fallback={})

    async def get_dispatches(self, payload: Payload, request: Request) -> DispatcherResponse:
        response = DispatcherResponse()
        for prefix, workers in self.prefixes.items():
            if payload.content.startswith(prefix.encode()):
                response.plugin_names.extend(workers)
                response.meta.update({worker: {'prefix': prefix} for worker in workers})
        if payload.content.startswith(b'?'):
            response.errors.append(
                Error(error='a question is no payload', plugin_name=self.plugin_name)
            )
        return response

    async def scan(self, payload: Payload, request: Request) -> WorkerResponse:
        return WorkerResponse(results={'told': payload.dispatch_meta.get('prefix_gate')})

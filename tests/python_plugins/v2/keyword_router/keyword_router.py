# SPDX-License-Identifier: Apache-2.0
import json
import os
from configparser import ConfigParser
from typing import Dict, Optional

from stoq.data_classes import DispatcherResponse, Payload, RequestMeta, WorkerResponse
from stoq.exceptions import StoqPluginException
from stoq.plugins import DispatcherPlugin, WorkerPlugin


class KeywordRouter(WorkerPlugin, DispatcherPlugin):
    def __init__(self, config: ConfigParser, plugin_opts: Optional[Dict]) -> None:
        super().__init__(config, plugin_opts)
        routes = config.get('options', 'routes', fallback='routes.json')
        if not os.path.isabs(routes):
            routes = os.path.join(os.path.dirname(os.path.realpath(__file__)), routes)
        if not os.path.isfile(routes):
            raise StoqPluginException(f'no routes at {os.path.basename(routes)}')
        with open(routes) as f:
            self.routes = json.load(f)

    def get_dispatches(self, payload: Payload, request_meta: RequestMeta) -> DispatcherResponse:
        dr = DispatcherResponse()
        for keyword, workers in self.routes.items():
            at = payload.content.find(keyword.encode())
            if at == -1:
                continue
            for worker in workers:
                dr.plugin_names.append(worker)
                dr.meta[worker] = {'keyword': keyword, 'offset': at}
        if b'trouble' in payload.content:
            dr.errors.append('there is trouble in here')
        if b'panic' in payload.content:
            raise ValueError('panic')
        return dr

    def scan(self, payload: Payload, request_meta: RequestMeta) -> WorkerResponse:
        told = payload.dispatch_meta.get('keyword_router', {}).get('keyword_router')
        return WorkerResponse({'told': told, 'routes': sorted(self.routes)})

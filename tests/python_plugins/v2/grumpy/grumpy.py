# SPDX-License-Identifier: Apache-2.0
from configparser import ConfigParser
from typing import Dict, Optional

from stoq.data_classes import Payload, RequestMeta, WorkerResponse
from stoq.exceptions import StoqPluginException
from stoq.plugins import WorkerPlugin


class Grumpy(WorkerPlugin):
    def __init__(self, config: ConfigParser, plugin_opts: Optional[Dict]) -> None:
        super().__init__(config, plugin_opts)

    def scan(self, payload: Payload, request_meta: RequestMeta) -> Optional[WorkerResponse]:
        mood = payload.content.decode('utf-8', 'replace').strip()
        if mood == 'plugin exception':
            raise StoqPluginException('I will not look at this')
        if mood == 'deep exception':
            return self._deep(payload)
        if mood == 'lookup':
            return WorkerResponse({'no': {}['such key']})
        if mood == 'none':
            return None
        if mood == 'nothing found':
            return WorkerResponse({})
        if mood == 'errors':
            return WorkerResponse({'partial': True}, errors=['one thing', 'another thing'])
        if mood == 'print':
            print('words of a plugin')
        if mood == 'bytes':
            return WorkerResponse({'raw': b'caf\xc3\xa9', 'empty': b''})
        return WorkerResponse({'mood': mood})

    def _deep(self, payload: Payload) -> WorkerResponse:
        return WorkerResponse({'number': int(payload.content)})

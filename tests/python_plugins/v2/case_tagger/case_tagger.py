# SPDX-License-Identifier: Apache-2.0
from configparser import ConfigParser
from typing import Dict, Optional

from stoq.data_classes import Payload, RequestMeta, WorkerResponse
from stoq.plugins import WorkerPlugin


class CaseTagger(WorkerPlugin):
    def __init__(self, config: ConfigParser, plugin_opts: Optional[Dict]) -> None:
        super().__init__(config, plugin_opts)
        self.case = (plugin_opts or {}).get('case') or config.get('options', 'case')
        self.seen = 0

    def scan(self, payload: Payload, request_meta: RequestMeta) -> WorkerResponse:
        self.seen += 1
        known = request_meta.extra_data.get('case')
        request_meta.extra_data.setdefault('case', self.case)
        payload.payload_meta.extra_data['case'] = request_meta.extra_data['case']
        if b'secret' in payload.content:
            payload.payload_meta.should_archive = False
            self.log.warning('a secret is not archived')
        return WorkerResponse(
            {
                'case': request_meta.extra_data['case'],
                'known_before': known is not None,
                'source': request_meta.source,
                'size': payload.size,
                'extracted_by': payload.extracted_by,
                'is_root': payload.extracted_from is None,
            }
        )

# SPDX-License-Identifier: Apache-2.0
from configparser import ConfigParser
from typing import Dict, Optional

from stoq import ExtractedPayload, Payload, PayloadMeta, RequestMeta, WorkerResponse
from stoq.plugins import WorkerPlugin


class MarkerCarve(WorkerPlugin):
    def __init__(self, config: ConfigParser, plugin_opts: Optional[Dict]) -> None:
        super().__init__(config, plugin_opts)
        self.begin = config.get('options', 'begin').encode()
        self.end = config.get('options', 'end').encode()
        self.dispatch_to = [
            name.strip()
            for name in config.get('options', 'dispatch_to', fallback='').split(',')
            if name.strip()
        ]

    def scan(self, payload: Payload, request_meta: RequestMeta) -> Optional[WorkerResponse]:
        extracted = []
        errors = []
        at = payload.content.find(self.begin)
        while at != -1:
            start = at + len(self.begin)
            stop = payload.content.find(self.end, start)
            if stop == -1:
                errors.append(f'no end for what begins at {at}')
                break
            meta = PayloadMeta(
                should_archive=False, extra_data={'offset': start}, dispatch_to=self.dispatch_to
            )
            extracted.append(ExtractedPayload(payload.content[start:stop], meta))
            at = payload.content.find(self.begin, stop)
        if not extracted and not errors:
            return None
        return WorkerResponse({'carved': len(extracted)}, errors=errors, extracted=extracted)

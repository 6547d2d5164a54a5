# SPDX-License-Identifier: Apache-2.0
from configparser import ConfigParser
from typing import Dict, Optional

from stoq.data_classes import DecoratorResponse, StoqResponse
from stoq.plugins import DecoratorPlugin


class Counters(DecoratorPlugin):
    def __init__(self, config: ConfigParser, plugin_opts: Optional[Dict]) -> None:
        super().__init__(config, plugin_opts)

    def decorate(self, response: StoqResponse) -> DecoratorResponse:
        errors = []
        by_worker: Dict[str, int] = {}
        for result in response.results:
            for plugin_round in result.workers:
                for name in plugin_round:
                    by_worker[name] = by_worker.get(name, 0) + 1
            if result.size == 0:
                errors.append('an empty payload')
        return DecoratorResponse(
            {
                'payloads': len(response.results),
                'bytes': sum(r.size for r in response.results),
                'by_worker': by_worker,
                'plugins_run': response.results[0].plugins_run['workers'],
                'with_errors': sorted(response.errors),
                'source': response.request_meta.source,
            },
            errors,
        )

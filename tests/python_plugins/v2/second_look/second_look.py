# SPDX-License-Identifier: Apache-2.0
from configparser import ConfigParser
from typing import Dict, Optional

from stoq.data_classes import DeepDispatcherResponse, Payload, RequestMeta
from stoq.plugins import DeepDispatcherPlugin


class SecondLook(DeepDispatcherPlugin):
    def __init__(self, config: ConfigParser, plugin_opts: Optional[Dict]) -> None:
        super().__init__(config, plugin_opts)
        self.worker = config.get('options', 'worker')

    def get_deep_dispatches(
        self, payload: Payload, request_meta: RequestMeta
    ) -> DeepDispatcherResponse:
        dr = DeepDispatcherResponse()
        for number, plugin_round in enumerate(payload.worker_results):
            for name, results in plugin_round.items():
                if name != self.worker and results and 'case' in results:
                    dr.plugin_names.append(self.worker)
                    dr.meta[self.worker] = {'round': number, 'because_of': name}
        return dr

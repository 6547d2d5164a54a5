# SPDX-License-Identifier: Apache-2.0
import os

from stoq.data_classes import WorkerResponse
from stoq.plugins import WorkerPlugin


class Single(WorkerPlugin):
    def __init__(self, config, plugin_opts):
        super().__init__(config, plugin_opts)
        self.calls = 0

    def scan(self, payload, request_meta):
        self.calls += 1
        if payload.content == b'die':
            os._exit(9)
        return WorkerResponse({'calls': self.calls})

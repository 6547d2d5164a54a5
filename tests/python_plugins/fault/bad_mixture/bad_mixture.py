# SPDX-License-Identifier: Apache-2.0
from stoq.plugins import WorkerPlugin


class Mixture(WorkerPlugin):
    def __init__(self, config, plugin_opts):
        super().__init__(config, plugin_opts)

    async def scan(self, payload, request):
        pass

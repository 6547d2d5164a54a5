# SPDX-License-Identifier: Apache-2.0
from stoq.exceptions import StoqPluginException
from stoq.plugins import WorkerPlugin


class BadStart(WorkerPlugin):
    def __init__(self, config, plugin_opts):
        super().__init__(config, plugin_opts)
        raise StoqPluginException('no key was given')

    def scan(self, payload, request_meta):
        pass

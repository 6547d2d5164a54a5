# SPDX-License-Identifier: Apache-2.0
import time

from stoq.data_classes import Payload
from stoq.plugins import ProviderPlugin


class Endless(ProviderPlugin):
    def __init__(self, config, plugin_opts):
        super().__init__(config, plugin_opts)

    def ingest(self, queue):
        queue.put(Payload(b'the only one'))
        while True:
            time.sleep(0.05)

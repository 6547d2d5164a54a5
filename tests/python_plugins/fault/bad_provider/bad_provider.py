# SPDX-License-Identifier: Apache-2.0
import sys

from stoq.data_classes import Payload
from stoq.plugins import ProviderPlugin


class BadProvider(ProviderPlugin):
    def __init__(self, config, plugin_opts):
        super().__init__(config, plugin_opts)

    def ingest(self, queue):
        queue.put(Payload(b'the last one'))
        sys.exit('enough')

# SPDX-License-Identifier: Apache-2.0
import json
import os
from configparser import ConfigParser
from queue import Queue
from typing import Dict, Optional

from stoq.data_classes import Payload, PayloadMeta
from stoq.exceptions import StoqPluginException
from stoq.plugins import ProviderPlugin


class Inbox(ProviderPlugin):
    def __init__(self, config: ConfigParser, plugin_opts: Optional[Dict]) -> None:
        super().__init__(config, plugin_opts)

        if plugin_opts and 'source_dir' in plugin_opts:
            self.source_dir = plugin_opts['source_dir']
        elif config.has_option('options', 'source_dir'):
            self.source_dir = config.get('options', 'source_dir')
        self.with_tasks = config.getboolean('options', 'with_tasks', fallback=False)

    def ingest(self, queue: Queue) -> None:
        if not os.path.isdir(self.source_dir):
            raise StoqPluginException('Source directory not defined')
        for name in sorted(os.listdir(self.source_dir)):
            path = os.path.abspath(os.path.join(self.source_dir, name))
            if self.with_tasks and name.endswith('.task'):
                with open(path) as f:
                    queue.put(json.load(f))
                continue
            meta = PayloadMeta(
                extra_data={'filename': name, 'source_dir': os.path.dirname(path)}
            )
            with open(path, 'rb') as f:
                queue.put(Payload(f.read(), meta))

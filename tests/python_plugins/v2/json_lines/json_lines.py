# SPDX-License-Identifier: Apache-2.0
import os
from configparser import ConfigParser
from typing import Dict, Optional

from stoq.data_classes import StoqResponse
from stoq.helpers import dumps
from stoq.plugins import ConnectorPlugin


class JsonLines(ConnectorPlugin):
    def __init__(self, config: ConfigParser, plugin_opts: Optional[Dict]) -> None:
        super().__init__(config, plugin_opts)
        if plugin_opts and 'results_file' in plugin_opts:
            self.results_file = plugin_opts['results_file']
        else:
            self.results_file = config.get('options', 'results_file')

    def save(self, response: StoqResponse) -> None:
        """Save results to a file"""
        with open(os.path.abspath(self.results_file), 'a') as f:
            f.write(dumps(response, compactly=True) + '\n')

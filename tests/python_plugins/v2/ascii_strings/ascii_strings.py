# SPDX-License-Identifier: Apache-2.0
"""
Overview
========

Runs of printable characters
"""

import re
from configparser import ConfigParser
from typing import Dict, List, Optional

from stoq.data_classes import Payload, RequestMeta, WorkerResponse
from stoq.plugins import WorkerPlugin


class StringsPlugin(WorkerPlugin):
    def __init__(self, config: ConfigParser, plugin_opts: Optional[Dict]) -> None:
        super().__init__(config, plugin_opts)

        if plugin_opts and 'min_length' in plugin_opts:
            self.min_length = int(plugin_opts['min_length'])
        elif config.has_option('options', 'min_length'):
            self.min_length = config.getint('options', 'min_length')
        else:
            self.min_length = 4

        self.max_count = config.getint('options', 'max_count', fallback=1000)
        self.encodings = [
            e.strip() for e in config.get('options', 'encodings', fallback='ascii').split(',')
        ]
        if plugin_opts and 'with_offsets' in plugin_opts:
            self.with_offsets = plugin_opts['with_offsets']
        else:
            self.with_offsets = config.getboolean('options', 'with_offsets', fallback=False)

    def scan(self, payload: Payload, request_meta: RequestMeta) -> WorkerResponse:
        strings: List = []
        for encoding in self.encodings:
            unit = rb'[\x20-\x7e]' if encoding == 'ascii' else rb'(?:[\x20-\x7e]\x00)'
            for match in re.finditer(unit + b'{%d,}' % self.min_length, payload.content):
                text = match.group().decode(encoding)
                strings.append([match.start(), text] if self.with_offsets else text)
        self.log.debug('%d strings in %s', len(strings), payload.payload_id)
        return WorkerResponse({'strings': strings[: self.max_count], 'count': len(strings)})

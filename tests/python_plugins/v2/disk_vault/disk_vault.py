# SPDX-License-Identifier: Apache-2.0
import os
from configparser import ConfigParser
from typing import Dict, Optional

from stoq.data_classes import ArchiverResponse, Payload, PayloadMeta, RequestMeta
from stoq.exceptions import StoqPluginException
from stoq.helpers import get_sha1
from stoq.plugins import ArchiverPlugin


class DiskVault(ArchiverPlugin):
    def __init__(self, config: ConfigParser, plugin_opts: Optional[Dict]) -> None:
        super().__init__(config, plugin_opts)

        if plugin_opts and 'archive_dir' in plugin_opts:
            self.archive_dir = plugin_opts['archive_dir']
        elif config.has_option('options', 'archive_dir'):
            self.archive_dir = config.get('options', 'archive_dir')

    def archive(self, payload: Payload, request_meta: RequestMeta) -> ArchiverResponse:
        name = get_sha1(payload.content)
        path = os.path.join(self.archive_dir, name[:2])
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, name), 'wb') as f:
            f.write(payload.content)
        return ArchiverResponse({'path': os.path.join(name[:2], name)})

    def get(self, task: ArchiverResponse) -> Payload:
        path = os.path.join(self.archive_dir, task.results['path'])
        if not os.path.isfile(path):
            raise StoqPluginException(f"nothing is kept at {task.results['path']}")
        with open(path, 'rb') as f:
            return Payload(f.read(), PayloadMeta(extra_data=task.results))

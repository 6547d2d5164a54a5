# SPDX-License-Identifier: Apache-2.0
import hashlib
from pathlib import Path

from stoq import ArchiverResponse, Payload, PayloadMeta, Request
from stoq.exceptions import StoqPluginException
from stoq.helpers import StoqConfigParser
from stoq.plugins import ArchiverPlugin


class AsyncVault(ArchiverPlugin):
    def __init__(self, config: StoqConfigParser) -> None:
        super().__init__(config)
        self.archive_dir = Path(config.get('options', 'archive_dir', fallback='./vault'))

    async def archive(self, payload: Payload, request: Request) -> ArchiverResponse:
        if payload.content.startswith(b'refuse'):
            raise StoqPluginException('this is not kept')
        name = hashlib.sha256(payload.content).hexdigest()
        self.archive_dir.mkdir(parents=True, exist_ok=True)
        (self.archive_dir / name).write_bytes(payload.content)
        return ArchiverResponse(results={'name': name})

    async def get(self, task: ArchiverResponse) -> Payload:
        path = self.archive_dir / task.results['name']
        return Payload(path.read_bytes(), PayloadMeta(extra_data=task.results))

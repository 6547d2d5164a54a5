# SPDX-License-Identifier: Apache-2.0
from stoq import DecoratorResponse, StoqResponse
from stoq.helpers import StoqConfigParser
from stoq.plugins import ConnectorPlugin, DecoratorPlugin


class Journal(ConnectorPlugin, DecoratorPlugin):
    def __init__(self, config: StoqConfigParser) -> None:
        super().__init__(config)
        self.journal_file = config.get('options', 'journal_file')
        self.decorated = 0

    async def decorate(self, response: StoqResponse) -> DecoratorResponse:
        self.decorated += 1
        return DecoratorResponse(results={'entry': self.decorated, 'scan': bool(response.scan_id)})

    async def save(self, response: StoqResponse) -> None:
        entry = response.decorators['journal']['entry']
        with open(self.journal_file, 'a') as f:
            f.write(f'{entry} {len(response.results)} {sorted(response.errors)}\n')

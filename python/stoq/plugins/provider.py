# SPDX-License-Identifier: Apache-2.0
"""Providers bring what is to be scanned."""

from abc import ABC, abstractmethod
from queue import Queue

from stoq.data_classes import Payload
from stoq.plugins.base import BasePlugin


class ProviderPlugin(BasePlugin, ABC):
    """Brings what is to be scanned. stoQ 3: `async def ingest(self, queue)`, with `await queue.put`."""

    @abstractmethod
    def ingest(self, queue: "Queue[Payload]") -> None:
        """Puts Payload objects, or tasks ({archiver: results of its archive}), until there are no
        more. put waits while the queue is full."""

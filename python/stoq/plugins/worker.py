# SPDX-License-Identifier: Apache-2.0
"""Workers look at payloads."""

from abc import ABC, abstractmethod
from typing import Optional

from stoq.data_classes import Payload, RequestMeta, WorkerResponse
from stoq.plugins.base import BasePlugin


class WorkerPlugin(BasePlugin, ABC):
    """Looks at a payload. stoQ 3: `async def scan(self, payload, request)`."""

    @abstractmethod
    def scan(self, payload: Payload, request_meta: RequestMeta) -> Optional[WorkerResponse]:
        """What it finds, and what it extracts; None for nothing."""

# SPDX-License-Identifier: Apache-2.0
"""Dispatchers name the workers of a payload."""

from abc import ABC, abstractmethod
from typing import Optional

from stoq.data_classes import DispatcherResponse, Payload, RequestMeta
from stoq.plugins.base import BasePlugin


class DispatcherPlugin(BasePlugin, ABC):
    """Names the workers that are to look at a payload, before any has."""

    @abstractmethod
    def get_dispatches(self, payload: Payload,
                       request_meta: RequestMeta) -> Optional[DispatcherResponse]:
        """Names of workers, and meta for them."""

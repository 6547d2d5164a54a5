# SPDX-License-Identifier: Apache-2.0
"""Deep dispatchers name workers by what others have found."""

from abc import ABC, abstractmethod
from typing import Optional

from stoq.data_classes import DeepDispatcherResponse, Payload, RequestMeta
from stoq.plugins.base import BasePlugin


class DeepDispatcherPlugin(BasePlugin, ABC):
    """Names further workers for a payload, when those before have looked at it."""

    @abstractmethod
    def get_deep_dispatches(self, payload: Payload,
                            request_meta: RequestMeta) -> Optional[DeepDispatcherResponse]:
        """Names of workers, and meta for them; none ends the passes."""

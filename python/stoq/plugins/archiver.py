# SPDX-License-Identifier: Apache-2.0
"""Archivers keep payloads, and get them back."""

from abc import ABC
from typing import Optional

from stoq.data_classes import ArchiverResponse, Payload, RequestMeta
from stoq.plugins.base import BasePlugin


class ArchiverPlugin(BasePlugin, ABC):
    """Keeps payloads, gets them back, or both."""

    def archive(self, payload: Payload, request_meta: RequestMeta) -> Optional[ArchiverResponse]:
        """Keeps a payload; its results are what get needs to find it again."""
        raise NotImplementedError(f"{type(self).__name__} does not archive")

    def get(self, task: ArchiverResponse) -> Optional[Payload]:
        """The payload that these results of archive stand for; None when there is none."""
        raise NotImplementedError(f"{type(self).__name__} does not get payloads")

# SPDX-License-Identifier: Apache-2.0
"""Connectors save responses."""

from abc import ABC, abstractmethod

from stoq.data_classes import StoqResponse
from stoq.plugins.base import BasePlugin


class ConnectorPlugin(BasePlugin, ABC):
    """Saves responses."""

    @abstractmethod
    def save(self, response: StoqResponse) -> None:
        """Saves it; raises when it is not safe."""

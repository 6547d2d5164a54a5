# SPDX-License-Identifier: Apache-2.0
"""Decorators add to a response."""

from abc import ABC, abstractmethod
from typing import Optional

from stoq.data_classes import DecoratorResponse, StoqResponse
from stoq.plugins.base import BasePlugin


class DecoratorPlugin(BasePlugin, ABC):
    """Adds something to a response before it is saved."""

    @abstractmethod
    def decorate(self, response: StoqResponse) -> Optional[DecoratorResponse]:
        """What is to stand under its name in `decorators`."""

# SPDX-License-Identifier: Apache-2.0
"""The classes that plugins derive from, one for each role."""

from stoq.plugins.archiver import ArchiverPlugin
from stoq.plugins.base import BasePlugin
from stoq.plugins.connector import ConnectorPlugin
from stoq.plugins.decorator import DecoratorPlugin
from stoq.plugins.deep_dispatcher import DeepDispatcherPlugin
from stoq.plugins.dispatcher import DispatcherPlugin
from stoq.plugins.provider import ProviderPlugin
from stoq.plugins.worker import WorkerPlugin

__all__ = ['ArchiverPlugin', 'BasePlugin', 'ConnectorPlugin', 'DecoratorPlugin',
           'DeepDispatcherPlugin', 'DispatcherPlugin', 'ProviderPlugin', 'WorkerPlugin']

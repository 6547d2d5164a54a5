# SPDX-License-Identifier: Apache-2.0
"""Finds plugins and loads them."""

import ast
import configparser
import logging
import os
import threading
from typing import Any, Dict, List, Optional, Tuple

from stoq import _native
from stoq._adapter import Adapter, load
from stoq._load import ROLES, read_config, roles_of
from stoq.exceptions import StoqException, StoqPluginException, StoqPluginNotFound
from stoq.helpers import StoqConfigParser, format_exc
from stoq.plugins import BasePlugin

PluginOpts = Dict[str, Dict[str, Any]]


class StoqPluginManager:
    """The plugins of some directories; later ones win.

    plugin_opts: {plugin: {option: value}}, laid over stoq.cfg, which is laid over the plugin's .stoq.
    stoq_config: what was read of stoq.cfg.
    """

    def __init__(self, plugin_dir_list: List[str], plugin_opts: Optional[PluginOpts] = None,
                 stoq_config: Optional[StoqConfigParser] = None) -> None:
        self.log = logging.getLogger('stoq')
        self._plugin_opts: PluginOpts = plugin_opts or {}
        self._sections: Dict[str, Dict[str, str]] = {}
        if stoq_config is not None:
            self._sections = {name: dict(stoq_config.items(name))
                              for name in stoq_config.sections()}
        self._loaded_plugins: Dict[str, Any] = {}
        self._adapters: Dict[str, Adapter] = {}
        self._load_lock = threading.RLock()
        self._collect_plugins(plugin_dir_list, warn=True)

    def _collect_plugins(self, plugin_dir_list: List[str], warn: bool) -> None:
        manifests, warnings = _native.discover([os.path.abspath(path) for path in plugin_dir_list])
        self._manifests: Dict[str, Dict[str, Any]] = {m['name']: m for m in manifests}
        self._infos: Optional[Dict[str, Tuple[str, StoqConfigParser]]] = None
        if warn:
            for warning in warnings:
                self.log.warning(warning)

    @property
    def _plugin_name_to_info(self) -> Dict[str, Tuple[str, StoqConfigParser]]:
        """By name, but for the installed ones: the path of the module, and what its .stoq says."""
        if self._infos is None:
            self._infos = {}
            for name, manifest in self._manifests.items():
                if manifest['installed']:
                    continue
                try:
                    self._infos[name] = (manifest['module'], read_config(manifest['file']))
                except (OSError, UnicodeDecodeError, configparser.Error) as e:
                    self.log.warning('Error parsing config file: %s: %s', manifest['file'], e)
        return self._infos

    def load_plugin(self, plugin_name: str) -> Any:
        """The plugin of that name, the same object every time. StoqPluginNotFound,
        StoqPluginException."""
        name = plugin_name.strip()
        if name in self._loaded_plugins:
            return self._loaded_plugins[name]
        manifest = self._manifests.get(name)
        if manifest is None:
            raise StoqPluginNotFound(
                f'The plugin "{name}" is invalid or does not exist in your plugin path')
        if not manifest['python']:
            return self._load_native(name)
        try:
            return self._adapter(name).plugin
        except StoqException:
            raise
        except (Exception, SystemExit) as e:
            raise StoqPluginException(
                f"plugin '{name}' ({manifest['file']}) cannot be loaded: {format_exc(e)}") from e

    def _load_native(self, name: str) -> Any:
        raise StoqPluginException(f"plugin '{name}' is not written in Python: load it with a Stoq")

    def _adapter(self, name: str) -> Adapter:
        """The live object of that name behind its adapter. What its code raises goes through."""
        with self._load_lock:
            plugin = self._loaded_plugins.get(name)
            adapter = self._adapters.get(name)
            if adapter is not None and (plugin is adapter.plugin or plugin is None):
                return adapter
            if isinstance(plugin, BasePlugin):  # put there by the program
                adapter = Adapter(plugin)
            else:
                manifest = self._manifests[name]
                if _newer(manifest['min_stoq_version']):
                    self.log.warning('Plugin %s not compatible with this version of stoQ. '
                                     'Unpredictable results may occur!', name)
                adapter = load(name, manifest['file'], manifest['module'],
                               self._sections.get(name, {}), self._plugin_opts.get(name))
                self._loaded_plugins[name] = adapter.plugin
            self._adapters[name] = adapter
            return adapter

    def list_plugins(self) -> Dict[str, Dict[str, Any]]:
        """By name: classes ('Worker' …), version and description. Runs no plugin's code, if it is
        written in Python."""
        listing: Dict[str, Dict[str, Any]] = {}
        for name, manifest in self._manifests.items():
            classes = list(manifest['classes'])
            if not classes and manifest['python']:
                plugin = self._loaded_plugins.get(name)
                classes = (roles_of(type(plugin)) if plugin is not None
                           else _classes_of(manifest['module']))
            listing[name] = {'classes': classes, 'version': manifest['version'],
                             'description': manifest['description']}
        return listing


def _newer(version: str) -> bool:
    """Whether a plugin asks for a stoQ after this one."""
    from stoq import __version__

    def numbers(text: str) -> List[int]:
        return [int(part) if part.isdigit() else 0 for part in text.strip().split('.')]
    return bool(version.strip()) and numbers(version) > numbers(__version__)


def _classes_of(path: str) -> List[str]:
    """The roles that the classes in a file name as their bases."""
    try:
        with open(path, 'rb') as f:
            tree = ast.parse(f.read())
    except (OSError, SyntaxError, ValueError):
        return []
    bases = {base.attr if isinstance(base, ast.Attribute) else getattr(base, 'id', '')
             for node in tree.body if isinstance(node, ast.ClassDef) for base in node.bases}
    return [role for role, cls in ROLES.items() if cls.__name__ in bases]

# SPDX-License-Identifier: Apache-2.0
"""From a plugin's file to its object: which class it is, for which stoQ it was written."""

import importlib.util
import inspect
import sys
from types import ModuleType
from typing import Any, Callable, Dict, List, Optional, Tuple, Type

from stoq.exceptions import StoqPluginException
from stoq.helpers import StoqConfigParser
from stoq.plugins import (ArchiverPlugin, BasePlugin, ConnectorPlugin, DecoratorPlugin,
                          DeepDispatcherPlugin, DispatcherPlugin, ProviderPlugin, WorkerPlugin)

ROLES: Dict[str, Type[BasePlugin]] = {
    'Worker': WorkerPlugin, 'Dispatcher': DispatcherPlugin, 'DeepDispatcher': DeepDispatcherPlugin,
    'Archiver': ArchiverPlugin, 'Connector': ConnectorPlugin, 'Decorator': DecoratorPlugin,
    'Provider': ProviderPlugin}

# The methods of a role: those of the payload take something of the request, too.
_WITH_REQUEST = {'Worker': ('scan',), 'Dispatcher': ('get_dispatches',),
                 'DeepDispatcher': ('get_deep_dispatches',), 'Archiver': ('archive',)}
_ALONE = {'Archiver': ('get',), 'Connector': ('save',), 'Decorator': ('decorate',),
          'Provider': ('ingest',)}


def roles_of(cls: type) -> List[str]:
    """The roles that a plugin class plays."""
    return [role for role, base in ROLES.items() if issubclass(cls, base)]


def read_config(file: str) -> StoqConfigParser:
    """A .stoq file. configparser.Error, OSError, UnicodeDecodeError."""
    config = StoqConfigParser()
    with open(file, encoding='utf-8-sig') as f:
        config.read_file(f)
    return config


def load_module(name: str, path: str) -> ModuleType:
    """The module of the plugin of that name. What its code raises goes through."""
    # Under a name of its own, so that a plugin `yara` can import the module yara.
    full_name = f'stoq_plugins.{name}'
    spec = importlib.util.spec_from_file_location(full_name, path)
    if spec is None or spec.loader is None:
        raise StoqPluginException(f'{path} is no Python module')
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(full_name)
    sys.modules[full_name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        if before is None:
            sys.modules.pop(full_name, None)
        else:
            sys.modules[full_name] = before
        raise
    return module


def find_class(module: ModuleType) -> Type[BasePlugin]:
    """The one concrete plugin class of a module. StoqPluginException when there is none, or more."""
    own = [cls for _, cls in inspect.getmembers(module, inspect.isclass)
           if issubclass(cls, BasePlugin) and roles_of(cls)
           and not cls.__module__.startswith('stoq.')]
    concrete = [cls for cls in dict.fromkeys(own) if not inspect.isabstract(cls)]
    if len(concrete) == 1:
        return concrete[0]
    if concrete:
        names = ', '.join(cls.__name__ for cls in concrete)
        raise StoqPluginException(
            f'Multiple possible plugin classes found in the module {module.__file__}: {names}')
    lacking = '; '.join(f'{cls.__name__} lacks {", ".join(sorted(cls.__abstractmethods__))}'
                        for cls in dict.fromkeys(own))
    raise StoqPluginException(f'No valid plugin classes found in the module {module.__file__}'
                              + (f': {lacking}' if lacking else ''))


def _positional(function: Callable[..., Any]) -> Tuple[List[inspect.Parameter], bool]:
    """The positional parameters of a function of a class without self, and whether it takes any
    number."""
    parameters = list(inspect.signature(function).parameters.values())
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    positional = [p for p in parameters if p.kind in kinds]
    return positional[1:], any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters)


def _said(parameter: inspect.Parameter) -> Optional[int]:
    """Which stoQ passes what this parameter names or is annotated with."""
    annotation = parameter.annotation
    text = annotation if isinstance(annotation, str) else getattr(annotation, '__name__', '')
    last = text.strip('\'"').rpartition('.')[2]
    if last in ('Request', 'RequestMeta'):
        return 3 if last == 'Request' else 2
    return 2 if parameter.name == 'request_meta' else None


class Style:
    """How a plugin is to be called.

    version: 2 or 3. takes_opts: its constructor takes plugin_opts as well.
    """

    def __init__(self, cls: Type[BasePlugin]) -> None:
        self.votes: Dict[int, str] = {}  # version: the first reason for it
        self._takes_request = ''  # a method with a parameter of that name; it may mean anything
        asynchronous = ''
        for role in roles_of(cls):
            for name in _WITH_REQUEST.get(role, ()) + _ALONE.get(role, ()):
                method = getattr(cls, name)
                if getattr(ROLES[role], name) is method:
                    continue  # not written by the plugin
                wanted = 2 if name in _WITH_REQUEST.get(role, ()) else 1
                if isinstance(inspect.getattr_static(cls, name), (staticmethod, classmethod)):
                    raise StoqPluginException(f'{name} must be a plain method')
                if inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
                    asynchronous = asynchronous or name
                self._method(name, method, wanted)
        self.takes_opts = self._constructor(cls)
        if asynchronous:
            self._vote(3, f'{asynchronous} is a coroutine')
        if self._takes_request and not self.votes:
            self._vote(3, f'{self._takes_request} takes request')
        if len(self.votes) > 1:
            raise StoqPluginException(
                'it cannot be told whether it is written for stoQ 2 or 3: '
                f'{self.votes[2]}, as in stoQ 2, but {self.votes[3]}, as in stoQ 3')
        self.version = next(iter(self.votes), 2)

    def _vote(self, version: Optional[int], reason: str) -> None:
        if version is not None:
            self.votes.setdefault(version, reason)

    def _method(self, name: str, method: Any, wanted: int) -> None:
        try:
            positional, any_number = _positional(method)
        except (TypeError, ValueError):
            return
        required = [p for p in positional if p.default is inspect.Parameter.empty]
        if len(required) > wanted or (len(positional) < wanted and not any_number):
            raise StoqPluginException(
                f'{name} takes {len(positional)} arguments, but is called with {wanted}: '
                + ('(payload, request_meta) in stoQ 2, (payload, request) in stoQ 3'
                   if wanted == 2 else f'({", ".join(p.name for p in positional) or "one"})'))
        if wanted == 2 and len(positional) > 1:
            self._vote(_said(positional[1]), f'{name} takes {positional[1].name}')
            if positional[1].name == 'request':
                self._takes_request = name

    def _constructor(self, cls: Type[BasePlugin]) -> bool:
        if cls.__init__ is BasePlugin.__init__:
            return True
        positional, any_number = _positional(cls.__init__)
        required = [p for p in positional if p.default is inspect.Parameter.empty]
        if any_number:
            return True
        if not positional or len(required) > 2:
            raise StoqPluginException(
                f'its constructor takes {len(required)} arguments: (config, plugin_opts) in stoQ 2, '
                '(config) in stoQ 3')
        named = ', '.join(p.name for p in positional)
        if len(required) == 2:
            self._vote(2, f'its constructor takes ({named})')
        elif len(positional) == 1:
            self._vote(3, f'its constructor takes ({named})')
        return len(positional) > 1


def make(name: str, path: str, config: StoqConfigParser,
         plugin_opts: Optional[Dict[str, Any]]) -> Tuple[BasePlugin, Style]:
    """The object of the plugin of that name. StoqPluginException says why there is none; what the
    plugin's own code raises goes through."""
    cls = find_class(load_module(name, path))
    style = Style(cls)
    plugin = cls(config, plugin_opts) if style.takes_opts else cls(config)  # type: ignore
    if not getattr(plugin, 'plugin_name', None):  # its constructor did not call the base's
        BasePlugin.__init__(plugin, config, plugin_opts)
    return plugin, style

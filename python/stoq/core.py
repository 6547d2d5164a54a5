# SPDX-License-Identifier: Apache-2.0
"""The engine for Python programs."""

import atexit
import copy
import weakref
from typing import Any, Dict, List, Optional, Union

from stoq import _adapter, _logs, _loop, _native
from stoq._adapter import Adapter
from stoq._json import encode
from stoq._native_plugin import NativePlugin
from stoq.data_classes import (Content, Payload, PayloadMeta, PayloadResults, RequestMeta,
                               StoqResponse, payload_meta_of, request_meta_of)
from stoq.exceptions import StoqException, StoqPluginException
from stoq.helpers import format_exc
from stoq.plugin_manager import PluginOpts, StoqPluginManager
from stoq.plugins import BasePlugin
from stoq.utils import interval, wait_for_rate

__all__ = ['Stoq']

if hasattr(_native, 'end_all_engines'):  # not where the command runs plugins
    atexit.register(_native.end_all_engines)

_UNSET: Any = object()
Names = Optional[List[str]]
Meta = Union[PayloadMeta, Dict[str, Any], None]
Requested = Union[RequestMeta, Dict[str, Any], None]


def _option_text(value: Any) -> str:
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple, set)) and all(isinstance(v, str) for v in value):
        return ', '.join(value)
    return '' if value is None else encode(value)


def _option_texts(options: Optional[Dict[str, Any]]) -> Dict[str, str]:
    return {str(name): _option_text(value) for name, value in (options or {}).items()}


class Stoq(StoqPluginManager):
    """The engine with its plugins.

    Every argument may be left out; what is left out comes from stoq.cfg, then from the defaults.

    base_dir: the working directory. config_file: <base_dir>/stoq.cfg. log_dir: <base_dir>/logs; None:
    no log file. log_level: 'INFO'. plugin_dir_list: searched after the installed plugins; later ones
    win. plugin_opts: {plugin: {option: value}}. providers … always_dispatch: names of plugins.
    max_recursion: 3; max_dispatch_passes: 1. core: further keys of [core]. threads: of run and of
    requests that fan out; the number of cores. timings, explain: add to each result how long each
    plugin took, and why it ran.

    Methods may be called from several threads at once; the interpreter is not held while native
    plugins work. Raises StoqException for bad configuration, StoqPluginException for plugins that
    cannot be loaded. A child of fork needs a Stoq of its own.
    """

    def __init__(self, base_dir: Optional[str] = None, config_file: Optional[str] = None,
                 log_dir: Optional[str] = _UNSET, log_level: Optional[str] = None,
                 plugin_dir_list: Names = None, plugin_opts: Optional[PluginOpts] = None,
                 providers: Names = None, source_archivers: Names = None,
                 dest_archivers: Names = None, connectors: Names = None, dispatchers: Names = None,
                 deep_dispatchers: Names = None, decorators: Names = None,
                 always_dispatch: Names = None, max_recursion: Optional[int] = None,
                 max_dispatch_passes: Optional[int] = None, *,
                 core: Optional[Dict[str, Any]] = None, threads: Optional[int] = None,
                 timings: bool = False, explain: bool = False) -> None:
        options: Dict[str, Any] = {
            'base_dir': base_dir, 'config_file': config_file, 'log_level': log_level,
            'plugin_dir_list': plugin_dir_list, 'providers': providers,
            'source_archivers': source_archivers, 'dest_archivers': dest_archivers,
            'connectors': connectors, 'dispatchers': dispatchers,
            'deep_dispatchers': deep_dispatchers, 'decorators': decorators,
            'always_dispatch': always_dispatch, 'max_recursion': max_recursion,
            'max_dispatch_passes': max_dispatch_passes, 'threads': threads, 'timings': timings,
            'explain': explain, 'core': _option_texts(core),
            'plugin_opts': {name: _option_texts(o) for name, o in (plugin_opts or {}).items()}}
        if log_dir is not _UNSET:
            options['log_dir'] = '' if log_dir is None else log_dir
        if not hasattr(_native, 'Engine'):
            raise StoqException('plugins that run under the command stoq cannot make a Stoq')
        settings = _native.settings(options)
        super().__init__([], plugin_opts)
        self._log_file = weakref.finalize(self, _logs.close_log, _logs.open_log(settings))
        self._sections = settings['sections']
        self._collect_plugins(settings['plugin_dir_list'], warn=False)
        self._options = options
        self.base_dir: str = settings['base_dir']
        self.log_dir: str = settings['log_dir']
        self.max_queue: int = settings['max_queue']
        this = weakref.ref(self)
        self._engine = _native.Engine(options, lambda name: this()._make(name))  # type: ignore
        self._take(settings)

    def _take(self, settings: Dict[str, Any]) -> None:
        """What the engine goes by, and the objects of the plugins that it names."""
        self._max_recursion: int = settings['max_recursion']
        self._max_dispatch_passes: int = settings['max_dispatch_passes']
        self.always_dispatch: List[str] = settings['always_dispatch']
        self._always_dispatch_known = list(self.always_dispatch)
        for name in self.always_dispatch:
            self._load_quietly(name)

        def loaded(names: List[str]) -> Dict[str, Any]:
            return {name: self.load_plugin(name) for name in names}

        self._loaded_provider_plugins = loaded(settings['providers'])
        self._loaded_source_archiver_plugins = loaded(settings['source_archivers'])
        self._loaded_dest_archiver_plugins = loaded(settings['dest_archivers'])
        self._loaded_connector_plugins = list(loaded(settings['connectors']).values())
        self._loaded_dispatcher_plugins = loaded(settings['dispatchers'])
        self._loaded_deep_dispatcher_plugins = loaded(settings['deep_dispatchers'])
        self._loaded_decorator_plugins = loaded(settings['decorators'])

    @property
    def max_recursion(self) -> int:
        """Levels below the root that are scanned; may be changed."""
        return self._max_recursion

    @max_recursion.setter
    def max_recursion(self, value: int) -> None:
        self._engine.change(value, None, None)
        self._max_recursion = value

    @property
    def max_dispatch_passes(self) -> int:
        """How often deep dispatchers are asked about a payload; may be changed."""
        return self._max_dispatch_passes

    @max_dispatch_passes.setter
    def max_dispatch_passes(self, value: int) -> None:
        self._engine.change(None, value, None)
        self._max_dispatch_passes = value

    # Plugins.

    def _make(self, name: str) -> Optional[Adapter]:
        """The engine asks for a plugin: a live object, or None."""
        if isinstance(self._loaded_plugins.get(name), BasePlugin) or \
                self._manifests.get(name, {}).get('python'):
            return self._adapter(name)
        if name not in self._manifests:  # of others that do not load the engine tells
            self.log.error('failed to load (%s): there is no such plugin', name)
        return None

    def load_plugin(self, plugin_name: str) -> Any:
        """The plugin of that name, the same object every time: the live object of one that is
        written in Python; else one with the methods of its roles. StoqPluginNotFound,
        StoqPluginException."""
        known = self._loaded_plugins.get(plugin_name)
        if known is not None:
            return known
        plugin = super().load_plugin(plugin_name)
        if isinstance(plugin, BasePlugin):
            self._engine.load(plugin_name.strip())  # requests reckon with a live object from now on
        return plugin

    def _load_native(self, name: str) -> Any:
        about = self._engine.describe(name)
        with self._load_lock:
            return self._loaded_plugins.setdefault(name, NativePlugin(
                self._engine, name, about['classes'], about['version'], about['description']))

    def _load_quietly(self, name: Any) -> None:
        """Loads a live object that requests will want; why it cannot be had is told there."""
        if isinstance(name, str) and name not in self._loaded_plugins and \
                self._manifests.get(name.strip(), {}).get('python'):
            try:
                self.load_plugin(name)
            except StoqException:
                pass

    def add_plugin(self, name: str, plugin: BasePlugin) -> None:
        """An object as the plugin of that name, in all of its roles; replaces one of the same
        name."""
        adapter = Adapter(plugin)
        with self._load_lock:
            self._loaded_plugins[name] = plugin
            self._adapters[name] = adapter
        self._engine.add(name, adapter)

    def list_plugins(self) -> Dict[str, Dict[str, Any]]:
        """By name: classes ('Worker' …), version and description."""
        listing = super().list_plugins()
        for name, entry in listing.items():
            if not entry['classes'] and not self._manifests[name]['python']:
                try:
                    entry['classes'] = list(self._engine.describe(name)['classes'])
                except StoqPluginException as e:
                    self.log.warning('%s', e)
        for name, plugin in self._loaded_plugins.items():
            if name not in listing and isinstance(plugin, BasePlugin):
                traits = self._adapter(name).traits
                listing[name] = {'classes': traits['roles'], 'version': traits['version'],
                                 'description': traits['description']}
        return listing

    def reload(self) -> None:
        """Reads configuration, manifests, native plugins and rules again; live objects stay.
        StoqException when something does not load: then nothing has changed."""
        settings = _native.settings(self._options)
        before = self._sections, self._manifests, self._infos
        self._sections = settings['sections']
        self._collect_plugins(settings['plugin_dir_list'], warn=False)
        try:
            self._engine.reload()
        except BaseException:
            self._sections, self._manifests, self._infos = before
            raise
        self._take(settings)

    # Scans.

    @staticmethod
    def _may_wait() -> None:
        if _loop.is_here():
            raise StoqException('coroutines of plugins share a thread, where none may wait for a scan: '
                                'await asyncio.to_thread(stoq.scan, …)')

    def _prepare(self, *names: Any) -> None:
        if self.always_dispatch != self._always_dispatch_known:
            self._engine.change(None, None, self.always_dispatch or [])
            self._always_dispatch_known = list(self.always_dispatch or [])
            names += (self.always_dispatch,)
        for some in names:
            if isinstance(some, str):
                self._load_quietly(some)
            elif isinstance(some, (list, tuple, set)):
                for name in some:
                    self._load_quietly(name)

    def scan(self, content: Content, payload_meta: Meta = None, request_meta: Requested = None,
             add_start_dispatch: Names = None, add_start_deep_dispatch: Names = None,
             ratelimit: Optional[str] = None) -> StoqResponse:
        """Scans bytes (a str is its UTF-8), saves the response with all connectors, and returns it.

        payload_meta, request_meta: a dict stands for the meta whose extra_data it is.
        add_start_dispatch, add_start_deep_dispatch: workers for the first round, and the first pass
        after it. ratelimit: 'count/seconds', calls of this process are spaced so.

        What plugins fail at is in the response; TypeError and StoqException are for arguments that
        make no sense.
        """
        self._may_wait()
        meta = None if payload_meta is None else payload_meta_of(payload_meta)
        if add_start_dispatch or add_start_deep_dispatch or meta is not None and meta.dispatch_to \
                or self.always_dispatch != self._always_dispatch_known:
            self._prepare(add_start_dispatch, add_start_deep_dispatch,
                          meta.dispatch_to if meta else None)
        if ratelimit:
            self._wait(ratelimit)
        return self._engine.scan(
            content, None if meta is None else encode(meta),
            None if request_meta is None else encode(request_meta_of(request_meta)),
            add_start_dispatch, add_start_deep_dispatch, '')

    @staticmethod
    def _wait(ratelimit: str) -> None:
        try:
            interval(ratelimit)
        except ValueError as e:
            raise StoqException(str(e)) from None
        wait_for_rate(ratelimit)

    def scan_payload(self, payload: Payload, request_meta: Requested = None,
                     add_start_dispatch: Names = None,
                     add_start_deep_dispatch: Names = None) -> StoqResponse:
        """Scans a Payload: as scan. Live objects get this very payload."""
        if not isinstance(payload, Payload):
            raise TypeError(f'payload is {type(payload).__name__}: give a Payload')
        self._may_wait()
        meta = payload_meta_of(payload.payload_meta)
        self._prepare(add_start_dispatch, add_start_deep_dispatch, meta.dispatch_to)
        response = self._engine.scan_payload(
            payload, encode(meta),
            None if request_meta is None else encode(request_meta_of(request_meta)),
            add_start_dispatch, add_start_deep_dispatch)
        payload._scanned(response)
        return response

    def run(self, request_meta: Requested = None, add_start_dispatch: Names = None,
            add_start_deep_dispatch: Names = None) -> None:
        """Scans what the providers bring until they have no more, or stop is called.

        StoqException without provider, and when a provider has failed, after everything that came
        was dealt with. Ctrl-C ends it in good order.
        """
        self._may_wait()
        self._prepare(add_start_dispatch, add_start_deep_dispatch)
        self._engine.run(None if request_meta is None else encode(request_meta_of(request_meta)),
                         add_start_dispatch, add_start_deep_dispatch)

    def stop(self) -> None:
        """Ends run, from any thread: what is in work is finished."""
        self._engine.stop()

    def reconstruct_all_subresponses(self, stoq_response: StoqResponse) -> List[StoqResponse]:
        """For every payload of a response, in order, a response of its own: that payload and
        everything that came out of it, decorated anew. Errors are copies."""
        whole = {name: getattr(stoq_response, name) for name in stoq_response._fields
                 if name not in ('results', 'decorators')}
        parts = []
        for at, root in enumerate(stoq_response.results):
            inside = {root.payload_id}
            results: List[PayloadResults] = [root]
            for result in stoq_response.results[at + 1:]:
                if result.extracted_from in inside:
                    inside.add(result.payload_id)
                    results.append(result)
            part = StoqResponse.__new__(StoqResponse)
            part.__setstate__({**copy.deepcopy(whole), 'results': copy.deepcopy(results),
                               'decorators': {}})
            for name, plugin in self._loaded_decorator_plugins.items():
                self._decorate(name, plugin, part)
            parts.append(part)
        return parts

    def _decorate(self, name: str, plugin: Any, response: StoqResponse) -> None:
        try:
            answer = _adapter.decorated(plugin, response)
        except (Exception, SystemExit) as e:
            response.errors.setdefault(name, []).append(format_exc(e, 'decorator'))
            self.log.error('%s', format_exc(e, f'decorator ({name})'))
            return
        if answer is None:
            return
        if answer.errors:
            response.errors.setdefault(name, []).extend(_adapter.texts(answer.errors))
        if answer.results is not None:
            response.decorators[name] = answer.results

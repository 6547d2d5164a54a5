# SPDX-License-Identifier: Apache-2.0
"""Plugin objects behind one interface for the engine: whatever they were written for, and whatever
they return, plain tuples of bytes and JSON text come out."""

import logging
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple, Union

from stoq import _loop
from stoq._json import characters, encode
from stoq._load import Style, make, read_config, roles_of
from stoq._queue import AsyncItemQueue, IntakeEnded, ItemQueue
from stoq.data_classes import (ArchiverResponse, DecoratorResponse, DispatcherResponse, Error,
                               ExtractedPayload, Payload, Request, RequestMeta, StoqResponse,
                               WorkerResponse, as_bytes, payload_meta_of)
from stoq.helpers import StoqConfigParser, format_exc, type_name, where
from stoq.plugins import BasePlugin

_log = logging.getLogger('stoq')

# (results, [(content, payload_meta), …], errors, names of workers)
Scanned = Tuple[Optional[str], List[Tuple[bytes, str]], List[str], List[str]]
# (names, all of the meta, [(name, meta), …] for those named, errors)
Dispatched = Tuple[List[str], Optional[str], List[Tuple[str, str]], List[str]]


def describe(exc: BaseException) -> Tuple[str, str]:
    """The innermost frame and the type of an exception, and its text."""
    if isinstance(exc, _Returned):
        return 'TypeError', str(exc)
    place = where(exc)
    kind = type_name(type(exc))
    try:
        text = characters(str(exc))
    except Exception:
        text = '(its text cannot be had)'
    return (f'{place} ; {kind}' if place else kind), text


def _errors(errors: Any) -> List[str]:
    if not errors:
        return []
    if isinstance(errors, Mapping):
        errors = [f'{name}: {text}' for name, text in errors.items()]
    elif isinstance(errors, (str, Error, BaseException)) or not isinstance(errors, Iterable):
        errors = [errors]
    return [characters(_error(error)) for error in errors]


def _error(error: Any) -> str:
    if isinstance(error, Error):
        return str(error.error)
    if isinstance(error, BaseException):
        return f'{type_name(type(error))}: {error}'
    return error if isinstance(error, str) else encode(error)


def _names(names: Any, what: str, errors: List[str]) -> List[str]:
    if not names:
        return []
    if isinstance(names, str):
        return [characters(names)]
    if not isinstance(names, Iterable) or isinstance(names, (bytes, Mapping)):
        errors.append(f'{what} is {type(names).__name__}, not a list of names')
        return []
    names = list(names)
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        errors.append(f'{what} holds {type(wrong[0]).__name__}, which is no name')
    return [characters(name) for name in names if isinstance(name, str)]


def _extracted(extracted: Any, errors: List[str]) -> List[Tuple[bytes, str]]:
    if isinstance(extracted, (ExtractedPayload, Payload)):
        extracted = [extracted]
    elif not isinstance(extracted, Iterable) or isinstance(extracted, (str, bytes, Mapping)):
        errors.append(f'extracted is {type(extracted).__name__}, not a list of ExtractedPayload')
        return []
    given = []
    try:
        for one in extracted:
            try:
                if not isinstance(one, (ExtractedPayload, Payload)):
                    raise TypeError(f'{type(one).__name__} is no ExtractedPayload')
                given.append((as_bytes(one.content), encode(payload_meta_of(one.payload_meta))))
            except (TypeError, ValueError) as e:
                errors.append(f'a payload that it extracted was refused: {e}')
    except (Exception, SystemExit) as e:  # of a generator
        errors.append(format_exc(e, 'its extraction ended early'))
    return given


def _results(results: Any, errors: List[str]) -> Optional[str]:
    if results is None:
        return None
    try:
        return encode(results)
    except (TypeError, ValueError, RecursionError) as e:
        errors.append(f'its results were refused: {type(e).__name__}: {e}')
        return None


# What the log says of a method that raised; a worker's name of the stage is the errors' business.
_STAGES = {'scan': 'worker:failed to scan', 'get_dispatches': 'dispatcher:failed to dispatch',
           'get_deep_dispatches': 'deep dispatcher:failed to deep dispatch',
           'archive': 'archiver:failed to archive', 'get': 'archiver:failed to get',
           'decorate': 'decorator', 'ingest': 'provider:failed to ingest'}


class _Returned(TypeError):
    """A plugin returned what it must not; there is no frame to blame."""


class Adapter:
    """One plugin object. Methods look up the plugin's own at every call, so that one that was
    replaced counts; what the plugin raises goes through."""

    def __init__(self, plugin: BasePlugin, style: Optional[Style] = None) -> None:
        self.plugin = plugin
        self.name = str(plugin.plugin_name)
        self.style = style or Style(type(plugin))
        self.roles = roles_of(type(plugin))
        self._v3 = self.style.version == 3

    @property
    def traits(self) -> Dict[str, Any]:
        """What the engine is to know of it."""
        plugin = self.plugin
        required = getattr(plugin, 'required_workers', None) or ()
        names = [required] if isinstance(required, str) else sorted(str(name) for name in required)
        return {'roles': self.roles, 'required_workers': names,
                'version': str(getattr(plugin, '__version__', '') or ''),
                'description': str(getattr(plugin, '__description__', '') or '')}

    def failed(self, method: str, exc: BaseException) -> None:
        """Tells the log what the plugin has raised."""
        if method != 'save':  # which tells its own
            _log.error('%s', format_exc(exc, f'{_STAGES[method]} ({self.name})'),
                       exc_info=(type(exc), exc, exc.__traceback__))

    def _request(self, payload: Payload, request_meta: RequestMeta) -> Any:
        return Request([payload], request_meta) if self._v3 else request_meta

    def _answer(self, answer: Any, expected: type) -> Any:
        """The answer itself; None, or one of the class."""
        if answer is None or type(answer) is expected:
            return answer
        if hasattr(type(answer), '__await__'):
            answer = _loop.run(answer)
        if answer is None or isinstance(answer, expected):
            return answer
        raise _Returned(f'it returned {type(answer).__name__}, not a {expected.__name__} or None')

    def scan(self, payload: Payload, request_meta: RequestMeta) -> Optional[Scanned]:
        request = request_meta if not self._v3 else Request([payload], request_meta)
        answer = self.plugin.scan(payload, request)  # type: ignore[attr-defined]
        if answer is not None:
            answer = self._answer(answer, WorkerResponse)
        further = request.errors if self._v3 else None
        if answer is None:
            return (None, [], _errors(further), []) if further else None
        errors = _errors(answer.errors) + _errors(further)
        return (_results(answer.results, errors),
                _extracted(answer.extracted, errors) if answer.extracted else [], errors,
                _names(answer.dispatch_to, 'dispatch_to', errors) if answer.dispatch_to else [])

    def _dispatched(self, answer: Any, request: Any) -> Dispatched:
        answer = self._answer(answer, DispatcherResponse)
        if answer is None:
            raise _Returned('it returned None, not a DispatcherResponse')
        errors = _errors(answer.errors) + (_errors(request.errors) if self._v3 else [])
        names = _names(answer.plugin_names, 'plugin_names', errors)
        whole = _results(answer.meta, errors) if answer.meta is not None else None
        given: List[Tuple[str, str]] = []
        if whole is not None and isinstance(answer.meta, Mapping):
            given = [(name, encode(answer.meta[name])) for name in dict.fromkeys(names)
                     if name in answer.meta]
        return names, whole, given, errors

    def get_dispatches(self, payload: Payload, request_meta: RequestMeta) -> Dispatched:
        request = self._request(payload, request_meta)
        return self._dispatched(
            self.plugin.get_dispatches(payload, request), request)  # type: ignore[attr-defined]

    def get_deep_dispatches(self, payload: Payload, request_meta: RequestMeta) -> Dispatched:
        request = self._request(payload, request_meta)
        return self._dispatched(
            self.plugin.get_deep_dispatches(payload, request), request)  # type: ignore

    def archive(self, payload: Payload,
                request_meta: RequestMeta) -> Optional[Tuple[Optional[str], List[str]]]:
        request = self._request(payload, request_meta)
        answer = self._answer(
            self.plugin.archive(payload, request), ArchiverResponse)  # type: ignore[attr-defined]
        further = request.errors if self._v3 else None
        return self._plain(answer, further)

    def _plain(self, answer: Any, further: Any) -> Optional[Tuple[Optional[str], List[str]]]:
        if answer is None:
            return (None, _errors(further)) if further else None
        errors = _errors(answer.errors) + _errors(further)
        return _results(answer.results, errors), errors

    def get(self, results: Any) -> Optional[Tuple[bytes, str]]:
        """The payload for results that archive gave."""
        answer = self._answer(
            self.plugin.get(ArchiverResponse(results)), Payload)  # type: ignore[attr-defined]
        if answer is None:
            return None
        return as_bytes(answer.content), encode(payload_meta_of(answer.payload_meta))

    def save(self, response: StoqResponse) -> None:
        try:
            answer = self.plugin.save(response)  # type: ignore[attr-defined]
            if hasattr(type(answer), '__await__'):
                _loop.run(answer)
        except BaseException:
            module = type(self.plugin).__module__.rpartition('.')[2]
            _log.exception('Failed to save results using %s: %s', module, response)
            raise

    def decorate(self, response: StoqResponse) -> Optional[Tuple[Optional[str], List[str]]]:
        answer = self.plugin.decorate(response)  # type: ignore[attr-defined]
        return self._plain(self._answer(answer, DecoratorResponse), None)

    def ingest(self, queue: Any) -> None:
        """Runs the provider; `queue` is the engine's: put_payload, put_task, stopped."""
        try:
            if self._v3:
                answer = self.plugin.ingest(AsyncItemQueue(queue))  # type: ignore[attr-defined]
            else:
                answer = self.plugin.ingest(ItemQueue(queue))  # type: ignore[attr-defined]
            if hasattr(type(answer), '__await__'):
                _loop.run_here(answer)
        except IntakeEnded:
            pass


def texts(errors: Any) -> List[str]:
    """The texts of errors, in whatever form a plugin gives them."""
    return _errors(errors)


def decorated(plugin: Any, response: StoqResponse) -> Optional[DecoratorResponse]:
    """What a decorator gives, of whatever kind it is."""
    answer = plugin.decorate(response)
    return _loop.run(answer) if hasattr(type(answer), '__await__') else answer


def load(name: str, config: Union[str, StoqConfigParser], module: str,
         config_options: Mapping[str, Any], plugin_opts: Optional[Mapping[str, Any]]) -> Adapter:
    """The plugin of that name out of its module's file.

    config: its .stoq file, or what was read of it. config_options: its section of stoq.cfg.
    plugin_opts: laid over both, and given as such to plugins of stoQ 2. Raises what the plugin's
    code does, and StoqPluginException.
    """
    if isinstance(config, str):
        config = read_config(config)
    for options in (config_options, plugin_opts or {}):
        for option, value in options.items():
            config.put('options', option, value)
    plugin, style = make(name, module, config, dict(plugin_opts) if plugin_opts else None)
    return Adapter(plugin, style)

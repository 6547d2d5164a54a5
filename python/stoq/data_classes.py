# SPDX-License-Identifier: Apache-2.0
"""What goes into a scan, through plugins, and comes out of it.

Ordinary objects: attributes may be changed, str() gives JSON. Those that the engine makes get their
attributes when somebody looks at them.
"""

import copy
import json
from collections import defaultdict
from datetime import datetime
from typing import Any, Callable, ClassVar, Dict, List, Mapping, Optional, Tuple, Union
from uuid import uuid4

from stoq import _native
from stoq._json import encode

__all__ = ['ArchiverResponse', 'DecoratorResponse', 'DeepDispatcherResponse', 'DispatcherResponse',
           'Error', 'ExtractedPayload', 'Payload', 'PayloadMeta', 'PayloadResults', 'Request',
           'RequestMeta', 'StoqResponse', 'WorkerResponse']

SCHEMA = '4.0'

Content = Union[bytes, bytearray, memoryview, str]


def as_bytes(content: Content) -> bytes:
    """The bytes of a content; a str is its UTF-8. TypeError for anything else."""
    if type(content) is bytes:
        return content
    if isinstance(content, str):
        return content.encode('utf-8', 'surrogateescape')
    if isinstance(content, (bytes, bytearray, memoryview)):
        return bytes(content)
    raise TypeError(f'content is {type(content).__name__}: give bytes or str')


class _Data:
    """JSON as str()."""

    def __str__(self) -> str:
        return encode(self, 4)

    def __repr__(self) -> str:
        return repr(vars(self))


class _Lazy(_Data):
    """Attributes that are made when they are first looked at: `_fetch` makes those of `_fields`."""

    _fields: ClassVar[Tuple[str, ...]] = ()

    def _fetch(self, name: str) -> Any:
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:
        if name not in self._fields:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        value = self._fetch(name)
        self.__dict__[name] = value
        return value

    def _as_dict(self) -> Dict[str, Any]:
        members = {name: getattr(self, name) for name in self._fields}
        for name, value in self.__dict__.items():
            members.setdefault(name, value)
        return members

    def __repr__(self) -> str:
        return repr(self._as_dict())

    def __getstate__(self) -> Dict[str, Any]:
        return self._as_dict()

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self.__dict__.update(state)


class PayloadMeta(_Data):
    """What is known of a payload from outside, and what is to be done with it.

    should_archive: destination archivers keep it. extra_data: a dict. dispatch_to: names of workers
    for it. should_scan: False lists and archives it, unscanned.
    """

    def __init__(self, should_archive: bool = True, extra_data: Optional[Dict[str, Any]] = None,
                 dispatch_to: Optional[List[str]] = None, should_scan: bool = True) -> None:
        if isinstance(extra_data, bool):  # the order of stoQ 3: should_archive, should_scan, …
            extra_data, dispatch_to, should_scan = (
                dispatch_to, None if isinstance(should_scan, bool) else should_scan,  # type: ignore
                extra_data)
        self.should_archive = should_archive
        self.extra_data = {} if extra_data is None else extra_data
        self.dispatch_to = [] if dispatch_to is None else dispatch_to
        self.should_scan = should_scan


class RequestMeta(_Data):
    """What belongs to a whole request.

    archive_payloads: False keeps destination archivers away. source: where it comes from.
    extra_data: a dict.
    """

    def __init__(self, archive_payloads: bool = True, source: Optional[str] = None,
                 extra_data: Optional[Dict[str, Any]] = None) -> None:
        self.archive_payloads = archive_payloads
        self.source = source
        self.extra_data = {} if extra_data is None else extra_data


def payload_meta_of(value: Any) -> PayloadMeta:
    """A PayloadMeta; a dict is its extra_data, None the defaults. TypeError for anything else."""
    if isinstance(value, PayloadMeta):
        return value
    if value is None or isinstance(value, Mapping):
        return PayloadMeta(extra_data=None if value is None else dict(value))
    raise TypeError(f'payload_meta is {type(value).__name__}: give a PayloadMeta or a dict')


def request_meta_of(value: Any) -> RequestMeta:
    """A RequestMeta; a dict is its extra_data, None the defaults. TypeError for anything else."""
    if isinstance(value, RequestMeta):
        return value
    if value is None or isinstance(value, Mapping):
        return RequestMeta(extra_data=None if value is None else dict(value))
    raise TypeError(f'request_meta is {type(value).__name__}: give a RequestMeta or a dict')


class _Meta:
    """Makes metas out of the engine's JSON."""

    @staticmethod
    def payload(text: str) -> PayloadMeta:
        meta = PayloadMeta.__new__(PayloadMeta)
        meta.__dict__.update(json.loads(text))
        return meta

    @staticmethod
    def request(text: str) -> RequestMeta:
        meta = RequestMeta.__new__(RequestMeta)
        meta.__dict__.update(json.loads(text))
        return meta


class Payload(_Lazy, _native.PayloadBase):
    """Content to be scanned, and everything known about it so far.

    content: bytes; a str is its UTF-8. memoryview(payload) gives it without a copy. payload_meta: a
    PayloadMeta, or a dict, which is its extra_data. payload_id: a new UUID.

    Attributes beside these: size (bytes), worker_results (a list of rounds, each a dict of results by
    worker), plugins_run, dispatch_meta and deep_dispatch_meta ({dispatcher: {worker: meta}}), and
    results, the same as stoQ 3 shows it.
    """

    _fields = ('content', 'payload_meta', 'extracted_by', 'extracted_from', 'dispatch_meta',
               'deep_dispatch_meta', 'worker_results', 'plugins_run', 'payload_id', 'size')

    def __init__(self, content: Content, payload_meta: Optional[PayloadMeta] = None,
                 extracted_by: Optional[str] = None, extracted_from: Optional[str] = None,
                 payload_id: Optional[str] = None) -> None:
        self.content = as_bytes(content)
        self.payload_meta = payload_meta_of(payload_meta)
        self.extracted_by = extracted_by
        self.extracted_from = extracted_from
        self.dispatch_meta: Dict[str, Dict[str, Any]] = {}
        self.deep_dispatch_meta: Dict[str, Dict[str, Any]] = {}
        self.worker_results: List[Dict[str, Any]] = [{}]
        self.plugins_run: Dict[str, Any] = {'workers': [[]], 'archivers': []}
        self.payload_id = str(uuid4()) if payload_id is None else payload_id
        self.size = len(self.content)

    def _fetch(self, name: str) -> Any:
        if self._state and 'after' in self._state and name in ('worker_results', 'plugins_run'):
            result = self._state['after'].results[0]
            return result.workers if name == 'worker_results' else result.plugins_run
        value = self._get(name)  # of the engine: bytes, str, int, None; or JSON
        make = _PAYLOAD_JSON.get(name)
        if make is None:
            return value
        state = self._state
        if state is None:
            state = self._state = {}
        state[name] = value
        return make(value)

    def _changes(self) -> List[Tuple[str, str]]:
        """What was changed since it was looked at, as (attribute, JSON)."""
        state = self._state
        changed: List[Tuple[str, str]] = []
        for name in _PAYLOAD_WRITABLE:
            value = self.__dict__.get(name)
            if value is None:
                continue
            text = encode(value, None)
            if state is None or state.get(name) != text:
                changed.append((name, text))
                if state is None:
                    state = self._state = {}
                state[name] = text
        return changed

    def _scanned(self, response: 'StoqResponse') -> None:
        """It was the root of that response."""
        for name in ('worker_results', 'plugins_run'):
            self.__dict__.pop(name, None)
        self._state = {'after': response}

    @property
    def results(self) -> '_Results':
        return _Results(self)


_PAYLOAD_JSON: Dict[str, Callable[[str], Any]] = {
    'payload_meta': _Meta.payload, 'dispatch_meta': json.loads, 'deep_dispatch_meta': json.loads,
    'worker_results': json.loads, 'plugins_run': json.loads}
_PAYLOAD_WRITABLE = ('payload_meta', 'dispatch_meta', 'deep_dispatch_meta')


class _Results(_Data):
    """A payload's results so far as stoQ 3 shows them: one dict of workers, flat lists."""

    def __init__(self, payload: Payload) -> None:
        self.__dict__['_payload'] = payload

    payload_id = property(lambda self: self._payload.payload_id)
    size = property(lambda self: self._payload.size)
    archivers = property(lambda self: {})

    @property
    def payload_meta(self) -> PayloadMeta:
        return self._payload.payload_meta

    @payload_meta.setter
    def payload_meta(self, meta: PayloadMeta) -> None:
        self._payload.payload_meta = meta

    @property
    def workers(self) -> Dict[str, Any]:
        return {name: result for results in self._payload.worker_results
                for name, result in results.items()}

    @property
    def plugins_run(self) -> Dict[str, List[str]]:
        run = self._payload.plugins_run
        return {'workers': [name for names in run['workers'] for name in names],
                'archivers': list(run['archivers'])}

    @property
    def extracted_from(self) -> List[str]:
        return [self._payload.extracted_from] if self._payload.extracted_from else []

    @property
    def extracted_by(self) -> List[str]:
        return [self._payload.extracted_by] if self._payload.extracted_by else []

    def _as_dict(self) -> Dict[str, Any]:
        return {name: getattr(self, name)
                for name in ('payload_id', 'size', 'payload_meta', 'workers', 'archivers',
                             'plugins_run', 'extracted_from', 'extracted_by')}


class Request(_Data):
    """What stoQ 3 gives its plugins beside the payload.

    payloads: the payload in work. request_meta: as RequestMeta. errors: Error objects; those that a
    plugin adds become errors of that plugin.
    """

    def __init__(self, payloads: Optional[List[Payload]] = None,
                 request_meta: Optional[RequestMeta] = None,
                 errors: Optional[List['Error']] = None) -> None:
        self.payloads = [] if payloads is None else payloads
        self.request_meta = request_meta_of(request_meta)
        self.errors = [] if errors is None else errors


class Error(_Data):
    """An error as stoQ 3 writes it: a text, and the plugin and payload that it concerns."""

    def __init__(self, error: str, plugin_name: Optional[str] = None,
                 payload_id: Optional[str] = None) -> None:
        self.error = error
        self.plugin_name = plugin_name
        self.payload_id = payload_id


class Rounds(List[Dict[str, Any]]):
    """The rounds of workers on a payload. Names find the newest result of a worker, as in stoQ 3,
    where there was one dict."""

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            for results in reversed(self):
                if key in results:
                    return results[key]
            raise KeyError(key)
        return super().__getitem__(key)

    def __contains__(self, item: Any) -> bool:
        if isinstance(item, str):
            return any(item in results for results in self)
        return super().__contains__(item)

    def _merged(self) -> Dict[str, Any]:
        return {name: result for results in self for name, result in results.items()}

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default

    def keys(self) -> Any:
        return self._merged().keys()

    def values(self) -> Any:
        return self._merged().values()

    def items(self) -> Any:
        return self._merged().items()


class PayloadResults(_Lazy):
    """What one payload of a request gave.

    workers: a list of rounds, each a dict of results by worker. archivers: a dict. plugins_run:
    {'workers': [[name, …], …], 'archivers': [name, …]}. extracted_from: the payload_id of its parent,
    None for the root. extracted_by: the worker. sha256: hexadecimal. duplicates: further
    occurrences.
    """

    __slots__ = ('_core', '_index')
    _fields = ('payload_id', 'size', 'payload_meta', 'workers', 'archivers', 'plugins_run',
               'extracted_from', 'extracted_by', 'sha256', 'duplicates')

    def __init__(self, payload_id: str, size: int, payload_meta: PayloadMeta,
                 workers: List[Dict[str, Any]], archivers: Optional[Dict[str, Any]] = None,
                 plugins_run: Optional[Dict[str, Any]] = None,
                 extracted_from: Optional[str] = None, extracted_by: Optional[str] = None,
                 sha256: Optional[str] = None,
                 duplicates: Optional[List[Dict[str, Any]]] = None) -> None:
        self.payload_id = payload_id
        self.size = size
        self.payload_meta = payload_meta
        self.workers = workers
        self.archivers = {} if archivers is None else archivers
        self.plugins_run = plugins_run or {'workers': [[]], 'archivers': []}
        self.extracted_from = extracted_from
        self.extracted_by = extracted_by
        self.sha256 = sha256
        self.duplicates = [] if duplicates is None else duplicates

    @classmethod
    def from_payload(cls, payload: Payload) -> 'PayloadResults':
        """The results that a payload has so far."""
        return cls(payload.payload_id, payload.size, payload.payload_meta, payload.worker_results,
                   {}, payload.plugins_run, payload.extracted_from, payload.extracted_by)

    @classmethod
    def _of(cls, core: Any, index: int) -> 'PayloadResults':
        results = cls.__new__(cls)
        results._core = core
        results._index = index
        return results

    def _fetch(self, name: str) -> Any:
        members = json.loads(self._core.payload(self._index))
        meta = PayloadMeta.__new__(PayloadMeta)
        meta.__dict__.update(members['payload_meta'])
        members['payload_meta'] = meta
        members['workers'] = Rounds(members['workers'])
        for member, value in members.items():
            self.__dict__.setdefault(member, value)
        return self.__dict__[name]


class StoqResponse(_Lazy):
    """Everything that one request gave.

    results: a list of PayloadResults, breadth first, the root first. request_meta: a RequestMeta.
    errors: {plugin: [text, …]}; one that is not there yet is made when it is asked for. time: local,
    ISO 8601. decorators: {decorator: results}. scan_id: a UUID. limits: what limits kept out, a list
    of dicts. str() gives the JSON document.
    """

    __slots__ = ('_core',)
    _fields = ('results', 'request_meta', 'errors', 'time', 'decorators', 'scan_id', 'schema',
               'limits')

    def __init__(self, results: List[PayloadResults], request_meta: RequestMeta,
                 errors: Dict[str, List[str]], time: Optional[str] = None,
                 decorators: Optional[Dict[str, Any]] = None, scan_id: Optional[str] = None,
                 limits: Optional[List[Dict[str, Any]]] = None) -> None:
        self._core = None
        self.results = results
        self.request_meta = request_meta
        self.errors = errors
        self.time = datetime.now().isoformat() if time is None else time
        self.decorators = {} if decorators is None else decorators
        self.scan_id = str(uuid4()) if scan_id is None else scan_id
        self.schema = SCHEMA
        self.limits = [] if limits is None else limits

    @classmethod
    def _of(cls, core: Any) -> 'StoqResponse':
        response = cls.__new__(cls)
        response._core = core
        return response

    def _fetch(self, name: str) -> Any:
        core = self._core
        if name == 'results':
            return [PayloadResults._of(core, index) for index in range(core.count())]
        value = core.get(name)
        if name == 'request_meta':
            return _Meta.request(value)
        if name == 'errors':
            return defaultdict(list, json.loads(value))
        return json.loads(value) if name in ('decorators', 'limits') else value

    def _refresh(self) -> None:
        """Takes what the engine has added since it was looked at."""
        members = self.__dict__
        if isinstance(members.get('errors'), dict):
            for name, texts in json.loads(self._core.get('errors')).items():
                present = members['errors'].setdefault(name, [])
                present.extend(text for text in texts if text not in present)
        if isinstance(members.get('decorators'), dict):
            for name, value in json.loads(self._core.get('decorators')).items():
                members['decorators'].setdefault(name, value)

    def _untouched(self) -> bool:
        """It is the engine's, and nobody has looked at what can be changed."""
        return not self.__dict__

    def _text(self, indent: Optional[int]) -> str:
        if self._untouched():
            return self._core.dumps(indent or 0)
        return encode(self, indent)

    def __str__(self) -> str:
        return self._text(4)

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self._core = None
        super().__setstate__(state)

    def split(self) -> List['StoqResponse']:
        """One response for every worker result, in order: `results` holds its payload alone, with
        that result as its one round; the rest is copied. A payload without worker results gives
        none."""
        whole = {name: getattr(self, name) for name in self._fields if name != 'results'}
        parts = []
        for result in self.results:
            for results in result.workers:
                for name, value in results.items():
                    members = result._as_dict()
                    members['workers'] = [{name: value}]
                    one = PayloadResults.__new__(PayloadResults)
                    one.__dict__.update(copy.deepcopy(members))
                    part = StoqResponse.__new__(StoqResponse)
                    part.__setstate__({'results': [one], **copy.deepcopy(whole)})
                    parts.append(part)
        return parts


class ExtractedPayload(_Data):
    """What a worker digs out of a payload: content (bytes; a str is its UTF-8) and its
    PayloadMeta."""

    def __init__(self, content: Content, payload_meta: Optional[PayloadMeta] = None) -> None:
        self.content = as_bytes(content)
        self.payload_meta = payload_meta_of(payload_meta)


class WorkerResponse(_Data):
    """What a worker gives: results (any JSON value; None for none), what it extracted, error texts,
    and names of further workers for the same payload."""

    def __init__(self, results: Optional[Dict[str, Any]] = None,
                 extracted: Optional[List[ExtractedPayload]] = None,
                 errors: Optional[List[Union[str, Error]]] = None,
                 dispatch_to: Optional[List[str]] = None) -> None:
        self.results = results
        self.extracted = [] if extracted is None else extracted
        self.errors = [] if errors is None else errors
        self.dispatch_to = [] if dispatch_to is None else dispatch_to


class ArchiverResponse(_Data):
    """What an archiver gives, and what it is given to get a payload back: results, error texts."""

    def __init__(self, results: Optional[Dict[str, Any]] = None,
                 errors: Optional[List[Union[str, Error]]] = None) -> None:
        self.results = results
        self.errors = [] if errors is None else errors


class DispatcherResponse(_Data):
    """What a dispatcher gives: names of workers, meta for them ({name: any}), error texts."""

    def __init__(self, plugin_names: Optional[List[str]] = None,
                 meta: Optional[Dict[str, Any]] = None,
                 errors: Optional[List[Union[str, Error]]] = None) -> None:
        self.plugin_names = [] if plugin_names is None else plugin_names
        self.meta = {} if meta is None else meta
        self.errors = [] if errors is None else errors


class DeepDispatcherResponse(DispatcherResponse):
    """What a deep dispatcher gives: as DispatcherResponse."""


class DecoratorResponse(_Data):
    """What a decorator gives: results, error texts."""

    def __init__(self, results: Optional[Dict[str, Any]] = None,
                 errors: Optional[List[Union[str, Error]]] = None) -> None:
        self.results = results
        self.errors = [] if errors is None else errors

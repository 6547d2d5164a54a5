# SPDX-License-Identifier: Apache-2.0
"""Plugins that are not Python objects, as objects that can be called by hand."""

import json
import logging
from typing import Any, Callable, List, Optional

from stoq._json import encode
from stoq.data_classes import (ArchiverResponse, DecoratorResponse, DeepDispatcherResponse,
                               DispatcherResponse, ExtractedPayload, Payload, PayloadMeta,
                               Request, RequestMeta, StoqResponse, WorkerResponse,
                               request_meta_of)


def _value(text: Optional[str]) -> Any:
    return None if text is None else json.loads(text)


def _meta(text: str) -> PayloadMeta:
    meta = PayloadMeta()
    meta.__dict__.update(json.loads(text))
    return meta


class NativePlugin:
    """A plugin of the engine's, called by hand: it has the methods of the roles that it plays.
    StoqPluginException when a call fails; errors beside an answer are in it."""

    def __init__(self, engine: Any, name: str, classes: List[str], version: str,
                 description: str) -> None:
        self._engine = engine
        self.plugin_name = name
        self.classes = classes
        self.log = logging.getLogger(f'stoq.{name}')
        self.__version__ = version
        self.__description__ = description

    def __repr__(self) -> str:
        return f'<plugin {self.plugin_name}: {", ".join(self.classes)}>'

    def _call(self, method: str, payload: Payload, request: Any) -> Any:
        meta = request.request_meta if isinstance(request, Request) else request_meta_of(request)
        *answer, (payload_text, request_text) = self._engine.call(
            self.plugin_name, method, payload, encode(meta))
        payload.payload_meta.__dict__.update(json.loads(payload_text))
        meta.__dict__.update(json.loads(request_text))
        return answer

    def scan(self, payload: Payload, request_meta: Optional[RequestMeta] = None) -> WorkerResponse:
        results, extracted, errors, dispatch_to = self._call('scan', payload, request_meta)
        return WorkerResponse(
            _value(results), [ExtractedPayload(content, _meta(meta)) for content, meta in extracted],
            errors, dispatch_to)

    def _dispatch(self, make: Callable[..., Any], method: str, payload: Payload,
                  request_meta: Any) -> Any:
        names, meta, errors = self._call(method, payload, request_meta)
        return make(names, {name: json.loads(text) for name, text in meta.items()}, errors)

    def get_dispatches(self, payload: Payload,
                       request_meta: Optional[RequestMeta] = None) -> DispatcherResponse:
        return self._dispatch(DispatcherResponse, 'get_dispatches', payload, request_meta)

    def get_deep_dispatches(self, payload: Payload,
                            request_meta: Optional[RequestMeta] = None) -> DeepDispatcherResponse:
        return self._dispatch(DeepDispatcherResponse, 'get_deep_dispatches', payload, request_meta)

    def archive(self, payload: Payload,
                request_meta: Optional[RequestMeta] = None) -> ArchiverResponse:
        results, errors = self._call('archive', payload, request_meta)
        return ArchiverResponse(_value(results), errors)

    def get(self, task: ArchiverResponse) -> Optional[Payload]:
        answer = self._engine.call(self.plugin_name, 'get', encode(task.results), None)
        return None if answer is None else Payload(answer[0], _meta(answer[1]))

    def save(self, response: StoqResponse) -> None:
        self._engine.call(self.plugin_name, 'save', response, None)

    def decorate(self, response: StoqResponse) -> DecoratorResponse:
        results, errors = self._engine.call(self.plugin_name, 'decorate', response, None)
        return DecoratorResponse(_value(results), errors)



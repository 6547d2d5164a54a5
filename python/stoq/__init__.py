# SPDX-License-Identifier: Apache-2.0
"""stoQ: takes files apart, asks plugins about every part, gives one response.

    >>> from stoq import Stoq
    >>> s = Stoq(always_dispatch=['hash'])
    >>> print(s.scan(b'some bytes'))
"""

from typing import TYPE_CHECKING, Any

from stoq.data_classes import (ArchiverResponse, DecoratorResponse, DeepDispatcherResponse,
                               DispatcherResponse, Error, ExtractedPayload, Payload, PayloadMeta,
                               PayloadResults, Request, RequestMeta, StoqResponse, WorkerResponse)
from stoq.exceptions import StoqException, StoqPluginException, StoqPluginNotFound

if TYPE_CHECKING:
    from stoq.core import Stoq

__version__ = '4.0.0'

__all__ = ['ArchiverResponse', 'DecoratorResponse', 'DeepDispatcherResponse', 'DispatcherResponse',
           'Error', 'ExtractedPayload', 'Payload', 'PayloadMeta', 'PayloadResults', 'Request',
           'RequestMeta', 'Stoq', 'StoqException', 'StoqPluginException', 'StoqPluginNotFound',
           'StoqResponse', 'WorkerResponse', '__version__']


def __getattr__(name: str) -> Any:
    # The engine itself comes when it is asked for: plugins in host processes do without.
    if name == 'Stoq':
        from stoq.core import Stoq
        return Stoq
    raise AttributeError(f"module 'stoq' has no attribute '{name}'")

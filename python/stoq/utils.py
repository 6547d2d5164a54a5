# SPDX-License-Identifier: Apache-2.0
"""Spacing of calls; and the helpers of stoq.helpers, for those who look for them here."""

import functools
import threading
import time
from typing import Any, Callable, Optional, TypeVar

from stoq.helpers import (dumps, format_exc, get_md5, get_sha1, get_sha256, get_sha512,
                          merge_dicts)

__all__ = ['dumps', 'format_exc', 'get_md5', 'get_sha1', 'get_sha256', 'get_sha512', 'merge_dicts',
           'ratelimited', 'wait_for_rate']

Function = TypeVar('Function', bound=Callable[..., Any])

_lock = threading.Lock()
_next = 0.0


def interval(ratelimit: str) -> float:
    """Seconds between calls, of `count/seconds`. ValueError for anything else."""
    count, slash, seconds = ratelimit.partition('/')
    try:
        gap = float(seconds if slash else 1) / float(count)
        if not 0 < gap < 1e9:
            raise ValueError
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"ratelimit '{ratelimit}': write count/seconds, such as 10/60") from None
    return gap


def wait_for_rate(ratelimit: str) -> None:
    """Sleeps until the next call of this process may begin: `count/seconds`."""
    global _next
    gap = interval(ratelimit)
    with _lock:
        mine = max(_next, time.monotonic())
        _next = mine + gap
    time.sleep(max(0.0, mine - time.monotonic()))


def ratelimited() -> Callable[[Function], Function]:
    """A decorator: calls with the keyword ratelimit='count/seconds' are spaced so, process-wide.
    The wrapped function does not see the keyword."""

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def limited(*args: Any, ratelimit: Optional[str] = None, **kwargs: Any) -> Any:
            if ratelimit:
                wait_for_rate(ratelimit)
            return function(*args, **kwargs)

        return limited  # type: ignore[return-value]

    return decorate

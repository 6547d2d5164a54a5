# SPDX-License-Identifier: Apache-2.0
"""The thread on which coroutines of plugins run, whatever the caller's own loop does."""

import asyncio
import os
import threading
from typing import Any, Awaitable, Optional

_lock = threading.Lock()
_loop: Optional[asyncio.AbstractEventLoop] = None
_thread: Optional[threading.Thread] = None


async def _await(awaitable: Awaitable[Any]) -> Any:
    # What a plugin raises to end the program must not end the loop.
    try:
        return await awaitable
    except (SystemExit, KeyboardInterrupt) as e:
        return _Ended(e)


class _Ended:
    def __init__(self, exc: BaseException) -> None:
        self.exc = exc


def _value(result: Any) -> Any:
    if isinstance(result, _Ended):
        raise result.exc
    return result


def _running() -> asyncio.AbstractEventLoop:
    global _loop, _thread
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            _thread = threading.Thread(target=_loop.run_forever, name='stoq-loop', daemon=True)
            _thread.start()
        return _loop


def is_here() -> bool:
    """Whether this is that thread, which must not wait for what only goes on when it is free."""
    return _thread is not None and _thread.ident == threading.get_ident()


def run(awaitable: Awaitable[Any]) -> Any:
    """What the awaitable gives, awaited on the private loop. Blocks the calling thread."""
    loop = _running()
    if is_here():
        return run_here(awaitable)
    future = asyncio.run_coroutine_threadsafe(_await(awaitable), loop)
    try:
        return _value(future.result())
    except BaseException:
        future.cancel()
        raise


def run_here(awaitable: Awaitable[Any]) -> Any:
    """What the awaitable gives, awaited on a loop of its own while this thread waits."""
    results = []

    def work() -> None:
        try:
            results.append(asyncio.run(_await(awaitable)))
        except BaseException as e:
            results.append(_Ended(e))

    thread = threading.Thread(target=work, name='stoq-loop', daemon=True)
    thread.start()
    thread.join()
    return _value(results[0])


def _after_fork() -> None:
    global _loop, _thread, _lock
    _loop = _thread = None  # the thread has stayed behind
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)

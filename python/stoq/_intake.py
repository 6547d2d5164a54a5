# SPDX-License-Identifier: Apache-2.0
"""In a host process: a provider that goes on for ever learns that intake has ended. IntakeEnded is
raised where it is; what a coroutine awaits is cancelled."""

import asyncio
import ctypes
import threading
from typing import Any, Awaitable, Dict

from stoq import _adapter, _loop
from stoq._queue import IntakeEnded

_LOOK = 0.1  # seconds between two looks
_PATIENCE = 2.0  # seconds until it is raised once more

_loops: Dict[int, asyncio.AbstractEventLoop] = {}  # of threads on which providers await


def _run_here(awaitable: Awaitable[Any]) -> Any:
    loop = asyncio.new_event_loop()
    me = threading.get_ident()
    _loops[me] = loop
    try:
        return _loop._value(loop.run_until_complete(_loop._await(awaitable)))
    finally:
        del _loops[me]
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _interrupt(thread: int) -> None:
    loop = _loops.get(thread)
    if loop is not None:
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
    else:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread),
                                                   ctypes.py_object(IntakeEnded))


def _ingest(self: _adapter.Adapter, queue: Any) -> None:
    over = threading.Event()
    provider = threading.get_ident()

    def watch() -> None:
        while not over.wait(_LOOK):
            if queue.stopped():
                _interrupt(provider)
                over.wait(_PATIENCE)

    threading.Thread(target=watch, name='stoq-intake', daemon=True).start()
    try:
        _plain_ingest(self, queue)
    except (IntakeEnded, asyncio.CancelledError):
        if not queue.stopped():
            raise
    finally:
        over.set()


_plain_ingest = _adapter.Adapter.ingest


def begin() -> None:
    _adapter.Adapter.ingest = _ingest  # type: ignore[method-assign]
    _loop.run_here = _run_here

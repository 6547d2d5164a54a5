# SPDX-License-Identifier: Apache-2.0
"""The queue that providers put into, as stoQ 2 and 3 know it."""

import asyncio
from typing import Any, Mapping, Optional

from stoq._json import encode
from stoq.data_classes import (ArchiverResponse, Payload, Request, as_bytes, payload_meta_of,
                               request_meta_of)
from stoq.exceptions import StoqException


class IntakeEnded(StoqException):
    """The run is to end: nothing more is taken. Let it end the provider."""


class ItemQueue:
    """Takes Payload objects, Requests of stoQ 3, and tasks ({archiver: results}). put waits while
    the queue of the engine is full, and raises IntakeEnded once nothing more is taken."""

    maxsize = 0

    def __init__(self, queue: Any) -> None:
        self._queue = queue

    def _put(self, item: Any, request_meta: Optional[str] = None) -> None:
        if isinstance(item, Payload):
            taken = self._queue.put_payload(as_bytes(item.content),
                                            encode(payload_meta_of(item.payload_meta)),
                                            request_meta)
        elif isinstance(item, Request):
            text = encode(request_meta_of(item.request_meta))
            for payload in item.payloads:
                self._put(payload, text)
            return
        elif isinstance(item, Mapping):
            task = {name: results.results if isinstance(results, ArchiverResponse) else results
                    for name, results in item.items()}
            taken = self._queue.put_task(encode(task), request_meta)
        else:
            raise TypeError(f'{type(item).__name__} cannot be queued: put a Payload, a Request, or a '
                            'task, {archiver: results}')
        if not taken:
            raise IntakeEnded('nothing more is taken')

    def put(self, item: Any, block: bool = True, timeout: Optional[float] = None) -> None:
        self._put(item)

    def put_nowait(self, item: Any) -> None:
        self._put(item)

    def full(self) -> bool:
        return False

    def empty(self) -> bool:
        return True

    def qsize(self) -> int:
        return 0

    def task_done(self) -> None:
        pass

    def join(self) -> Any:
        pass


class AsyncItemQueue(ItemQueue):
    """The same for `await queue.put(item)`."""

    async def put(self, item: Any) -> None:  # type: ignore[override]
        try:
            taken = asyncio.get_running_loop().run_in_executor(None, self._put, item)
        except RuntimeError:  # the interpreter is ending
            raise IntakeEnded('nothing more is taken') from None
        await taken

    async def join(self) -> None:
        pass

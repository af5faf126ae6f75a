"""Answering in threads of which there are few, behind a queue that is short."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class OverloadedError(Exception):
    """There is no room left in the queue."""


class Pool:
    """`threads` at work, and at most `queue` calls that wait for one of them."""

    def __init__(self, threads: int, queue: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="answer")
        self._room = threading.BoundedSemaphore(threads + queue)

    async def run(self, work: Callable[[], T], seconds: float) -> T:
        """What `work` returns.

        Raises:
            OverloadedError: there is no room; nothing was begun.
            TimeoutError: it took longer than so many seconds. What waits is dropped; what runs
                keeps its place until it ends, as no thread can be stopped from outside.
        """
        if not self._room.acquire(blocking=False):
            raise OverloadedError
        try:
            future = self._executor.submit(work)
        except RuntimeError as error:  # it is being closed
            self._room.release()
            raise OverloadedError from error
        future.add_done_callback(self._leave)
        return await asyncio.wait_for(asyncio.wrap_future(future), seconds)

    def _leave(self, _done: "Future[T]") -> None:
        self._room.release()

    def close(self) -> None:
        """Take nothing new, and drop what waits. What runs still ends, for no one."""
        self._executor.shutdown(wait=False, cancel_futures=True)

"""A coroutine that runs in a thread of its own, so that code without an event loop can wait for it and give it up."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any


class Job:
    """Work under way.

    Args:
        make: gives the coroutine; called in the new thread.
    """

    def __init__(self, make: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self._make = make
        self._outcome: Future[Any] = Future()
        self._task: asyncio.Task[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._cancelled = False
        self._lock = threading.Lock()
        threading.Thread(target=self._work, name="pixray remote", daemon=True).start()

    def done(self) -> bool:
        """Whether it has ended, one way or another."""
        return self._outcome.done()

    def wait(self, seconds: float) -> bool:
        """Wait, at most so long; whether it has ended."""
        with contextlib.suppress(FutureTimeout, CancelledError):
            self._outcome.exception(seconds)
        return self._outcome.done()

    def result(self) -> Any:
        """What came of it. Waits; Ctrl-C while waiting cancels the work.

        Raises:
            ProviderError: what the work raised. concurrent.futures.CancelledError: it was cancelled.
        """
        try:
            while not self.wait(0.2):
                continue
        except BaseException:
            self.cancel()
            raise
        return self._outcome.result()

    def cancel(self) -> None:
        """Give it up: the connection closes at once. The service may bill what it had begun."""
        with self._lock:
            self._cancelled = True
            if self._task is not None and self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._task.cancel)

    def _work(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        """The work and its outcome, which is known before the loop is tidied up: that may wait for a name server."""
        with self._lock:
            self._task, self._loop = asyncio.current_task(), asyncio.get_running_loop()
        try:
            if self._cancelled:
                raise asyncio.CancelledError
            outcome = await self._make()
        except asyncio.CancelledError:
            self._outcome.cancel()
        except BaseException as error:
            self._outcome.set_exception(error)
        else:
            self._outcome.set_result(outcome)

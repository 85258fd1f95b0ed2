"""Writing in the background, in order, with errors that still reach whoever asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

_AHEAD = 4
"""Jobs that may wait; more would only hold pictures in memory."""


class Background:
    """One thread that does what it is given, one after the other."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._jobs: deque[Future[None]] = deque()

    def do(self, job: Callable[[], None]) -> None:
        """Do this later. Raises what an earlier job raised."""
        while self._jobs and (len(self._jobs) >= _AHEAD or self._jobs[0].done()):
            self._jobs.popleft().result()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="pixray-writes")
        self._jobs.append(self._thread.submit(job))

    def wait(self) -> None:
        """Until everything is done. Raises what a job raised."""
        while self._jobs:
            self._jobs.popleft().result()

    def close(self) -> None:
        """Wait, and end the thread."""
        try:
            self.wait()
        finally:
            self._jobs.clear()
            if self._thread is not None:
                self._thread.shutdown()
                self._thread = None

"""Long pieces of work side by side, each on one thread from beginning to end.

torch splits every single operation among its threads, which meet again after each. Hundreds of small products then
cost more meetings than work, above all where waiting threads sleep. Here each thread takes whole strips of a picture.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Result = TypeVar("Result")


class ThreadPool:
    """As many threads as torch uses, on each of which torch uses no more than that one. Started at the first need."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._size = 0
        self._starting = threading.Lock()

    def __reduce__(self) -> tuple[type[ThreadPool], tuple[()]]:
        """A copy has threads of its own: these cannot be copied."""
        return ThreadPool, ()

    def run(self, hire: Callable[[], Callable[[int], Result]], count: int) -> list[Result]:
        """Do jobs 0..count-1, each on the next free thread, without recording gradients.

        Args:
            hire: makes what does a job from its number; called once on each thread, so it may hold memory to work in.

        Returns:
            What the jobs returned, in order; the first exception of a job is raised.
        """
        size = min(torch.get_num_threads(), count)
        numbers = iter(range(count))
        results: dict[int, Result] = {}

        def work() -> None:
            with torch.no_grad():
                do = hire()
                # Advancing an iterator is one step of the interpreter, so no number is given out twice.
                for number in numbers:
                    results[number] = do(number)

        if size < 2:
            work()
        else:
            pool = self._started()
            for future in [pool.submit(work) for _ in range(size)]:
                future.result()
        return [results[number] for number in range(count)]

    def _started(self) -> ThreadPoolExecutor:
        size = torch.get_num_threads()
        with self._starting:
            if self._pool is None or self._size < size:
                meeting = threading.Barrier(size + 1)
                pool = ThreadPoolExecutor(size, "strips", _stay_alone)
                for _ in range(size):
                    pool.submit(meeting.wait)
                meeting.wait()
                # The threads keep their own number; this is what threads born later will find.
                torch.set_num_threads(size)
                self._pool, self._size = pool, size
            return self._pool


def _stay_alone() -> None:
    torch.set_num_threads(1)
    # A thread takes up torch's number when it first asks for it, and keeps that: now, before the others' returns.
    torch.get_num_threads()

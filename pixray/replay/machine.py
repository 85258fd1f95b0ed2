"""What records work on a device and does it again: the contract, and CUDA graphs behind it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import torch

T = TypeVar("T")


class Machine(ABC):
    """Records work of a device.

    Recorded work reads and writes the very memory that it was recorded with, and takes nothing from the host: what
    Python knew then, such as its numbers, stays as it was.
    """

    @abstractmethod
    def warm_up(self) -> AbstractContextManager[None]:
        """Around work of the kind that is to be recorded later: libraries get ready, and buffers that stay are made."""

    @abstractmethod
    def record(self, work: Callable[[], T]) -> tuple[Callable[[], object], T]:
        """Record some work.

        Returns:
            what does it again, and its result, in memory that this writes to. Recording need not do the work itself.

        Raises:
            RuntimeError: this work cannot be recorded, or there is too little memory.
        """


class CudaGraphs(Machine):
    """CUDA graphs in one pool of memory: every recorded step begins anew, so one may overwrite what another left."""

    def __init__(self, device: str) -> None:
        self._device = torch.device(device)
        self._pool = torch.cuda.graph_pool_handle()
        self._stream = torch.cuda.Stream(self._device)

    @contextmanager
    def _warm(self) -> Iterator[None]:
        usual = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(usual)
        with torch.cuda.stream(self._stream):
            yield
        usual.wait_stream(self._stream)

    def warm_up(self) -> AbstractContextManager[None]:
        return self._warm()

    def record(self, work: Callable[[], T]) -> tuple[Callable[[], object], T]:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.device(self._device):
            usual = torch.cuda.current_stream()
            try:
                # Only this thread is barred from what recording forbids: other runs may use the GPU at the same time.
                mode = "thread_local"
                with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode=mode):
                    result = work()
            finally:
                torch.cuda.set_stream(usual)  # which a recording that fails leaves to its caller
        return graph.replay, result

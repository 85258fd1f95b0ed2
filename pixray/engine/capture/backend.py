"""The contract of what captures work on a device and replays it, and CUDA graphs as one implementation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import torch

T = TypeVar("T")


class GraphBackend(ABC):
    """Captures work on a device.

    Captured work reads and writes the memory that it was captured with, and takes nothing from the host: Python's
    numbers stay what they were during the capture.
    """

    @abstractmethod
    def warm_up(self) -> AbstractContextManager[None]:
        """Around work like that to be captured later: libraries initialise, and lasting buffers are allocated."""

    @abstractmethod
    def record(self, work: Callable[[], T]) -> tuple[Callable[[], object], T]:
        """Capture some work.

        Returns:
            a function that replays it, and its result, in memory that each replay writes to. The capture itself need
            not do the work.

        Raises:
            RuntimeError: this work cannot be captured, or there is too little memory.
        """


class CudaGraphs(GraphBackend):
    """CUDA graphs in one memory pool: no step needs what another left there, so they may share its memory."""

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
                # What a capture forbids is forbidden to this thread alone: other runs may use the GPU at the same time.
                mode = "thread_local"
                with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode=mode):
                    result = work()
            finally:
                torch.cuda.set_stream(usual)  # a capture that fails does not restore it
        return graph.replay, result

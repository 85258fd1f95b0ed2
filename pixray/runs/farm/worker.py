"""A worker of a farm: a process of Ray's that paints one cell after the other.

Late imports: torch and Ray take seconds, and only the worker's process needs them.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pixray.runs.cell import Cell
from pixray.runs.farm.limits import Limits
from pixray.runs.farm.marker import missing_marker
from pixray.runs.farm.painter import Painting
from pixray.runs.outcome import Outcome
from pixray.runtime.allocator import prepare_process
from pixray.runtime.version import __version__


@dataclass(frozen=True)
class WorkerFacts:
    """What a worker says of itself.

    Attributes:
        node: the machine's number in the cluster; host: its name.
        problem: why this worker is of no use, as a sentence.
    """

    node: str
    host: str
    problem: str = ""


@dataclass(frozen=True)
class Painted:
    """How a cell ended, and the memory of the GPU that it took at most, and of how much, in bytes."""

    outcome: Outcome
    peak: int | None = None
    total: int | None = None


class Worker:
    """Paints what a scheduler gives it.

    Args:
        painting: does it.
        scheduler: hears how far it is; limits: of remote services.
        threads: cores to use.
        directory: where relative paths in settings begin.
    """

    def __init__(self, painting: Painting, scheduler: Any, limits: Limits, threads: int, directory: str) -> None:
        self._painting, self._scheduler, self._threads = painting, scheduler, threads
        self._answers: list[Any] = []
        painting.limits = limits
        prepare_process()
        with contextlib.suppress(OSError):  # a machine that lacks it can still paint what names no file
            os.chdir(directory)

    def describe(self, folder: str, marker: str, version: str) -> WorkerFacts:
        """Load what every run needs, and look whether the folder of the farm is the one that its driver sees.

        Args:
            marker: the name of a file that lies there.
            version: of pixray, where the farm was started.
        """
        ray = importlib.import_module("ray")
        node, host = ray.get_runtime_context().get_node_id(), socket.gethostname()
        if version != __version__:
            return WorkerFacts(
                node, host, f"pixray {__version__} is installed on {host}, and {version} started this farm"
            )
        problem = missing_marker(folder, marker, host)
        if problem:
            return WorkerFacts(node, host, problem)
        importlib.import_module("pixray.runs.to_folder")
        importlib.import_module("torch").set_num_threads(self._threads)
        return WorkerFacts(node, host)

    def paint(self, cell: Cell) -> Painted:
        """Paint one cell."""
        torch = importlib.import_module("torch")
        measured = torch.cuda.is_available()
        if measured:
            torch.cuda.reset_peak_memory_stats()
        outcome = self._painting.paint(cell, lambda facts: self._hear(cell.folder.name, facts))
        if not measured:
            return Painted(outcome)
        total = torch.cuda.get_device_properties(0).total_memory
        return Painted(outcome, torch.cuda.max_memory_reserved(), total)

    def _hear(self, name: str, facts: Mapping[str, Any]) -> bool:
        """Report without waiting; whether an earlier report was answered with the wish to stop."""
        ray = importlib.import_module("ray")
        self._answers.append(self._scheduler.report.remote(name, facts))
        here, self._answers = ray.wait(self._answers, num_returns=len(self._answers), timeout=0)
        return any(ray.get(here))

"""A farm on a Slurm cluster, through submitit: some jobs, each of which paints its part of the cells in turn.

Jobs tell how far they are by small files beside the cells. One that runs out of time or is preempted is queued again.

Late imports: submitit is an extra, and torch takes seconds that only jobs need.
"""

from __future__ import annotations

import importlib
import json
import shutil
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pixray.errors import MissingPackage, PixrayError, SettingsError
from pixray.runs.cell import Cell
from pixray.runs.farm.cell_queue import CellQueue
from pixray.runs.farm.farm_folder import SharedFolder, Write
from pixray.runs.farm.painter import Painting
from pixray.runs.farm.progress import FarmEvent, FarmFinished, FarmStarted
from pixray.runs.farm.shares import Share
from pixray.runs.report.pace import Pace
from pixray.runtime.addresses import is_store
from pixray.runtime.files import write_atomic

NOTES = ".pixray.slurm"
"""The folder of what jobs are sent and what they tell."""
_JOBS, _MINUTES, _REQUEUES = 16, 60, 100
"""Jobs where nobody says how many, the time limit of each, and how often one is queued again."""
_POLL, _PATIENCE = 1.0, 15.0
"""Seconds between looks at the notes, and to wait for the end of jobs that were cancelled."""


class Part:
    """What one job does; sent to it as a pickle, again whenever it is queued again."""

    def __init__(self, painting: Painting, cells: Sequence[Cell], notes: Path, threads: int) -> None:
        self._painting, self._cells, self._notes, self._threads = painting, cells, notes, threads

    def __call__(self) -> None:
        """Paint; cells that are done are left alone."""
        importlib.import_module("torch").set_num_threads(self._threads)
        for cell in self._cells:
            facts: dict[str, Any] = {}
            self._note(cell, facts, {"node": socket.gethostname()})
            outcome = self._painting.paint(cell, partial(self._note, cell, facts))
            self._note(cell, facts, {"ended": outcome.state, "reason": outcome.reason})

    def checkpoint(self) -> Any:
        """Asked by submitit before a job ends early: the same again."""
        return importlib.import_module("submitit").helpers.DelayedSubmission(self)

    def _note(self, cell: Cell, facts: dict[str, Any], news: Mapping[str, Any]) -> bool:
        facts.update(news)
        write_atomic(self._notes / f"{cell.folder.name}.json", json.dumps(facts).encode())
        return False


class SlurmFarm:
    """Cells on a Slurm cluster.

    Args:
        cells: with absolute folders below `folder`, which all machines see.
        share: of a machine for each job; workers: how many jobs.
        painting, write: as of `Farm`.
        cluster: "slurm"; "local" starts processes of this machine instead.

    Raises:
        SettingsError: what Slurm cannot do.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        folder: str | Path,
        share: Share,
        painting: Painting,
        write: Write | None,
        cluster: str = "slurm",
    ) -> None:
        if is_store(folder):
            raise SettingsError(f"outdir={folder}: on=slurm expected a folder that all machines see")
        if (share.gpus or 1) % 1:
            raise SettingsError(f"gpus_per_run={share.gpus:g}: on=slurm expected a whole number of GPUs")
        self._cells, self._share, self._painting, self._cluster = cells, share, painting, cluster
        self._queue, self._notes = CellQueue(cells), Path(folder) / NOTES
        self._farm_folder, self.stopping = SharedFolder(Path(folder), cells, write), False

    def stop(self) -> None:
        """Have the jobs end; what is done stays, and the rest goes on from its last checkpoints the next time."""
        self.stopping = True

    def run(self) -> Iterator[FarmEvent]:
        """Paint; leaving the loop ends the jobs.

        Raises:
            PixrayError: submitit is not installed, or there is no Slurm here.
        """
        begun, jobs, count = time.monotonic(), [], self._queue.count
        self._farm_folder.acquire()
        try:
            yield FarmStarted(len(self._queue), self._cluster, str(self._notes.parent))
            self._queue.skip(self._farm_folder.done())
            jobs = self._submitted([cell for cell in self._cells if self._queue.state(cell.folder.name) == "waiting"])
            yield from self._followed(jobs)
            yield FarmFinished(count("done"), count("failed"), count("waiting"), round(time.monotonic() - begun, 1))
        finally:
            _cancel(jobs)
            try:
                self._farm_folder.show(self._queue.progress(working=False))
            finally:
                self._farm_folder.release()

    def _submitted(self, cells: Sequence[Cell]) -> list[Any]:
        try:
            submitit = importlib.import_module("submitit")
        except ImportError:
            raise MissingPackage("on=slurm", "submitit", "slurm") from None
        shutil.rmtree(self._notes, ignore_errors=True)
        if not cells:
            return []
        threads, gpus = max(1, int(self._share.cpus or 1)), int(1 if self._share.gpus is None else self._share.gpus)
        count = min(len(cells), self._share.workers or _JOBS)
        parts = [Part(self._painting, cells[first::count], self._notes, threads) for first in range(count)]
        try:
            executor = submitit.AutoExecutor(self._notes / "jobs", self._cluster, slurm_max_num_timeout=_REQUEUES)
            executor.update_parameters(timeout_min=_MINUTES, cpus_per_task=threads, gpus_per_node=gpus)
            with executor.batch():
                return [executor.submit(part) for part in parts]
        except Exception as error:  # submitit raises errors of many kinds
            raise PixrayError(f"on={self._cluster}: no job can be submitted: {error}") from error

    def _followed(self, jobs: Sequence[Any]) -> Iterator[FarmEvent]:
        version, pace, working = 0, Pace(), True
        while working:
            working = not self.stopping and not all(job.done() for job in jobs)
            self._read_notes()
            if not working:
                self._settle_rest(jobs)
            before, version = version, self._queue.version
            yield from self._queue.changes(before)
            if working and pace.due:
                with pace.writing():
                    self._farm_folder.show(self._queue.progress(working=True))
            time.sleep(_POLL if working else 0)

    def _read_notes(self) -> None:
        for path in self._notes.glob("*.json"):
            name = path.stem
            if self._queue.state(name) in ("done", "failed"):
                continue
            facts = json.loads(path.read_bytes())
            if self._queue.state(name) == "waiting":
                self._queue.take(facts["node"], name)
            self._queue.report(name, facts)
            if "ended" in facts and self._queue.state(name) == "running":
                self._queue.settle(name, facts["ended"], facts["reason"], final=True)

    def _settle_rest(self, jobs: Sequence[Any]) -> None:
        """Cells that no job paints any more."""
        errors = [] if self.stopping else [str(job.exception()).strip() for job in jobs if job.exception()]
        reason = f"its job failed: {errors[0].splitlines()[-1]}" if errors else "its job ended before its last step"
        for name in [*self._queue.names("running"), *([] if self.stopping else self._queue.names("waiting"))]:
            if self._queue.state(name) == "waiting":
                self._queue.take("", name)
            self._queue.settle(name, "stopped" if self.stopping else "failed", reason, final=True)


def _cancel(jobs: Sequence[Any]) -> None:
    deadline = time.monotonic() + _PATIENCE
    for job in [job for job in jobs if not job.done()]:
        job.cancel()
        while not job.done() and time.monotonic() < deadline:
            time.sleep(_POLL)

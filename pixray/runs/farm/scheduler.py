"""The scheduler of a farm: one process of Ray's that starts workers, hands out cells, and tells whoever watches.

It lives on the head of the cluster, so that it is lost only where all is lost. Without `detach` it ends with the
program that started it, and its workers with it.

Late imports: Ray takes half a second, and only processes of its own come here.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixray.errors import PixrayError
from pixray.recorders.lock import FolderInUse
from pixray.runs.cell import Cell
from pixray.runs.farm.cell_queue import CellQueue
from pixray.runs.farm.cluster import ON_HEAD, lives, machines
from pixray.runs.farm.limits import Bill, Limits, LimitServer
from pixray.runs.farm.marks import blindness, unmark
from pixray.runs.farm.painter import Painting
from pixray.runs.farm.place import Write, place_of_cells
from pixray.runs.farm.progress import CellChanged
from pixray.runs.farm.shares import Share
from pixray.runs.farm.worker import Painted, Worker, WorkerFacts
from pixray.runs.report.pace import Pace
from pixray.runtime.store import StoreError

_POLL = 0.1
"""Seconds between looks at what has changed."""
_COUNT_PACE = 1.0
"""Seconds between looks at which machines are there."""
_MOST_FALSE_STARTS = 5
"""Workers that end before they described themselves, one after the other, until the farm gives up."""
_TIMEOUT = 30.0
"""Seconds to wait for the end of an earlier farm in the same folder."""
_NOTICED_WITHIN = 2.0
"""Seconds within which a cluster that knows that a worker is dead also knows that its machine is."""
_SILENT_FOR = 45.0
"""Seconds to wait until a cluster knows why a worker cannot be reached: it asks a machine several times before it
counts as lost, with Ray's defaults for 15 seconds or more."""


@dataclass(frozen=True)
class FarmJob:
    """What a farm is asked to do.

    Attributes:
        cells: with absolute folders or addresses, below `folder`.
        marker: a file in the folder by which a machine tells that it sees the same folder as the driver.
        share: of a machine for each run, where it is known.
        painting: what paints the cells.
        write: what writes the pages about them; None: somebody else does.
        directory: where relative paths in settings begin; version: of pixray, where the farm was started.
        budget: cost and requests of the whole farm (see `Budget`); None: every cell has its own.
    """

    cells: Sequence[Cell]
    folder: str | Path
    marker: str
    share: Share
    painting: Painting
    write: Write | None
    directory: str
    version: str
    budget: tuple[float | None, int | None] | None = None


@dataclass(frozen=True)
class Update:
    """What happened since somebody last asked.

    Attributes:
        version: to ask with the next time.
        ended: nothing is painted any more; problem: why the farm could not go on.
        notices: sentences for the user.
        bill: what was spent; told at the end.
    """

    version: int
    changes: Sequence[CellChanged]
    notices: Sequence[str]
    ended: bool
    problem: str
    bill: Bill


class Scheduler:
    """Paints the cells of a job with the workers of a cluster.

    Args:
        job: what is to be done.
        lasting: whether it outlives the program that started it; then it ends by itself.
    """

    def __init__(self, job: FarmJob, lasting: bool) -> None:
        self._job, self._lasting = job, lasting
        self._queue, self._share = CellQueue(job.cells), job.share
        self._worker_tasks: set[asyncio.Task[None]] = set()
        self._place = place_of_cells(job.folder, job.cells, job.write)
        self._notices: list[str] = []
        self._told: set[str] = set()
        self._stopping = self._ended = False
        self._problem = ""
        self._false_starts = self._at_work = self._useless = 0
        self._count_due, self._pace = 0.0, Pace()
        self._machines: Sequence[Mapping[str, float]] = ()
        self._work: asyncio.Task[None] | None = None
        self._limit_server: Any = None
        self._bill = Bill()

    async def begin(self) -> None:
        """Start, once."""
        if self._work is None:
            self._work = asyncio.create_task(self._run())

    async def report(self, name: str, facts: Mapping[str, Any]) -> bool:
        """Hear from a worker; whether it shall stop."""
        self._queue.report(name, facts)
        return self._stopping

    async def stop(self) -> None:
        """Let no cell begin, and those that are painted end after their step."""
        self._stopping = True

    async def updates(self, after: int, timeout: float) -> Update:
        """What has changed after a version; waits a while for something."""
        deadline = time.monotonic() + timeout
        while self._queue.version == after and not self._ended and time.monotonic() < deadline:
            await asyncio.sleep(_POLL)
        ended, version = self._ended, self._queue.version
        notices, self._notices = self._notices, []
        return Update(version, self._queue.changes(after), notices, ended, self._problem, self._bill)

    async def _run(self) -> None:
        try:
            await self._open()
            while self._queue.unfinished and not self._problem and not (self._stopping and not self._running):
                self._start_workers()
                await asyncio.sleep(_POLL)
                await self._show_if_due()
            await self._stop_workers()
            self._bill = await self._limit_server.bill.remote()
            await asyncio.to_thread(self._show)
        except PixrayError as error:
            self._problem = str(error)
        except Exception as error:  # whoever watches is told, whatever it is
            self._problem = f"the farm failed: {type(error).__name__}: {error}"
        finally:
            await asyncio.to_thread(unmark, self._job.folder, self._job.marker)
            await asyncio.to_thread(self._place.release)
            self._ended = True
        if self._lasting:
            await asyncio.sleep(5)  # those who watch learn of the end
            importlib.import_module("ray").actor.exit_actor()

    @property
    def _running(self) -> int:
        return self._queue.count("running")

    async def _open(self) -> None:
        deadline, ray = time.monotonic() + _TIMEOUT, importlib.import_module("ray")
        self._limit_server = (
            ray.remote(LimitServer).options(num_cpus=0, resources=ON_HEAD).remote(*(self._job.budget or ()))
        )
        who = "the head of the cluster"
        problem = await asyncio.to_thread(blindness, self._job.folder, self._job.marker, who)
        if problem:
            raise PixrayError(problem)
        while True:
            try:
                await asyncio.to_thread(self._place.acquire)
                break
            except FolderInUse:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(_POLL)
        await asyncio.to_thread(self._place.tidy, self._job.marker)
        self._queue.skip(await asyncio.to_thread(self._place.done))

    def _start_workers(self) -> None:
        """As many workers as there are cells left, and room for."""
        if time.monotonic() >= self._count_due:
            self._machines = machines(importlib.import_module("ray"))
            self._count_due = time.monotonic() + _COUNT_PACE
        room = self._share.room(self._machines) if not self._share.measures else 1
        wanted = min(self._queue.unfinished, room) if not self._stopping else 0
        for _ in range(wanted - len(self._worker_tasks)):
            task = asyncio.create_task(self._run_worker())
            self._worker_tasks.add(task)
            task.add_done_callback(self._worker_tasks.discard)

    async def _run_worker(self) -> None:
        """One worker from its start to its end."""
        ray = importlib.import_module("ray")
        options = {**self._share.options(), "max_restarts": 0, "max_task_retries": 0}
        threads = max(1, int(self._share.cpus or 1))
        me, name = ray.get_runtime_context().current_actor, secrets.token_hex(8)
        limits = Limits(self._limit_server, name, self._job.budget is not None)
        made = ray.remote(Worker).options(**options)
        worker = made.remote(self._job.painting, me, limits, threads, self._job.directory)
        try:
            worker_facts = await self._described(worker)
            if worker_facts is not None:
                await self._feed(worker, worker_facts)
        finally:
            with contextlib.suppress(Exception):  # it is gone already
                ray.kill(worker)
            self._limit_server.forget.remote(name)

    async def _described(self, worker: Any) -> WorkerFacts | None:
        """What a worker says of itself; None if it is of no use."""
        ray_errors = importlib.import_module("ray.exceptions")
        try:
            folder, marker, version = str(self._job.folder), self._job.marker, self._job.version
            worker_facts: WorkerFacts = await worker.describe.remote(folder, marker, version)
        except ray_errors.RayError as error:
            self._false_starts += 1
            if self._false_starts >= _MOST_FALSE_STARTS:
                self._problem = f"no worker can be started: {last_line(error)}"
            await asyncio.sleep(1)
            return None
        self._false_starts = 0
        if worker_facts.problem:
            await self._set_aside(worker_facts)
            return None
        return worker_facts

    async def _set_aside(self, worker_facts: WorkerFacts) -> None:
        """Keep a worker that is of no use, so that its place on that machine is not given to the next one."""
        self._useless += 1
        if worker_facts.problem not in self._notices:
            self._notices.append(worker_facts.problem)
        if not self._at_work and self._useless >= len(self._worker_tasks):
            self._problem = worker_facts.problem
        while True:
            await asyncio.sleep(3600)

    async def _feed(self, worker: Any, worker_facts: WorkerFacts) -> None:
        self._at_work += 1
        try:
            while self._queue.unfinished and not self._stopping:
                cell = self._queue.take(worker_facts.host)
                if cell is None:
                    await asyncio.sleep(_POLL)  # another worker may be lost
                elif not await self._painted(worker, worker_facts, cell):
                    return
        finally:
            self._at_work -= 1

    async def _painted(self, worker: Any, worker_facts: WorkerFacts, cell: Cell) -> bool:
        """Have one cell painted; whether the worker can take another one."""
        ray_errors, name = importlib.import_module("ray.exceptions"), cell.folder.name
        try:
            painted: Painted = await worker.paint.remote(cell)
        except ray_errors.RayTaskError as error:
            self._queue.settle(name, "failed", f"the worker failed: {last_line(error)}")
            return False
        except ray_errors.RayError as error:
            unclear = isinstance(error, ray_errors.ActorUnavailableError)
            gone = await self._lost_machine(worker_facts, _SILENT_FOR if unclear else _NOTICED_WITHIN)
            what = f"the machine {worker_facts.host} was lost" if gone else f"the worker on {worker_facts.host} ended"
            self._queue.worker_lost(name, f"{what} while it painted this cell", node_gone=gone)
            return False
        outcome = painted.outcome
        self._queue.settle(name, outcome.state, outcome.reason, final=outcome.paid)
        if self._share.measures:
            self._share = self._share.measured(painted.peak, painted.total)
            return False  # its share of the GPU is too large
        return not outcome.broken_device

    async def _lost_machine(self, worker_facts: WorkerFacts, within: float) -> bool:
        """Whether a worker ended because its whole machine did, which the cluster may notice some seconds later."""
        ray, deadline = importlib.import_module("ray"), time.monotonic() + within
        while await asyncio.to_thread(lives, ray, worker_facts.node):
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(_POLL)
        return True

    async def _stop_workers(self) -> None:
        tasks = list(self._worker_tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _show_if_due(self) -> None:
        if self._pace.due:
            with self._pace.writing():
                try:
                    await asyncio.to_thread(self._show, working=True)
                except StoreError as error:  # what is missing there is put the next time
                    if str(error) not in self._told:
                        self._told.add(str(error))
                        self._notices.append(str(error))

    def _show(self, *, working: bool = False) -> None:
        self._place.show(self._queue.standing(working=working))


def last_line(error: Exception) -> str:
    """What an error of Ray's says in the end: a worker's own error, or why a process is no more."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__

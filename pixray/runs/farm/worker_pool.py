"""The workers of a farm: started where there is room, fed with cells, and replaced when they are lost.

Late imports: Ray takes half a second, and only processes of its own come here.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pixray.runs.cell import Cell
from pixray.runs.farm.cell_queue import CellQueue
from pixray.runs.farm.cluster import lives, machines
from pixray.runs.farm.farm_job import FarmJob
from pixray.runs.farm.limits import Limits
from pixray.runs.farm.worker import Painted, Worker, WorkerFacts

POLL = 0.1
"""Seconds between looks at what has changed."""
_COUNT_PACE = 1.0
"""Seconds between looks at which machines are there."""
_MOST_FALSE_STARTS = 5
"""Workers that end before they described themselves, one after the other, until the farm gives up."""
_NOTICED_WITHIN = 2.0
"""Seconds within which a cluster that knows that a worker is dead also knows that its machine is."""
_SILENT_FOR = 45.0
"""Seconds to wait until a cluster knows why a worker cannot be reached: it asks a machine several times before it
counts as lost, with Ray's defaults for 15 seconds or more."""


class WorkerPool:
    """The workers of one farm. Each is a process of Ray's with its share of a machine.

    Args:
        job: what is to be done; queue: its cells.
        tell: takes sentences for whoever watches.

    Attributes:
        problem: why no worker can go on; empty: they can.
        stopping: set when no further cell shall begin.
    """

    def __init__(self, job: FarmJob, queue: CellQueue, tell: Callable[[str], None]) -> None:
        self._job, self._queue, self._share, self._tell = job, queue, job.share, tell
        self.problem = ""
        self.stopping = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._false_starts = self._at_work = self._useless = 0
        self._count_due = 0.0
        self._machines: Sequence[Mapping[str, float]] = ()
        self._limit_server: Any = None

    def limit_by(self, limit_server: Any) -> None:
        """Let services be asked only as this process of Ray's allows."""
        self._limit_server = limit_server

    def start(self) -> None:
        """As many workers as there are cells left, and room for."""
        if time.monotonic() >= self._count_due:
            self._machines = machines(importlib.import_module("ray"))
            self._count_due = time.monotonic() + _COUNT_PACE
        room = self._share.room(self._machines) if not self._share.measures else 1
        wanted = min(self._queue.unfinished, room) if not self.stopping else 0
        for _ in range(wanted - len(self._tasks)):
            task = asyncio.create_task(self._run_worker())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

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
                self.problem = f"no worker can be started: {last_line(error)}"
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
        self._tell(worker_facts.problem)
        if not self._at_work and self._useless >= len(self._tasks):
            self.problem = worker_facts.problem
        while True:
            await asyncio.sleep(3600)

    async def _feed(self, worker: Any, worker_facts: WorkerFacts) -> None:
        self._at_work += 1
        try:
            while self._queue.unfinished and not self.stopping:
                cell = self._queue.take(worker_facts.host)
                if cell is None:
                    await asyncio.sleep(POLL)  # another worker may be lost
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
            await asyncio.sleep(POLL)
        return True

    async def stop(self) -> None:
        """End all workers, whatever they do."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def last_line(error: Exception) -> str:
    """What an error of Ray's says in the end: a worker's own error, or why a process is no more."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__

"""The scheduler of a farm: one process of Ray's that keeps the folder and the workers, and tells whoever watches.

It lives on the head of the cluster, so that it is lost only where all is lost. Without `detach` it ends with the
program that started it, and its workers with it.

Late imports: Ray takes half a second, and only processes of its own come here.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pixray.errors import PixrayError
from pixray.recorders.lock import FolderInUse
from pixray.runs.farm.cell_queue import CellQueue
from pixray.runs.farm.cluster import ON_HEAD
from pixray.runs.farm.farm_folder import folder_of_cells
from pixray.runs.farm.farm_job import FarmJob
from pixray.runs.farm.limits import Bill, LimitServer
from pixray.runs.farm.marker import missing_marker, remove_marker
from pixray.runs.farm.progress import CellChanged
from pixray.runs.farm.worker_pool import POLL, WorkerPool
from pixray.runs.report.pace import Pace
from pixray.runtime.store import StoreError

_TIMEOUT = 30.0
"""Seconds to wait for the end of an earlier farm in the same folder."""


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
        self._queue = CellQueue(job.cells)
        self._workers = WorkerPool(job, self._queue, self._tell)
        self._farm_folder = folder_of_cells(job.folder, job.cells, job.write)
        self._notices: list[str] = []
        self._told: set[str] = set()
        self._problem = ""
        self._ended = False
        self._pace = Pace()
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
        return self._workers.stopping

    async def stop(self) -> None:
        """Let no cell begin, and those that are painted end after their step. No service is asked for more: workers
        learn one after the other that they shall stop, and one that has leaves its place at the service to the next."""
        self._workers.stopping = True
        if self._limit_server is not None:
            await self._limit_server.close.remote()

    async def updates(self, after: int, timeout: float) -> Update:
        """What has changed after a version; waits a while for something."""
        deadline = time.monotonic() + timeout
        while self._queue.version == after and not self._ended and time.monotonic() < deadline:
            await asyncio.sleep(POLL)
        ended, version = self._ended, self._queue.version
        notices, self._notices = self._notices, []
        problem = self._problem or self._workers.problem
        return Update(version, self._queue.changes(after), notices, ended, problem, self._bill)

    async def _run(self) -> None:
        try:
            await self._open()
            while self._going():
                self._workers.start()
                await asyncio.sleep(POLL)
                await self._show_if_due()
            await self._workers.stop()
            self._bill = await self._limit_server.bill.remote()
            await asyncio.to_thread(self._show)
        except PixrayError as error:
            self._problem = str(error)
        except Exception as error:  # whoever watches is told, whatever it is
            self._problem = f"the farm failed: {type(error).__name__}: {error}"
        finally:
            await asyncio.to_thread(remove_marker, self._job.folder, self._job.marker)
            await asyncio.to_thread(self._farm_folder.release)
            self._ended = True
        if self._lasting:
            await asyncio.sleep(5)  # those who watch learn of the end
            importlib.import_module("ray").actor.exit_actor()

    def _going(self) -> bool:
        """Whether cells are left, or end after their step where no further one shall begin."""
        left = self._queue.count("running") if self._workers.stopping else self._queue.unfinished
        return left > 0 and not self._workers.problem

    async def _open(self) -> None:
        deadline, ray = time.monotonic() + _TIMEOUT, importlib.import_module("ray")
        self._limit_server = (
            ray.remote(LimitServer).options(num_cpus=0, resources=ON_HEAD).remote(*(self._job.budget or ()))
        )
        self._workers.limit_by(self._limit_server)
        who = "the head of the cluster"
        problem = await asyncio.to_thread(missing_marker, self._job.folder, self._job.marker, who)
        if problem:
            raise PixrayError(problem)
        while True:
            try:
                await asyncio.to_thread(self._farm_folder.acquire)
                break
            except FolderInUse:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(POLL)
        await asyncio.to_thread(self._farm_folder.tidy, self._job.marker)
        self._queue.skip(await asyncio.to_thread(self._farm_folder.done))

    async def _show_if_due(self) -> None:
        if self._pace.due:
            with self._pace.writing():
                try:
                    await asyncio.to_thread(self._show, working=True)
                except StoreError as error:  # what is missing there is put the next time
                    self._tell(str(error))

    def _tell(self, text: str) -> None:
        """Have whoever watches told, once."""
        if text not in self._told:
            self._told.add(text)
            self._notices.append(text)

    def _show(self, *, working: bool = False) -> None:
        self._farm_folder.show(self._queue.progress(working=working))

"""The queue: which jobs there are, in which order they are painted, and what has become of them.

Every change is on disk before anybody hears of it. A job whose server or worker died goes on from its last checkpoint;
jobs without checkpoints, whose clients wait for the answer, end with their server. What clients may do with a job
stands in job_actions.py.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from pixray.errors import PixrayError
from pixray.runtime.files import writing
from pixray.serve.database import NAME, Database, Unwritable
from pixray.serve.event_log import EventLog
from pixray.serve.facts import facts_of, preview_address, progress_of
from pixray.serve.job_errors import AtCapacity, NoSuchJob, NotNow, QueueClosed
from pixray.serve.job_store import JobStore
from pixray.serve.jobs import Job
from pixray.serve.queue_order import QueueOrder
from pixray.serve.run_folder import go_back, remove_run
from pixray.settings.layers import Leave

logger = logging.getLogger(__name__)

MOST_DEATHS = 3
"""Workers that may end in a row while they paint a job, without a new checkpoint in between."""
MOST_KEPT = 200
"""Jobs of other programs than the page that are kept when they are over."""
_COLLECTED = 600.0
"""Seconds after which whoever waited for a job has its picture."""
SHUT_DOWN = "the server shut down"


class Queue:
    """All jobs of a server.

    Args:
        folder: of the server: the queue itself, and below it everything that belongs to jobs.
        leave: what clients may name; for jobs that go on after a new start.
        most_waiting: jobs that may wait.
        most_kept: jobs of other programs than the page that are kept when they are over, with their folders.

    Attributes:
        lock: held while the state or the order of jobs changes.
        log: what happened.
        wake: called when there may be something to do for workers.
        closed: whether the server is ending.
    """

    def __init__(
        self, folder: Path, leave: Leave = Leave(), most_waiting: int = 1000, most_kept: int = MOST_KEPT
    ) -> None:
        self.folder, self.most_waiting, self.most_kept = folder, most_waiting, most_kept
        self._database = Database(folder / NAME)
        self.log, self._store = EventLog(self._database), JobStore(self._database, leave, folder)
        self.wake: Callable[[], None] = lambda: None
        self.closed = False
        self.lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._order = QueueOrder()
        self._known: dict[str, tuple[Any, ...]] = {}
        self._recover()
        self._give_up()

    def add(self, job: Job, free: int | None = None) -> Job:
        """Put a job at the end of the queue.

        Args:
            free: workers without a job, if it is to be painted at once or not at all.

        Raises:
            AtCapacity: too many are waiting.
            QueueClosed: the server is ending.
            PixrayError: the disk is full.
        """
        with self.lock:
            if self.closed:
                raise QueueClosed("the server is shutting down")
            if len(self._order) >= (self.most_waiting if free is None else free):
                raise AtCapacity(f"{len(self._order)} jobs are waiting already, more are not taken")
            with writing(job.order.folder):
                job.order.folder.mkdir(parents=True, exist_ok=True)
            self._order.enter(job, self._order.last())
            try:
                self._keep(job)
            except Unwritable:
                self._order.leave(job)
                raise
            self._watch(job)
            self.tell_order()
        self.wake()
        return job

    def take(self) -> Job | None:
        """The next job, for a worker that is free."""
        with self.lock:
            job = None if self.closed else self._order.pop()
            if job is not None:
                job.begin()
                self.tell_order()
            return job

    def settle(self, job: Job, outcome: str, error: str | None = None) -> None:
        """A worker has left a job: "done", "failed", or "stopped" because somebody wished it."""
        with self.lock:
            if outcome == "failed":
                job.end("failed", error)
            elif outcome == "done":
                job.end("done")
            else:
                self._put_back(job)

    def bereave(self, job: Job, why: str) -> None:
        """The worker that painted a job has died. It is painted on, unless it seems to be what workers die of.

        Args:
            why: the end of a sentence about the worker process.
        """
        with self.lock:
            if job.wish is None and (not job.order.lasting or job.deaths >= MOST_DEATHS):
                job.end("failed", f"the worker process {why}; nothing of this job is left running")
                return
            job.deaths += job.wish is None
            self._put_back(job)

    def _put_back(self, job: Job) -> None:
        """What becomes of a job that is not painted any more."""
        if job.wish == "cancel" or not job.order.lasting:
            job.end("cancelled")
        elif job.wish == "pause":
            job.wait("paused")
        else:
            try:
                if job.back_to is not None:
                    go_back(job)
            except PixrayError as error:
                job.end("failed", str(error))
            else:
                self.requeue(job)

    def requeue(self, job: Job) -> None:
        """Let a job go on before all others."""
        job.wait("queued")
        self.enter(job, self._order.first())

    def enter(self, job: Job, place: float) -> None:
        """Give a job a place among those that wait."""
        self._order.enter(job, place)
        with _told():
            if self._order.crowded():
                self._order.spread()
                for other in self._order:
                    self._store.save(other, self._order.place(other))
            self._keep(job)
        self.tell_order()

    def leave_line(self, job: Job) -> None:
        """Take a job's place among those that wait away."""
        self._order.leave(job)

    def place_before(self, job: Job | None) -> float:
        """A place right before a job that waits; None: the last one."""
        return self._order.last() if job is None else self._order.before(job)

    def get(self, name: str) -> Job:
        """The job of an id.

        Raises:
            NoSuchJob: there is none.
        """
        with self.lock:
            job = self._jobs.get(name) or self._store.load(name)
        if job is None:
            raise NoSuchJob("there is no job of that id")
        return job

    def facts(self, job: Job, *, settings: bool = True) -> dict[str, Any]:
        """What clients are told about a job."""
        return facts_of(job, self.position(job), settings=settings)

    def position(self, job: Job) -> int | None:
        """Its place among those that wait, from 0; None: it does not wait."""
        with self.lock:
            return self._order.position(job)

    def waiting(self) -> list[Job]:
        """Jobs that no worker has taken yet, in their order."""
        with self.lock:
            return list(self._order)

    def unfinished(self) -> list[Job]:
        """Jobs that are not over: those that are painted, then those that wait, then those that are paused."""
        return [job for job in self.listed(limit=0) if not job.finished]

    def listed(self, query: str = "", limit: int = 50, before: str | None = None) -> list[Job]:
        """Jobs that are not over, as above, then those that are, newest first; see `JobStore.finished`.

        Nothing is kept between the two, or a job that ends just then would be in neither.
        """
        with self.lock:
            finished, ids = self._store.finished(query, limit, before), {job.id for job in self._order}
            others = [job for job in self._jobs.values() if job.id not in ids]
            live = [*(job for job in others if job.state != "paused"), *self._order]
            live += [job for job in others if job.state == "paused"]
        words = query.lower().split()
        return [*(job for job in live if not before and all(word in job.prompts.lower() for word in words)), *finished]

    def mentions(self, text: str) -> bool:
        """Whether a job has something to do with a text, such as the name of an upload."""
        return self._store.mentions(text)

    def remove(self, name: str) -> None:
        """Forget a job that is over, with its folder.

        Raises:
            NoSuchJob, NotNow: it is not over.
        """
        with self.lock:
            job = self.get(name)
            if not job.finished:
                raise NotNow(f"the job is {job.state}: cancel it first")
            self._store.remove(job)
            self.log.forget(name)
            self.log.append("removed", name, {"id": name})
        remove_run(job)

    def close(self) -> None:
        """Take and give no more jobs; those that keep checkpoints stay in the queue for the next start."""
        with self.lock:
            self.closed = True
            for job in list(self._order):
                if not job.order.lasting:
                    self.leave_line(job)
                    job.end("cancelled", SHUT_DOWN)

    def shut(self) -> None:
        """Close the file, when nobody asks any more."""
        self._database.close()

    def tell_order(self) -> None:
        """Tell everybody which jobs wait, in their order."""
        with _told():
            self.log.append("order", "", {"ids": [job.id for job in self._order]})

    def _recover(self) -> None:
        """Jobs of the last start: what was being painted comes first."""
        interrupted = []
        for job, place in self._store.unfinished():
            self._watch(job)
            if not job.order.lasting:
                job.end("cancelled", SHUT_DOWN)
            elif job.state == "queued":
                self.enter(job, place)
            elif job.state == "running":
                interrupted.append(job)
        for job in reversed(interrupted):
            self._put_back(job)

    def _watch(self, job: Job) -> None:
        """Keep and tell every change of a job from now on."""
        self._jobs[job.id] = job
        job.listen(partial(self._changed, job))

    def _changed(self, job: Job) -> None:
        """Keep what is new about a job, then tell it. A full disk ends nothing: the next change is kept again."""
        with self.lock:
            known = self._known.get(job.id)
            lengths = (len(job.steering), len(job.checkpoints))
            shape = (job.state, job.wish, job.size, job.seed, job.steps, job.error, lengths)
            self._known[job.id] = (shape, job.previews[-1:], job.step)
            with _told():
                if known is None or known[0] != shape:
                    self._keep(job)
                if known is not None:
                    self._tell_frames(job, *known[1:])
            if job.finished:
                self._jobs.pop(job.id, None)
                self._known.pop(job.id, None)
                self._give_up()

    def _give_up(self) -> None:
        """Remove the oldest jobs of other programs beyond those that are kept."""
        with _told():
            for name in self._store.given_up(self.most_kept, time.time() - _COLLECTED):
                self.remove(name)

    def _tell_frames(self, job: Job, previews: list[int], step: int) -> None:
        """Tell what is new since a preview and a step."""
        if job.previews and job.previews[-1:] != previews:
            newest = job.previews[-1]
            self.log.append("picture", job.id, {"id": job.id, "step": newest, "url": preview_address(job, newest)})
        if job.step and job.step != step:
            self.log.append("step", job.id, progress_of(job))

    def _keep(self, job: Job) -> None:
        """Write a job's row and tell it."""
        self._store.save(job, self._order.place(job))
        self.log.append("job", job.id, self.facts(job, settings=False))


@contextmanager
def _told() -> Iterator[None]:
    """Let what cannot be kept be a line in the server's log: jobs go on, and are kept again at their next change."""
    try:
        yield
    except Unwritable as error:
        logger.error("%s", error)

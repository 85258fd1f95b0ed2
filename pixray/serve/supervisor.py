"""Supervision: one worker process for each device, started again whenever it dies or hangs, which empties a queue.

A pool knows nothing of HTTP. What becomes of a job whose worker died, the queue decides.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import wait
from typing import Any

from pixray.serve.jobs import Job
from pixray.serve.process import Deadlines, Patience, WorkerProcess
from pixray.serve.queue import SHUT_DOWN, Queue
from pixray.serve.worker import STOP

_TICK = 0.2


class Pool:
    """Workers of several devices with one queue.

    Args:
        devices: one worker each.
        queue: gives the jobs.
        patience: when a worker counts as stuck.
        command: starts a worker; the descriptors, the parent's number and the device are appended.
    """

    def __init__(
        self,
        devices: Sequence[str],
        queue: Queue,
        patience: Patience = Patience(),
        command: Sequence[str] = (sys.executable, "-m", "pixray.serve.worker"),
    ) -> None:
        self.queue, self.patience, self.command = queue, patience, tuple(command)
        self.supervisors = [Supervisor(self, device) for device in devices]
        queue.wake = self.wake

    def start(self) -> None:
        """Start all workers; they are ready a little later."""
        for supervisor in self.supervisors:
            supervisor.start()

    @property
    def status(self) -> str:
        """STARTING, READY, BUSY, SETUP_FAILED (no worker can be started) or STOPPING."""
        if self.queue.closed:
            return "STOPPING"
        states = {supervisor.state for supervisor in self.supervisors}
        for state in ("idle", "busy", "starting"):
            if state in states:
                return {"idle": "READY", "busy": "BUSY", "starting": "STARTING"}[state]
        return "SETUP_FAILED"

    @property
    def free(self) -> int:
        """Workers that wait for a job."""
        return sum(supervisor.state == "idle" for supervisor in self.supervisors)

    def wake(self) -> None:
        """Have every supervisor look at the queue and at its job."""
        for supervisor in self.supervisors:
            supervisor.wake()

    def drain(self) -> None:
        """Give out no more jobs, stop those that run after their step, with a checkpoint if they keep one, and end."""
        self.queue.close()
        for supervisor in self.supervisors:
            supervisor.close()
        for supervisor in self.supervisors:
            if supervisor.ident is not None:
                supervisor.join(self.patience.cancel + 2 * self.patience.end)

    def kill(self) -> None:
        """End every worker at once."""
        for supervisor in self.supervisors:
            supervisor.kill()


class Supervisor(threading.Thread):
    """Keeps the worker of one device alive, and gives it one job at a time.

    Attributes:
        state: "starting", "idle", "busy", "failed" (it cannot be started) or "ended".
        deaths: how often a worker died or was killed because it hung.
    """

    def __init__(self, pool: Pool, device: str) -> None:
        super().__init__(daemon=True, name=f"pixray-supervisor-{device}")
        self.pool, self.device, self.state, self.deaths = pool, device, "starting", 0
        self.job: Job | None = None
        self._process: WorkerProcess | None = None
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._closing = False

    def wake(self) -> None:
        """Look at the queue, at the job and at whether to end, now."""
        try:
            self._waker.send(b"x")
        except OSError:
            return  # it is being woken already, or has ended

    def close(self) -> None:
        """End the job after its step, then the worker, then this thread."""
        self._closing = True
        self._release()
        self.wake()

    def _release(self) -> None:
        """Have the job stop: to go on at the next start, if it can."""
        if self.job is not None and self.job.wish is None:
            if self.job.order.lasting:
                self.job.ask("release")
            else:
                self.job.ask("cancel", SHUT_DOWN)

    def kill(self) -> None:
        """End the worker at once."""
        self._closing = True
        if self._process is not None:
            self._process.kill()

    def run(self) -> None:
        """Start workers until told to end. Workers live as long as this thread, which the kernel holds them to."""
        failures = 0
        while not self._closing and failures < self.pool.patience.failures:
            if failures:
                self._pause(min(10.0, 0.25 * 2**failures))
                if self._closing:
                    break
            try:
                process = self._process = WorkerProcess(self.pool.command, self.device)
            except OSError:  # no memory, processes or descriptors: perhaps a little later
                failures += 1
                continue
            try:
                why = self._attend(process)
            finally:
                process.end(self.pool.patience.end)
            failures = failures + 1 if self.state == "starting" else 0
            if self.job is not None:
                self.pool.queue.bereave(self.job, why)
                self.job = None
            if not self._closing:
                self.deaths += 1
                self.state = "starting"
        self.state = "ended" if self._closing else "failed"
        self._woken.close()
        self._waker.close()

    def _attend(self, process: WorkerProcess) -> str:
        """Pass messages until the worker ends, hangs, or is no longer wanted; the reason as the end of a sentence."""
        deadlines = Deadlines(self.pool.patience)
        told_to_stop = False
        while True:
            for ready in wait([process.connection, self._woken], _TICK):
                if ready is self._woken:
                    self._woken.recv(4096)
                    continue
                message = process.receive()
                if message is None:
                    return f"ended ({process.how_it_ended()})"
                deadlines.hear(message)
                self._take_in(message)
            if self.state == "idle" and self._closing:
                return "was told to end"
            if self.state == "idle":
                told_to_stop = self._give_next(process, deadlines)
            if self.job is not None and deadlines.job_is_over and self.job.wish is None:
                self.job.ask("cancel", f"it took longer than the {self.pool.patience.job:g} s that a job may take")
            if self.job is not None and not told_to_stop:
                told_to_stop = self._pass_on(self.job, process, deadlines)
            stuck = deadlines.complaint()
            if stuck is not None:
                process.kill()
                if self.job is not None and self.job.wish == "cancel":
                    self.job.end("cancelled", "it did not stop by itself and was ended")
                return stuck

    def _pass_on(self, job: Job, process: WorkerProcess, deadlines: Deadlines) -> bool:
        """Give the worker what was left for it; whether it was told to stop."""
        for letter in job.letters():
            process.send(letter)
        if job.wish is None:
            return False
        deadlines.cancel()
        return process.send(STOP)

    def _take_in(self, message: dict[str, Any]) -> None:
        if "ready" in message:
            self.state = "idle"
        elif self.job is not None and "done" in message:
            job, self.job, self.state = self.job, None, "idle"
            self.pool.queue.settle(job, message["done"], message.get("error"))
        elif self.job is not None and "alive" not in message:
            self.job.tell(message)

    def _give_next(self, process: WorkerProcess, deadlines: Deadlines) -> bool:
        """Hand the worker a job if there is one. Whether it was told to stop already, which it was not."""
        job = self.pool.queue.take()
        if job is not None:
            self.job, self.state = job, "busy"
            deadlines.begin()
            process.send(job.order)
            if self._closing:
                self._release()
        return False

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._closing and time.monotonic() < end:
            if wait([self._woken], _TICK):
                self._woken.recv(4096)

"""A worker process as its supervisor sees it: starting it, talking to it, and when it counts as stuck."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

PACKAGES = Path(__file__).parents[2]


@dataclass(frozen=True)
class Patience:
    """Seconds after which a worker counts as stuck.

    Attributes:
        start: until a new process is ready.
        silence: without any sign of life.
        build: until a job takes its first step, downloads of models included.
        step: between two steps.
        job: for the whole of a job, after which it is cancelled.
        cancel: between a wish to cancel and the end of the job.
        end: to end in, once told to.
        failures: starts in a row that may fail before its supervisor gives up.
    """

    start: float = 180.0
    silence: float = 60.0
    build: float = 3600.0
    step: float = 900.0
    job: float = 3600.0
    cancel: float = 30.0
    end: float = 10.0
    failures: int = 5


class Deadlines:
    """When a worker counts as stuck."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self._heard = time.monotonic()
        self._due: tuple[float, str] | None = (self._heard + patience.start, "was not ready in time")
        self._cancel: float | None = None
        self._end = float("inf")

    @property
    def job_is_over(self) -> bool:
        """Whether the job has had its time."""
        return time.monotonic() > self._end

    def begin(self) -> None:
        """A job is handed over."""
        self._end = time.monotonic() + self.patience.job
        self._due, self._cancel = (time.monotonic() + self.patience.build, "did not begin to paint in time"), None

    def cancel(self) -> None:
        """The job was asked to stop."""
        self._cancel = time.monotonic() + self.patience.cancel

    def hear(self, message: dict[str, Any]) -> None:
        """The worker has said something."""
        self._heard = time.monotonic()
        if "done" in message or "ready" in message:
            self._due = self._cancel = None
        elif "alive" not in message:
            self._due = (self._heard + self.patience.step, "hung in a step")

    def complaint(self) -> str | None:
        """Why the worker counts as stuck, or None."""
        now = time.monotonic()
        if self._due is not None and now > self._due[0]:
            return self._due[1]
        if self._cancel is not None and now > self._cancel:
            return "did not stop in time"
        started = self._due is None or self._due[1] != "was not ready in time"
        return "gave no sign of life" if started and now - self._heard > self.patience.silence else None


class WorkerProcess:
    """A worker process and the ways to talk to it.

    On Linux the kernel ends it together with the thread that made it.

    Args:
        command: starts it; the descriptors, the parent's number and the device are appended.
    """

    def __init__(self, command: Sequence[str], device: str) -> None:
        parent_end, child_end = socket.socketpair()
        lifeline, self._held = os.pipe()
        environment = {**os.environ, "PYTHONPATH": _first("PYTHONPATH", PACKAGES)}
        words = [*command, str(child_end.fileno()), str(lifeline), str(os.getpid()), device]
        try:
            self._popen = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(child_end.fileno(), lifeline),
                env=environment,
                start_new_session=True,
            )
        finally:
            child_end.close()
            os.close(lifeline)
        self.connection = Connection(parent_end.detach())

    def send(self, message: Any) -> bool:
        """Say something to the worker; True, also when it is no longer there to hear it."""
        try:
            self.connection.send(message)
        except OSError:
            return True  # its end is noticed when its answer is read
        return True

    def receive(self) -> dict[str, Any] | None:
        """What the worker says, or None when it has ended."""
        try:
            return json.loads(self.connection.recv_bytes(1 << 20))
        except (EOFError, OSError, ValueError):
            return None

    def how_it_ended(self) -> str:
        """The exit code or the signal, in words."""
        try:
            code = self._popen.wait(1.0)
        except subprocess.TimeoutExpired:
            return "without a word"
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def kill(self) -> None:
        """End it at once."""
        self._popen.kill()

    def end(self, patience: float) -> None:
        """End it, politely first, and free what belongs to it."""
        self.connection.close()
        try:
            self._popen.wait(patience)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        os.close(self._held)


def _first(variable: str, folder: Path) -> str:
    """A list of folders in the environment, with one more in front."""
    return os.pathsep.join(filter(None, [str(folder), os.environ.get(variable)]))

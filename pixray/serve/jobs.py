"""Jobs: what a worker is asked to paint, and what has become of it so far. Safe to be read from every thread."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pixray.settings.layers import Layer

State = Literal["queued", "starting", "processing", "succeeded", "failed", "canceled"]
FINAL: tuple[State, ...] = ("succeeded", "failed", "canceled")


@dataclass(frozen=True)
class Order:
    """What a worker needs to know about a job.

    Attributes:
        layers: the settings, weakest first, with who brought them.
        folder: where the run's files go; it exists and is empty.
        resumable: whether checkpoints are kept in the folder.
        most_pictures: pictures that are kept while it is painted; the finished one always is.
    """

    layers: tuple[Layer, ...]
    folder: Path
    resumable: bool = False
    most_pictures: int = 100


@dataclass
class Job:
    """One order and its fate.

    Attributes:
        order: what is to be painted.
        id: its name.
        pictures: files of the pictures shown so far, in order; the finished one last.
        step, steps: how far it is; 0 before it has started.
        error: one sentence about a failure.
        created, started, completed: when; None: not yet.
    """

    order: Order
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: State = field(default="queued", init=False)
    pictures: list[Path] = field(default_factory=list, init=False)
    step: int = field(default=0, init=False)
    steps: int = field(default=0, init=False)
    error: str | None = field(default=None, init=False)
    created: datetime.datetime = field(default_factory=lambda: _now(), init=False)
    started: datetime.datetime | None = field(default=None, init=False)
    completed: datetime.datetime | None = field(default=None, init=False)
    _cancelling: bool = field(default=False, init=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, init=False, repr=False)
    _listeners: list[Callable[[], None]] = field(default_factory=list, init=False, repr=False)

    @property
    def finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in FINAL

    @property
    def cancelling(self) -> bool:
        """Whether somebody asked for its end."""
        return self._cancelling

    @property
    def seconds(self) -> float:
        """How long it has been painted."""
        if self.started is None:
            return 0.0
        return ((self.completed or _now()) - self.started).total_seconds()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have a function called after every change, in the thread that made it. Gives what ends that."""
        with self._lock:
            self._listeners.append(listener)
        return lambda: self._unlisten(listener)

    def cancel(self, why: str | None = None) -> None:
        """Ask for the end at the next step; the picture so far is kept. A job that has ended stays as it is.

        Args:
            why: what to tell its client, if it was not the client who asked.
        """
        self._change(_cancelling=True, error=why)

    def begin(self) -> None:
        """A worker has taken it."""
        self._change(state="starting", started=_now())

    def tell(self, message: dict[str, Any]) -> None:
        """Take over what the worker says about the run: "step", "steps", "picture"."""
        with self._lock:
            if "picture" in message:
                self.pictures.append(Path(message["picture"]))
            self._change(
                state="processing",
                step=int(message.get("step", self.step)),
                steps=int(message.get("steps", self.steps)),
            )

    def end(self, state: State, error: str | None = None) -> None:
        """It is over. Whoever comes second changes nothing."""
        with self._lock:
            if not self.finished:
                self._change(state=state, error=error or self.error, completed=_now())

    def _change(self, **facts: Any) -> None:
        with self._lock:
            if self.finished:
                return
            for name, value in facts.items():
                setattr(self, name, value)
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def _unlisten(self, listener: Callable[[], None]) -> None:
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)

"""Jobs: what a worker is asked to paint, and what has become of it so far. Safe to be read from every thread."""

from __future__ import annotations

import datetime
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pixray.settings.layers import Layer, Leave

State = Literal["queued", "running", "paused", "done", "failed", "cancelled"]
FINAL: tuple[State, ...] = ("done", "failed", "cancelled")
PAGE = "studio"
"""The interface of the page, whose jobs stay until somebody deletes them."""
Wish = Literal["cancel", "pause", "release", "undo"]
"""Why a running job is asked to stop: for good, until it is resumed, since the server ends, or to go back to a
checkpoint."""
_TOLD = ("step", "steps", "losses", "seconds_left", "seed", "drawer", "output", "previews", "checkpoints", "steering")


@dataclass(frozen=True)
class Order:
    """What a worker needs to know about a job.

    Attributes:
        layers: the settings, weakest first, with who brought them.
        folder: where the run's files go; it is made for the job.
        resumable: whether checkpoints and previews are kept in the folder.
        lasting: whether the job outlives its worker and its server, and can be paused; for that it is resumable. Others
            end with the client that waits for them.
        most_pictures: full pictures that are kept while it is painted, for clients that are sent them.
        iterations: another total for a run that goes on; None: as it was.
    """

    layers: tuple[Layer, ...]
    folder: Path
    resumable: bool = False
    lasting: bool = False
    most_pictures: int = 0
    iterations: str | None = None


def leave_of(order: Order) -> Leave:
    """What the client of an order may name."""
    return next((layer.leave for layer in order.layers if not layer.kind.local), Leave())


@dataclass
class Job:
    """One order and its fate.

    Attributes:
        order: what is to be painted.
        id: its name.
        door: which of the server's interfaces made it: "studio", "predictions" …
        asked: the settings as the client gave them; start: the upload that it starts from.
        prompts, drawer: what it is called in lists.
        parent: the job whose run it continues, or whose picture it varies; push: how it was varied, such as "warmer".
        step, steps: how far it is; 0 before it has started.
        size: of the picture in pixels; seed: in use; both known once it has started.
        losses: of the last step reported; seconds_left: estimated.
        spent: seconds that it was painted in earlier stretches.
        previews: steps with a small picture; checkpoints: steps that it can go back to.
        steering: changes made while it was painted that have effect, {"step", "changes"} each.
        output: name of the picture's file.
        wish: why somebody asked it to stop, if somebody did.
        back_to: the checkpoint that it is to go back to before it goes on.
        pictures: files of full pictures shown so far, in order; the finished one last.
        error: one sentence about a failure.
        deaths: workers that ended while they painted it, since its last checkpoint.
        created, started, completed: when; None: not yet.
    """

    order: Order
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    door: str = PAGE
    asked: Mapping[str, Any] = field(default_factory=dict)
    start: str | None = None
    prompts: str = ""
    drawer: str = ""
    parent: str | None = None
    push: str | None = None
    state: State = "queued"
    step: int = 0
    steps: int = 0
    size: tuple[int, int] | None = None
    seed: int | None = None
    losses: dict[str, float | None] = field(default_factory=dict)
    seconds_left: float | None = None
    spent: float = 0.0
    previews: list[int] = field(default_factory=list)
    checkpoints: list[int] = field(default_factory=list)
    steering: list[dict[str, Any]] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)
    output: str = "output.png"
    wish: Wish | None = None
    back_to: int | None = None
    error: str | None = None
    deaths: int = 0
    created: datetime.datetime = field(default_factory=lambda: _now())
    started: datetime.datetime | None = None
    completed: datetime.datetime | None = None
    _stretch: datetime.datetime | None = field(default=None, init=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, init=False, repr=False)
    _listeners: list[Callable[[], None]] = field(default_factory=list, init=False, repr=False)
    _letters: list[dict[str, Any]] = field(default_factory=list, init=False, repr=False)

    @property
    def finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in FINAL

    @property
    def seconds(self) -> float:
        """How long it has been painted."""
        return self.spent + ((_now() - self._stretch).total_seconds() if self._stretch else 0.0)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have a function called after every change, in the thread that made it. Gives what ends that."""
        with self._lock:
            self._listeners.append(listener)
        return lambda: self._unlisten(listener)

    def ask(self, wish: Wish, why: str | None = None) -> None:
        """Ask for a stop after the step it is in. A wish to cancel is never taken back.

        Args:
            why: what to tell its client, if it was not the client who asked.
        """
        if self.wish != "cancel":
            self.change(wish=wish, **({"error": why} if why else {}))

    def begin(self) -> None:
        """A worker has taken it."""
        now = _now()
        self.change(state="running", started=self.started or now, _stretch=now, wish=None)

    def tell(self, message: Mapping[str, Any]) -> None:
        """Take over what the worker says about the run."""
        facts: dict[str, Any] = {name: message[name] for name in _TOLD if name in message}
        if "picture" in message:
            facts["pictures"] = [*self.pictures, Path(message["picture"])]
        if "size" in message:
            facts["size"] = tuple(message["size"])
        if "checkpoints" in message:
            facts["deaths"] = 0
        self.change(**facts)

    def wait(self, state: Literal["queued", "paused"], **facts: Any) -> None:
        """It is not painted any more for now; its run goes on later."""
        self.change(state=state, spent=self.seconds, _stretch=None, wish=None, seconds_left=None, **facts)

    def end(self, state: State, error: str | None = None) -> None:
        """It is over. Whoever comes second changes nothing."""
        facts = {"spent": self.seconds, "_stretch": None, "seconds_left": None, "completed": _now()}
        self.change(state=state, error=error or self.error, **facts)

    def change(self, **facts: Any) -> None:
        """Set attributes and tell the listeners; a job that has ended stays as it is."""
        with self._lock:
            if self.finished:
                return
            for name, value in facts.items():
                setattr(self, name, value)
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def post(self, letter: dict[str, Any]) -> None:
        """Leave a message for the worker that paints it; the supervisor delivers it at the next step border."""
        with self._lock:
            self._letters.append(letter)

    def letters(self) -> list[dict[str, Any]]:
        """Take the messages that were left for the worker."""
        with self._lock:
            letters, self._letters = self._letters, []
            return letters

    def _unlisten(self, listener: Callable[[], None]) -> None:
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)

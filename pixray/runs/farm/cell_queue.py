"""The cells of a farm: which one waits, is painted, is done or has failed, and how often it was tried."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pixray.runs.cell import Cell
from pixray.runs.grid_progress import CellChanged, CellState, GridProgress

MOST_TRIES = 3
"""Failures of a cell since its last checkpoint, after which it has failed for good."""
MOST_LOST_NODES = 10
"""Machines that may be lost under a cell since its last checkpoint. Those are seldom its fault, but it could be what
takes all memory of each."""


@dataclass
class QueuedCell:
    """One cell and how it stands.

    Attributes:
        since: when the present painting began, by the monotonic clock; spent: seconds of earlier ones.
        version: the number of its last change.
    """

    cell: Cell
    state: CellState = "waiting"
    step: int = 0
    steps: int = 0
    losses: dict[str, float] = field(default_factory=dict)
    seconds_left: float | None = None
    tries: int = 0
    lost_nodes: int = 0
    reason: str = ""
    node: str = ""
    since: float | None = None
    spent: float = 0.0
    version: int = 0

    @property
    def name(self) -> str:
        return self.cell.folder.name

    def shown(self) -> CellChanged:
        """How it stands, for others."""
        seconds = self.spent + (time.monotonic() - self.since if self.since is not None else 0.0)
        return CellChanged(
            name=self.name,
            key=self.cell.key,
            folder=self.cell.settings.outdir,
            output=self.cell.settings.output,
            values=self.cell.values,
            state=self.state,
            step=self.step,
            steps=self.steps,
            losses=self.losses,
            seconds=round(seconds, 2),
            seconds_left=self.seconds_left,
            tries=self.tries,
            reason=self.reason,
            node=self.node,
        )


class CellQueue:
    """Hands out cells and hears what became of them. Every cell ends exactly once, done or failed.

    Args:
        cells: of which those in the same folder count once.

    Attributes:
        version: grows with every change.
    """

    def __init__(self, cells: Iterable[Cell]) -> None:
        self._entries = {cell.folder.name: QueuedCell(cell) for cell in cells}
        self._waiting = deque(self._entries)
        self._count: dict[CellState, int] = {"waiting": len(self._entries), "running": 0, "done": 0, "failed": 0}
        self.version = 0

    def __len__(self) -> int:
        return len(self._entries)

    def count(self, state: CellState) -> int:
        """How many cells are in a state."""
        return self._count[state]

    @property
    def unfinished(self) -> int:
        return self._count["waiting"] + self._count["running"]

    def progress(self, *, working: bool) -> GridProgress:
        """How all cells stand.

        Args:
            working: whether anything is still painted.
        """
        entries = list(self._entries.items())
        return GridProgress(
            failed={name: entry.reason for name, entry in entries if entry.state == "failed"},
            running={name: entry.shown() for name, entry in entries if entry.state == "running"} if working else None,
            done={name for name, entry in entries if entry.state == "done"},
        )

    def skip(self, names: Iterable[str]) -> None:
        """Cells that were done before."""
        done = set(names)
        self._waiting = deque(name for name in self._waiting if name not in done)
        for name in done:
            self._change(self._entries[name], "done")

    def state(self, name: str) -> CellState:
        """How a cell stands."""
        return self._entries[name].state

    def names(self, state: CellState) -> list[str]:
        """The cells in a state."""
        return [name for name, entry in self._entries.items() if entry.state == state]

    def take(self, node: str = "", name: str | None = None) -> Cell | None:
        """The next cell to paint, or None if none waits.

        Args:
            name: of a waiting cell that somebody has taken already.
        """
        if not self._waiting:
            return None
        if name is None:
            name = self._waiting.popleft()
        else:
            self._waiting.remove(name)
        entry = self._entries[name]
        entry.node, entry.since = node, time.monotonic()
        self._change(entry, "running")
        return entry.cell

    def report(self, name: str, facts: Mapping[str, Any]) -> None:
        """Hear how far a cell is.

        Args:
            facts: step, steps, losses, seconds_left; and "kept" with a checkpoint, after which failures count anew;
                none from who only asks whether to stop.
        """
        entry = self._entries[name]
        if entry.state != "running" or not facts:
            return
        for fact in ("step", "steps", "losses", "seconds_left"):
            if fact in facts:
                setattr(entry, fact, facts[fact])
        if "kept" in facts:
            entry.tries = entry.lost_nodes = 0
        self._change(entry, "running")

    def settle(self, name: str, state: str, reason: str = "", *, final: bool = False) -> None:
        """Hear how the painting of a cell ended.

        Args:
            state: "done", "stopped" or "failed".
            final: trying again would not help, or would cost money.
        """
        entry = self._ended(name)
        if state == "done":
            entry.step = max(entry.step, entry.steps)
            entry.seconds_left = None
            self._change(entry, "done")
        elif state == "stopped":
            self._again(entry)
        else:
            entry.tries, entry.reason = entry.tries + 1, reason
            self._fail_or_again(entry, final or entry.tries >= MOST_TRIES)

    def worker_lost(self, name: str, reason: str, *, node_gone: bool) -> None:
        """Hear that the process that painted a cell is no more, or its whole machine."""
        entry = self._ended(name)
        entry.reason = reason
        if node_gone:
            entry.lost_nodes += 1
        else:
            entry.tries += 1
        self._fail_or_again(entry, entry.tries >= MOST_TRIES or entry.lost_nodes >= MOST_LOST_NODES)

    def changes(self, after: int) -> Sequence[CellChanged]:
        """Every cell that changed after a version."""
        return [entry.shown() for entry in self._entries.values() if entry.version > after]

    def _ended(self, name: str) -> QueuedCell:
        entry = self._entries[name]
        assert entry.state == "running", f"{name} is {entry.state}, and cannot end"
        if entry.since is not None:
            entry.spent, entry.since = entry.spent + time.monotonic() - entry.since, None
        return entry

    def _fail_or_again(self, entry: QueuedCell, given_up: bool) -> None:
        if given_up:
            self._change(entry, "failed")
        else:
            self._again(entry)

    def _again(self, entry: QueuedCell) -> None:
        self._waiting.append(entry.name)
        self._change(entry, "waiting")

    def _change(self, entry: QueuedCell, state: CellState) -> None:
        self._count[entry.state] -= 1
        self._count[state] += 1
        self.version += 1
        entry.state, entry.version = state, self.version

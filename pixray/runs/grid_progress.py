"""How the cells of a grid stand while they are painted: small frozen values, for pages and for whoever watches."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

CellState = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True)
class CellChanged:
    """How a cell stands now.

    Attributes:
        name: of its folder; folder: the path or address of that.
        key: the hash of its full record; output: name of its picture.
        values: what sets it apart, by setting.
        step: number of steps taken; steps: planned, 0 before it has started.
        losses: each loss by name, weighted, of the last step that was reported.
        seconds: painted so far; seconds_left: estimated.
        tries: how often it failed since its last checkpoint.
        reason: why it failed, now or before it was tried again.
        node: the machine that paints it or painted it.
    """

    name: str
    key: str
    folder: str
    output: str
    values: Mapping[str, str]
    state: CellState
    step: int = 0
    steps: int = 0
    losses: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    seconds_left: float | None = None
    tries: int = 0
    reason: str = ""
    node: str = ""

    @property
    def total(self) -> float | None:
        """The loss that was minimised; None before the first report."""
        return sum(self.losses.values()) if self.losses else None


@dataclass(frozen=True)
class GridProgress:
    """How all cells stand, for the pages about them; by the names of their folders.

    Attributes:
        failed: reasons.
        running: those being painted; None: nothing is painted any more.
        done: those that are; None: their folders tell.
    """

    failed: Mapping[str, str] = field(default_factory=dict)
    running: Mapping[str, CellChanged] | None = None
    done: Collection[str] | None = None

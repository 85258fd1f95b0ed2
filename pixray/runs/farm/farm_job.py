"""What the program that starts a farm hands to its scheduler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pixray.runs.cell import Cell
from pixray.runs.farm.farm_folder import Write
from pixray.runs.farm.painter import Painting
from pixray.runs.farm.shares import Share


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

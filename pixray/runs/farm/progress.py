"""What a farm tells: small frozen values, in the order in which things happen.

First FarmStarted, then CellChanged whenever something about a cell changes, Noticed (of pixray.events) when there is a
message for the user; at the end FarmFinished.
"""

from __future__ import annotations

from dataclasses import dataclass

from pixray.events import Noticed
from pixray.runs.farm.limits import Bill
from pixray.runs.grid_progress import CellChanged


@dataclass(frozen=True)
class FarmStarted:
    """The cells are known and their workers are on their way.

    Attributes:
        cells: number of cells; on: where they are painted, as it was asked for; "" for this process.
        folder: that of the whole.
    """

    cells: int
    on: str
    folder: str


@dataclass(frozen=True)
class FarmFinished:
    """Nothing is painted any more.

    Attributes:
        done, failed, waiting: number of cells; some wait only if the farm was stopped.
        bill: what remote services were paid, where the farm has a budget for the whole.
    """

    done: int
    failed: int
    waiting: int
    seconds: float
    bill: Bill = Bill()


FarmEvent = FarmStarted | CellChanged | Noticed | FarmFinished

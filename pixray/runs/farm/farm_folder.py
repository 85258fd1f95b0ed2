"""Where the cells of a farm lie: in a folder that all machines see, or in one of a store.

Whoever hands out cells holds the lock of the whole, knows what is done there, and writes the pages about it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from pixray.recorders.lock import FolderLock
from pixray.runs.cell import Cell
from pixray.runs.farm.marker import MARKER
from pixray.runs.farm.store_folder import StoreFolder
from pixray.runs.grid_progress import GridProgress
from pixray.runtime.addresses import is_store
from pixray.runtime.files import remove_parts

Write = Callable[[Path, Sequence[Cell], GridProgress], None]
"""Writes what is told about all cells into a folder of this machine."""


class FarmFolder(Protocol):
    """The folder of the whole, for the one process that hands out its cells."""

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            FolderInUse: somebody else has it; PixrayError: the folder cannot be used.
        """

    def tidy(self, marker: str) -> None:
        """Remove what processes that were killed left there, but not this marker."""

    def done(self) -> list[str]:
        """The names of the cells that are done."""

    def show(self, progress: GridProgress) -> None:
        """Write the pages."""

    def release(self) -> None:
        """Give the lock back, if there is one."""


def folder_of_cells(folder: str | Path, cells: Sequence[Cell], write: Write | None) -> FarmFolder:
    """The folder of a farm at a path or an address.

    Args:
        write: the pages; None: somebody else does, and holds the lock of a folder in a store.
    """
    if is_store(folder):
        return StoreFolder(str(folder), cells, write)
    return SharedFolder(Path(folder), cells, write)


class SharedFolder:
    """A folder on a disk that all machines see.

    Args:
        folder: exists; cells: with folders below it.
        write: writes the pages; None: nobody.
    """

    def __init__(self, folder: Path, cells: Sequence[Cell], write: Write | None) -> None:
        self._folder, self._cells, self._write = folder, cells, write
        self._lock = FolderLock(folder)

    def acquire(self) -> None:
        self._lock.acquire()

    def tidy(self, marker: str) -> None:
        remove_parts(self._folder)
        for path in self._folder.glob(f"{MARKER}*"):
            if path.name != marker:
                path.unlink(missing_ok=True)

    def done(self) -> list[str]:
        return [cell.folder.name for cell in self._cells if cell.done()]

    def show(self, progress: GridProgress) -> None:
        if self._write is not None:
            self._write(self._folder, self._cells, progress)

    def release(self) -> None:
        self._lock.release()

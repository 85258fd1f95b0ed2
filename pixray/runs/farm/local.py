"""A farm of one: the cells are painted one after the other in this process, with the events of any other farm."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pixray.runs.cell import Cell
from pixray.runs.farm.cell_queue import CellQueue
from pixray.runs.farm.farm_folder import Write, folder_of_cells
from pixray.runs.farm.painter import Painting
from pixray.runs.farm.progress import FarmEvent, FarmFinished, FarmStarted
from pixray.runs.report.pace import Pace

_PACE = 0.05
"""Seconds between looks at what has changed."""


class LocalFarm:
    """Cells in a thread of this process.

    Args:
        cells: with folders below `folder`, which exists or is an address in a store.
        painting: what paints.
        write: writes the pages about all cells, at the end.
    """

    def __init__(self, cells: Sequence[Cell], folder: str | Path, painting: Painting, write: Write) -> None:
        self._folder, self._painting = folder, painting
        self._farm_folder = folder_of_cells(folder, cells, write)
        self._queue = CellQueue(cells)
        self._stopping = False

    def run(self) -> Iterator[FarmEvent]:
        """Paint; leaving the loop stops the run after its step."""
        begun, version = time.monotonic(), 0
        self._farm_folder.acquire()
        thread = threading.Thread(target=self._paint_all, name="pixray-farm")
        try:
            yield FarmStarted(len(self._queue), "", str(self._folder))
            self._farm_folder.tidy("")
            self._queue.skip(self._farm_folder.done())
            thread.start()
            working, pace = True, Pace()
            while working:
                working = thread.is_alive()
                before, version = version, self._queue.version
                yield from self._queue.changes(before)
                if pace.due:
                    with pace.writing():
                        self._show(working=True)
                thread.join(_PACE)
            count = self._queue.count
            seconds = round(time.monotonic() - begun, 1)
            yield FarmFinished(count("done"), count("failed"), count("waiting"), seconds)
        finally:
            self._stopping = True
            if thread.ident is not None:
                thread.join()
            try:
                self._show(working=False)
            finally:
                self._farm_folder.release()

    def stop(self) -> None:
        """Let the run end after its step; what is done stays."""
        self._stopping = True

    def _show(self, *, working: bool) -> None:
        self._farm_folder.show(self._queue.progress(working=working))

    def _paint_all(self) -> None:
        while not self._stopping and (cell := self._queue.take()) is not None:
            self._paint(cell)

    def _paint(self, cell: Cell) -> None:
        name = cell.folder.name

        def hear(facts: Mapping[str, Any]) -> bool:
            self._queue.report(name, facts)
            return self._stopping

        outcome = self._painting.paint(cell, hear)
        self._queue.settle(name, outcome.state, outcome.reason, final=outcome.paid)

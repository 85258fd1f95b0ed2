"""A folder of a store in which a farm works: its workers put the cells there, and the farm what is told about them.

A folder of this machine stands for it. Of the cells it holds no more than the pages need: that there is a picture, and
at the end those of the contact sheet.

Late imports: pages need PIL, and only the process that hands out cells writes any.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from pixray.recorders.earlier import SETTINGS
from pixray.recorders.log import NAME as LOG
from pixray.recorders.staged import StagedFolder
from pixray.runs.cell import KEY, Cell
from pixray.runs.farm.marker import MARKER
from pixray.runs.grid_progress import GridProgress
from pixray.runtime.addresses import joined
from pixray.runtime.store import Store, StoreError

_AT_ONCE = 16
"""Requests at once: each waits for the network most of its time."""


class StoreFolder:
    """The folder of the whole.

    Args:
        address: of the folder; cells: with addresses below it.
        write: writes the pages; None: somebody else does, who holds the lock.
    """

    def __init__(
        self, address: str, cells: Sequence[Cell], write: Callable[[Path, Sequence[Cell], GridProgress], None] | None
    ) -> None:
        self._address, self._asked, self._write = address, cells, write
        self._opened: StagedFolder | None = None
        self._cells: dict[str, Cell] = {}
        self._shown: dict[str, None] = {}

    def acquire(self) -> None:
        """As `FarmFolder.acquire`; files of somebody else that the pages would replace are refused, too."""
        staged = StagedFolder(self._address, writes=self._write is not None)
        try:
            if self._write is not None:
                self._refuse_foreign_files(staged)
        except BaseException:
            staged.close(push=False)
            raise
        self._opened = staged
        self._cells = {cell.folder.name: cell.seen_in(staged.folder / cell.folder.name) for cell in self._asked}

    def tidy(self, marker: str) -> None:
        """As `FarmFolder.tidy`."""
        for name in self._staged.store.folders():
            if name.startswith(MARKER) and name != marker:
                self._staged.store.remove(name)

    def done(self) -> list[str]:
        """As `FarmFolder.done`, from the log and the key of every cell that has begun."""
        names = set(self._staged.store.names())
        begun = [name for name in self._cells if f"{name}/{LOG}" in names]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            told = threads.map(partial(self._is_done, names), begun)
            return [name for name, done in zip(begun, told, strict=True) if done]

    def show(self, progress: GridProgress) -> None:
        """As `FarmFolder.show`."""
        if self._write is None:
            return
        for name in progress.done or ():
            self._show_picture(name)
        unseen = [name for name in {**(progress.running or {}), **progress.failed} if name not in self._shown]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for name, there in zip(unseen, threads.map(self._has_picture, unseen), strict=True):
                if there:
                    self._show_picture(name)
        if progress.running is None:
            self._fetch_pictures()
        with self._staged.naming():
            self._write(self._staged.folder, list(self._cells.values()), progress)
        self._staged.push()

    def release(self) -> None:
        """As `FarmFolder.release`; the folder of this machine goes."""
        if self._opened is not None:
            self._opened.close(push=False)
            self._opened = None

    @property
    def _staged(self) -> StagedFolder:
        assert self._opened is not None, "the folder was not acquired"
        return self._opened

    def _refuse_foreign_files(self, staged: StagedFolder) -> None:
        from pixray.runs.grid_page import files_of_grid
        from pixray.runs.report.own_files import refuse_foreign_files
        from pixray.runs.sprite_sheet import FILES

        ours = [*files_of_grid(len(self._asked)), *FILES]
        there = set(staged.store.folders())
        staged.pull(lambda name: True, [name for name in ours if name in there])
        with staged.naming():
            refuse_foreign_files(staged.folder, ours)

    def _is_done(self, names: Collection[str], name: str) -> bool:
        cell = self._cells[name]
        told = [f"{name}/{LOG}", f"{name}/{KEY}"]
        self._staged.pull(lambda file: file in told, [file for file in told if file in names])
        if f"{name}/{cell.settings.output}" in names:
            self._show_picture(name)
        return cell.done()

    def _has_picture(self, name: str) -> bool:
        try:
            return self._cells[name].settings.output in Store(joined(self._address, name)).folders()
        except StoreError:  # it is asked again for the next page
            return False

    def _show_picture(self, name: str) -> None:
        """Have the pages name a cell's picture and record, which need no content for that."""
        if name not in self._shown:
            self._shown[name] = None
            files = [f"{name}/{self._cells[name].settings.output}", f"{name}/{SETTINGS}"]
            self._staged.pull(lambda file: False, files)

    def _fetch_pictures(self) -> None:
        """The pictures of the contact sheet, and all sprites with what tells that they are finished."""
        from pixray.runs.grid_page import MOST_ON_SHEET

        shown = [name for name in self._cells if name in self._shown]
        files = [f"{name}/{self._cells[name].settings.output}" for name in shown[:MOST_ON_SHEET]]
        for name in shown:
            if getattr(self._cells[name].settings, "sprite", None):
                stem = Path(self._cells[name].settings.output).stem
                files += [f"{name}/{stem}_sprite.png", f"{name}/{LOG}", f"{name}/{KEY}"]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(self._fetch, files))

    def _fetch(self, file: str) -> None:
        with contextlib.suppress(StoreError):  # it is gone, or the pages do without it
            self._staged.pull(lambda name: True, [file])

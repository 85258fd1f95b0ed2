"""The files of a run whose folder is in a store: written on this machine, and put there as they are finished."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pixray.events import CheckpointDue, Drawn, Event, Finished, Noticed, Started, Steered, Undone
from pixray.recorders.background import Background
from pixray.recorders.staged import StagedFolder
from pixray.runtime.addresses import joined
from pixray.runtime.store import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from pixray.recorders.base import FolderRecording

_BRINGING = (Drawn, CheckpointDue, Steered, Undone)
"""Events that bring files."""


class UploadedFiles:
    """Writes a run's folder through a `FileRecorder`, and puts its files into the store in the background.

    A store that cannot be reached meanwhile is told once, and the run goes on: what is missing is put later.

    Args:
        files: writes into the folder of this machine.
        staged: that folder and the one of the store; it may hold those of other runs, too.
        below: the run's folder in it, "" for the whole.
    """

    def __init__(self, files: FolderRecording, staged: StagedFolder, below: str = "") -> None:
        self._files, self._staged = files, staged
        self._address = joined(staged.address, below) if below else staged.address
        self._shared = bool(below)
        self._background = Background()
        self._waiting = self._owing = False
        self._told = False
        self._trouble: str | None = None
        self._begun = self._closed = False

    @property
    def folder(self) -> Path:
        """The folder of this machine, until the run is over."""
        return self._files.folder

    @property
    def picture(self) -> Path:
        """The picture on this machine, until the run is over."""
        return self._files.picture

    @property
    def others(self) -> Sequence[str]:
        """As of the files on this machine."""
        return self._files.others

    @property
    def shown_folder(self) -> str:
        """The address of the folder."""
        return self._address

    @property
    def shown_picture(self) -> str:
        """The address of the picture."""
        return joined(self._address, self._files.picture.relative_to(self._files.folder).as_posix())

    def claim(self) -> None:
        """As `FileRecorder.claim`, of the folder in the store."""
        with self._staged.naming():
            self._files.claim()

    def __call__(self, event: Event) -> list[Noticed]:
        with self._staged.naming():
            answer = self._files(event)
        if isinstance(event, Started) and not self._begun:
            if not self._shared:
                self._staged.push()  # a store that takes nothing is told before the first step
            self._begun = True
        elif isinstance(event, Finished):
            self._background.wait()
            if self._files.picture and self._trouble is None:  # all of it is written now
                self._push()
        elif isinstance(event, _BRINGING):
            self._owing = True
        elif self._owing:  # a step later, when the files of that event are written
            self._owing = False
            self._push_later()
        notices: list[Noticed] = answer if isinstance(answer, list) else []
        return [dataclasses.replace(notice, text=self._staged.named(notice.text)) for notice in notices] + self._said()

    def close(self) -> None:
        """Finish the files, put what is missing, and free the folder. Called however the run ends.

        Raises:
            PixrayError: not everything could be put; what is missing is kept on this machine, and named.
        """
        if self._closed:
            return
        self._closed = True
        try:
            with self._staged.naming():
                self._files.close()
        finally:
            self._background.close()
            if not self._shared:
                self._staged.close(push=self._begun)

    def _push_later(self) -> None:
        if not self._waiting:
            self._waiting = True
            self._background.do(self._push)

    def _push(self) -> None:
        self._waiting = False
        try:
            self._staged.push()
        except StoreError as error:
            self._trouble = str(error)

    def _said(self) -> list[Noticed]:
        """That the store cannot be reached, once."""
        if self._trouble is None or self._told:
            return []
        self._told = True
        return [Noticed("warning", f"{self._trouble}; the run goes on, and what is missing is put later")]

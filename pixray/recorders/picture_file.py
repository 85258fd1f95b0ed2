"""One picture and nothing else, for a run that was asked for no more."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pixray.errors import PixrayError
from pixray.events import Drawn, Event, Started
from pixray.images.encode import check_writable, encoded_picture
from pixray.recorders.background import Background
from pixray.recorders.files import metadata
from pixray.recorders.record import holds_record
from pixray.runtime.files import write_atomic


class PictureFile:
    """Writes the picture whenever it is due, each over the one before.

    Args:
        path: of the picture. One that pixray made before is replaced.

    Raises:
        PixrayError: there is another file of that name.
    """

    def __init__(self, path: Path) -> None:
        if os.path.lexists(path) and not holds_record(path):
            raise PixrayError(f"{path} is no picture of pixray and would be written over: choose another output")
        self._path = path
        self._text: dict[str, str] = {}
        self._background = Background()

    @property
    def folder(self) -> Path:
        """Where the picture is."""
        return self._path.parent

    @property
    def picture(self) -> Path:
        """The picture, of which everything drawn so far is written when it is asked for."""
        self._background.wait()
        return self._path

    @property
    def others(self) -> Sequence[str]:
        """Nothing: the picture is all that was asked for."""
        return ()

    @property
    def shown_picture(self) -> str:
        """The path of the picture, as `picture`."""
        return str(self.picture)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self._text = metadata(event.record)
            check_writable(self._path.name, self._text)
        elif isinstance(event, Drawn) and event.save:
            self._background.do(partial(self._save, event))

    def _save(self, event: Drawn) -> None:
        text = {**self._text, **event.text}
        write_atomic(self._path, encoded_picture(self._path.name, event.image_u8, text))

    def close(self) -> None:
        """Write what is still to be written."""
        self._background.close()

"""One picture and nothing else, for a run that was asked for no more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pixray.events import Drawn, Event, Noticed, Started
from pixray.images.encode import check_writable, encoded_picture
from pixray.recorders.background import Background
from pixray.recorders.files import metadata
from pixray.recorders.picture_place import earlier_picture
from pixray.runtime.files import write_atomic


class PictureFile:
    """Writes the picture whenever it is due, each over the one before.

    Args:
        path: of the picture. One that pixray made before stays until the run is over, so that a run that fails loses
            nothing; then it is replaced, which a notice says.

    Raises:
        SettingsError: there is another file of that name, or a folder.
    """

    def __init__(self, path: Path) -> None:
        self._earlier = earlier_picture(path)
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

    def __call__(self, event: Event) -> list[Noticed]:
        if isinstance(event, Started):
            self._text = metadata(event.record)
            check_writable(self._path.name, self._text)
        elif isinstance(event, Drawn) and event.save and (event.final or self._earlier is None):
            self._background.do(partial(self._save, event))
            return self._said_of_earlier()
        return []

    def _said_of_earlier(self) -> list[Noticed]:
        """Which picture is gone, once: its seed makes it again."""
        earlier, self._earlier = self._earlier, None
        if earlier is None:
            return []
        return [Noticed("info", f"replaced an earlier picture (seed {earlier.get('seed', 'unknown')})")]

    def _save(self, event: Drawn) -> None:
        text = {**self._text, **event.text}
        write_atomic(self._path, encoded_picture(self._path.name, event.image_u8, text))

    def close(self) -> None:
        """Write what is still to be written."""
        self._background.close()

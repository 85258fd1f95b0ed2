"""The files of an animation: its frames under the names of the pictures they came from, anim.gif and anim.mp4."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pixray.events import Drawn
from pixray.images.io import png_bytes, write_atomic
from pixray.recorders.video import make_film

RATE = 10
"""Frames per second, as the old pixray showed them."""


class AnimationFiles:
    """Writes the frames into one folder, and after each round the gif.

    Args:
        folder: made when it is not there.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).expanduser()
        self._frames: dict[int, Path] = {}

    def draw(self, event: Drawn, text: Mapping[str, str], files: Mapping[str, bytes]) -> None:
        """Write one frame.

        Args:
            text: metadata; files: further deliverables by name ending.
        """
        assert event.frame is not None
        path = self.folder / event.frame.name
        write_atomic(path, png_bytes(event.image_u8, text))
        for ending, content in files.items():
            write_atomic(path.with_name(path.stem + ending), content)
        self._frames[event.frame.number] = path
        if event.frame.number == event.frame.count - 1:
            self._show(".gif")

    def close(self) -> None:
        """Make the film of the frames as they are now."""
        self._show(".mp4")

    def _show(self, ending: str) -> None:
        frames = [self._frames[number] for number in sorted(self._frames)]
        make_film(frames, self.folder / f"anim{ending}", rate=RATE, hold=0)

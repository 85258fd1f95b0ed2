"""The files of an animation: its frames under the names of the pictures they came from, anim.gif and anim.mp4."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pixray.events import Drawn
from pixray.images.encode import png_bytes
from pixray.recorders.earlier import foreign_file
from pixray.recorders.record import holds_record
from pixray.recorders.video import write_video
from pixray.runtime.files import user_path, write_atomic

RATE = 10
"""Frames per second, as the old pixray showed them."""


class AnimationFiles:
    """Writes the frames into one folder, and after each round the gif.

    Args:
        folder: made when it is not there.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = user_path(folder, "animation_dir")
        self._frames: dict[int, Path] = {}
        self._own: set[Path] = set()
        self._used_before = False

    def draw(self, event: Drawn, text: Mapping[str, str], files: Mapping[str, bytes]) -> None:
        """Write one frame.

        Args:
            text: metadata; files: additional deliverables by name ending.
        """
        assert event.frame is not None
        path = self.folder / event.frame.name
        self._write(path, png_bytes(event.image_u8, text))
        for ending, content in files.items():
            self._write(path.with_name(path.stem + ending), content)
        self._frames[event.frame.number] = path
        if event.frame.number == event.frame.count - 1:
            self._show(".gif")

    def close(self) -> None:
        """Make the video of the frames as they are now."""
        self._show(".mp4")

    def _show(self, ending: str) -> None:
        frames = [self._frames[number] for number in sorted(self._frames)]
        path = self.folder / f"anim{ending}"
        if not self._used_before:
            self._refuse_foreign_file(path)  # videos hold no settings, so that only the frames beside them tell
        if write_video(frames, path, rate=RATE, hold=0):
            self._own.add(path)

    def _write(self, path: Path, content: bytes) -> None:
        if path not in self._own and holds_record(path):
            self._used_before = True
        else:
            self._refuse_foreign_file(path)
        self._own.add(path)
        write_atomic(path, content)

    def _refuse_foreign_file(self, path: Path) -> None:
        if path not in self._own and os.path.lexists(path):
            raise foreign_file(path)

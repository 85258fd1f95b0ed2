"""Pages, sheets and tables about many runs: known as pixray's own, so that no file of a user is written over."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from pixray.errors import PixrayError
from pixray.images.encode import png_bytes
from pixray.images.png_text import read_text
from pixray.recorders.earlier import foreign_file
from pixray.recorders.record import sheet_text

_BEGINNING = 1 << 16


def sheet_png(sheet: Image.Image, pictures: Mapping[str, Path]) -> bytes:
    """A contact sheet as PNG that says who made it, and with what settings the pictures on it were painted.

    Args:
        pictures: their files, by the names to call them.
    """
    return png_bytes(np.asarray(sheet), sheet_text(pictures))


def refuse_foreign_files(folder: Path, names: Iterable[str]) -> None:
    """Files that are going to be written must not exist, unless they are of an earlier grid, comparison or sheet.

    Raises:
        PixrayError: naming the first other one.
    """
    for name in names:
        if os.path.lexists(folder / name) and not _ours(folder / name):
            raise foreign_file(folder / name)


def _ours(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    if path.suffix == ".png":
        try:
            return read_text(path).get("Software", "").startswith("pixray")
        except PixrayError:
            return False
    with path.open("rb") as file:
        beginning = file.read(_BEGINNING)
    if path.suffix == ".json" and b'"app": "pixray"' not in beginning:  # lists of sprites name their maker
        return b'"status"' in beginning and b'"picture"' in beginning
    return b"pixray" in beginning

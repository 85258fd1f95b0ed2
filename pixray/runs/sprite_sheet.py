"""The sprites of a grid in one picture, with JSON that says where each is, and as the frames of an Aseprite file.

Late imports keep PIL and NumPy out of start-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixray.errors import PixrayError
from pixray.runtime.files import write_atomic
from pixray.runtime.version import __version__

if TYPE_CHECKING:
    import numpy as np

NAME = "sprites"
FILES = tuple(f"{NAME}{ending}" for ending in (".png", ".json", ".aseprite"))


def write_sprites(folder: Path, sprites: Sequence[tuple[Path, str]]) -> None:
    """Write sprites.png, sprites.json and sprites.aseprite, if there are sprites and all of them are of one size.

    Their colours share a palette; where that would be more than 256, nothing is written.

    Args:
        sprites: the picture of each and its name.
    """
    pictures = [_pixels(path) for path, _ in sprites]
    if len({picture.shape for picture in pictures}) == 1:
        for name, content in sheet_files(NAME, pictures, [name for _, name in sprites]).items():
            write_atomic(folder / name, content)


def _pixels(path: Path) -> np.ndarray:
    """H W 4."""
    import numpy as np

    from pixray.images.io import open_picture

    return np.asarray(open_picture(path, "sprite").convert("RGBA"))


def sheet_files(name: str, pictures: Sequence[np.ndarray], names: Sequence[str]) -> dict[str, bytes]:
    """The files of a sheet, by name; empty where the pictures together have more than 256 colours.

    Args:
        name: without an ending; pictures: H W 4 each, of one size; names: of the frames.
    """
    from pixray.sprites.aseprite import aseprite_bytes
    from pixray.sprites.indexed import indexed_alike, indexed_png
    from pixray.sprites.sheet import columns_of, sheet, sheet_json

    try:
        frames = indexed_alike(pictures)
    except PixrayError:
        return {}
    return {
        f"{name}.png": indexed_png(sheet(frames), {"Software": f"pixray ({__version__})"}),
        f"{name}.json": sheet_json(f"{name}.png", names, frames[0].size, columns_of(len(frames))),
        f"{name}.aseprite": aseprite_bytes(frames),
    }

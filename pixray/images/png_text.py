"""The texts inside a PNG."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, UnidentifiedImageError

from pixray.errors import PixrayError


def read_text(path: str | Path) -> dict[str, str]:
    """Texts of a PNG by key.

    Raises:
        PixrayError: it cannot be read.
    """
    try:
        with Image.open(path) as picture:
            picture.load()
            return {str(key): value for key, value in picture.info.items() if isinstance(value, str)}
    except (UnidentifiedImageError, OSError) as error:
        raise PixrayError(f"{path}: cannot be read as a picture ({error})") from error

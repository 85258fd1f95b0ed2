"""The texts inside a picture."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from PIL import Image, PngImagePlugin, UnidentifiedImageError

from pixray.errors import PixrayError
from pixray.images.exif_text import exif_text
from pixray.images.formats import open_header
from pixray.runtime.files import reason

_PNG = b"\x89PNG\r\n\x1a\n"
MOST_PIXELS = 50_000_000
"""Of a picture that is decoded for the texts behind its pixels."""
DAMAGE = (
    UnidentifiedImageError,
    ValueError,  # also what Pillow says about texts that grow too large
    SyntaxError,
    EOFError,
    struct.error,
    zlib.error,
    OverflowError,
    KeyError,
    IndexError,
    TypeError,
    MemoryError,
    Image.DecompressionBombError,
)
"""What Pillow raises while it reads files of any content."""


def read_text(path: str | Path) -> dict[str, str]:
    """Texts of a PNG by key, or those that pixray wrote into a JPEG, WebP or AVIF.

    A PNG is decoded only for texts that stand behind its pixels.

    Raises:
        PixrayError: it cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            if file.read(len(_PNG)) != _PNG:
                return _other_texts(Path(path))
        # Not Image.open: that refuses large pictures, whose texts do no harm.
        with Path(path).open("rb") as file, PngImagePlugin.PngImageFile(file) as picture:
            if not _texts(picture) and picture.width * picture.height <= MOST_PIXELS:
                picture.load()
            return _texts(picture)
    except OSError as error:
        raise PixrayError(f"{path}: cannot be read as a picture ({reason(error)})") from error
    except DAMAGE as error:
        raise PixrayError(f"{path}: cannot be read as a picture ({error})") from error


def _other_texts(path: Path) -> dict[str, str]:
    with open_header(path) as picture:
        return exif_text(picture) if picture.format in ("JPEG", "WEBP", "AVIF") else {}


def _texts(picture: PngImagePlugin.PngImageFile) -> dict[str, str]:
    return {str(key): str(value) for key, value in picture.info.items() if isinstance(value, str)}

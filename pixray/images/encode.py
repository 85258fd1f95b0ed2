"""Pictures to the bytes of a file, with texts inside, in the format that the ending of its name tells."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import PurePath

import numpy as np
from PIL import Image, PngImagePlugin, features

from pixray.errors import PixrayError
from pixray.images.exif_text import exif_bytes, jpeg_exif
from pixray.images.io import on_white

_LONG_TEXT = 1_000
"""Characters from which on a text is compressed within a PNG."""


def encoded_picture(name: str, image_u8: np.ndarray, text: Mapping[str, str] | None = None) -> bytes:
    """A picture file.

    PNG and WebP hold exactly these pixels. JPEG and AVIF come near to them, and JPEG lies over white where the picture
    is transparent.

    Args:
        name: of the file; it ends as `pixray.settings.output.output_name` allows.
        image_u8: H W 3 or H W 4.
        text: metadata by key.

    Raises:
        PixrayError: this Pillow cannot write the format, or a JPEG cannot hold texts as long as these.
    """
    ending = PurePath(name).suffix.lower()
    if ending == ".png":
        return png_bytes(image_u8, text)
    check_writable(name)
    picture, buffer = Image.fromarray(image_u8), io.BytesIO()
    if ending in (".jpg", ".jpeg"):
        on_white(picture).save(buffer, "JPEG", quality=95, subsampling=0, exif=jpeg_exif(text or {}))
    elif ending == ".webp":
        picture.save(buffer, "WEBP", lossless=True, exact=True, exif=exif_bytes(text or {}))
    else:
        picture.save(buffer, "AVIF", quality=90, subsampling="4:4:4", exif=exif_bytes(text or {}))
    return buffer.getvalue()


def check_writable(name: str, text: Mapping[str, str] | None = None) -> None:
    """Find out before a run whether its picture can be written.

    Raises:
        PixrayError: as `encoded_picture`.
    """
    ending = PurePath(name).suffix.lower()
    if ending in (".webp", ".avif") and not features.check(ending.removeprefix(".")):
        raise PixrayError(f"output='{name}': this Pillow cannot write {ending} files; pip install -U pillow")
    if ending in (".jpg", ".jpeg"):
        jpeg_exif(text or {})


def png_bytes(image_u8: np.ndarray, text: Mapping[str, str] | None = None, level: int = 6) -> bytes:
    """A PNG file.

    Args:
        image_u8: H W 3 or H W 4.
        text: metadata; keys of at most 79 letters.
        level: zlib compression, 0 to 9.
    """
    return _encoded_png(Image.fromarray(image_u8), text or {}, level)


def picture_png(picture: Image.Image) -> bytes:
    """A PNG file of a Pillow picture, without texts."""
    return _encoded_png(picture, {}, 6)


def png_with_text(png: bytes, text: Mapping[str, str]) -> bytes:
    """The same PNG, of the same mode and colours, with metadata."""
    with Image.open(io.BytesIO(png)) as picture:
        return _encoded_png(picture, text, 6)


def _encoded_png(picture: Image.Image, text: Mapping[str, str], level: int) -> bytes:
    info = PngImagePlugin.PngInfo()
    for key, value in text.items():
        info.add_text(key, value, zip=len(value) > _LONG_TEXT)
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", pnginfo=info, compress_level=level)
    return buffer.getvalue()

"""From the content of a picture file to Pillow's picture, whichever library its format needs.

Only the header is read until pixels are asked for, so that a picture can be checked before a run begins.

Late imports: pillow_heif and tifffile are optional packages.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError, features

from pixray.errors import MissingPackage

MOST_PIXELS = 178_956_970
"""Pillow's own limit, about 178 megapixels."""
EXTRA = "pictures"
"""The extra that brings the libraries of the rarer formats."""
KNOWN = "PNG, JPEG, WebP, AVIF, GIF, TIFF, BMP, HEIC, SVG …"
# Not among them: EPS, which Pillow hands to Ghostscript, and formats of science and of old games.
_FORMATS = (
    "PNG", "JPEG", "MPO", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "DIB", "PPM", "JPEG2000", "ICO", "ICNS", "PSD", "PCX",
    "QOI", "SGI", "TGA",
)  # fmt: skip
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_HEAD = 4096


def open_header(source: Path | bytes) -> Image.Image:
    """A picture whose size is known and whose pixels are not read yet. The caller closes it.

    Raises:
        MissingPackage: its format needs a library that is not installed.
        ValueError: it is too large, or refers to other files.
        Exception: whatever else a damaged file makes a decoder stumble over.
    """
    head = source[:_HEAD] if isinstance(source, bytes) else _head(source)
    if _is_svg(head):
        from pixray.images.svg_render import render_svg

        return render_svg(source if isinstance(source, bytes) else source.read_bytes())
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS and b"avif" not in head[16:64]:
        return _heif(source)
    try:
        picture = _pillow(source)
    except UnidentifiedImageError:
        if head[4:8] == b"ftyp" and b"avif" in head[8:64] and not features.check("avif"):
            raise ValueError("AVIF needs Pillow 11.3 or newer: pip install -U pillow") from None
        if head[:4] not in (b"II*\0", b"MM\0*"):
            raise
        picture = _tiff(source)
    check_size(*picture.size)
    return picture


def check_size(width: int, height: int) -> None:
    """Refuse what would take all memory.

    Raises:
        ValueError: with the size and the limit.
    """
    if width * height > MOST_PIXELS:
        raise ValueError(
            f"it has {width}x{height} pixels, {width * height // 10**6} million; "
            f"at most {MOST_PIXELS // 10**6} million are read"
        )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _pillow(source: Path | bytes) -> Image.Image:
    Image.init()
    formats = [name for name in _FORMATS if name in Image.OPEN]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # `check_size` has the word
        try:
            return Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=formats)
        except Image.DecompressionBombError:
            raise ValueError(f"it has more than {MOST_PIXELS // 10**6} million pixels, which are not read") from None


@contextlib.contextmanager
def _silent(name: str) -> Iterator[None]:
    """Without the complaints that a library logs about a damaged file: it is refused as a whole."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _heif(source: Path | bytes) -> Image.Image:
    try:
        import pillow_heif
    except ImportError:
        raise MissingPackage("a HEIC picture", "pillow-heif", EXTRA) from None
    opened = pillow_heif.open_heif(source, convert_hdr_to_8bit=True)
    check_size(*opened.size)
    return opened.to_pillow()


def _tiff(source: Path | bytes) -> Image.Image:
    """A TIFF of several float channels, which Pillow has no mode for."""
    try:
        import tifffile
    except ImportError:
        raise MissingPackage("a TIFF picture of this kind", "tifffile", EXTRA) from None
    from pixray.images.srgb import to_levels

    data = io.BytesIO(source) if isinstance(source, bytes) else source
    with _silent("tifffile"), tifffile.TiffFile(data) as file:
        page: Any = file.pages[0]
        check_size(page.imagewidth, page.imagelength)
        values = page.asarray()
        if page.planarconfig == 2 and values.ndim == 3:
            values = np.moveaxis(values, 0, -1)
    if values.ndim == 3 and values.shape[2] > 4:
        raise ValueError(f"it has {values.shape[2]} channels")
    full = np.iinfo(values.dtype).max if values.dtype.kind == "u" else None
    return Image.fromarray(to_levels(values, full))


def _is_svg(head: bytes) -> bool:
    if head[:2] == b"\x1f\x8b":
        return True  # nothing else among pictures is gzipped
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return text.startswith(b"<svg") or (text.startswith((b"<?xml", b"<!doctype svg", b"<!--")) and b"<svg" in text)

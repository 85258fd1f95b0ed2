"""From untrusted bytes to a picture, under limits: magic bytes, size in the header, and only then pixels.

Late imports keep PIL out of start-up.
"""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from typing import TYPE_CHECKING

from pixray.providers.errors import DecodeError

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 32 << 20
MOST_PIXELS = 16_000_000
LONGEST_EDGE = 8192

_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}


def sniff(content: bytes) -> str | None:
    """The media type by magic bytes, or None for anything that is no PNG, JPEG, WebP or GIF.

    >>> sniff(bytes([137]) + b"PNG"), sniff(b"GIF89a"), sniff(b"<svg")
    (None, 'image/gif', None)
    """
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return None


def from_base64(text: object, most: int = MOST_BYTES) -> bytes:
    """The bytes of a base64 text, with or without `data:image/...;base64,` before it.

    Raises:
        DecodeError: no text, too long, or not base64.
    """
    if not isinstance(text, str) or not text:
        raise DecodeError("the service sent no picture where base64 text was due")
    if text.startswith("data:"):
        head, _, text = text.partition(",")
        if not head.endswith(";base64"):
            raise DecodeError("the service sent a data address that is not base64")
    if len(text) > most * 4 // 3 + 8:
        raise DecodeError(f"the service sent a picture of more than {most >> 20} MiB")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DecodeError("the service sent a picture that is not valid base64") from error


def open_safely(
    content: bytes, most_bytes: int = MOST_BYTES, most_pixels: int = MOST_PIXELS, longest: int = LONGEST_EDGE
) -> Image.Image:
    """The picture in some bytes, RGB or RGBA, its first frame, without metadata.

    Raises:
        DecodeError: not one of four formats, damaged, or beyond a limit. The size is read before any pixel.
    """
    from PIL import Image

    if len(content) > most_bytes:
        raise DecodeError(f"a picture of {len(content)} bytes is beyond the limit of {most_bytes}")
    kind = sniff(content)
    if kind is None:
        raise DecodeError(f"what came is no PNG, JPEG, WebP or GIF but begins with {content[:12]!r}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[_FORMATS[kind]]) as opened:
                width, height = opened.size
                if width * height > most_pixels or max(width, height) > longest or min(width, height) < 1:
                    raise DecodeError(f"a picture of {width}x{height} pixels is beyond the limits")
                opened.load()
                see_through = opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info
                picture = opened.convert("RGBA" if see_through else "RGB")
    except DecodeError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DecodeError("a picture of so many pixels is beyond the limits") from error
    except Exception as error:  # whatever a decoder raises on hostile bytes
        raise DecodeError(f"the picture is damaged ({type(error).__name__})") from error
    picture.info.clear()
    return picture

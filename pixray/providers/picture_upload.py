"""Pictures as they are sent: as files of a form, as base64, as data URLs, and masks by transparency.

Late imports keep PIL out of start-up.
"""

from __future__ import annotations

import base64
import io

from pixray.providers.service_http import File


def png_file(name: str, content: bytes) -> File:
    """An uploaded picture. Name and type are given, since `application/octet-stream` is refused."""
    return name, content, "image/png"


def as_base64(content: bytes) -> str:
    """The bytes of a picture as text."""
    return base64.b64encode(content).decode()


def data_url(content: bytes) -> str:
    """A PNG as an address that holds it."""
    return f"data:image/png;base64,{as_base64(content)}"


def transparent_mask(mask: bytes) -> bytes:
    """Our mask (white: repaint) as a PNG that is transparent where to repaint."""
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(mask)) as opened:
        grey = opened.convert("L")
    picture = Image.new("RGBA", grey.size, "black")
    picture.putalpha(ImageOps.invert(grey))
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()

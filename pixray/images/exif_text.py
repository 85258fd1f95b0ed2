"""Texts inside JPEG, WebP and AVIF, which have no texts by key as PNG does: a JSON object in the EXIF user comment."""

from __future__ import annotations

import json
from collections.abc import Mapping

from PIL import Image

from pixray.errors import PixrayError

_EXIF_IFD, _USER_COMMENT, _DESCRIPTION, _SOFTWARE = 0x8769, 0x9286, 0x010E, 0x0131
_ASCII = b"ASCII\0\0\0"
"""How EXIF marks the encoding of a user comment."""
_MOST_BYTES = 1 << 22
JPEG_BYTES = 65_000
"""A JPEG holds 64 KB of EXIF."""


def exif_bytes(text: Mapping[str, str]) -> bytes:
    """EXIF that holds texts by key; `Software` and `Description` also where other programs look for them."""
    exif = Image.Exif()
    for tag, key in ((_SOFTWARE, "Software"), (_DESCRIPTION, "Description")):
        if key in text:
            exif[tag] = text[key].encode("ascii", "replace").decode()
    exif.get_ifd(_EXIF_IFD)[_USER_COMMENT] = _ASCII + json.dumps(dict(text)).encode()
    return exif.tobytes()


def exif_text(picture: Image.Image) -> dict[str, str]:
    """The texts in a picture's EXIF by key; empty where there are none of pixray."""
    comment = picture.getexif().get_ifd(_EXIF_IFD).get(_USER_COMMENT, b"")
    if not isinstance(comment, bytes) or not comment.startswith(_ASCII) or len(comment) > _MOST_BYTES:
        return {}
    try:
        text = json.loads(comment.removeprefix(_ASCII))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(text, dict):
        return {}
    return {key: value for key, value in text.items() if isinstance(value, str)}


def jpeg_exif(text: Mapping[str, str]) -> bytes:
    """EXIF that a JPEG can hold: all texts, or else the record of the run alone.

    Raises:
        PixrayError: even the record is too long.
    """
    for keys in (text.keys(), ("Software", "pixray_record")):
        exif = exif_bytes({key: text[key] for key in keys if key in text})
        if len(exif) <= JPEG_BYTES:
            return exif
    raise PixrayError(
        f"the settings of this run take {len(exif) >> 10} KB, and a JPEG holds 64 KB of them: "
        "choose an output that ends in .png, .webp or .avif"
    )

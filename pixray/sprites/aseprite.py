"""Files of Aseprite, after its published specification (ase-file-specs.md): little-endian, a chunk for everything.

Frames have one layer, "picture", in the colours of a palette, so that a changed palette changes the picture. The first
colour is the transparent one, also where a picture does not use it; only a picture of 256 opaque colours, which leaves
no room for it, is a background layer instead.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pixray.errors import PixrayError
from pixray.sprites.indexed import MOST_COLORS, Indexed

LAYER = "picture"
_FILE, _FRAME = 0xA5E0, 0xF1FA
_LAYER_CHUNK, _CEL_CHUNK, _PROFILE_CHUNK, _TAGS_CHUNK = 0x2004, 0x2005, 0x2007, 0x2018
_PALETTE_CHUNK, _USER_CHUNK = 0x2019, 0x2020
_VISIBLE, _EDITABLE, _BACKGROUND = 1, 2, 8
_MOST_SIDE, _MOST_FRAMES = 65535, 65535


@dataclass(frozen=True)
class Tag:
    """A named run of frames, the first and last included, counted from 0."""

    name: str
    first: int
    last: int


def aseprite_bytes(frames: Sequence[Indexed], milliseconds: int = 100, tags: Sequence[Tag] = ()) -> bytes:
    """An .aseprite file.

    Args:
        frames: of one size, with one palette.
        milliseconds: how long each is shown.

    Raises:
        PixrayError: there is no frame, or they differ in size or palette, or are larger than the format allows.
    """
    first = _checked(frames)
    if not first.transparent and len(first.palette) < MOST_COLORS:
        frames = [_with_transparent(frame) for frame in frames]
        first = frames[0]
    body = b""
    for number, frame in enumerate(frames):
        chunks = [_cel(frame)]
        if number == 0:
            chunks = [
                _profile(),
                _palette(first),
                _layer(background=not first.transparent),
                _maker(),
                *_tags(tags),
                *chunks,
            ]
        content = b"".join(chunks)
        body += struct.pack("<IHHHHI", 16 + len(content), _FRAME, len(chunks), milliseconds, 0, len(chunks)) + content
    width, height = first.size
    header = struct.pack(
        "<IHHHHHIHIIBxxxHBBhhHH84x",
        128 + len(body), _FILE, len(frames), width, height, 8, 1, milliseconds, 0, 0, 0,
        len(first.palette) % 256, 1, 1, 0, 0, 16, 16,
    )  # fmt: skip
    return header + body


def _checked(frames: Sequence[Indexed]) -> Indexed:
    if not 1 <= len(frames) <= _MOST_FRAMES:
        raise PixrayError(f"an Aseprite file holds 1 to {_MOST_FRAMES:,} frames, not {len(frames):,}")
    first = frames[0]
    if any(frame.size != first.size or frame.palette.tolist() != first.palette.tolist() for frame in frames):
        raise PixrayError("the frames of an Aseprite file have one size and one palette")
    if max(first.size) > _MOST_SIDE:
        raise PixrayError(f"an Aseprite file has sides of up to {_MOST_SIDE:,} pixels")
    return first


def _with_transparent(frame: Indexed) -> Indexed:
    return Indexed(frame.pixels + np.uint8(1), np.concatenate([np.zeros((1, 4), np.uint8), frame.palette]))


def _chunk(kind: int, content: bytes) -> bytes:
    return struct.pack("<IH", 6 + len(content), kind) + content


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<H", len(encoded)) + encoded


def _profile() -> bytes:
    srgb = 1
    return _chunk(_PROFILE_CHUNK, struct.pack("<HHI8x", srgb, 0, 0))


def _palette(picture: Indexed) -> bytes:
    entries = b"".join(struct.pack("<HBBBB", 0, *color) for color in picture.palette.tolist())
    count = len(picture.palette)
    return _chunk(_PALETTE_CHUNK, struct.pack("<III8x", count, 0, count - 1) + entries)


def _layer(*, background: bool) -> bytes:
    flags = _VISIBLE | _EDITABLE | (_BACKGROUND if background else 0)
    return _chunk(_LAYER_CHUNK, struct.pack("<HHHHHHB3x", flags, 0, 0, 0, 0, 0, 255) + _text(LAYER))


def _maker() -> bytes:
    """Who made it, as the user data of the layer."""
    text = 1
    return _chunk(_USER_CHUNK, struct.pack("<I", text) + _text("pixray"))


def _cel(frame: Indexed) -> bytes:
    compressed = 2
    head = struct.pack("<HhhBHh5x", 0, 0, 0, 255, compressed, 0) + struct.pack("<HH", *frame.size)
    return _chunk(_CEL_CHUNK, head + zlib.compress(frame.pixels.tobytes(), 9))


def _tags(tags: Sequence[Tag]) -> list[bytes]:
    if not tags:
        return []
    rows = [struct.pack("<HHBH6x3Bx", tag.first, tag.last, 0, 0, 0, 0, 0) + _text(tag.name) for tag in tags]
    return [_chunk(_TAGS_CHUNK, struct.pack("<H8x", len(tags)) + b"".join(rows))]

"""Adobe's palette files: colour tables (.act), swatches (.aco) and Swatch Exchange (.ase). All numbers are big-endian.

Each function takes the bytes of a file and gives colours from 0 to 1. Whatever a damaged file says about its own
lengths, nothing beyond its bytes is read.
"""

from __future__ import annotations

import colorsys
import math
import struct
from collections.abc import Sequence

from pixray.images.color import Color

_DAMAGED = "it ends in the middle of a colour"
_GROUPS = (0xC001, 0xC002)
_COLOUR = 0x0001
_D50 = (0.9642, 1.0, 0.8249)
_XYZ_TO_RGB = ((3.1339, -1.6169, -0.4906), (-0.9788, 1.9161, 0.0335), (0.0719, -0.2290, 1.4052))
"""From CIE XYZ under D50, which Lab in these files means, to linear sRGB (Bradford)."""


class _Bytes:
    """Reads numbers one after the other, and never past the end."""

    def __init__(self, content: bytes) -> None:
        self.content, self.offset = content, 0

    @property
    def left(self) -> int:
        return len(self.content) - self.offset

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise ValueError(_DAMAGED)
        self.offset += count
        return self.content[self.offset - count : self.offset]

    def numbers(self, layout: str) -> tuple:
        return struct.unpack(f">{layout}", self.take(struct.calcsize(f">{layout}")))


def act_colors(content: bytes) -> list[Color]:
    """A colour table: 256 colours of 3 bytes, then maybe 2 bytes that say how many of them count.

    Raises:
        ValueError: it is something else.
    """
    if len(content) not in (768, 772):
        raise ValueError(f"it is no Adobe colour table (it has {len(content)} bytes, not 768 or 772)")
    count = int.from_bytes(content[768:770], "big") if len(content) == 772 else 256
    triples = [content[3 * number : 3 * number + 3] for number in range(min(count or 256, 256))]
    return [(red / 255, green / 255, blue / 255) for red, green, blue in triples]


def aco_colors(content: bytes) -> list[Color]:
    """Photoshop's swatches, version 1 or 2.

    Raises:
        ValueError: it is something else, is damaged, or holds colours of a kind that has no colour in sRGB.
    """
    file = _Bytes(content)
    if len(content) < 4 or content[:2] not in (b"\0\1", b"\0\2"):
        raise ValueError("it is no file of Photoshop's swatches")
    version, count = file.numbers("HH")
    colours = []
    for _ in range(count):
        space, *values = file.numbers("HHHHH")
        colours.append(_of_swatch(space, values))
        if version == 2:
            (letters,) = file.numbers("I")
            file.take(2 * letters)
    return colours


def ase_colors(content: bytes) -> list[Color]:
    """Adobe Swatch Exchange; groups and names are passed over.

    Raises:
        ValueError: it is something else, is damaged, or holds colours of an unknown kind.
    """
    if content[4:6] == b"\xe0\xa5":
        raise ValueError("it is a picture of Aseprite, not Adobe Swatch Exchange: save its palette as .gpl")
    file = _Bytes(content)
    if content[:4] != b"ASEF" or len(content) < 12:
        raise ValueError("it is no Adobe Swatch Exchange file")
    file.take(8)
    (blocks,) = file.numbers("I")
    colours = []
    for _ in range(blocks):
        kind, length = file.numbers("HI")
        block = _Bytes(file.take(length))
        if kind == _COLOUR:
            (letters,) = block.numbers("H")
            block.take(2 * letters)
            colours.append(_of_model(block.take(4), block))
        elif kind not in _GROUPS:
            raise ValueError(f"it holds a block of the unknown kind {kind:#06x}")
    return colours


def _of_swatch(space: int, values: Sequence[int]) -> Color:
    first, second, third, _ = values
    if space == 0:
        return first / 65535, second / 65535, third / 65535
    if space == 1:
        return colorsys.hsv_to_rgb(first / 65535, second / 65535, third / 65535)
    if space == 2:  # 0 is full ink
        return _of_inks(*(1 - value / 65535 for value in values))
    if space == 7:
        second, third = (value - 65536 if value > 32767 else value for value in (second, third))
        return _of_lab(first / 100, second / 100, third / 100)
    if space == 8:
        return (min(1.0, first / 10000),) * 3
    raise ValueError(f"it holds a colour of the unknown space {space}")


def _of_model(model: bytes, block: _Bytes) -> Color:
    counts = {b"RGB ": 3, b"CMYK": 4, b"LAB ": 3, b"Gray": 1, b"GRAY": 1}
    if model not in counts:
        raise ValueError(f"it holds a colour of the unknown model {model.decode('latin-1')!r}")
    values = block.numbers(f"{counts[model]}f")
    if not all(math.isfinite(value) for value in values):
        raise ValueError("it holds a colour that is no number")
    if model == b"LAB ":
        return _of_lab(values[0] * 100, values[1], values[2])
    inside = [min(1.0, max(0.0, value)) for value in values]
    if len(inside) == 4:
        return _of_inks(*inside)
    red, green, blue = inside * 3 if len(inside) == 1 else inside
    return red, green, blue


def _of_inks(cyan: float, magenta: float, yellow: float, black: float) -> Color:
    """Inks without a profile, as programs that know nothing of the printer show them."""
    red, green, blue = ((1 - ink) * (1 - black) for ink in (cyan, magenta, yellow))
    return red, green, blue


def _of_lab(light: float, a: float, b: float) -> Color:
    """CIE Lab under D50 (L from 0 to 100) to sRGB, cut off where sRGB has no such colour."""
    middle = (light + 16) / 116
    steps = (middle + a / 500, middle, middle - b / 200)
    xyz = [
        white * (step**3 if step > 6 / 29 else 3 * (6 / 29) ** 2 * (step - 4 / 29))
        for step, white in zip(steps, _D50, strict=True)
    ]
    linear = [sum(weight * value for weight, value in zip(row, xyz, strict=True)) for row in _XYZ_TO_RGB]
    inside = [min(1.0, max(0.0, value)) for value in linear]
    red, green, blue = (12.92 * x if x <= 0.0031308 else 1.055 * x ** (1 / 2.4) - 0.055 for x in inside)
    return red, green, blue

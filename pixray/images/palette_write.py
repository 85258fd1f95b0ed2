"""Palette files for painting programs: the format follows the ending of the name.

Late imports keep PIL out of start-up.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from pathlib import PurePath

from pixray.errors import PixrayError
from pixray.images.color import Color, hex_of

WRITTEN = (".gpl", ".hex", ".pal", ".act", ".ase", ".aco", ".png")
_MOST_IN_TABLE = 256


def palette_bytes(name: str, colours: Sequence[Color]) -> bytes:
    """A palette file; a PNG is a strip of one pixel a colour.

    Args:
        name: of the file; it ends in one of `WRITTEN`.
        colours: in their order, from 0 to 1.

    Raises:
        PixrayError: the format is not written, or takes fewer colours.
    """
    ending = PurePath(name).suffix.lower()
    writers = {
        ".gpl": _gpl, ".hex": _hex, ".pal": _jasc, ".act": _act, ".ase": _ase, ".aco": _aco, ".png": _strip
    }  # fmt: skip
    if ending not in writers:
        raise PixrayError(f"'{name}': expected a name that ends in one of {', '.join(WRITTEN)}")
    if not colours:
        raise PixrayError(f"'{name}': there is no colour to write")
    if ending == ".act" and len(colours) > _MOST_IN_TABLE:
        raise PixrayError(f"'{name}': .act files hold at most {_MOST_IN_TABLE} colours, not {len(colours):,}")
    red_green_blue = [(_byte(red), _byte(green), _byte(blue)) for red, green, blue in colours]
    return writers[ending](red_green_blue)


def _byte(value: float) -> int:
    return round(min(1.0, max(0.0, value)) * 255)


def _code(colour: Sequence[int]) -> str:
    return hex_of(level / 255 for level in colour).removeprefix("#")


def _gpl(colours: Sequence[Sequence[int]]) -> bytes:
    rows = [f"{red:3d} {green:3d} {blue:3d}\t{_code((red, green, blue))}" for red, green, blue in colours]
    return "\n".join(["GIMP Palette", "Name: pixray", "Columns: 0", "#", *rows, ""]).encode()


def _hex(colours: Sequence[Sequence[int]]) -> bytes:
    return "".join(f"{_code(colour)}\n" for colour in colours).encode()


def _jasc(colours: Sequence[Sequence[int]]) -> bytes:
    rows = [" ".join(map(str, colour)) for colour in colours]
    return "\r\n".join(["JASC-PAL", "0100", str(len(colours)), *rows, ""]).encode()


def _act(colours: Sequence[Sequence[int]]) -> bytes:
    table = b"".join(bytes(colour) for colour in colours).ljust(3 * _MOST_IN_TABLE, b"\0")
    return table + struct.pack(">HH", len(colours), 0xFFFF)  # no transparent entry


def _ase(colours: Sequence[Sequence[int]]) -> bytes:
    blocks = []
    for colour in colours:
        name = f"{_code(colour)}\0".encode("utf-16-be")
        values = struct.pack(">3fH", *(value / 255 for value in colour), 0)
        block = struct.pack(">H", len(name) // 2) + name + b"RGB " + values
        blocks.append(struct.pack(">HI", 1, len(block)) + block)
    return b"ASEF" + struct.pack(">HHI", 1, 0, len(colours)) + b"".join(blocks)


def _aco(colours: Sequence[Sequence[int]]) -> bytes:
    rows = [struct.pack(">5H", 0, *(value * 257 for value in colour), 0) for colour in colours]
    named = []
    for row, colour in zip(rows, colours, strict=True):
        name = f"{_code(colour)}\0".encode("utf-16-be")
        named.append(row + struct.pack(">I", len(name) // 2) + name)
    count = len(colours)
    return struct.pack(">HH", 1, count) + b"".join(rows) + struct.pack(">HH", 2, count) + b"".join(named)


def _strip(colours: Sequence[Sequence[int]]) -> bytes:
    from PIL import Image

    strip = Image.new("RGB", (len(colours), 1))
    strip.putdata([tuple(colour) for colour in colours])
    buffer = io.BytesIO()
    strip.save(buffer, "PNG")
    return buffer.getvalue()

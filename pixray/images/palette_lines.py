"""Palette files that are texts, a colour a line: GIMP (.gpl), plain hex codes (.hex) and JASC (.pal).

Each function takes the lines of a file and gives colours of 0 to 255; mistakes name the line, counted from 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pixray.runtime.files import short

Bytes = tuple[int, int, int]
"""Red, green and blue from 0 to 255."""

_HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")
_GPL_HEAD = re.compile(r"(name|columns|channels)\s*:", re.IGNORECASE)


def gpl_colors(lines: Sequence[str]) -> list[Bytes]:
    """GIMP's palettes: "GIMP Palette", then three numbers and perhaps a name a line. Fully transparent entries, which
    Aseprite writes with "Channels: RGBA", are left out.

    Raises:
        ValueError: with the number of the line.
    """
    if not lines or lines[0].strip() != "GIMP Palette":
        raise ValueError("line 1: expected 'GIMP Palette'")
    colours = []
    channels = 3
    for number, line in enumerate(lines[1:], start=2):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if _GPL_HEAD.match(line.strip()):
            channels = 4 if line.lower().replace(" ", "").startswith("channels:rgba") else channels
            continue
        values = _numbers(words[:channels], number, channels)
        if channels == 3 or values[3] > 0:
            colours.append((values[0], values[1], values[2]))
    return colours


def hex_colors(lines: Sequence[str]) -> list[Bytes]:
    """Six or three hex digits a line, with or without a #.

    Raises:
        ValueError: with the number of the line.
    """
    colours = []
    for number, line in enumerate(lines, start=1):
        word = line.strip()
        if not word:
            continue
        match = _HEX.fullmatch(word)
        if match is None:
            raise ValueError(f"line {number}: expected six or three hex digits such as ff8000, not '{short(word)}'")
        colours.append(_of_digits(match[1]))
    return colours


def jasc_colors(lines: Sequence[str]) -> list[Bytes]:
    """PaintShop's palettes: "JASC-PAL", "0100", how many colours there are, then three numbers a line.

    Raises:
        ValueError: with the number of the line.
    """
    for number, expected in enumerate(("JASC-PAL", "0100"), start=1):
        if len(lines) < number or lines[number - 1].strip() != expected:
            raise ValueError(f"line {number}: expected '{expected}'")
    count = lines[2].strip() if len(lines) > 2 else ""
    if not re.fullmatch(r"[0-9]{1,9}", count):
        raise ValueError(f"line 3: expected the number of colours, not '{short(count)}'")
    body = [(number, line.split()) for number, line in enumerate(lines[3:], start=4) if line.strip()]
    if len(body) != int(count):
        raise ValueError(f"line 3: it says {int(count):,} colours, and {len(body):,} follow")
    return [tuple(_numbers(words[:3], number, 3)) for number, words in body]  # type: ignore[misc]


def _numbers(words: Sequence[str], line: int, count: int) -> list[int]:
    values = [int(word) for word in words if re.fullmatch(r"[0-9]{1,3}", word)]
    if len(values) != count or len(words) != count or max(values) > 255:
        many = {3: "three", 4: "four"}[count]
        raise ValueError(f"line {line}: expected {many} numbers from 0 to 255, not '{short(' '.join(words))}'")
    return values


def _of_digits(digits: str) -> Bytes:
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[start : start + 2], 16) for start in (0, 2, 4))
    return red, green, blue

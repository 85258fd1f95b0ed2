r"""Palettes: several colours from one text.

    palette := section ; section …            one after the other
    section := list | file | ramp
    list    := [ colour, colour, … ] \N       exactly these; with \N resampled to N colours; of several, the
                                             brackets may be left out
    ramp    := colour -> colour -> … \N       N steps along the chain, 16 if not said; one colour: from black to it
    file    := @PATH or an address, \N        a picture, or a palette file (.gpl, .hex, .pal, .act, .ase, .aco); at
                                             most N colours of it
    \N exact                                 of a list or a file: N of its own colours, none in between

Ramps and resampling are linear in sRGB, as in the old pixray. Colours are those of `pixray.images.color`.
"""

from __future__ import annotations

import re

from pixray.errors import PixrayError
from pixray.images.color import Color, read_color, triple_of
from pixray.images.glob import is_address
from pixray.images.palette_files import MOST_COLORS, colors_of_picture, colors_of_table, is_table

STEPS = 16
"""Colours of a ramp that does not say how many."""
_COUNT = re.compile(r"\\\s*(\d{1,9})(\s+exact)?\s*$")
_NUMBERS = re.compile(r"[\[(]?\s*[\d.]+\s*,\s*[\d.]+\s*,\s*[\d.]+\s*[\])]?")

Palette = tuple[Color, ...]


def read_palette(text: str) -> Palette:
    r"""The colours of a palette, in order; duplicates stay.

    >>> len(read_palette(r"#f00; #00f -> #ff0 \8")), read_palette("[#000, (255+255+255)]")
    (24, ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))

    Raises:
        ValueError: something in it is wrong; says what, and at which character.
    """
    colours: list[Color] = []
    for begin, end in _pieces(text, ";", 0, len(text)):
        colours += _section(text, begin, end)
    if len(colours) > MOST_COLORS:
        raise ValueError(f"expected at most {MOST_COLORS:,} colours, not {len(colours):,}")
    return tuple(colours)


def read_one_color(text: str) -> Color:
    """The colour of a text that names a single one: `white`, `[white]`, or three numbers with commas.

    Raises:
        ValueError: it names none, or several.
    """
    text = str(text).strip()
    if _NUMBERS.fullmatch(text):
        return read_color(triple_of(text.strip("[]() ").split(",")))
    try:
        return read_color(text)
    except ValueError:
        if not text.startswith("["):
            raise
    colours = read_palette(text)
    if len(colours) != 1:
        raise ValueError(f"expected one colour, not {len(colours)}")
    return colours[0]


def resampled(colours: list[Color], count: int) -> list[Color]:
    """So many colours along the chain, its ends included; a single one is the last of the chain."""
    result: list[Color] = []
    for number in range(count):
        position = (len(colours) - 1) * (number / (count - 1) if count > 1 else 1.0)
        before = min(int(position), max(0, len(colours) - 2))
        share = position - before
        low, high = colours[before], colours[min(before + 1, len(colours) - 1)]
        red, green, blue = (a + (b - a) * share for a, b in zip(low, high, strict=True))
        result.append((red, green, blue))
    return result


def fewer(colours: list[Color], count: int) -> list[Color]:
    """So many of the colours themselves, evenly along the list, its ends included."""
    if count >= len(colours):
        return colours
    return [colours[round(number * (len(colours) - 1) / max(1, count - 1))] for number in range(count)]


def _section(text: str, begin: int, end: int) -> list[Color]:
    begin, end = _trimmed(text, begin, end)
    if begin == end:
        raise ValueError(f"expected a colour at {_place(text, begin)}")
    counted = _COUNT.search(text, begin, end)
    count, exact = None, False
    if counted:
        exact = bool(counted[2])
        count, (_, end) = int(counted[1]), _trimmed(text, begin, counted.start())
        if not 1 <= count <= MOST_COLORS:
            raise ValueError(
                f"expected a number from 1 to {MOST_COLORS} after the \\ at {_place(text, counted.start())}"
            )
    elif text.find("\\", begin, end) >= 0 and not _is_file(text[begin:end]):
        raise ValueError(f"expected a number after the \\ at {_place(text, text.find(chr(92), begin, end))}")
    if _is_file(text[begin:end]):
        return _from_file(text[begin:end], count, exact, _place(text, begin))
    listed = _listed(text, begin, end)
    if listed:
        colours = [_colour(text, *piece) for piece in listed]
        return colours if count is None else fewer(colours, count) if exact else resampled(colours, count)
    if exact:
        raise ValueError(f"exact takes colours of a list or a file, but a ramp at {_place(text, begin)} has none")
    chain = [_colour(text, *piece) for piece in _pieces(text, "->", begin, end)]
    black = (0.0, 0.0, 0.0)
    return resampled([black, *chain] if len(chain) == 1 else chain, count or STEPS)


def _listed(text: str, begin: int, end: int) -> list[tuple[int, int]]:
    """Where the colours of a list begin and end; nothing if it is no list."""
    if text[begin:end].startswith("[") and _closes(text, begin) == end - 1 and not _is_triple(text[begin:end]):
        return _pieces(text, ",", begin + 1, end - 1)
    pieces = _pieces(text, ",", begin, end)
    return pieces if len(pieces) > 1 and "->" not in text[begin:end] else []


def _is_triple(section: str) -> bool:
    return "+" in section and not any(mark in section[1:-1] for mark in ",[(")


def _colour(text: str, begin: int, end: int) -> Color:
    begin, end = _trimmed(text, begin, end)
    if begin == end:
        raise ValueError(f"expected a colour at {_place(text, begin)}")
    try:
        return read_color(text[begin:end])
    except ValueError as error:
        raise ValueError(f"at {_place(text, begin)}: {error}") from None


def _pieces(text: str, mark: str, begin: int, end: int) -> list[tuple[int, int]]:
    """Where the parts between marks begin and end, with brackets kept whole."""
    pieces, depth, start, index = [], 0, begin, begin
    while index < end:
        letter = text[index]
        depth += (letter in "[(") - (letter in ")]")
        if depth < 0:
            raise ValueError(f"nothing is open for the '{letter}' at {_place(text, index)}")
        if depth == 0 and text.startswith(mark, index):
            pieces.append((start, index))
            index += len(mark)
            start = index
        else:
            index += 1
    if depth > 0:
        raise ValueError(f"the bracket at {_place(text, _unclosed(text, begin, end))} is never closed")
    return [*pieces, (start, end)]


def _unclosed(text: str, begin: int, end: int) -> int:
    opened: list[int] = []
    for index in range(begin, end):
        if text[index] in "[(":
            opened.append(index)
        elif text[index] in ")]" and opened:
            opened.pop()
    return opened[-1]


def _closes(text: str, begin: int) -> int:
    """Where the bracket that opens at `begin` closes."""
    depth = 0
    for index in range(begin, len(text)):
        depth += (text[index] in "[(") - (text[index] in ")]")
        if depth == 0:
            return index
    return -1


def _trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    return begin, end


def _place(text: str, index: int) -> str:
    """Where in the text, counted as people count, with what stands there."""
    shown = text[index : index + 12].strip()
    return f"character {index + 1} ('{shown}')" if text[index:].strip() else "the end"


def _is_file(section: str) -> bool:
    return section.startswith("@") or is_address(section)


def _from_file(section: str, count: int | None, exact: bool, place: str) -> list[Color]:

    path = section.removeprefix("@").strip()
    try:
        if not is_table(path):
            return colors_of_picture(path, count, exact)
        colours = colors_of_table(path)
    except (PixrayError, ValueError) as error:
        raise ValueError(f"at {place}: {error}") from None
    if count is None or count >= len(colours):
        return colours
    return fewer(colours, count) if exact else resampled(colours, count)

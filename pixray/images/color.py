"""One colour from what people write: a name, a hex code, three numbers.

Names of the xkcd survey come first, as in the old pixray: `red` is (229, 0, 0) there, and `mat:red` the pure one.
matplotlib is the one kept-up library that knows both the survey's names and those of CSS.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pixray.errors import did_you_mean
from pixray.images.glob import short

Color = tuple[float, float, float]
"""Red, green and blue from 0 to 1, sRGB."""

OWN: dict[str, Color] = {
    "pixel_green": (0.44, 1.0, 0.53),
    "pixel_orange": (1.0, 0.8, 0.2),
    "pixel_blue": (0.44, 0.53, 1.0),
    "pixel_red": (1.0, 0.53, 0.44),
    "pixel_grayscale": (1.0, 1.0, 1.0),
}
"""The old pixray's own names."""

_TRIPLE = re.compile(r"([(\[])\s*([^+()\[\]]+?)\s*\+\s*([^+()\[\]]+?)\s*\+\s*([^+()\[\]]+?)\s*([)\]])")
_TRANSLUCENT = re.compile(r"#[0-9a-f]{8}")
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})")


def read_color(text: str) -> Color:
    """The colour that a text means.

    (255+128+0)       three numbers from 0 to 255
    [1+0.5+0]         three numbers from 0 to 1
    rust, dark teal   a name of the xkcd survey
    mat:red           a name of CSS, or whatever else matplotlib takes (tab:blue, C1, 0.5 for grey, #ff8000)

    >>> read_color("(255+51+0)"), read_color("#f00"), read_color("pixel_red")
    ((1.0, 0.2, 0.0), (1.0, 0.0, 0.0), (1.0, 0.53, 0.44))

    Raises:
        ValueError: no colour is meant by it; with the nearest name.
    """
    word = text.strip()
    triple = _TRIPLE.fullmatch(word)
    if triple:
        return _from_triple(word, triple)
    low = " ".join(word.lower().split())
    if low in OWN:
        return OWN[low]
    if short := _HEX.fullmatch(low):
        digits = short[1] if len(short[1]) == 6 else "".join(digit * 2 for digit in short[1])
        red, green, blue = (int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4))
        return red, green, blue
    return _by_name(word, low)


def triple_of(numbers: Sequence[str | float]) -> str:
    """Three numbers, as lists in YAML and Python hold them, in the notation of `read_color`.

    Fractions up to 1 count from 0 to 1, everything else from 0 to 255.

    >>> triple_of([0.5, 1.0, 0.0]), triple_of([255, 128, 0])
    ('[0.5+1.0+0.0]', '(255+128+0)')

    Raises:
        ValueError: they could mean either, or are no three numbers.
    """
    words = [str(number).strip() for number in numbers]
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if len(values) != 3:
        raise ValueError(f"expected three numbers for a colour, not {short(', '.join(words))}")
    joined = "+".join(words)
    fractions = any(not word.lstrip("+-").isdigit() for word in words)
    if max(values) == 1 and not fractions:
        raise ValueError(f"{', '.join(words)} could be from 0 to 1 or from 0 to 255: write [{joined}] or ({joined})")
    return f"[{joined}]" if fractions and max(values) <= 1 else f"({joined})"


def _from_triple(word: str, triple: re.Match[str]) -> Color:
    opening, *numbers, closing = triple.groups()
    most = 255.0 if opening == "(" else 1.0
    try:
        red, green, blue = (float(number) for number in numbers)
    except ValueError:
        raise ValueError(
            f"'{short(word)}' is no colour: expected three numbers from 0 to {most:g} between plus signs"
        ) from None
    if (opening == "(") != (closing == ")"):
        raise ValueError(f"'{short(word)}' opens with one kind of bracket and closes with the other")
    if not all(0 <= value <= most for value in (red, green, blue)):
        raise ValueError(f"'{short(word)}' is no colour: numbers in {opening}{closing} go from 0 to {most:g}")
    return red / most, green / most, blue / most


def _by_name(word: str, low: str) -> Color:
    from matplotlib import colors

    if _TRANSLUCENT.fullmatch(low):
        raise ValueError(f"'{short(word)}' holds an opacity, and colours have none here: write '{low[:-2]}'")
    pure = low.startswith("mat:")
    name, exact = (low[4:].strip(), word[4:].strip()) if pure else (low, word)
    # Case matters to matplotlib only in the cycle's C0, C1 …
    for tried in ([] if pure else [f"xkcd:{name}"]) + [name, exact]:
        if name != "none" and colors.is_color_like(tried):  # matplotlib's "none" is a transparent black
            red, green, blue = colors.to_rgb(tried)
            return float(red), float(green), float(blue)
    known = [one.removeprefix("xkcd:") for one in colors.get_named_colors_mapping()]
    raise ValueError(f"'{short(word)}' is no colour.{did_you_mean(name, [*OWN, *known])}")

"""One colour from what people write: a name, a hex code, three numbers.

Names of the xkcd survey come first, as in the old pixray: `red` is (229, 0, 0) there, and `mat:red` the pure one. The
survey's results (https://xkcd.com/color/rgb/, CC0) lie beside this file; names of CSS are Pillow's.

Late imports keep PIL and tinycss2 out of start-up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from pixray.errors import did_you_mean
from pixray.runtime.files import short

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

_PLOT: dict[str, str] = {
    "b": "#0000ff",
    "g": "#008000",
    "r": "#ff0000",
    "c": "#00bfbf",
    "m": "#bf00bf",
    "y": "#bfbf00",
    "k": "#000000",
    "w": "#ffffff",
    "tab:blue": "#1f77b4",
    "tab:orange": "#ff7f0e",
    "tab:green": "#2ca02c",
    "tab:red": "#d62728",
    "tab:purple": "#9467bd",
    "tab:brown": "#8c564b",
    "tab:pink": "#e377c2",
    "tab:gray": "#7f7f7f",
    "tab:olive": "#bcbd22",
    "tab:cyan": "#17becf",
}
"""Other names that the old pixray took from matplotlib; C0 to C9 are the ten of "tab:" in turn."""

_TRIPLE = re.compile(r"([(\[])\s*([^+()\[\]]+?)\s*\+\s*([^+()\[\]]+?)\s*\+\s*([^+()\[\]]+?)\s*([)\]])")
_TRANSLUCENT = re.compile(r"#[0-9a-f]{8}")
_GREY = re.compile(r"\d+|\d*\.\d+|\d+\.")
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})")
_BARE_HEX = re.compile(r"[0-9a-f]{6}|(?![0-9]+$)[0-9a-f]{3}")
"""Three digits without a letter are left out: 255 is rather a number."""
_CSS = re.compile(r"(rgb|hsl)a?\(.*\)")


def read_color(text: str) -> Color:
    """The colour that a text means.

    (255+128+0)       three numbers from 0 to 255
    [1+0.5+0]         three numbers from 0 to 1
    rust, dark teal   a name of the xkcd survey
    mat:red           a name of CSS; also without mat: where the survey has none (tab:blue, 0.5 for a grey)
    #f80, ff8000      hex digits, with or without the #
    rgb(255 128 0)    CSS; hsl(30, 100%, 50%), too

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
    if _HEX.fullmatch(low):
        return _from_hex(low)
    if _CSS.fullmatch(low):
        return _from_css(word, low)
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


def _from_css(word: str, low: str) -> Color:
    from tinycss2.color4 import parse_color

    colour = parse_color(low)
    if colour is None or isinstance(colour, str):
        raise ValueError(
            f"'{short(word)}' is no colour: expected three numbers, as in rgb(255, 128, 0) or hsl(30, 100%, 50%)"
        )
    red, green, blue, opacity = colour.to("srgb")
    if opacity != 1:
        raise ValueError(f"'{short(word)}' holds an opacity, and colours have none here: leave it out")
    if not all(-1e-6 <= value <= 1 + 1e-6 for value in (red, green, blue)):
        raise ValueError(f"'{short(word)}' is no colour: red, green and blue go from 0 to 255")
    return min(1.0, max(0.0, red)), min(1.0, max(0.0, green)), min(1.0, max(0.0, blue))


def _by_name(word: str, low: str) -> Color:
    if _TRANSLUCENT.fullmatch(low):
        raise ValueError(f"'{short(word)}' holds an opacity, and colours have none here: write '{low[:-2]}'")
    pure = low.startswith("mat:")
    name = (low[4:].strip() if pure else low).removeprefix("xkcd:")
    survey_first = not pure or "xkcd:" in low
    tables = (_survey_names(), _pure_names()) if survey_first else (_pure_names(),)
    spellings = (name, name.replace("gray", "grey"))  # the survey has the British one alone
    code = next((table[spelling] for table in tables for spelling in spellings if spelling in table), None)
    if code is not None:
        return _from_hex(code)
    if pure and _HEX.fullmatch(name):
        return _from_hex(name)
    if _BARE_HEX.fullmatch(name):  # after the names; no name of three or six letters is made of hex digits alone
        return _from_hex(f"#{name}")
    if _GREY.fullmatch(name) and float(name) <= 1:
        return (float(name),) * 3
    if re.fullmatch("[0-9]{3}", name):
        raise ValueError(f"'{short(word)}' is no colour: write #{name}, or three numbers as (255+128+0)")
    names = [*OWN, *(name for table in tables for name in table)]
    raise ValueError(f"'{short(word)}' is no colour.{did_you_mean(name, names)}")


@cache
def _survey_names() -> Mapping[str, str]:
    """Hex codes by the names of the xkcd survey."""
    return json.loads(Path(__file__).with_name("xkcd_colors.json").read_text(encoding="utf-8"))


@cache
def _pure_names() -> Mapping[str, str]:
    """Hex codes by the names of CSS and the few of plotting programs."""
    from PIL import ImageColor

    cycle = [code for name, code in _PLOT.items() if name.startswith("tab:")]
    css = {name: hex_of(level / 255 for level in ImageColor.getrgb(name)[:3]) for name in ImageColor.colormap}
    return {**css, **_PLOT, "tab:grey": _PLOT["tab:gray"], **{f"c{number}": code for number, code in enumerate(cycle)}}


def hex_of(color: Iterable[float]) -> str:
    """#rrggbb of red, green and blue from 0 to 1; levels beyond count as the nearest of these."""
    return "#" + "".join(f"{round(min(max(float(level), 0.0), 1.0) * 255):02x}" for level in color)


def _from_hex(code: str) -> Color:
    """A colour from "#rgb" or "#rrggbb"."""
    digits = code[1:] if len(code) == 7 else "".join(digit * 2 for digit in code[1:])
    red, green, blue = (int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4))
    return red, green, blue

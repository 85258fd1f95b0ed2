"""Which pen draws which colour."""

from __future__ import annotations

from collections.abc import Sequence

from pixray.drawers.strokes.plot.shapes import Color
from pixray.errors import SettingsError
from pixray.images.color import read_color
from pixray.images.palette import read_palette

MOST_PENS = 64
_AUTO = 16
"""With more colours than this in a drawing, `auto` takes one black pen."""


def read_pens(text: str, colors: Sequence[Color]) -> list[Color]:
    """The pens that a plotter has.

    Args:
        text: "red,blue,black", whatever a palette may be, or "auto": one for each colour of the drawing.
        colors: of the drawing, without its paper.

    Raises:
        SettingsError: an unknown colour, or more pens than are plausible.
    """
    if text.strip().lower() == "auto":
        different = list(dict.fromkeys(colors))
        return different if 0 < len(different) <= _AUTO else [(0.0, 0.0, 0.0)]
    try:
        pens = [read_color(word) for word in text.split(",")] if "@" not in text and "[" not in text else None
        pens = pens or list(read_palette(text))
    except (ValueError, SettingsError) as error:
        raise SettingsError(f"pens='{text}': {error}") from None
    if len(pens) > MOST_PENS:
        raise SettingsError(f"pens='{text}': {len(pens)} pens; expected at most {MOST_PENS}")
    return list(dict.fromkeys(pens))


ALIKE = 0.1
"""How different two colours may look, see `difference`, and yet pass for one."""


def nearest_pen(color: Color, pens: Sequence[Color], paper: Color, *, area: bool = True) -> int | None:
    """The number of the pen whose colour is most like it; None: it is not drawn.

    Args:
        area: an area is not drawn when the paper is more like it than any pen; a stroke only when it has about the
            paper's colour, or a drawing in light inks would lose its lines.
    """
    distances = [difference(color, pen) for pen in pens]
    best = min(range(len(pens)), key=distances.__getitem__)
    to_paper = difference(color, paper)
    return None if to_paper < distances[best] and (area or to_paper < ALIKE) else best


def difference(first: Color, second: Color) -> float:
    """How different two colours look: redmean, weighted Euclidean in sRGB (https://www.compuphase.com/cmetric.htm)."""
    mean = (first[0] + second[0]) / 2
    red, green, blue = ((level - other_level) ** 2 for level, other_level in zip(first, second, strict=True))
    return (2 + mean) * red + 4 * green + (3 - mean) * blue

"""Sheets of paper by name or size, and where on them a drawing goes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pixray.errors import SettingsError, did_you_mean

PAPERS: dict[str, tuple[float, float]] = {
    "a6": (105.0, 148.0),
    "a5": (148.0, 210.0),
    "a4": (210.0, 297.0),
    "a3": (297.0, 420.0),
    "a2": (420.0, 594.0),
    "letter": (215.9, 279.4),
    "legal": (215.9, 355.6),
    "tabloid": (279.4, 431.8),
}
"""Width and height in millimetres, upright (ISO 216, ANSI/ASME Y14.1)."""
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*x\s*(\d+(?:\.\d+)?)\s*(mm|cm|in)?")
_MILLIMETRES = {"mm": 1.0, "cm": 10.0, "in": 25.4}
LARGEST = 5000.0
"""Millimetres of the longest side of a sheet."""
ORIENTATIONS = ("auto", "portrait", "landscape")


@dataclass(frozen=True)
class Sheet:
    """A sheet and the rectangle on it that a drawing fills.

    Attributes:
        width, height: of the sheet in millimetres.
        scale: millimetres for each unit of the drawing.
        left, top: the drawing's upper left corner in millimetres.
        margin: that nothing is drawn on.
    """

    width: float
    height: float
    scale: float
    left: float
    top: float
    margin: float


def read_paper(text: str) -> tuple[float, float]:
    """Width and height in millimetres of "a5", "letter", "200x150", "20x15cm" or "8x6in".

    Raises:
        SettingsError: no such paper, or one that no plotter takes.
    """
    name = text.strip().lower()
    if name in PAPERS:
        return PAPERS[name]
    match = _SIZE.fullmatch(name)
    if match is None:
        raise SettingsError(
            f"paper='{text}': expected {', '.join(PAPERS)}, or width x height such as 200x150, 20x15cm or 8x6in."
            f"{did_you_mean(name, PAPERS)}"
        )
    unit = _MILLIMETRES[match.group(3) or "mm"]
    width, height = float(match.group(1)) * unit, float(match.group(2)) * unit
    if not (0 < width <= LARGEST and 0 < height <= LARGEST):
        raise SettingsError(f"paper='{text}': expected sides of more than 0 and at most {LARGEST:g} mm")
    return width, height


def lay_out(size: tuple[float, float], paper: str, margin: float = 10.0, orientation: str = "auto") -> Sheet:
    """Fit a drawing of some width and height into the margins of a sheet, in the middle, as large as it can be.

    Args:
        size: of the drawing, in its own units.
        orientation: "auto" turns the sheet so that the drawing becomes larger.

    Raises:
        SettingsError: no such paper, or margins that leave nothing of it.
    """
    width, height = read_paper(paper)
    if (orientation == "landscape") == (width < height) and orientation != "auto":
        width, height = height, width
    if orientation == "auto" and (size[0] > size[1]) != (width > height) and size[0] != size[1]:
        width, height = height, width
    inner = width - 2 * margin, height - 2 * margin
    if margin < 0 or min(inner) <= 0:
        raise SettingsError(
            f"margin={margin:g}: nothing of paper='{paper}' ({width:g} x {height:g} mm) is left between such margins; "
            f"expected 0 to less than {min(width, height) / 2:g}"
        )
    scale = min(inner[0] / size[0], inner[1] / size[1])
    left, top = (width - size[0] * scale) / 2, (height - size[1] * scale) / 2
    return Sheet(width, height, scale, left, top, margin)

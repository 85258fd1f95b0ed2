"""Attributes of SVG elements: colours, widths, opacity, lengths and transforms."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_UNITS = {"": 1.0, "px": 1.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0, "pt": 96 / 72, "pc": 16.0}
_HARMLESS = {"none", "", "auto", "normal"}
# Would change the picture, and is not drawn here.
_REFUSED = ("stroke-dasharray", "clip-path", "mask", "filter", "marker-start", "marker-mid", "marker-end")
_READ = ("fill", "stroke", "fill-opacity", "stroke-opacity", "stroke-width", "fill-rule", "display", "visibility")

Colour = tuple[float, float, float]


def numbers(text: str) -> list[float]:
    """Every number in a text, whatever stands between them."""
    return [float(word) for word in _NUMBER.findall(text)]


def length(text: str) -> float:
    """A length in pixels (96 an inch); percentages are refused."""
    found = re.fullmatch(r"\s*([-+.\deE]+?)\s*([a-z]*)\s*", text)
    if found is None or found.group(2) not in _UNITS:
        raise ValueError(f"the length '{text}' is not supported; expected a number, perhaps with px, mm, cm, in or pt")
    return float(found.group(1)) * _UNITS[found.group(2)]


def colour(text: str) -> Colour | None:
    """A plain colour from 0 to 1, or None for "none"."""
    from PIL import ImageColor

    text = text.strip()
    if text in ("none", "transparent"):
        return None
    try:
        red, green, blue = ImageColor.getrgb("black" if text == "currentColor" else text)[:3]
    except ValueError:
        raise ValueError(f"the colour '{text}' is not supported; expected a name, #rrggbb, rgb(…) or none") from None
    return red / 255, green / 255, blue / 255


@dataclass(frozen=True)
class Style:
    """How a path is painted, inherited from group to group; opacity is that of its own times its groups'."""

    fill: Colour | None = (0.0, 0.0, 0.0)
    stroke: Colour | None = None
    fill_opacity: float = 1.0
    stroke_opacity: float = 1.0
    width: float = 1.0
    hidden: bool = False

    def of(self, attributes: Mapping[str, str]) -> Style:
        """The style of an element within this one.

        Raises:
            ValueError: it asks for something that is not supported.
        """
        if attributes.get("class"):
            raise ValueError("the attribute class is not supported; write styles into the elements")
        given = {key.strip(): value.strip() for key, value in attributes.items()}
        pairs = (word.partition(":") for word in given.get("style", "").split(";"))
        given.update({key.strip(): value.strip() for key, _, value in pairs if key.strip()})
        for name in _REFUSED:
            if given.get(name, "") not in _HARMLESS:
                raise ValueError(f"{name} is not supported")
        if given.get("fill-rule", "nonzero") != "nonzero":
            raise ValueError(f"fill-rule {given['fill-rule']} is not supported; only nonzero is")
        opacity = float(given.get("opacity", 1))
        style = self
        for name in _READ:
            if name in given and given[name] != "inherit":
                style = style._with(name, given[name])
        return replace(style, fill_opacity=style.fill_opacity * opacity, stroke_opacity=style.stroke_opacity * opacity)

    def _with(self, name: str, text: str) -> Style:
        if name == "fill":
            return replace(self, fill=colour(text))
        if name == "stroke":
            return replace(self, stroke=colour(text))
        if name == "stroke-width":
            return replace(self, width=length(text))
        if name in ("fill-opacity", "stroke-opacity"):
            share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
            share = min(max(share, 0.0), 1.0)
            return replace(self, fill_opacity=share) if name == "fill-opacity" else replace(self, stroke_opacity=share)
        hides = {"display": "none", "visibility": "hidden"}
        return replace(self, hidden=self.hidden or hides.get(name) == text)


def read_transform(text: str) -> np.ndarray:
    """A transform attribute as a 3 x 3 matrix.

    Raises:
        ValueError: an unknown function or a wrong count of numbers.
    """
    matrix = np.eye(3)
    for name, inner in re.findall(r"([A-Za-z]+)\s*\(([^)]*)\)", text):
        matrix = matrix @ _one_transform(name, numbers(inner))
    return matrix


def _one_transform(name: str, values: list[float]) -> np.ndarray:
    count = len(values)
    if name == "matrix" and count == 6:
        a, b, c, d, e, f = values
    elif name == "translate" and count in (1, 2):
        a, b, c, d, e, f = 1, 0, 0, 1, values[0], values[1] if count == 2 else 0
    elif name == "scale" and count in (1, 2):
        a, b, c, d, e, f = values[0], 0, 0, values[-1], 0, 0
    elif name == "rotate" and count in (1, 3):
        cos, sin = math.cos(math.radians(values[0])), math.sin(math.radians(values[0]))
        x, y = values[1:] if count == 3 else (0.0, 0.0)
        a, b, c, d, e, f = cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y
    elif name in ("skewX", "skewY") and count == 1:
        slant = math.tan(math.radians(values[0]))
        a, b, c, d, e, f = (1, 0, slant, 1, 0, 0) if name == "skewX" else (1, slant, 0, 1, 0, 0)
    else:
        raise ValueError(f"the transform {name}(…) with {count} numbers is not supported")
    return np.array([[a, c, e], [b, d, f], [0, 0, 1]], dtype=float)

"""Where SVG puts things: numbers, lengths, transforms, and view boxes in viewports."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pixray.drawers.strokes.svg_path import LARGEST, NUMBER, numbers

_UNITS = {
    "": 1.0,
    "px": 1.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "q": 96 / 101.6,
    "in": 96.0,
    "pt": 96 / 72,
    "pc": 16.0,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
}
_TURNS = {"": math.pi / 180, "deg": math.pi / 180, "rad": 1.0, "grad": math.pi / 200, "turn": 2 * math.pi}
_CALL = re.compile(r"[\s,]*([A-Za-z]+)\s*\(([^()]*)\)")
_ARGUMENT = re.compile(NUMBER.pattern + "[A-Za-z%]*")
_LONGEST_TEXT = 20_000


@dataclass(frozen=True)
class Viewport:
    """Width and height that percentages refer to, in the units of the elements inside."""

    width: float
    height: float

    @property
    def diagonal(self) -> float:
        """What percentages refer to that are neither across nor down."""
        return math.hypot(self.width, self.height) / math.sqrt(2)


def number(text: str, name: str) -> float:
    """A finite number.

    Raises:
        ValueError: anything else.
    """
    value = float(text) if len(text) < 100 and NUMBER.fullmatch(text.strip()) else math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name}='{shown(text)}': expected a number")
    return value


def length(text: str, full: float, name: str) -> float:
    """A length in pixels, 96 an inch.

    Args:
        full: what 100% is; name: of the attribute, for the message.

    Raises:
        ValueError: no length, or one beyond all bounds.
    """
    text = text.strip()
    match = NUMBER.match(text) if len(text) < 100 else None
    unit = text[match.end() :].strip().lower() if match else "?"
    factor = full / 100 if unit == "%" else _UNITS.get(unit)
    if match is None or factor is None:
        raise ValueError(f"{name}='{shown(text)}': expected a number, perhaps with %, px, mm, cm, in, pt or em")
    value = float(match.group()) * factor
    if not abs(value) <= LARGEST:
        raise ValueError(f"{name}='{shown(text)}' is beyond {LARGEST:g} pixels")
    return value


def read_transform(text: str) -> np.ndarray:
    """A list of transforms, of an attribute or of CSS, as one 3 x 3 matrix.

    Raises:
        ValueError: an unknown function, a wrong count of numbers, or no finite result.
    """
    matrix, offset = np.eye(3), 0
    text = text.strip()
    if text in ("", "none"):
        return matrix
    while offset < len(text):
        call = _CALL.match(text, offset) if len(text) <= _LONGEST_TEXT else None
        if call is None:
            raise ValueError(f"transform='{shown(text)}': expected functions such as translate(3, 4)")
        matrix = chained(matrix, _one_transform(call.group(1), _arguments(call.group(2))))
        offset = call.end()
    return matrix


def chained(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """One 3 x 3 transform after another.

    Raises:
        ValueError: what comes out is beyond all bounds.
    """
    matrix = outer @ inner
    if not (np.abs(matrix) <= LARGEST).all():
        raise ValueError(f"its transforms together grow beyond {LARGEST:g}")
    return matrix


def _one_transform(name: str, words: list[str]) -> np.ndarray:
    count = len(words)
    kind = name.lower()
    if kind == "rotate" and count in (1, 3):
        turn, (x, y) = _angle(words[0]), [length(word, math.nan, "rotate") for word in words[1:]] or (0.0, 0.0)
        cos, sin = math.cos(turn), math.sin(turn)
        a, b, c, d, e, f = cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y
    elif kind in ("skewx", "skewy") and count == 1:
        slant = math.tan(_angle(words[0]))
        a, b, c, d, e, f = (1, 0, slant, 1, 0, 0) if kind == "skewx" else (1, slant, 0, 1, 0, 0)
    elif (kind, count) in _PLAIN:
        a, b, c, d, e, f = _PLAIN[kind, count](*(length(word, math.nan, name) for word in words))
    else:
        raise ValueError(f"the transform {shown(name)}(…) with {count} numbers is not supported")
    return np.array([[a, c, e], [b, d, f], [0, 0, 1]], dtype=float)


_PLAIN: dict[tuple[str, int], Callable[..., tuple[float, ...]]] = {
    ("matrix", 6): lambda *six: six,
    ("translate", 1): lambda x: (1, 0, 0, 1, x, 0),
    ("translate", 2): lambda x, y: (1, 0, 0, 1, x, y),
    ("translatex", 1): lambda x: (1, 0, 0, 1, x, 0),
    ("translatey", 1): lambda y: (1, 0, 0, 1, 0, y),
    ("scale", 1): lambda x: (x, 0, 0, x, 0, 0),
    ("scale", 2): lambda x, y: (x, 0, 0, y, 0, 0),
    ("scalex", 1): lambda x: (x, 0, 0, 1, 0, 0),
    ("scaley", 1): lambda y: (1, 0, 0, y, 0, 0),
}
"""Functions of lengths or plain numbers, by name and count, as the six numbers of `matrix`."""


def _arguments(text: str) -> list[str]:
    """Numbers with their units; a sign begins a new one without anything between."""
    left = _ARGUMENT.sub(" ", text).replace(",", " ").strip()
    if left:
        raise ValueError(f"a transform has '{shown(left)}' where a number is due")
    return _ARGUMENT.findall(text)


def _angle(text: str) -> float:
    """An angle in radians; degrees where no unit is given."""
    match = NUMBER.match(text) if len(text) < 100 else None
    factor = _TURNS.get(text[match.end() :].lower()) if match else None
    if match is None or factor is None or not math.isfinite(float(match.group())):
        raise ValueError(f"the angle '{shown(text)}' is not supported; expected degrees")
    return float(match.group()) * factor


def view_box(attributes: Mapping[str, str]) -> tuple[float, float, float, float] | None:
    """The view box, x, y, width and height; None where there is none.

    Raises:
        ValueError: an empty one, or no four numbers.
    """
    text = attributes.get("viewBox")
    if text is None:
        return None
    try:
        values = numbers(text[:400])
    except ValueError:
        values = []
    if len(values) != 4:
        raise ValueError(f"viewBox='{shown(text)}': expected four numbers")
    x, y, width, height = values
    if not (1e-6 <= width <= LARGEST and 1e-6 <= height <= LARGEST and max(abs(x), abs(y)) <= LARGEST):
        raise ValueError(f"viewBox='{shown(text)}': expected a size above 0 and numbers up to {LARGEST:g}")
    return x, y, width, height


def fitted(box: tuple[float, float, float, float], viewport: Viewport, aspect: str = "") -> np.ndarray:
    """The 3 x 3 transform from a view box to a viewport at (0, 0).

    Args:
        aspect: `preserveAspectRatio`.

    Raises:
        ValueError: it is none of the values that there are.
    """
    x, y, width, height = box
    across, down = viewport.width / width, viewport.height / height
    words = [word for word in aspect.split() if word != "defer"] or ["xMidYMid"]
    align, meet = words[0], words[1] if len(words) > 1 else "meet"
    if align == "none":
        left = top = 0.0
    else:
        match = re.fullmatch(r"x(Min|Mid|Max)Y(Min|Mid|Max)", align)
        if match is None or meet not in ("meet", "slice"):
            raise ValueError(f"preserveAspectRatio='{shown(aspect)}': expected such as xMidYMid meet, or none")
        across = down = (min if meet == "meet" else max)(across, down)
        share = {"Min": 0.0, "Mid": 0.5, "Max": 1.0}
        left = (viewport.width - across * width) * share[match.group(1)]
        top = (viewport.height - down * height) * share[match.group(2)]
    return np.array([[across, 0, left - across * x], [0, down, top - down * y], [0, 0, 1]])


def shown(text: str) -> str:
    """The beginning of a text from a file, on one line and without control characters."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text[:60])
    return plain + ("…" if len(text) > 60 else "")

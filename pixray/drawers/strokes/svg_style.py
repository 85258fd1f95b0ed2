"""How SVG elements are painted: colours, widths and opacity, inherited from group to group.

Late imports keep tinycss2 out of start-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pixray.drawers.strokes.svg_view import Viewport, length, number, shown

Paint = tuple[float, float, float, float]
"""Red, green, blue and opacity from 0 to 1."""

CURRENT = "currentcolor"
_BLACK = (0.0, 0.0, 0.0, 1.0)
_REFUSED = ("mix-blend-mode", "marker", "marker-start", "marker-mid", "marker-end", "filter")
"""Would change the picture, and are not drawn here; `mask` and `clip-path` are where they cut nothing off."""
_HARMLESS = {"none", "normal", "initial", ""}


@dataclass(frozen=True)
class Style:
    """What elements inherit.

    Attributes:
        fill, stroke: a colour, `CURRENT` for that of `color`, or None for nothing.
    """

    fill: Paint | str | None = _BLACK
    stroke: Paint | str | None = None
    color: Paint = _BLACK
    fill_opacity: float = 1.0
    stroke_opacity: float = 1.0
    width: float = 1.0
    evenodd: bool = False
    visible: bool = True
    stroke_first: bool = False
    dashed: bool = False
    flat_ends: bool = True

    def of(self, properties: Mapping[str, str], viewport: Viewport) -> Style:
        """The style of an element within this one.

        Args:
            properties: the properties of the element, see `Cascade.properties`.

        Raises:
            ValueError: a value that cannot be read, or one that is not drawn.
        """
        for name in _REFUSED:
            if properties.get(name, "none").lower() not in _HARMLESS:
                raise ValueError(f"{name}='{shown(properties[name])}' is not supported")
        changes: dict[str, Any] = {}
        for name, text in properties.items():
            word = text.lower()
            if word in ("inherit", "unset", "") or name not in _READERS:
                continue
            field, read = _READERS[name]
            changes[field] = getattr(Style(), field) if word == "initial" else read(text, viewport)
        return replace(self, **changes)

    def fill_paint(self) -> Paint | None:
        """The colour of the area with all its opacity; None for nothing that can be seen."""
        return self._paint(self.fill, self.fill_opacity)

    def stroke_paint(self) -> Paint | None:
        """The colour of the outline with all its opacity; None for nothing that can be seen.

        Raises:
            ValueError: it is dashed.
        """
        paint = self._paint(self.stroke, self.stroke_opacity) if self.width > 0 else None
        if paint is not None and self.dashed:
            raise ValueError("stroke-dasharray is not supported")
        return paint

    def _paint(self, paint: Paint | str | None, opacity: float) -> Paint | None:
        red, green, blue, alpha = self.color if isinstance(paint, str) else paint or (0.0, 0.0, 0.0, 0.0)
        return (red, green, blue, alpha * opacity) if alpha * opacity > 0 and self.visible else None


def colour(text: str, name: str) -> Paint | str | None:
    """A colour, `CURRENT`, or None for "none".

    Raises:
        ValueError: anything else, gradients and patterns by name.
    """
    import tinycss2.color4

    text = text.strip()
    if text.lower() == "none":
        return None
    if text.lower().startswith("url("):
        raise ValueError(f"{name}='{shown(text)}' is a gradient or pattern, which is not drawn; use a plain colour")
    try:
        parsed = tinycss2.color4.parse_color(text) if len(text) < 200 else None
        if parsed == CURRENT:
            return CURRENT
        if parsed is not None and parsed.space in ("srgb", "hsl", "hwb"):
            red, green, blue = (min(max(share or 0.0, 0.0), 1.0) for share in parsed.to("srgb").coordinates)
            return red, green, blue, parsed.alpha
    except (AttributeError, IndexError, NotImplementedError, OverflowError, TypeError, ValueError):
        parsed = None  # tinycss2 stumbles over some broken colours
    raise ValueError(f"{name}='{shown(text)}' is not supported; expected a name, #rrggbb, rgb(…), hsl(…) or none")


def opacity(text: str, name: str) -> float:
    """An opacity from 0 to 1, also in percent; others are brought there.

    Raises:
        ValueError: no number.
    """
    share = number(text[:-1], name) / 100 if text.endswith("%") else number(text, name)
    return min(max(share, 0.0), 1.0)


def _color(text: str, viewport: Viewport) -> Paint:
    paint = colour(text, "color")
    return paint if isinstance(paint, tuple) else _BLACK


def _width(text: str, viewport: Viewport) -> float:
    return length(text, viewport.diagonal, "stroke-width")


def _dashed(text: str, viewport: Viewport) -> bool:
    words = text.replace(",", " ").split()
    return words != ["none"] and any(length(word, viewport.diagonal, "stroke-dasharray") > 0 for word in words)


_READERS = {
    "fill": ("fill", lambda text, viewport: colour(text, "fill")),
    "stroke": ("stroke", lambda text, viewport: colour(text, "stroke")),
    "color": ("color", _color),
    "fill-opacity": ("fill_opacity", lambda text, viewport: opacity(text, "fill-opacity")),
    "stroke-opacity": ("stroke_opacity", lambda text, viewport: opacity(text, "stroke-opacity")),
    "stroke-width": ("width", _width),
    "stroke-dasharray": ("dashed", _dashed),
    "stroke-linecap": ("flat_ends", lambda text, viewport: text.lower() == "butt"),
    "fill-rule": ("evenodd", lambda text, viewport: text.lower() == "evenodd"),
    "visibility": ("visible", lambda text, viewport: text.lower() not in ("hidden", "collapse")),
    "paint-order": ("stroke_first", lambda text, viewport: text.lower().startswith(("stroke", "markers stroke"))),
}
"""Inherited properties: the field that each becomes, and how it is read."""

"""The shapes of SVG as outlines: path, rect, circle, ellipse, line, polyline and polygon."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from pixray.drawers.strokes.svg_css import plain
from pixray.drawers.strokes.svg_path import LONGEST_DATA, Outline, Pen, numbers, read_outline
from pixray.drawers.strokes.svg_view import Viewport, length, shown

SHAPES = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"}


def shape_outline(node: ET.Element, viewport: Viewport) -> Outline | None:
    """The outline of a shape in its own units; None when it draws nothing.

    Raises:
        ValueError: its numbers cannot be read.
    """
    name = plain(node.tag)
    if name == "path":
        return read_outline(node.get("d", ""))
    pen = Pen()
    if name == "rect":
        _rect(pen, node, viewport)
    elif name in ("circle", "ellipse"):
        _ellipse(pen, node, viewport)
    elif name == "line":
        x1, x2 = (_length(node, key, viewport.width) for key in ("x1", "x2"))
        y1, y2 = (_length(node, key, viewport.height) for key in ("y1", "y2"))
        pen.move((x1, y1))
        pen.line((x2, y2))
    else:
        _polyline(pen, node.get("points", ""), closed=name == "polygon")
    return pen.outline()


def _length(node: ET.Element, name: str, full: float) -> float:
    text = node.get(name, "").strip()
    return length(text, full, name) if text else 0.0


def _rect(pen: Pen, node: ET.Element, viewport: Viewport) -> None:
    x, width, y, height = (
        _length(node, name, full)
        for names, full in ((("x", "width"), viewport.width), (("y", "height"), viewport.height))
        for name in names
    )
    if width <= 0 or height <= 0:
        return
    rx, ry = (
        None if node.get(name, "auto").strip() in ("auto", "") else _length(node, name, full)
        for name, full in (("rx", viewport.width), ("ry", viewport.height))
    )
    rx, ry = (ry if rx is None else rx) or 0.0, (rx if ry is None else ry) or 0.0
    rx, ry = min(max(rx, 0.0), width / 2), min(max(ry, 0.0), height / 2)
    right, bottom = x + width, y + height
    if not rx or not ry:
        pen.move((x, y))
        for corner in ((right, y), (right, bottom), (x, bottom)):
            pen.line(corner)
        pen.close()
        return
    pen.move((x + rx, y))
    for straight, end in (
        ((right - rx, y), (right, y + ry)),
        ((right, bottom - ry), (right - rx, bottom)),
        ((x + rx, bottom), (x, bottom - ry)),
        ((x, y + ry), (x + rx, y)),
    ):
        if straight != pen.here:
            pen.line(straight)
        pen.arc((rx, ry), 0, False, True, end)
    pen.close()


def _ellipse(pen: Pen, node: ET.Element, viewport: Viewport) -> None:
    x, y = _length(node, "cx", viewport.width), _length(node, "cy", viewport.height)
    if plain(node.tag) == "circle":
        rx = ry = _length(node, "r", viewport.diagonal)
    else:
        rx, ry = _length(node, "rx", viewport.width), _length(node, "ry", viewport.height)
        rx, ry = (rx if "rx" in node.attrib else ry), (ry if "ry" in node.attrib else rx)
    if rx <= 0 or ry <= 0:
        return
    pen.move((x + rx, y))
    pen.arc((rx, ry), 0, False, True, (x - rx, y))
    pen.arc((rx, ry), 0, False, True, (x + rx, y))
    pen.close()


def _polyline(pen: Pen, text: str, closed: bool) -> None:
    if len(text) > LONGEST_DATA:
        raise ValueError(f"a list of points of {len(text)} characters; at most {LONGEST_DATA} are read")
    values = numbers(text)
    if len(values) % 2:
        raise ValueError(f"points='{shown(text)}': expected pairs of numbers")
    for number in range(0, len(values), 2):
        (pen.line if number else pen.move)((values[number], values[number + 1]))
    if closed:
        pen.close()

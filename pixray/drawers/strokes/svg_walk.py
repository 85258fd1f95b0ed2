"""Through the elements of an SVG: groups, nested viewports, `use`, and what each shape paints."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pixray.drawers.strokes.svg_css import Cascade, plain
from pixray.drawers.strokes.svg_document import SVG
from pixray.drawers.strokes.svg_marks import Frame, Mark, faded
from pixray.drawers.strokes.svg_path import MOST_SEGMENTS, Outline
from pixray.drawers.strokes.svg_shapes import SHAPES, shape_outline
from pixray.drawers.strokes.svg_style import Paint, Style, colour, opacity
from pixray.drawers.strokes.svg_view import Viewport, chained, fitted, length, read_transform, shown, view_box

_GROUPS = {"svg", "g", "a", "switch"}
_REFUSED = {"text": "text", "image": "a picture", "foreignObject": "HTML", "flowRoot": "text", "video": "a video"}
_HREF = ("href", "{http://www.w3.org/1999/xlink}href")
_MOST_USED = 30_000
"""Elements behind `use` that are visited; uses of uses could take for ever."""
_DEEPEST = 200


@dataclass(frozen=True)
class Place:
    """Where an element is: its transform to the canvas, what it inherits, and what it lies in.

    Attributes:
        around: the ids of the elements around, those of `use`d ones as well; used: whether it lies in such a one.
        layer: the id of the nearest group that has one; solid: no group around is transparent.
    """

    transform: np.ndarray
    style: Style
    viewport: Viewport
    frames: tuple[Frame, ...] = ()
    around: tuple[str, ...] = ()
    used: bool = False
    layer: str = ""
    solid: bool = True
    depth: int = 0


class Walk:
    """Collects what a document paints.

    Args:
        root: its outermost element; size: of the canvas in pixels.

    Attributes:
        marks: in drawing order; paper: the colour of a background, if there is one.

    Raises:
        ValueError: something in it that is not supported.
    """

    def __init__(self, root: ET.Element, size: tuple[int, int]) -> None:
        self.marks: list[Mark] = []
        self.paper: tuple[float, float, float] | None = None
        self._size = size
        self._cascade = Cascade(root)
        self._ids = {node.get("id", ""): node for node in reversed(list(root.iter()))}
        self._used = self._segments = 0
        properties = self._cascade.properties(root)
        place, self._view = _root_place(root, size)
        self._paper_of_root(properties)
        self._enter(root, properties, place)

    def _paper_of_root(self, properties: Mapping[str, str]) -> None:
        text = properties.get("background-color") or properties.get("background", "none")
        if text.lower() not in ("none", "transparent", "initial", "inherit", "unset"):
            paint = colour(text, "background")
            if isinstance(paint, tuple) and paint[3] == 1:
                self.paper = paint[:3]

    def _element(self, node: ET.Element, place: Place) -> None:
        self._used += bool(place.used)
        if self._used > _MOST_USED or place.depth > _DEEPEST:
            raise ValueError("its uses of uses draw more than is read")
        tag = node.tag
        name = plain(tag)
        # Editors' own elements belong to other namespaces, and are not drawn.
        if not isinstance(tag, str) or (tag.startswith("{") and not tag.startswith(SVG)):
            return
        if name in _REFUSED:
            self._refuse(node, name, place)
        elif name in _GROUPS or name in SHAPES or name == "use":
            properties = self._cascade.properties(node)
            if properties.get("display") != "none":
                self._enter(node, properties, replace(place, depth=place.depth + 1))

    def _refuse(self, node: ET.Element, name: str, place: Place) -> None:
        properties = self._cascade.properties(node)
        empty = not "".join(node.itertext()).strip() if "text" in _REFUSED[name] else not _reference(node)
        hidden = properties.get("display") == "none" or not place.style.of(properties, place.viewport).visible
        if not hidden and place.layer != "paper" and (name == "foreignObject" or not empty):
            raise ValueError(f"<{name}> is not supported: {_REFUSED[name]} cannot be drawn with strokes")

    def _enter(self, node: ET.Element, properties: Mapping[str, str], place: Place) -> None:
        """An element that may paint, with its own transform, style, clipping and opacity."""
        name = plain(node.tag)
        solid = opacity(properties.get("opacity", "1"), "opacity") if properties.get("opacity") != "inherit" else 1.0
        if solid <= 0:
            return
        if "transform" in properties:
            place = replace(place, transform=chained(place.transform, _transform(properties, place.viewport)))
        place = replace(place, style=place.style.of(properties, place.viewport), solid=place.solid and solid == 1)
        for kind in ("clip-path", "mask"):
            if properties.get(kind, "none").lower() not in ("none", "", "initial"):
                place = replace(place, frames=(*place.frames, self._frame(properties[kind], kind, place)))
        begin = len(self.marks)
        if name in SHAPES:
            self._shape(node, place)
        elif name == "use":
            self._use(node, place)
        else:
            if name == "svg" and place.depth:
                place = self._inside(node, properties, node.attrib, place)
            if "id" in node.attrib:
                place = replace(place, layer=node.attrib["id"], around=(*place.around, node.attrib["id"]))
            self._children(node, place)
        if solid < 1:
            self.marks[begin:] = faded(self.marks[begin:], solid, self._size)

    def _children(self, node: ET.Element, place: Place) -> None:
        children = list(node)
        if plain(node.tag) == "switch":
            children = [child for child in children if not child.get("requiredExtensions")]
            children = [child for child in children if plain(child.tag) != "foreignObject"][:1]
        for child in children:
            self._element(child, place)

    def _shape(self, node: ET.Element, place: Place) -> None:
        style = place.style
        fill, stroke = style.fill_paint(), style.stroke_paint()
        if fill is None and stroke is None:
            return
        outline = shape_outline(node, place.viewport)
        if outline is None:
            return
        self._segments += len(outline.index)
        if self._segments > MOST_SEGMENTS:
            raise ValueError(f"it has more than {MOST_SEGMENTS} segments")
        moved = outline.moved(place.transform)
        marks: list[Mark] = []
        if fill is not None and not self._is_paper(node, moved, fill, place):
            area = moved.area()
            if area is not None:
                marks.append(Mark(area, True, style.evenodd, 1.0, fill[:3], fill[3]))
        if stroke is not None and not (style.flat_ends and outline.is_a_point()):
            grown = style.width * abs(float(np.linalg.det(place.transform[:2, :2]))) ** 0.5
            marks.append(Mark(moved, False, False, grown, stroke[:3], stroke[3]))
        if style.stroke_first:
            marks.reverse()
        self.marks += [mark for mark in marks if all(frame.shows(mark, self._view) for frame in place.frames)]

    def _is_paper(self, node: ET.Element, outline: Outline, fill: Paint, place: Place) -> bool:
        """Take an opaque rectangle for the paper that fills the canvas before anything else is drawn."""
        if plain(node.tag) != "rect" or self.marks or place.frames or not place.solid or fill[3] < 1:
            return False
        low, high = outline.box()
        everything = (low <= 0.5).all() and (high >= np.array(self._size) - 0.5).all()
        corners = outline.points[outline.index[:, 0]]
        upright = ((abs(corners - low) < 1e-3) | (abs(corners - high) < 1e-3)).all()
        if not upright or not (everything or place.layer == "paper"):
            return False
        self.paper = (fill[0], fill[1], fill[2])
        return True

    def _use(self, node: ET.Element, place: Place) -> None:
        reference = _reference(node)
        if not reference:
            return
        if not reference.startswith("#"):
            raise ValueError(f"<use href='{shown(reference)}'> refers to another file, which is not read")
        target = self._ids.get(reference[1:])
        if target is None or reference[1:] in place.around:
            return
        shift = np.eye(3)
        shift[0, 2] = length(node.get("x") or "0", place.viewport.width, "x")
        shift[1, 2] = length(node.get("y") or "0", place.viewport.height, "y")
        around = (*place.around, reference[1:])
        transform = chained(place.transform, shift)
        place = replace(place, transform=transform, around=around, used=True, depth=place.depth + 1)
        if plain(target.tag) not in ("symbol", "svg"):
            self._element(target, place)
            return
        properties = self._cascade.properties(target)
        if properties.get("display") == "none" and plain(target.tag) == "svg":
            return
        sized = dict(target.attrib)
        sized.update({key: text for key, text in node.attrib.items() if key in ("width", "height")})
        place = replace(place, style=place.style.of(properties, place.viewport))
        self._children(target, self._inside(target, properties, sized, place))

    def _inside(self, node: ET.Element, properties: Mapping[str, str], sized: Mapping[str, str], place: Place) -> Place:
        """The coordinates inside a nested <svg> or a <symbol>.

        Args:
            sized: the attributes that say where its viewport is.
        """
        outer = place.viewport
        x, y = length(sized.get("x") or "0", outer.width, "x"), length(sized.get("y") or "0", outer.height, "y")
        width = length(_size(sized, "width"), outer.width, "width")
        height = length(_size(sized, "height"), outer.height, "height")
        corner = place.transform @ np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])
        viewport, transform = Viewport(max(width, 1e-9), max(height, 1e-9)), corner
        box = view_box(node.attrib)
        frames = place.frames
        if properties.get("overflow", "hidden") not in ("visible", "auto"):
            name = f"the border of <{plain(node.tag)}>"
            frames = (*frames, Frame(_inverse(corner), (0.0, 0.0), (viewport.width, viewport.height), name))
        if box is not None:
            transform = chained(corner, fitted(box, viewport, node.get("preserveAspectRatio", "")))
            viewport = Viewport(box[2], box[3])
        return replace(place, transform=transform, viewport=viewport, frames=frames)

    def _frame(self, reference: str, kind: str, place: Place) -> Frame:
        """The rectangle of a clip path or mask.

        Raises:
            ValueError: it has another shape.
        """
        refused = f"{kind} is not supported, other than one upright rectangle that cuts nothing off"
        target = self._ids.get(reference.strip().removeprefix("url(").removesuffix(")").strip("\"' #"))
        if target is None:
            raise ValueError(refused)
        drawn = SHAPES | _GROUPS | _REFUSED.keys() | {"use"}
        shapes = [child for child in target if plain(child.tag) in drawn]
        if len(shapes) != 1 or plain(shapes[0].tag) not in SHAPES:
            raise ValueError(refused)
        properties = self._cascade.properties(shapes[0])
        fill = Style().of(properties, place.viewport).fill_paint()
        outline = shape_outline(shapes[0], place.viewport)
        units = target.get("clipPathUnits" if kind == "clip-path" else "maskContentUnits", "userSpaceOnUse")
        blank = kind == "clip-path" or (fill == (1.0, 1.0, 1.0, 1.0) and properties.get("opacity", "1") == "1")
        if outline is not None and units == "userSpaceOnUse" and blank:
            transform = place.transform
            for node in (target, shapes[0]):
                transform = chained(transform, _transform(self._cascade.properties(node), place.viewport))
            low, high = outline.box()
            corners = outline.points[outline.index[:, 0]]
            if (np.isclose(corners, low) | np.isclose(corners, high)).all() and _straight(
                outline.points[outline.index]
            ):
                return Frame(_inverse(transform), tuple(low), tuple(high), kind)
        raise ValueError(refused)


def _straight(cubics: np.ndarray) -> bool:
    """Whether segments, C 4 2, run along one axis each."""
    return bool((cubics == cubics[:, :1]).all(1).any(1).all())


def _root_place(root: ET.Element, size: tuple[int, int]) -> tuple[Place, np.ndarray]:
    """The place of the outermost element, fitted into the canvas and centred; and 2 2, the corners of its viewport."""
    box = view_box(root.attrib)
    fallback = Viewport(*(box[2:] if box else size))
    viewport = Viewport(
        length(_size(root.attrib, "width"), fallback.width, "width"),
        length(_size(root.attrib, "height"), fallback.height, "height"),
    )
    if viewport.width <= 0 or viewport.height <= 0:
        raise ValueError("its size is empty")
    page = (0.0, 0.0, viewport.width, viewport.height)
    outer = fitted(page, Viewport(*size))
    corners = np.array([[0, 0], page[2:]]) @ outer[:2, :2].T + outer[:2, 2]
    if box is None:
        return Place(outer, Style(), viewport), corners
    inner = fitted(box, viewport, root.get("preserveAspectRatio", ""))
    return Place(chained(outer, inner), Style(), Viewport(box[2], box[3])), corners


def own_size(root: ET.Element) -> tuple[float, float]:
    """Width and height that a document gives itself, in pixels; 300 x 150, as in browsers, if it gives none.

    Raises:
        ValueError: it is empty, or something that is no length.
    """
    box = view_box(root.attrib)
    fallback = box[2:] if box else (300.0, 150.0)
    width, height = (
        length(_size(root.attrib, name), full, name) for name, full in zip(("width", "height"), fallback, strict=True)
    )
    if width <= 0 or height <= 0:
        raise ValueError("its size is empty")
    return width, height


def _size(attributes: Mapping[str, str], name: str) -> str:
    text = attributes.get(name, "").strip()
    return "100%" if text in ("", "auto") else text


def _transform(properties: Mapping[str, str], viewport: Viewport) -> np.ndarray:
    matrix = read_transform(properties.get("transform", ""))
    words = properties.get("transform-origin", "0 0").replace(",", " ").split()
    if words in (["0", "0"], ["0px", "0px"]) or "transform" not in properties:
        return matrix
    if not all(word[-1:].isdigit() or word.endswith("px") for word in words) or len(words) not in (2, 3):
        raise ValueError(f"transform-origin='{shown(properties['transform-origin'])}': expected two lengths in px")
    origin = np.eye(3)
    origin[:2, 2] = [length(word, 0, "transform-origin") for word in words[:2]]
    return origin @ matrix @ np.linalg.inv(origin)


def _inverse(matrix: np.ndarray) -> np.ndarray:
    flat = abs(float(np.linalg.det(matrix))) < 1e-12
    return np.eye(3) if flat else np.linalg.inv(matrix)


def _reference(node: ET.Element) -> str:
    return next((node.attrib[key].strip() for key in _HREF if key in node.attrib), "")

"""SVG files as sketches: a subset that says by name what it refuses.

Elements: svg, g, path, and one rect for the paper. Path commands M L H V C S Q Z, absolute and relative. Transforms are
applied to the points. Colours are plain colours. Everything else that would be visible is refused.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from pixray.drawers.strokes.sketch import Sketch
from pixray.drawers.strokes.svg_path import Outline, read_outline
from pixray.drawers.strokes.svg_style import Style, length, read_transform
from pixray.errors import PixrayError

_SVG = "{http://www.w3.org/2000/svg}"
_SILENT = {"metadata", "title", "desc"}


def read_svg(path: str | Path, size: tuple[int, int]) -> Sketch:
    """The paths of an SVG file, scaled to a canvas.

    A path with fill and stroke becomes two. The rect of the layer "paper", or one that fills the whole canvas before
    anything else is drawn, becomes the paper.

    Args:
        size: width and height of the canvas in pixels; the file's view box is fitted into it and centred.

    Raises:
        PixrayError: no such file, no SVG, or something in it that is not supported.
    """
    path = Path(path).expanduser()
    where = f"init_svg='{path}'"
    try:
        root = ET.fromstring(path.read_bytes())
    except FileNotFoundError:
        raise PixrayError(f"{where}: there is no such file") from None
    except (OSError, ET.ParseError) as error:
        raise PixrayError(f"{where}: cannot be read as an SVG ({error})") from error
    if root.tag not in (_SVG + "svg", "svg"):
        raise PixrayError(f"{where}: expected an SVG, but its outermost element is <{_plain(root.tag)}>")
    reader = _Reader(size)
    try:
        reader.element(root, _view(root, size), Style())
    except ValueError as error:
        raise PixrayError(f"{where}: {error}") from None
    if not reader.outlines:
        raise PixrayError(f"{where}: holds no path that can be seen")
    return reader.sketch()


@dataclass
class _Reader:
    """Walks through the elements and collects what is drawn."""

    size: tuple[int, int]
    outlines: list[tuple[Outline, bool, float, tuple[float, float, float], float]] = field(default_factory=list)
    paper: tuple[float, float, float] | None = None

    def element(self, node: ET.Element, transform: np.ndarray, style: Style, layer: str = "") -> None:
        name = _plain(node.tag)
        if not isinstance(node.tag, str) or name in _SILENT or not _drawn(node.tag):
            return
        if name == "defs":
            self._refuse_used(node)
            return
        style = style.of(node.attrib)
        if style.hidden:
            return
        if name != "svg":
            transform = transform @ read_transform(node.get("transform", ""))
        if name in ("svg", "g"):
            if style.fill_opacity < 1 and float(node.get("opacity", 1)) < 1:
                raise ValueError("opacity of a group is not supported; give it to each path")
            for child in node:
                self.element(child, transform, style, node.get("id", layer))
        elif name == "path":
            self._path(node.get("d", ""), transform, style)
        elif name == "rect":
            self._rect(node, transform, style, layer)
        else:
            raise ValueError(f"<{name}> is not supported; convert it to a path first")

    def _refuse_used(self, node: ET.Element) -> None:
        named = next((child for child in node if isinstance(child.tag, str) and _drawn(child.tag)), None)
        if named is not None and _plain(named.tag) not in _SILENT:
            raise ValueError(f"<{_plain(named.tag)}> in <defs> is not supported; use plain colours and paths")

    def _path(self, data: str, transform: np.ndarray, style: Style) -> None:
        outline = read_outline(data)
        if outline is None:
            return
        outline = outline.moved(transform)
        if style.fill is not None:
            self.outlines.append((outline.closed(), True, 1.0, style.fill, style.fill_opacity))
        if style.stroke is not None and style.width > 0:
            grown = style.width * abs(float(np.linalg.det(transform[:2, :2]))) ** 0.5
            self.outlines.append((outline, False, grown, style.stroke, style.stroke_opacity))

    def _rect(self, node: ET.Element, transform: np.ndarray, style: Style, layer: str) -> None:
        x, y, width, height = (length(node.get(name, "0")) for name in ("x", "y", "width", "height"))
        corners = np.array([[x, y, 1], [x + width, y + height, 1]]) @ transform.T
        everything = (corners[0, :2] <= 0.5).all() and (corners[1, :2] >= np.array(self.size) - 0.5).all()
        if self.outlines or style.fill is None or not (layer == "paper" or everything):
            raise ValueError("<rect> is supported for the paper only; convert it to a path first")
        self.paper = style.fill

    def sketch(self) -> Sketch:
        """Everything collected, as tensors."""
        points, index, path, before = [], [], [], 0
        for number, (outline, *_) in enumerate(self.outlines):
            points.append(outline.points)
            index.append(outline.index + before)
            path += [number] * len(outline.index)
            before += len(outline.points)
        _, filled, widths, colours, opacity = zip(*self.outlines, strict=True)
        return Sketch(
            points=torch.from_numpy(np.concatenate(points)).float(),
            index=torch.from_numpy(np.concatenate(index)),
            path=torch.tensor(path),
            widths=torch.tensor(widths),
            colours=torch.tensor(colours),
            opacity=torch.tensor(opacity),
            filled=torch.tensor(filled),
            paper=None if self.paper is None else torch.tensor(self.paper),
        )


def _view(root: ET.Element, size: tuple[int, int]) -> np.ndarray:
    """The 3 x 3 transform from the file's units to the canvas: fitted into it and centred."""
    box = [float(word) for word in root.get("viewBox", "").replace(",", " ").split()]
    if len(box) != 4:
        box = [0.0, 0.0, length(root.get("width", str(size[0]))), length(root.get("height", str(size[1])))]
    x, y, width, height = box
    if width <= 0 or height <= 0:
        raise ValueError("its view box is empty")
    scale = min(size[0] / width, size[1] / height)
    return np.array(
        [
            [scale, 0, (size[0] - scale * width) / 2 - scale * x],
            [0, scale, (size[1] - scale * height) / 2 - scale * y],
            [0, 0, 1],
        ]
    )


def _drawn(tag: str) -> bool:
    """Whether an element belongs to SVG itself; editors' own elements are not drawn."""
    return not tag.startswith("{") or tag.startswith(_SVG)


def _plain(tag: object) -> str:
    return str(tag).rpartition("}")[2]

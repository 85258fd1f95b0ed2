"""Sketches as SVG files that designers edit and plotters draw: one path per stroke, in named layers."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from pixray.drawers.strokes.sketch import Sketch
from pixray.drawers.strokes.travel import pen_order
from pixray.images.color import hex_of

_OPENING = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '
    'xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" '
    'width="{width}" height="{height}" viewBox="0 0 {box}"{more}>'
)
_LAYER = '<g id="{id}" inkscape:groupmode="layer" inkscape:label="{label}"{more}>'
MOST_INKS = 16
"""With more inks than a plotter could take, strokes are not parted by ink."""
_PEN = ' fill="none" stroke-linecap="round" stroke-linejoin="round"'


def sketch_svg(sketch: Sketch, size: tuple[int, int], page_width: float | None = None, travel: bool = False) -> bytes:
    """An SVG file of a sketch.

    Args:
        sketch: what to write; coordinates keep every digit of float32, colours are rounded to 8 bits.
        size: width and height of the canvas in pixels, the file's own units.
        page_width: of the sheet in millimetres; None: the file has no real size.
        travel: order the strokes so that a pen that draws them travels little: one layer per ink, from one stroke to
            the next nearest end, backwards where that is nearer.
    """
    width, height = size
    units = ("", width, height) if page_width is None else ("mm", page_width, page_width * height / width)
    opening = _OPENING.format(
        width=f"{units[1]:.10g}{units[0]}",
        height=f"{units[2]:.10g}{units[0]}",
        box=f"{width} {height}",
        more="" if sketch.paper is None else f' style="background:{hex_of(sketch.paper.detach().cpu().numpy())}"',
    )
    lines = [opening]
    if sketch.paper is not None:
        lines += _paper(sketch.paper.detach().cpu().numpy(), size, plotted=page_width is not None or travel)
    for number, (layer, paths, backwards) in enumerate(_layers(sketch, travel), 1):
        # Programs for plotters take the first digits of a label for the number of the pen.
        label = f"{number} {layer.replace('-', ' ')}"
        lines.append(_LAYER.format(id=layer, label=label, more=_PEN))
        lines += _paths(sketch, paths, backwards)
        lines.append("</g>")
    return "\n".join([*lines, "</svg>", ""]).encode()


def _paper(colour: np.ndarray, size: tuple[int, int], plotted: bool) -> list[str]:
    """What shows the colour of the paper beside the root's background, without a line that a pen would draw.

    Inkscape shows that of its page. Viewers that know neither show a picture of one pixel; for a plotter, the paper is
    the real one, and there is no such picture.
    """
    page = f'<sodipodi:namedview pagecolor="{hex_of(colour)}" inkscape:pageopacity="1"/>'
    if plotted:
        return [page]
    image = Image.new("RGB", (1, 1), hex_of(colour))
    content = io.BytesIO()
    image.save(content, "PNG")
    pixel = (
        f'<image width="{size[0]}" height="{size[1]}" preserveAspectRatio="none" image-rendering="optimizeSpeed" '
        f'href="data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"/>'
    )
    return [page, _LAYER.format(id="paper", label="% paper", more=""), pixel, "</g>"]


def _layers(sketch: Sketch, travel: bool) -> list[tuple[str, Sequence[int], Sequence[bool]]]:
    """Ids of layers, their paths in drawing order, and whether each is drawn backwards."""
    if not travel:
        return [("strokes", range(len(sketch)), [False] * len(sketch))]
    first, last = path_ends(sketch)
    colours = [hex_of(colour) for colour in sketch.colours.detach().cpu().numpy()]
    if len(set(colours)) > MOST_INKS:
        order, backwards, _ = pen_order(first, last, np.zeros(2))
        return [("strokes", order.tolist(), backwards)]
    layers: list[tuple[str, Sequence[int], Sequence[bool]]] = []
    pen = np.zeros(2)
    for colour in dict.fromkeys(colours):
        members = np.array([number for number, other in enumerate(colours) if other == colour])
        order, backwards, pen = pen_order(first[members], last[members], pen)
        layers.append((f"ink-{colour[1:]}", members[order].tolist(), backwards))
    return layers


def path_ends(sketch: Sketch) -> tuple[np.ndarray, np.ndarray]:
    """Where each path begins and ends: P 2 each."""
    points, index = sketch.points.detach().cpu().numpy(), sketch.index.cpu().numpy()
    path = sketch.path.cpu().numpy()
    begin = np.searchsorted(path, np.arange(len(sketch)), side="left")
    end = np.searchsorted(path, np.arange(len(sketch)), side="right") - 1
    return points[index[begin, 0]], points[index[end, 3]]


def _paths(sketch: Sketch, paths: Sequence[int], backwards: Sequence[bool]) -> list[str]:
    points, index = sketch.points.detach().cpu().numpy(), sketch.index.cpu().numpy()
    path = sketch.path.cpu().numpy()
    begins = np.searchsorted(path, np.arange(len(sketch) + 1))
    filled = sketch.filled.tolist()
    evenodd = [False] * len(sketch) if sketch.evenodd is None else sketch.evenodd.tolist()
    widths = sketch.widths.detach().cpu().numpy()
    colours = sketch.colours.detach().cpu().numpy()
    opacity = sketch.opacity.detach().cpu().numpy()
    lines = []
    for number, turned in zip(paths, backwards, strict=True):
        segments = index[begins[number] : begins[number + 1]]
        if turned:
            segments = segments[::-1, ::-1]
        paint = "fill" if filled[number] else "stroke"
        look = f'{paint}="{hex_of(colours[number])}"'
        if opacity[number] < 1:
            look += f' {paint}-opacity="{_number(opacity[number])}"'
        if evenodd[number]:
            look += ' fill-rule="evenodd"'
        if not filled[number]:
            look += f' stroke-width="{_number(widths[number])}"'
        lines.append(f'<path id="stroke-{number + 1}" {look} d="{_outline(segments, points)}"/>')
    return lines


def _outline(segments: np.ndarray, points: np.ndarray) -> str:
    """Path data: absolute M, C and Z."""
    words: list[str] = []
    start = current = -1
    for segment in segments.tolist():
        if segment[0] != current:
            start = segment[0]
            words.append("M" + _pair(points[start]))
        current = segment[3]
        words.append("C" + " ".join(_pair(points[number]) for number in segment[1:]))
        if current == start:
            words.append("Z")
            current = -1
    return "".join(words)


def _pair(point: np.ndarray) -> str:
    return f"{_number(point[0])},{_number(point[1])}"


def _number(value: np.float32) -> str:
    """The shortest text that reads as the same float32."""
    return np.format_float_positional(value, trim="-")

"""Plots as files: SVG, HPGL, G-code, and a picture of what the pens do.

Late imports keep PIL out of plots without a preview.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from xml.sax.saxutils import quoteattr

import numpy as np

from pixray.drawers.strokes.plot.make import Plot
from pixray.errors import SettingsError
from pixray.images.color import hex_of

MARK = "pixray plot"
"""What says within a file that it is one of these, so that it may be written over by the next."""
_HPGL_BEGINNING = "IN;\nSP1;\n"
"""HPGL has no comments that old plotters skip: such a file is known by how it begins."""
_LONGEST_BEGINNING = 1 << 12
_HPGL_UNITS = 40.0
"""Plotter units a millimetre (HP 7475A, Interfacing and Programming Manual)."""
_PREVIEW = 8.0
"""Pixels a millimetre of the preview, before it is halved to smooth it."""
_PREVIEW_SIDE = 4000

GCODE: dict[str, Mapping[str, str]] = {
    "servo": {
        "begin": "G21 G90\nM5",
        "down": "M3 S{down}\nG4 P0.15",
        "up": "M5\nG4 P0.15",
        "pen": "M0 (pen {number}: {color})",
        "end": "M5\nG0 X0 Y0",
    },
    "z": {
        "begin": "G21 G90\nG0 Z{lift}",
        "down": "G1 Z0 F{feed}",
        "up": "G0 Z{lift}",
        "pen": "M0 (pen {number}: {color})",
        "end": "G0 Z{lift}\nG0 X0 Y0",
    },
}
"""Words for GRBL with a servo that lifts the pen, or with a Z axis. Other machines: add a row."""


def svg(plot: Plot, machine: str = "servo") -> bytes:
    """An SVG in millimetres with one layer a pen, as Inkscape and vpype read them."""
    width, height = plot.sheet.width, plot.sheet.height
    lines = [
        f"<!-- {MARK} -->",  # in front of the record that a run puts into its SVGs
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '
        f'width="{width:g}mm" height="{height:g}mm" viewBox="0 0 {width:g} {height:g}">',
    ]
    for number, layer in enumerate(plot.layers, 1):
        color = hex_of(layer.color)
        lines.append(
            f'<g id="pen-{number}" inkscape:groupmode="layer" inkscape:label={quoteattr(f"{number} {color}")} '
            f'fill="none" stroke="{color}" stroke-width="{plot.pen_width:g}" stroke-linecap="round" '
            'stroke-linejoin="round">'
        )
        lines += [f'<path d="{_path(line)}"/>' for line in layer.lines]
        lines.append("</g>")
    return "\n".join([*lines, "</svg>", ""]).encode()


def hpgl(plot: Plot, machine: str = "servo") -> bytes:
    """HPGL with one pen a layer; the origin is the lower left corner."""
    words = ["IN;"]
    for number, layer in enumerate(plot.layers, 1):
        words.append(f"SP{number};")
        for line in layer.lines:
            points = np.rint((line * [1, -1] + [0, plot.sheet.height]) * _HPGL_UNITS).astype(int)
            pairs = [f"{x},{y}" for x, y in points.tolist()]
            words.append(f"PU{pairs[0]};PD{','.join(pairs[1:])};")
    return "\n".join([*words, "PU;SP0;", ""]).encode()


def gcode(plot: Plot, machine: str = "servo") -> bytes:
    """G-code in millimetres from the lower left corner; the program stops before each pen after the first.

    Args:
        machine: "servo" or "z", a row of GCODE.
    """
    words, values = GCODE[machine], {"down": 1000, "lift": 5, "feed": 2400}
    lines = [f"({MARK})", words["begin"].format(**values)]
    for number, layer in enumerate(plot.layers, 1):
        if number > 1 or len(plot.layers) > 1:
            lines.append(words["pen"].format(number=number, color=hex_of(layer.color)))
        for line in layer.lines:
            points = [f"X{x:.3f} Y{plot.sheet.height - y:.3f}" for x, y in line.tolist()]
            lines += [f"G0 {points[0]}", words["down"].format(**values)]
            lines += [f"G1 {point} F{values['feed']}" for point in points[1:]]
            lines.append(words["up"].format(**values))
    return "\n".join([*lines, words["end"].format(**values), "M2", ""]).encode()


def preview(plot: Plot, machine: str = "servo") -> bytes:
    """A PNG: what the pens draw, and in pale red where they travel in the air."""
    from PIL import Image, ImageDraw, PngImagePlugin

    side = max(plot.sheet.width, plot.sheet.height)
    zoom = min(_PREVIEW, 2 * _PREVIEW_SIDE / side)
    image = Image.new("RGB", (round(plot.sheet.width * zoom), round(plot.sheet.height * zoom)), "white")
    pencil = ImageDraw.Draw(image)
    for layer in plot.layers:
        pen = np.zeros(2)
        for line in layer.lines:
            pencil.line([tuple(pen * zoom), tuple(line[0] * zoom)], fill="#ffb3b3", width=1)
            pen = line[-1]
    width = max(1, round(plot.pen_width * zoom))
    for layer in plot.layers:
        color = hex_of(layer.color)
        for line in layer.lines:
            pencil.line([tuple(point) for point in (line * zoom).tolist()], fill=color, width=width, joint="curve")
    content = io.BytesIO()
    smooth = image.resize((max(1, image.width // 2), max(1, image.height // 2)), Image.Resampling.BOX)
    text = PngImagePlugin.PngInfo()
    text.add_text("Software", MARK)
    smooth.save(content, "PNG", pnginfo=text)
    return content.getvalue()


WRITERS: dict[str, Callable[[Plot, str], bytes]] = {
    ".svg": svg,
    ".hpgl": hpgl,
    ".plt": hpgl,
    ".gcode": gcode,
    ".nc": gcode,
    ".png": preview,
}


def writer_of(name: str) -> Callable[[Plot, str], bytes]:
    """What writes a file of such a name.

    Raises:
        SettingsError: an ending that stands for no format of plots.
    """
    ending = PurePath(name).suffix.lower()
    if ending not in WRITERS:
        raise SettingsError(f"-o '{name}': expected a name that ends in {', '.join(WRITERS)} (a preview)")
    return WRITERS[ending]


def is_plot(path: Path) -> bool:
    """Whether a file is a plot that was written here, and no drawing of somebody.

    Raises:
        OSError: it cannot be read.
    """
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        beginning = file.read(_LONGEST_BEGINNING)
    return MARK.encode() in beginning or beginning.startswith(_HPGL_BEGINNING.encode())


def _path(line: np.ndarray) -> str:
    points = [f"{x:.3f},{y:.3f}" for x, y in line.tolist()]
    closed = len(points) > 2 and points[0] == points[-1]
    return "M" + " L".join(points[:-1] if closed else points) + (" Z" if closed else "")

"""pixray plot: an SVG, or the drawing of a run, as lines in millimetres that a pen plotter draws as they are.

Late imports keep torch and shapely out of help pages.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from pixray.cli.parsing import Parser, add_output_flags, output_of
from pixray.drawers.strokes.plot.fill import FILLS
from pixray.drawers.strokes.plot.paper import ORIENTATIONS, PAPERS
from pixray.errors import PixrayError, SettingsError
from pixray.runtime.files import user_path, write_atomic

if TYPE_CHECKING:
    from pixray.drawers.strokes.plot.make import Plot

WHAT = (
    "Turn an SVG, or the drawing of a run, into lines that a pen plotter draws as they are: areas are hatched, what is "
    "covered is left out, colours become pens, and the pens travel little."
)


def main(argv: Sequence[str]) -> int:
    """Write the files and print what the plot takes."""
    args = _parser().parse_args(argv)
    source = _drawing_of(args.drawing)
    from pixray.drawers.strokes.plot.files import writer_of
    from pixray.drawers.strokes.plot.make import PlotOptions, make_plot
    from pixray.drawers.strokes.svg_read import read_drawing

    targets = [user_path(name, "-o") for name in args.output or [source.with_name(f"{source.stem}-plot.svg")]]
    writers = [writer_of(str(target)) for target in targets]
    _refuse_other_files(targets, source)
    options = PlotOptions(**{option.name: getattr(args, option.name) for option in fields(PlotOptions)})
    sketch, size = read_drawing(source, "drawing")
    plot = make_plot(sketch, size, options)
    for target, writer in zip(targets, writers, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, writer(plot, args.machine))
    _tell(plot, targets, output_of(args), args)
    return 0


def _parser() -> Parser:
    parser = Parser("plot", WHAT)
    parser.add_argument("drawing", help="an .svg file, or the folder of a run with strokes")
    parser.add_argument(
        "-o",
        "--out",
        dest="output",
        action="append",
        metavar="FILE",
        help="what to write, may be repeated: .svg, .hpgl, .plt, .gcode, .nc, or .png for a preview with the travel of "
        "the pen (default: DRAWING-plot.svg beside the drawing)",
    )
    parser.add_argument("--paper", default="a4", help=f"{', '.join(PAPERS)}, or a size such as 200x150 in mm")
    parser.add_argument("--margin", type=float, default=10.0, metavar="MM", help="that stays empty (default: 10)")
    parser.add_argument("--orientation", choices=ORIENTATIONS, default="auto", help="how the paper lies")
    parser.add_argument("--pens", default="auto", help='colours of the pens, such as "red,blue,black"')
    parser.add_argument("--fill", choices=tuple(FILLS), default="hatch", help="what areas become (default: hatch)")
    parser.add_argument("--spacing", type=float, metavar="MM", help="between lines in areas (default: 2 pen widths)")
    parser.add_argument("--angle", type=float, default=45.0, metavar="DEGREES", help="of the hatching (default: 45)")
    parser.add_argument(
        "--strokes", choices=("line", "area"), default="line", help="wide strokes as one line, or filled as areas"
    )
    parser.add_argument("--pen_width", type=float, default=0.5, metavar="MM", help="width of the pens (default: 0.5)")
    parser.add_argument("--tolerance", type=float, default=0.05, metavar="MM", help="from the curves (default: 0.05)")
    parser.add_argument("--show_hidden", dest="hide", action="store_false", help="draw what is covered, too")
    parser.add_argument("--registration", action="store_true", help="a cross at two corners with every pen")
    parser.add_argument("--machine", choices=("servo", "z"), default="servo", help="what lifts the pen, for G-code")
    parser.add_argument("--speed", type=float, default=40.0, metavar="MM/S", help="for the estimate (default: 40)")
    add_output_flags(parser)
    return parser


def _drawing_of(text: str) -> Path:
    """The SVG that is meant: the file itself, or the one in a run's folder."""
    path = user_path(text, "drawing")
    if not path.is_dir():
        return path
    drawings = [file for file in sorted(path.glob("*.svg")) if not file.stem.endswith("-plot")]
    if len(drawings) == 1:
        return drawings[0]
    if not drawings:
        raise PixrayError(f"{text}: there is no .svg in this folder; drawers with strokes write one")
    names = ", ".join(file.name for file in drawings)
    raise PixrayError(f"{text}: there are several drawings in this folder ({names}); name one of them")


def _refuse_other_files(targets: Sequence[Path], source: Path) -> None:
    """Earlier plots are written over, and nothing else."""
    from pixray.drawers.strokes.plot.files import is_plot

    for target in targets:
        if target.exists() and target.samefile(source):
            raise SettingsError(f"-o '{target}' is the drawing itself; give the plot another name")
        if os.path.lexists(target) and not is_plot(target):
            raise SettingsError(f"{target} is no plot and would be written over: give the plot another name with -o")


def _tell(plot: Plot, targets: Sequence[Path], output: str, args: argparse.Namespace) -> None:
    from pixray.images.color import hex_of

    if args.speed <= 0:
        raise SettingsError(f"speed={args.speed:g}: expected more than 0")
    seconds = plot.seconds(speed=args.speed)
    lines = sum(len(layer.lines) for layer in plot.layers)
    if output == "json":
        facts = {
            "files": [str(target) for target in targets],
            "paper": [plot.sheet.width, plot.sheet.height],
            "pens": len(plot.layers),
            "lines": lines,
            "drawn_mm": round(plot.drawn, 1),
            "travel_mm": round(plot.travelled, 1),
            "seconds": round(seconds),
        }
        sys.stdout.write(json.dumps(facts) + "\n")
    elif output != "quiet":
        for target in targets:
            sys.stdout.write(f"{target}\n")
        if plot.hidden:
            sys.stderr.write(f"{plot.hidden} strokes and areas have about the colour of the paper and are not drawn\n")
        for color in plot.idle:
            sys.stderr.write(f"the pen {hex_of(color)} has nothing to draw: no colour is nearest to it\n")
        pens = "1 pen" if len(plot.layers) == 1 else f"{len(plot.layers)} pens"
        sys.stderr.write(
            f"{pens}, {lines} lines, {plot.drawn / 1000:.2f} m of ink, {plot.travelled / 1000:.2f} m in the air, about "
            f"{max(1, round(seconds / 60))} min on {plot.sheet.width:g} x {plot.sheet.height:g} mm\n"
        )

"""pixray sprite photo.png --size 32x32 --colors 8: any picture as a sprite, and the true pixels of enlarged ones.

Late imports keep PIL and numpy out of help pages.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixray.cli.parsing import Parser
from pixray.errors import PixrayError, SettingsError
from pixray.runtime.files import user_path, write_atomic
from pixray.runtime.version import __version__

if TYPE_CHECKING:
    from pixray.images.palette import Palette
    from pixray.sprites.convert import Converted, SpriteOptions
    from pixray.sprites.discover import Grid
    from pixray.sprites.indexed import Indexed

WHAT = (
    "Make sprites of pictures: an indexed PNG of one pixel per cell, a copy enlarged by a whole factor, and a file for "
    "Aseprite. Without --size, the cells are those of the grid that the picture was drawn on. Several pictures become "
    "frames of one sprite, with a sheet and its JSON."
)
_LARGEST_COPY = 512


def main(argv: Sequence[str]) -> int:
    """Write the files and print their paths."""
    args = _parser().parse_args(argv)
    options = _options(args)
    from pixray.images.glob import expand
    from pixray.images.io import open_picture
    from pixray.runs.report.own_files import refuse_foreign_files
    from pixray.sprites.convert import to_sprite

    paths = [path for text in args.pictures for path in expand(text, "picture")]
    target = user_path(args.out, "out") if args.out else Path(f"{Path(paths[0]).stem}_sprite.png")
    if target.suffix.lower() != ".png":
        raise SettingsError(f"out='{args.out}': expected a name that ends in .png")
    sprites = [to_sprite(open_picture(path, "picture"), options, path) for path in paths]
    for path, sprite in zip(paths, sprites, strict=True):
        _tell(path, sprite)
    if args.discover:
        return 0
    files = _files(target, sprites, [Path(path).stem for path in paths], args.scale)
    refuse_foreign_files(target.parent, [path.name for path in files])
    for path_written, content in files.items():
        write_atomic(path_written, content)
        sys.stdout.write(f"{path_written}\n")
    return 0


def _parser() -> Parser:
    from pixray.sprites.dither import DITHERS

    parser = Parser("sprite", WHAT)
    parser.add_argument("pictures", nargs="+", help="files, globs or addresses")
    parser.add_argument("--size", help="columns and rows, such as 32x32 (default: the picture's own grid)")
    parser.add_argument("--discover", action="store_true", help="only tell the picture's own grid and palette")
    parser.add_argument("--colors", type=int, help="at most so many colours beside the transparent ground (1 to 255)")
    parser.add_argument("--palette", help="the only colours, as in the setting of that name: '@colours.gpl' …")
    parser.add_argument(
        "--dither", default="none", choices=DITHERS, help="how palette colours are mixed (default: none)"
    )
    parser.add_argument("--alpha", default="hard", choices=("hard", "soft"), help="opaque or not, or in steps between")
    parser.add_argument("--scale", type=int, help="factor of the enlarged copy (default: up to 512 pixels)")
    parser.add_argument("--out", "-o", help="name of the PNG; the other files are named after it")
    return parser


def _options(args: argparse.Namespace) -> SpriteOptions:
    from pixray.images.palette import read_palette
    from pixray.sprites.convert import SpriteOptions
    from pixray.sprites.size import sprite_size

    problems: list[str] = []
    size: tuple[int, int] | None = None
    palette: Palette = ()
    try:
        grid = sprite_size(args.size)
        size = grid if isinstance(grid, tuple) else None
    except ValueError as error:
        problems.append(f"size='{args.size}': {error}")
    try:
        palette = read_palette(args.palette) if args.palette else ()
    except ValueError as error:
        problems.append(f"palette='{args.palette}': {error}")
    if args.colors is not None and not 1 <= args.colors <= 255:
        problems.append(f"colors={args.colors}: expected 1 to 255")
    if args.scale is not None and not 1 <= args.scale <= 64:
        problems.append(f"scale={args.scale}: expected a whole factor from 1 to 64")
    if size is not None and args.discover:
        problems.append("discover looks for the size of the grid: leave size out")
    if problems:
        raise SettingsError(problems)
    return SpriteOptions(size, args.colors, palette, args.dither, soft=args.alpha == "soft")


def _tell(path: str, sprite: Converted) -> None:
    """What the grid and the palette of a picture are, where they were looked for."""
    from pixray.images.color import hex_of

    if sprite.grid is None:
        return
    rows, columns = sprite.pixels.shape[:2]
    sys.stdout.write(f"{path}: {columns}x{rows} cells {_described(sprite.grid)}\n")
    codes = ", ".join(hex_of(level / 255 for level in color) for color in sprite.palette.tolist())
    sys.stdout.write(f"{path}: {len(sprite.palette)} colours: {codes}\n")


def _described(grid: Grid) -> str:
    across, down = grid.across, grid.down
    return (
        f"of {across.width:.2f}x{down.width:.2f} pixels, the first line at {across.offset:.2f}, {down.offset:.2f} "
        f"({grid.clear:.0%} of the edges lie on lines)"
    )


def _files(target: Path, sprites: Sequence[Converted], names: Sequence[str], scale: int | None) -> dict[Path, bytes]:
    """Every file by its path: the sprite or the sheet, an enlarged copy, Aseprite's, and of a sheet its JSON."""
    from pixray.sprites.aseprite import aseprite_bytes
    from pixray.sprites.indexed import indexed_alike, indexed_png
    from pixray.sprites.sheet import columns_of, sheet, sheet_json

    sizes = {sprite.pixels.shape for sprite in sprites}
    if len(sizes) > 1:
        raise PixrayError("the pictures become sprites of several sizes, and frames have one: give size")
    frames: list[Indexed] = indexed_alike([sprite.pixels for sprite in sprites], sprites[0].palette.tolist())
    whole, text = sheet(frames), {"Software": f"pixray ({__version__})"}
    factor = scale or max(1, _LARGEST_COPY // max(whole.size))
    files = {
        target: indexed_png(whole, text),
        target.with_name(f"{target.stem}_x{factor}.png"): indexed_png(whole.enlarged(factor), text),
        target.with_suffix(".aseprite"): aseprite_bytes(frames),
    }
    if len(frames) > 1:
        columns = columns_of(len(frames))
        files[target.with_suffix(".json")] = sheet_json(target.name, names, frames[0].size, columns)
    return files

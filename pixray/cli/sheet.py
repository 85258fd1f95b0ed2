"""pixray sheet DIR: a contact sheet of the pictures in a folder, with captions.

Late imports keep PIL and NumPy out of start-up.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.cli.parsing import Parser, folder_of
from pixray.errors import PixrayError, SettingsError
from pixray.runtime.addresses import is_store, joined, place_of
from pixray.runtime.files import user_path, write_atomic
from pixray.runtime.terminal import plain
from pixray.settings.output import WRITTEN
from pixray.settings.subject import words_of

if TYPE_CHECKING:
    from PIL import Image

_INNER = {"steps", "video"}
_LONGEST_CAPTION = 400


def main(argv: Sequence[str]) -> int:
    """Write the sheet and print its path."""
    parser = Parser("sheet", "Make a contact sheet of the finished pictures in a folder and the folders below it.")
    parser.add_argument("folder", help="where to look for pictures; also as an address, s3://…")
    parser.add_argument("--out", "-o", help="where to write it (default: sheet.png in that folder)")
    parser.add_argument("--columns", type=int, help="pictures in a row")
    parser.add_argument("--cell", type=int, default=192, help="width of one picture in pixels (default: 192)")
    args = parser.parse_args(argv)
    if args.columns is not None and args.columns < 1:
        raise SettingsError(f"columns={args.columns}: expected at least 1")
    if not 32 <= args.cell <= 4096:
        raise SettingsError(f"cell={args.cell}: expected 32 to 4096 pixels")
    address = place_of(args.folder, "folder")
    sys.stdout.write(f"{_write_in_store(address, args) if is_store(address) else _write(folder_of(address), args)}\n")
    return 0


def _write_in_store(address: str, args: argparse.Namespace) -> str:
    """Write the sheet of a folder in a store, there or on this machine; its address or path."""
    from pixray.recorders.staging import fetched, is_result, stage_results

    if args.out:
        with fetched(address, "folder", is_result) as folder:
            return str(_write(folder, args))
    with stage_results(address) as staged:
        return joined(address, _write(staged.folder, args).name)


def _write(folder: Path, args: argparse.Namespace) -> Path:
    """Write the sheet of a folder; its path."""
    path = user_path(args.out, "out") if args.out else folder / "sheet.png"
    if path.suffix != ".png" or is_store(args.out or ""):
        raise SettingsError(f"out='{args.out}': expected a name on this machine that ends in .png")
    if args.out is None:
        from pixray.runs.report.own_files import refuse_foreign_files

        refuse_foreign_files(folder, [path.name])
    pictures = list(_opened(finished_pictures(folder, besides=path)))
    if not pictures:
        raise PixrayError(f"{args.folder} holds no pictures of pixray")

    from pixray.runs.report.own_files import sheet_png
    from pixray.runs.report.sheet import contact_sheet

    files = {file.relative_to(folder).as_posix(): file for file, _, _ in pictures}
    shown = [(picture, words) for _, picture, words in pictures]
    write_atomic(path, sheet_png(contact_sheet(shown, args.columns, args.cell), files))
    return path


def finished_pictures(folder: Path, besides: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Pictures with settings inside, each with its record: no frames of steps, and no damaged files, which are told."""
    from pixray.images.png_text import read_text
    from pixray.recorders.files import PART_OF
    from pixray.recorders.record import NoRecord, read_record

    pictures = []
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in WRITTEN):
        if path == besides or _INNER & set(path.relative_to(folder).parts[:-1]) or not path.is_file():
            continue
        try:
            record = read_record(path)
            if PART_OF not in read_text(path):
                pictures.append((path, record))
        except NoRecord:
            continue  # another picture that happens to lie here
        except PixrayError as error:
            sys.stderr.write(f"left out: {error}\n")
    return pictures


def _opened(pictures: Sequence[tuple[Path, dict[str, Any]]]) -> Iterator[tuple[Path, Image.Image, str]]:
    """Each picture with its file and caption; a broken one is left out, and told."""
    from pixray.images.io import open_picture

    for path, record in pictures:
        try:
            picture = open_picture(path)
        except PixrayError as error:
            sys.stderr.write(f"left out: {error}\n")
            continue
        yield path, picture, caption(record)


def caption(record: dict[str, Any]) -> str:
    """The prompts, the drawer and the seed, in a line."""
    return plain(f"{words_of(record)[:_LONGEST_CAPTION]} ({record.get('drawer', 'vqgan')}, seed {record.get('seed')})")

"""pixray sheet DIR: a contact sheet of the pictures in a folder, with captions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pixray.cli.parsing import Parser, folder_of
from pixray.errors import PixrayError, SettingsError

_INNER = {"steps", "video"}


def main(argv: Sequence[str]) -> int:
    """Write the sheet and print its path."""
    parser = Parser("sheet", "Make a contact sheet of the finished pictures in a folder and the folders below it.")
    parser.add_argument("folder")
    parser.add_argument("--out", help="where to write it (default: sheet.png in that folder)")
    parser.add_argument("--columns", type=int, help="pictures in a row")
    parser.add_argument("--cell", type=int, default=192, help="width of one picture in pixels (default: 192)")
    wanted = parser.parse_args(argv)
    if wanted.columns is not None and wanted.columns < 1:
        raise SettingsError(f"columns={wanted.columns}: expected at least 1")
    if not 32 <= wanted.cell <= 4096:
        raise SettingsError(f"cell={wanted.cell}: expected 32 to 4096 pixels")
    folder = folder_of(wanted.folder)
    path = Path(wanted.out).expanduser() if wanted.out else folder / "sheet.png"
    if path.suffix != ".png":
        raise SettingsError(f"out='{wanted.out}': expected a name that ends in .png")
    pictures = finished_pictures(folder, besides=path)
    if not pictures:
        raise PixrayError(f"{wanted.folder} holds no pictures of pixray")

    from pixray.images.io import open_picture
    from pixray.runs.report.sheet import contact_sheet

    shown = [(open_picture(picture), caption(record)) for picture, record in pictures]
    write_png(contact_sheet(shown, wanted.columns, wanted.cell), path)
    sys.stdout.write(f"{path}\n")
    return 0


def finished_pictures(folder: Path, besides: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Pictures with settings inside, each with its record; frames of steps are left out."""
    from pixray.recorders.record import read_record

    found = []
    for path in sorted(folder.rglob("*.png")):
        if path == besides or _INNER & set(path.relative_to(folder).parts[:-1]):
            continue
        try:
            found.append((path, read_record(path)))
        except PixrayError:
            continue  # another picture that happens to lie here
    return found


def caption(record: dict[str, Any]) -> str:
    """The prompts, the drawer and the seed, in a line."""
    prompts = record.get("prompts", [])
    words = " | ".join(prompts) if isinstance(prompts, list) else str(prompts)
    return f"{words} ({record.get('drawer', 'vqgan')}, seed {record.get('seed')})"


def write_png(picture: Any, path: Path) -> None:
    """Save a Pillow picture, whole or not at all."""
    import numpy as np

    from pixray.images.io import png_bytes
    from pixray.runtime.files import write_atomic

    write_atomic(path, png_bytes(np.asarray(picture)))

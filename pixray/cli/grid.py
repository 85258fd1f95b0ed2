"""pixray grid --prompts "a | b" --drawer pixel,fft --seed 1..4: every combination, continued where it stopped.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixray.cli.farm_flags import USAGE as FARM_USAGE
from pixray.cli.farm_flags import FarmFlags, take_farm_flags
from pixray.cli.parsing import asks_for_help
from pixray.errors import PixrayError, SettingsError
from pixray.runtime.addresses import is_store, joined, place_of
from pixray.runtime.files import remove_parts, user_path
from pixray.runtime.store import Store
from pixray.settings.row_files import holds_rows

if TYPE_CHECKING:
    from pixray.models.store import ModelStore
    from pixray.recorders.staged import StagedFolder
    from pixray.registry import Registry
    from pixray.runs.cell import Cell
    from pixray.settings.namespace import Settings

DEFAULT_OUTDIR = "grid"
_SINGULAR = {"drawers": "drawer", "seeds": "seed"}
USAGE = """\
usage: pixray grid --SETTING VALUES … [--outdir FOLDER] [--on PLACE]

Paint every combination of several values. Prompts are separated by |, everything else by commas; 1..4 is a range:

  pixray grid --prompts "a red heart | a green tree" --drawer pixel,fft --seed 1..4 --iterations 150

--drawers and --seeds are understood as well. --prompts_file lines.txt paints a picture of each line of a text file, in
place of --prompts; rows.csv and rows.jsonl hold settings of a picture in each row (docs/batches.md).

The folder (default: grid; also an address such as s3://bucket/folder) gets a folder per picture, index.html, sheet.png
and grid.json. The same command goes on where it was stopped; pictures that are finished are left alone. Grids of
more than 1,000 pictures need --yes.
"""


def main(argv: Sequence[str]) -> int:
    """Paint the grid; exit code 0 if every cell is done, 1 if some failed, 130 after Ctrl-C."""
    if not argv or asks_for_help(argv):
        sys.stdout.write(f"{USAGE}\n{FARM_USAGE}")
        return 0
    words, farm = take_farm_flags([word for word in argv if word != "--yes"], "grid")
    texts, output = read_words(words, "grid")
    texts = {_SINGULAR.get(name, name): text for name, text in texts.items()}

    from pixray.api import studio

    registry, template, file = studio.registry, texts.pop("outdir", DEFAULT_OUTDIR), texts.pop("prompts_file", None)
    if farm is not None and (farm.watch or farm.stop):
        from pixray.cli.farm import watch

        place = place_of(template, "outdir")
        return watch(place if is_store(place) else user_path(place, "outdir").absolute(), output, farm)
    if file is not None and "prompts" in texts and not holds_rows(file):
        raise SettingsError("pixray grid: give --prompts or --prompts_file, not both")
    sure = "--yes" in argv
    code, _ = _paint_grid(
        lambda outdir: _cells(texts, registry, outdir, file, sure=sure), template, registry, output, farm
    )
    return code


def _cells(texts: dict[str, str], registry: Registry, outdir: str, file: str | None, *, sure: bool) -> list[Cell]:
    """The cells of a grid.

    Args:
        sure: that very many are meant.
    """
    from pixray.runs.grid import MOST_ASKED, MOST_CELLS, make_cells
    from pixray.settings.prompt_lines import read_prompt_lines

    most = MOST_ASKED if sure else MOST_CELLS
    if file is not None and holds_rows(file):
        from pixray.runs.row_cells import grid_of_rows

        return grid_of_rows(file, texts, registry, outdir, most)
    lines = [] if file is None else read_prompt_lines(file, most)
    return make_cells(texts, registry, outdir, lines=lines, most=most)


def paint_lines(settings: Settings, registry: Registry, output: str, opened: bool) -> int:
    """Paint each line of `prompts_file`, as a grid.

    Args:
        settings: resolved; the folder is "grid" unless somebody named one.
        output: "live", "json" or "quiet"; opened: show the page when all is done.

    Returns:
        the exit code, as `main` does.
    """
    from pixray.cli.opening import open_file
    from pixray.runs.prompt_lines import cells_of_lines

    template = settings.outdir if settings.origins["outdir"].asked_for else DEFAULT_OUTDIR
    code, page = _paint_grid(lambda outdir: cells_of_lines(settings, registry, outdir), template, registry, output)
    if opened:
        open_file(page)
    return code


def _paint_grid(
    make: Callable[[str], list[Cell]], template: str, registry: Registry, output: str, farm: FarmFlags | None = None
) -> tuple[int, str]:
    """Paint the cells that `make` makes for a folder; the exit code, and the page about them."""
    from pixray.recorders.outdir import make_outdir
    from pixray.recorders.staging import folder_of_many, shared_address
    from pixray.settings.names import refuse_braces

    template = place_of(template, "outdir")
    refuse_braces(template)
    cells = make(template)  # all mistakes, before a folder is made
    if is_store(template) and farm is not None:
        from pixray.cli.farm import paint_on_farm

        address = shared_address(template, farm.on)
        code = paint_on_farm(address, cells if address == template else make(address), registry, output, farm)
        page, beside = joined(address, "index.html"), _beside(Store(address).folders())
    elif is_store(template):
        with folder_of_many(template) as (place, staged):
            code = _paint_in(Path(place), make(place), registry, output, farm, staged)
            page = joined(staged.address, "index.html") if staged else ""
            beside = _beside([path.name for path in Path(place).iterdir()])
    else:
        folder = make_outdir(template)
        if farm is not None:
            folder = folder.absolute()
        cells = cells if str(folder) == template else make(str(folder))
        code, page = _paint_in(folder, cells, registry, output, farm), str(folder / "index.html")
        beside = _beside([path.name for path in folder.iterdir()])
    if output == "live":
        sys.stderr.write(f"beside the page: {', '.join(beside)}\n" if beside else "")
    if output != "json":  # whose lines stand alone
        sys.stdout.write(f"{page}\n")
    return code, page


def _paint_in(
    folder: Path,
    cells: Sequence[Cell],
    registry: Registry,
    output: str,
    farm: FarmFlags | None = None,
    staged: StagedFolder | None = None,
) -> int:
    """Paint the cells in a folder, which may stand for one of a store; the exit code."""
    from pixray.recorders.lock import FolderLock
    from pixray.runs.grid_page import files_of_grid
    from pixray.runs.report.own_files import refuse_foreign_files
    from pixray.runs.sprite_sheet import FILES

    sprites = FILES if any(getattr(cell.settings, "sprite", None) for cell in cells) else ()
    refuse_foreign_files(folder, [*files_of_grid(len(cells)), *sprites])
    if farm is not None:
        from pixray.cli.farm import paint_on_farm

        return paint_on_farm(folder, cells, registry, output, farm)
    lock = FolderLock(folder)
    lock.acquire()
    remove_parts(folder)
    try:
        return _paint_all(folder, cells, registry, output, staged)
    finally:
        lock.release()


def _paint_all(
    folder: Path, cells: Sequence[Cell], registry: Registry, output: str, staged: StagedFolder | None
) -> int:
    from pixray.models.store import ModelStore
    from pixray.recorders.console import DownloadBar
    from pixray.runs.grid_page import write_results
    from pixray.runs.grid_progress import GridProgress
    from pixray.runs.report.pace import Pace

    store = ModelStore(progress=DownloadBar() if output == "live" else None)
    failed: dict[str, str] = {}
    shown_notices: set[str] = set()
    done, pace, stopped = {cell.folder.name for cell in cells if cell.done()}, Pace(), False
    for number, cell in enumerate(cells, 1):
        name = cell.folder.name
        if stopped or name in done:
            continue
        if output == "live":
            sys.stderr.write(f"[{number}/{len(cells)}] {_told(cell)}\n")
        try:
            stopped = _paint(cell, registry, store, output, shown_notices, staged)
        except PixrayError as error:
            failed[name] = staged.named(str(error)) if staged else str(error)
            sys.stderr.write(f"pixray: {failed[name]}\n")
        done |= {name} if cell.done() else set()
        if pace.due:
            with pace.writing():
                write_results(folder, cells, GridProgress(failed, {}, done))
    write_results(folder, cells, GridProgress(failed, done=done))
    if stopped and output == "live":
        sys.stderr.write("stopped; the same command goes on where it was\n")
    return 130 if stopped else 1 if failed else 0


def _told(cell: Cell) -> str:
    """What sets a cell apart: `drawer pixel, seed 1`."""
    return ", ".join(f"{name} {value}" for name, value in cell.values.items()) or cell.folder.name


def _beside(there: Collection[str]) -> list[str]:
    """What stands beside the page of a grid, of the names in its folder."""
    from pixray.runs.sprite_sheet import FILES

    return [name for name in ("sheet.png", *FILES) if name in there]


def _paint(
    cell: Cell,
    registry: Registry,
    store: ModelStore,
    output: str,
    shown_notices: set[str],
    staged: StagedFolder | None,
) -> bool:
    """Paint one cell, without the notices that were shown already; whether Ctrl-C ended it."""
    from pixray.runs.cell import paint_cell
    from pixray.runs.to_folder import finish_in_folder

    session, files = paint_cell(cell, registry, store, staged)
    return finish_in_folder(session, files, registry, "progress" if output == "live" else output, shown_notices)


def read_words(argv: Sequence[str], command: str) -> tuple[dict[str, str], str]:
    """`--name values` pairs, and which output was asked for."""
    texts: dict[str, str] = {}
    output, name = "live", None
    for word in argv:
        if word in ("--quiet", "--json"):
            output, name = word[2:], None
        elif word == "-p":  # as runs understand it
            name, texts["prompts"] = "prompts", ""
        elif word.startswith("--"):
            name, _, value = word[2:].partition("=")
            name = name.replace("-", "_")
            texts[name] = value
        elif name is None:
            raise SettingsError(f"pixray {command}: unexpected word '{word}'; settings are written --name values")
        else:
            texts[name] = f"{texts[name]} {word}".strip()
    missing = [name for name, value in texts.items() if not value]
    if missing:
        raise SettingsError([f"--{name}: expected a value (from the command line)" for name in missing])
    return texts, output

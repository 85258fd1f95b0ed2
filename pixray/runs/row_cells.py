"""The pictures of a file of rows (CSV, JSON lines), as cells of a grid: all of them checked before one is painted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pixray.errors import SettingsError, did_you_mean, shown
from pixray.registry import Registry
from pixray.runs.cell import Cell
from pixray.runs.grid import MOST_CELLS, at_most, folder_name, make_cells
from pixray.runtime.addresses import below
from pixray.runtime.yaml_io import to_plain
from pixray.settings.declare import Role
from pixray.settings.layers import Layer, LayerKind
from pixray.settings.lookup import Mark
from pixray.settings.names import fill_cell_names
from pixray.settings.namespace import Settings
from pixray.settings.reference import owners_of
from pixray.settings.row_files import Row, read_rows
from pixray.settings.schema import Schema, layers_of

_OF_ALL = ("outdir", "config_file", "prompts_file")
"""Settings that are those of the whole, and of no row."""
_MOST_PROBLEMS = 20


def cells_of_rows(settings: Settings, registry: Registry, outdir: str) -> list[Cell]:
    """A cell for each row of `prompts_file`, for which the other settings fill what the row leaves empty.

    Args:
        settings: resolved; outdir: the folder of the whole.

    Raises:
        SettingsError: the file cannot be read, or the mistakes of its rows.
    """
    file = settings.prompts_file
    recorded = [name for name in settings.given() if not settings.has_role(name, Role.UNRECORDED)]
    given = {name: to_plain(settings.given()[name]) for name in recorded}

    def make(row: Row) -> list[Cell]:
        values, chosen = {"row": row.caption}, {**given, **to_plain(row.values)}
        own = {"prompts_file": Mark.CLEARED, "outdir": below(outdir, folder_name(row.words, chosen))}
        layers = [*layers_of(settings), Layer(LayerKind.FILE, label_of(file, row), {**row.values, **own})]
        resolved = Schema.for_choice(registry, layers).resolve(layers)
        return [Cell(values, fill_cell_names(resolved, row.number))]

    return _all_cells(file, registry, make)


def grid_of_rows(
    file: str, texts: Mapping[str, str], registry: Registry, outdir: str, most: int = MOST_CELLS
) -> list[Cell]:
    """A cell for each row and each combination of the values that other settings take.

    Args:
        file: the path of the rows; texts: setting -> values as text, for what a row leaves empty.
        most: how many cells there may be.

    Raises:
        SettingsError: as `cells_of_rows`.
    """

    def make(row: Row) -> list[Cell]:
        own = {name: value if isinstance(value, str) else to_plain(value) for name, value in row.values.items()}
        try:
            return make_cells(
                {**texts, **own}, registry, outdir, over=[name for name in texts if name not in own], row=row, most=most
            )
        except SettingsError as error:
            raise SettingsError([f"{label_of(file, row)}: {problem}" for problem in error.problems]) from None

    return _all_cells(file, registry, make, most)


def label_of(file: str, row: Row) -> str:
    """How messages call a row."""
    return f"{Path(file).name}, {row.label}"


def _all_cells(
    file: str, registry: Registry, make: Callable[[Row], Iterable[Cell]], most: int = MOST_CELLS
) -> list[Cell]:
    """The cells of all rows; rows that say the same are painted once."""
    names: set[str] = set()
    count = 0
    for row in read_rows(file):  # all of the file is sound before anything is made of a row
        names |= row.values.keys()
        count += 1
    _refuse_number(file, count, most)
    problems = _unknown(file, names, registry)
    cells: dict[str, Cell] = {}
    for row in read_rows(file) if not problems else ():
        try:
            cells.update({cell.settings.outdir: cell for cell in make(row) if cell.settings.outdir not in cells})
        except SettingsError as error:
            problems += error.problems
        if len(problems) >= _MOST_PROBLEMS:
            break
    if problems:
        raise SettingsError(list(dict.fromkeys(problems))[:_MOST_PROBLEMS])
    _refuse_number(file, len(cells), most)
    return list(cells.values())


def _refuse_number(file: str, count: int, most: int) -> None:
    if not count:
        raise SettingsError(f"prompts_file={shown(file)}: it holds no rows with settings")
    if count > most:
        raise SettingsError(f"prompts_file={shown(file)}: these are {count:,} pictures; {at_most(most)}")


def _unknown(file: str, names: Iterable[str], registry: Registry) -> list[str]:
    """Columns that no part has as a setting, or that no row may set; each told once, not for every row."""
    every = Schema.for_choice(registry, [])
    problems = []
    for name in sorted(names):
        if name in _OF_ALL:
            problems.append(f"{Path(file).name}: '{name}' cannot be a column; {{row}} in output names pictures")
        elif every.declaration(name) is None and not owners_of(name, registry):
            close = did_you_mean(name, every.declared)
            problems.append(f"{Path(file).name}: unknown column {shown(name)}; columns are called as settings.{close}")
    return problems

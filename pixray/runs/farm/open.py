"""Farms for callers: of cells that are made already, or of settings as Python programs give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pixray.errors import SettingsError
from pixray.models.store import ModelStore
from pixray.recorders.outdir import make_outdir
from pixray.recorders.staging import shared_address
from pixray.registry import Registry
from pixray.runs.cell import Cell
from pixray.runs.farm.cluster import SLURM, check_place
from pixray.runs.farm.farm_folder import Write
from pixray.runs.farm.local import LocalFarm
from pixray.runs.farm.painter import Painter
from pixray.runs.farm.session import Farm
from pixray.runs.farm.shares import Share
from pixray.runs.farm.slurm import SlurmFarm
from pixray.runs.grid import folder_name
from pixray.runs.grid_page import files_of_grid, write_results
from pixray.runs.report.own_files import refuse_foreign_files
from pixray.runtime.addresses import below, is_store, place_of
from pixray.settings.names import fill_cell_names, refuse_braces
from pixray.settings.resolve import resolve


def farm_of(
    folder: str | Path,
    cells: Sequence[Cell],
    registry: Registry,
    on: str,
    share: Share,
    *,
    lasting: bool = False,
    write: Write | None = write_results,
    budget: tuple[float | None, int | None] | None = None,
) -> Farm | SlurmFarm:
    """Cells to be painted on a cluster; without further words those of a grid.

    Args:
        folder: of the whole, absolute or an address in a store.
        lasting, write, budget: see `Farm`.
    """
    parts = registry.copy()
    parts.keys = {}  # keys stay on this machine; workers take those of theirs
    if on == SLURM:
        return SlurmFarm(cells, folder, share, Painter(parts), write)
    return Farm(cells, folder, on, share, Painter(parts), write, lasting, budget)


def local_farm(folder: str | Path, cells: Sequence[Cell], registry: Registry, store: ModelStore) -> LocalFarm:
    """The same cells, painted one after the other in this process."""
    return LocalFarm(cells, folder, Painter(registry, store), write_results)


def open_farm(
    settings: Sequence[Mapping[str, Any]],
    registry: Registry,
    store: ModelStore,
    outdir: str | Path,
    on: str | None,
    share: Share,
) -> Farm | SlurmFarm | LocalFarm:
    """A farm as `pixray.farm` describes it; the folder is made.

    Raises:
        SettingsError: mistakes in settings or the place.
        PixrayError: the folder cannot be made, or files of somebody else are in the way.
    """
    if on is not None:
        check_place(on)
    template = place_of(str(outdir), "outdir")
    refuse_braces(template)
    cells_of(settings, registry, template)  # all mistakes, before a folder is made
    if is_store(template):
        folder = shared_address(template, on)
        cells = cells_of(settings, registry, folder)
    else:
        folder = str(make_outdir(template).absolute())
        cells = cells_of(settings, registry, folder)
        refuse_foreign_files(Path(folder), files_of_grid(len(cells)))
    return local_farm(folder, cells, registry, store) if on is None else farm_of(folder, cells, registry, on, share)


def cells_of(settings: Sequence[Mapping[str, Any]], registry: Registry, folder: str) -> list[Cell]:
    """A cell for each set of settings, all checked before anything is painted.

    Args:
        settings: by name, as `pixray.run` takes them.
        folder: of the whole, a path or an address; each cell gets one of its own below it.

    Raises:
        SettingsError: all mistakes of all cells, each once.
    """
    if not settings:
        raise SettingsError("farm: expected settings of at least one run")
    varying = _varying(settings)
    cells: list[Cell] = []
    problems: list[str] = []
    for one in settings:
        values = {name: str(one[name]) for name in varying if name in one}
        place = below(folder, folder_name(values, {name: str(value) for name, value in one.items()}))
        try:
            cells.append(Cell(values, fill_cell_names(resolve(registry, {**one, "outdir": place}, caller="farm"))))
        except SettingsError as error:
            problems += error.problems
    if problems:
        raise SettingsError(list(dict.fromkeys(problems)))
    return cells


def _varying(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of the settings that set the cells apart."""
    names = dict.fromkeys(name for one in settings for name in one)
    return [name for name in names if len({repr(one.get(name)) for one in settings}) > 1]

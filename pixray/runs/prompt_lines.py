"""The pictures of a file of prompts, as the cells of a grid over its lines."""

from __future__ import annotations

from pathlib import Path

from pixray.errors import SettingsError, shown
from pixray.registry import Registry
from pixray.runs.cell import Cell
from pixray.runs.grid import MOST_CELLS, folder_name
from pixray.runs.row_cells import cells_of_rows
from pixray.runtime.addresses import below
from pixray.runtime.yaml_io import to_plain
from pixray.settings.declare import Role
from pixray.settings.layers import Layer, LayerKind
from pixray.settings.lookup import Mark
from pixray.settings.names import fill_cell_names
from pixray.settings.namespace import Settings
from pixray.settings.prompt_lines import read_prompt_lines
from pixray.settings.row_files import holds_rows
from pixray.settings.schema import Schema, layers_of


def cells_of_lines(settings: Settings, registry: Registry, outdir: str) -> list[Cell]:
    """A cell for each line of `prompts_file`, checked before anything is painted.

    Args:
        settings: resolved, of which each cell has all but the prompts.
        outdir: the folder of the whole.

    Raises:
        SettingsError: the file cannot be read, or all mistakes of all its lines.
    """
    file = settings.prompts_file
    if holds_rows(file):
        return cells_of_rows(settings, registry, outdir)
    if settings.prompts and settings.origin("prompts") == settings.origin("prompts_file"):
        raise SettingsError(f"prompts_file={shown(file)}: give prompts or a file of prompts, not both")
    cells: list[Cell] = []
    problems: list[str] = []
    for number, line in enumerate(read_prompt_lines(file, MOST_CELLS), 1):
        try:
            cells.append(_cell(line, number, settings, registry, outdir))
        except SettingsError as error:
            problems += error.problems
    if problems:
        raise SettingsError(list(dict.fromkeys(problems)))
    return cells


def _cell(line: str, number: int, settings: Settings, registry: Registry, outdir: str) -> Cell:
    named = {**settings.given(), "prompts": line}
    chosen = {name: to_plain(raw) for name, raw in named.items() if not settings.has_role(name, Role.UNRECORDED)}
    values = {"prompts": line}
    own_values = {**values, "prompts_file": Mark.CLEARED, "outdir": below(outdir, folder_name(values, chosen))}
    layers = [*layers_of(settings), Layer(LayerKind.FILE, Path(settings.prompts_file).name, own_values)]
    return Cell(values, fill_cell_names(Schema.for_choice(registry, layers).resolve(layers), number))

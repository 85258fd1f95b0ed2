"""A grid of runs: every combination of several values, each in a folder of its own, continued where it stopped.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pixray.errors import SettingsError, shown
from pixray.runs.cell import Cell
from pixray.runtime.addresses import below
from pixray.settings.grammar import split_pipes
from pixray.settings.layers import Layer, python_layer
from pixray.settings.names import fill_cell_names, refuse_braces
from pixray.settings.reference import owners_of
from pixray.settings.schema import Schema
from pixray.settings.subject import refuse_prompts_file

if TYPE_CHECKING:
    from pixray.registry import Registry
    from pixray.settings.row_files import Row

_RANGE = re.compile(r"^(-?\d+)\.\.(-?\d+)$")


_NAME_BYTES = 120
"""Of the readable part of a folder's name, so that there is room for what else is written beside it."""


MOST_CELLS, MOST_ASKED = 1_000, 100_000
"""Pictures of one grid, and of one whose person says that so many are meant."""


def values_of(text: str, separator: str = ",", most: int = MOST_CELLS) -> list[str]:
    """The values that one setting takes in a grid.

    Args:
        separator: as the setting declares it; most: how many a range may have.

    >>> values_of("1..3"), values_of("pixel,fft"), values_of("a | b, c", "|"), values_of("red,blue", "")
    (['1', '2', '3'], ['pixel', 'fft'], ['a', 'b, c'], ['red,blue'])
    """
    if separator == "|":
        return split_pipes(text)
    if not separator:
        return [text]
    values: list[str] = []
    for piece in (piece.strip() for piece in text.split(",")):
        span = _RANGE.match(piece)
        if span:
            first, last = int(span[1]), int(span[2])
            step = 1 if last >= first else -1
            if abs(last - first) >= most:
                raise SettingsError(f"{shown(piece)}: a range of {abs(last - first) + 1:,}; {at_most(most)}")
            values += [str(number) for number in range(first, last + step, step)]
        elif piece:
            values.append(piece)
    return values


def at_most(most: int) -> str:
    """The end of a sentence that refuses too many pictures."""
    words = f"at most {most:,} pictures are painted"
    return words if most > MOST_CELLS else f"{words}, and up to {MOST_ASKED:,} by pixray grid with --yes"


def make_cells(
    texts: Mapping[str, str],
    registry: Registry,
    outdir: str,
    *,
    over: Sequence[str] | None = None,
    base: Layer | None = None,
    adjust: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    lines: Sequence[str] = (),
    row: Row | None = None,
    most: int = MOST_CELLS,
) -> list[Cell]:
    """Every combination, checked before anything is painted.

    Args:
        texts: setting -> values as text.
        over: the settings that take several values; None: all of them.
        base: settings below those given, and where they come from.
        adjust: has a last say about the settings of one combination.
        lines: the prompts of a picture each, in place of `prompts`.
        row: of a file, whose values are among the texts.
        most: how many cells there may be.

    Raises:
        SettingsError: all mistakes of all combinations, each once.
    """
    from pixray.settings.resolve import resolve

    refuse_braces(outdir)
    separators = _separators(registry, texts)
    axes = {
        name: values_of(text, separators.get(name, ","), most) if over is None or name in over else [text]
        for name, text in texts.items()
    }
    if lines:
        axes = {"prompts": list(lines), **axes}
    empty = [name for name, values in axes.items() if not values]
    problems = [f"{name}='': expected at least one value" for name in empty]
    count = math.prod(len(values) for values in axes.values())
    if count > most:
        raise SettingsError(f"this grid is one of {count:,} pictures; {at_most(most)}")
    cells = []
    for combination in [] if empty else itertools.product(*axes.values()):
        chosen = dict(zip(axes, combination, strict=True))
        values = {name: value for name, value in chosen.items() if len(axes[name]) > 1}
        values_of_cell = _without_other_drawers(adjust(chosen) if adjust else chosen, axes.get("drawer", []), registry)
        try:
            folder = below(outdir, folder_name({**(row.words if row else {}), **values}, values_of_cell))
            settings = resolve(registry, {**values_of_cell, "outdir": folder}, base=base)
            refuse_prompts_file(settings)
            shown_values = {"row": row.caption, **values} if row else values
            cells.append(Cell(shown_values, fill_cell_names(settings, row.number if row else None)))
        except SettingsError as error:
            problems += [problem.replace(" (from add_settings)", "") for problem in error.problems]
    if problems:
        raise SettingsError(list(dict.fromkeys(problems)))
    return cells


def _separators(registry: Registry, texts: Mapping[str, str]) -> dict[str, str]:
    """What parts the values of each setting, by every name that it has, with any of the drawers."""
    separators = {}
    for drawer in values_of(texts.get("drawer", "vqgan")):
        declared = Schema.for_choice(registry, [python_layer({**texts, "drawer": drawer})]).declared
        separators.update(
            {name: declaration.grid for declaration in declared.values() for name in declaration.python_names}
        )
    return separators


def _without_other_drawers(chosen: dict[str, str], drawers: Sequence[str], registry: Registry) -> dict[str, str]:
    """Leave out settings of another drawer of this grid: `pixel_type` means nothing to a line sketch."""
    drawer = chosen.get("drawer", "vqgan")
    others = {f"drawer {name}" for name in drawers if name != drawer}
    kept = {}
    for name, value in chosen.items():
        owners = set(owners_of(name, registry))
        if not owners & others or f"drawer {drawer}" in owners:
            kept[name] = value
    return kept


def folder_name(values: Mapping[str, str], chosen: Mapping[str, Any]) -> str:
    """Readable, and the same only for the same settings."""
    words = "_".join(re.sub(r"[^\w.-]+", "-", value)[:40].strip("-") for value in values.values()) or "picture"
    words = words.encode("utf-8", "replace")[:_NAME_BYTES].decode("utf-8", "ignore")
    return f"{words}_{hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:8]}"

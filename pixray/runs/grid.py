"""A grid of runs: every combination of several values, each in a folder of its own, continued where it stopped.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.errors import PixrayError, SettingsError, shown
from pixray.runs.cell import Cell
from pixray.runs.report.page import render_page
from pixray.runs.sprite_sheet import write_sprites
from pixray.runtime.files import write_atomic
from pixray.settings.grammar import split_pipes
from pixray.settings.layers import Layer, python_layer
from pixray.settings.names import fill_cell_names, refuse_braces
from pixray.settings.reference import owners_of
from pixray.settings.schema import Schema
from pixray.settings.subject import refuse_prompts_file, words_of

if TYPE_CHECKING:
    from pixray.registry import Registry
    from pixray.settings.row_files import Row

_RANGE = re.compile(r"^(-?\d+)\.\.(-?\d+)$")


_NAME_BYTES = 120
"""Of the readable part of a folder's name, so that there is room for what else is written beside it."""


MOST_CELLS = 1_000
"""Pictures of one grid."""
MOST_ON_SHEET = 1_000
"""Pictures on its contact sheet: a farm of 10,000 would have one of 400 million pixels."""


def values_of(text: str, separator: str = ",") -> list[str]:
    """The values that one setting takes in a grid.

    Args:
        separator: as the setting declares it.

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
            if abs(last - first) >= MOST_CELLS:
                count = f"a range of {abs(last - first) + 1:,}"
                raise SettingsError(f"{shown(piece)}: {count}; at most {MOST_CELLS:,} pictures are painted")
            values += [str(number) for number in range(first, last + step, step)]
        elif piece:
            values.append(piece)
    return values


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
) -> list[Cell]:
    """Every combination, checked before anything is painted.

    Args:
        texts: setting -> values as text.
        over: the settings that take several values; None: all of them.
        base: settings below those given, and where they come from.
        adjust: has a last say about the settings of one combination.
        lines: the prompts of a picture each, in place of `prompts`.
        row: of a file, whose values are among the texts.

    Raises:
        SettingsError: all mistakes of all combinations, each once.
    """
    from pixray.settings.resolve import resolve

    refuse_braces(outdir)
    separators = _separators(registry, texts)
    axes = {
        name: values_of(text, separators.get(name, ",")) if over is None or name in over else [text]
        for name, text in texts.items()
    }
    if lines:
        axes = {"prompts": list(lines), **axes}
    empty = [name for name, values in axes.items() if not values]
    problems = [f"{name}='': expected at least one value" for name in empty]
    count = math.prod(len(values) for values in axes.values())
    if count > MOST_CELLS:
        raise SettingsError(f"this grid is one of {count:,} pictures; at most {MOST_CELLS:,} are painted")
    cells = []
    for combination in [] if empty else itertools.product(*axes.values()):
        chosen = dict(zip(axes, combination, strict=True))
        values = {name: value for name, value in chosen.items() if len(axes[name]) > 1}
        values_of_cell = _without_other_drawers(adjust(chosen) if adjust else chosen, axes.get("drawer", []), registry)
        try:
            folder = Path(outdir) / folder_name({**(row.words if row else {}), **values}, values_of_cell)
            settings = resolve(registry, {**values_of_cell, "outdir": str(folder)}, base=base)
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


def write_results(folder: Path, cells: Sequence[Cell], failed: Mapping[str, str]) -> None:
    """index.html, grid.json and sheet.png, from what is finished so far.

    Args:
        failed: reason by folder name of a cell.
    """
    rows = [_row(folder, cell, failed) for cell in cells]
    write_atomic(folder / "grid.json", (json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode())
    write_atomic(folder / "index.html", _page(cells, rows))
    _write_sheet(folder, rows)
    write_sprites(folder, list(_sprites(cells)))


def _row(folder: Path, cell: Cell, failed: Mapping[str, str]) -> dict[str, Any]:
    picture = cell.folder / cell.settings.output
    status = "failed" if cell.folder.name in failed else "done" if cell.done() else "waiting"
    return {
        "values": cell.values,
        "status": status,
        "reason": failed.get(cell.folder.name),
        "picture": picture.relative_to(folder).as_posix() if picture.is_file() else None,
    }


def _write_sheet(folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    from pixray.images.io import open_picture
    from pixray.runs.report.own_files import sheet_png
    from pixray.runs.report.sheet import contact_sheet

    shown, files = [], {}
    for row in [row for row in rows if row["picture"]][:MOST_ON_SHEET]:
        name = row["picture"]
        with contextlib.suppress(PixrayError):  # a picture that was damaged since leaves a gap, not no sheet
            shown.append((open_picture(folder / name), ", ".join(row["values"].values())))
            files[name] = folder / name
    if shown:
        write_atomic(folder / "sheet.png", sheet_png(contact_sheet(shown, _columns(rows)), files))


def _sprites(cells: Sequence[Cell]) -> Iterator[tuple[Path, str]]:
    """The sprite of each finished cell that has one, and what sets it apart."""
    for cell in cells:
        picture = cell.folder / cell.settings.output
        sprite = picture.with_name(f"{picture.stem}_sprite.png")
        if getattr(cell.settings, "sprite", None) and sprite.is_file() and cell.done():
            yield sprite, ", ".join(cell.values.values()) or cell.folder.name


def _columns(rows: Sequence[Mapping[str, Any]]) -> int:
    """How many pictures stand side by side: the values of the last setting, or about a square of a single list."""
    axes = list(rows[0]["values"]) if rows else []
    if len(axes) < 2:
        return max(1, math.ceil(math.sqrt(len(rows))))
    return len(dict.fromkeys(row["values"][axes[-1]] for row in rows))


def _sections(rows: Sequence[Mapping[str, Any]], cells: Sequence[Cell]) -> Iterator[dict[str, Any]]:
    """Pictures under headings: of a grid over several settings, a heading for each combination of all but the last."""
    axes = list(rows[0]["values"]) if rows else []
    pairs = list(zip(rows, cells, strict=True))
    for heading, group in itertools.groupby(pairs, key=lambda pair: [pair[0]["values"][name] for name in axes[:-1]]):
        last = axes[-1] if axes else None
        yield {"heading": ", ".join(heading), "cells": [_shown(row, cell, last) for row, cell in group]}


def _shown(row: Mapping[str, Any], cell: Cell, last: str | None) -> dict[str, Any]:
    record = cell.folder / "settings.yaml"
    return {
        "picture": row["picture"],
        "words": ", ".join(row["values"].values()),
        "caption": f"{last} {row['values'][last]}" if last else cell.folder.name,
        "crisp": cell.settings.drawer == "pixel",
        "reason": row["reason"],
        "settings": f"{cell.folder.name}/{record.name}" if record.is_file() else None,
    }


def _page(cells: Sequence[Cell], rows: Sequence[Mapping[str, Any]]) -> bytes:
    shared = [(name, getattr(cells[0].settings, name)) for name in ("drawer", "seed") if name not in rows[0]["values"]]
    prompts = list(dict.fromkeys(words_of(vars(cell.settings)) for cell in cells))
    return render_page(
        "grid.html",
        title=prompts[0] if len(prompts) == 1 and prompts[0] else "pixray grid",
        done=sum(row["status"] == "done" for row in rows),
        failed=sum(row["status"] == "failed" for row in rows),
        total=len(rows),
        shared=[(name, value) for name, value in shared if value is not None],
        sections=list(_sections(rows, cells)),
        columns=_columns(rows),
    )

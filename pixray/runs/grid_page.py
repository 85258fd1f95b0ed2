"""What a grid leaves to look at: a page that shows it while it is painted and afterwards, a contact sheet, and JSON.

Late imports keep PIL out of start-up.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pixray.errors import PixrayError
from pixray.runs.cell import Cell
from pixray.runs.grid_progress import CellChanged, GridProgress
from pixray.runs.report.page import render_page
from pixray.runs.sprite_sheet import write_sprites
from pixray.runtime.files import write_atomic
from pixray.settings.subject import words_of

MOST_ON_SHEET = 1_000
"""Pictures on the contact sheet: a farm of 10,000 would have one of 400 million pixels."""
MOST_ON_PAGE = 1_000
"""Cells on a page: with 10,000 on one, a browser takes seconds for each look."""
MOST_COLUMNS = 12
"""Pictures side by side on the page; the next ones go below, where they can be seen."""
_REFRESH = 5
"""Seconds after which a page loads itself anew while its cells are painted."""


def write_results(folder: Path, cells: Sequence[Cell], progress: GridProgress) -> None:
    """grid.json and the pages of `page_names`, from what is finished so far.

    When nothing is painted any more, sheet.png and sprites, too.

    Args:
        folder: of the whole; cells: with folders below it.
    """
    rows = [_row(folder, cell, progress) for cell in cells]
    write_atomic(folder / "grid.json", (json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode())
    for name, content in _pages(cells, rows, progress.running or {}, live=progress.running is not None):
        write_atomic(folder / name, content)
    if progress.running is None:
        _write_sheet(folder, rows)
        write_sprites(folder, list(_sprites(cells)))


def _row(folder: Path, cell: Cell, progress: GridProgress) -> dict[str, Any]:
    name, picture = cell.folder.name, cell.folder / cell.settings.output
    done = cell.done() if progress.done is None else name in progress.done
    return {
        "values": cell.values,
        "status": "failed" if name in progress.failed else "done" if done else "waiting",
        "reason": progress.failed.get(name),
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


def _sections(
    rows: Sequence[Mapping[str, Any]], cells: Sequence[Cell], running: Mapping[str, CellChanged]
) -> Iterator[dict[str, Any]]:
    """Pictures under headings: of a grid over several settings, a heading for each combination of all but the last."""
    axes = list(rows[0]["values"]) if rows else []
    pairs = list(zip(rows, cells, strict=True))
    for heading, group in itertools.groupby(pairs, key=lambda pair: [pair[0]["values"][name] for name in axes[:-1]]):
        last = axes[-1] if axes else None
        shown = [_shown(row, cell, last, running.get(cell.folder.name)) for row, cell in group]
        yield {"heading": ", ".join(heading), "cells": shown}


def _shown(row: Mapping[str, Any], cell: Cell, last: str | None, now: CellChanged | None) -> dict[str, Any]:
    record = cell.folder / "settings.yaml"
    return {
        "picture": row["picture"],
        "words": ", ".join(row["values"].values()),
        "caption": f"{last} {row['values'][last]}" if last else cell.folder.name,
        "crisp": cell.settings.drawer == "pixel",
        "reason": row["reason"],
        "settings": f"{cell.folder.name}/{record.name}" if record.is_file() else None,
        "now": None if now is None else {"step": now.step, "steps": now.steps, "facts": _told(now)},
    }


def _told(now: CellChanged) -> str:
    """How far a cell is: `step 12 of 60, loss 0.913, 40 s left, on node1`."""
    return ", ".join(
        [
            f"step {now.step} of {now.steps}" if now.steps else "beginning",
            *([] if now.total is None else [f"loss {now.total:.4g}"]),
            *([] if now.seconds_left is None else [f"{now.seconds_left:.0f} s left"]),
            *([f"on {now.node}"] if now.node else []),
        ]
    )


def page_names(cells: int) -> list[str]:
    """What the pages about so many cells are called.

    >>> page_names(8), page_names(2500)
    (['index.html'], ['index.html', 'index-2.html', 'index-3.html'])
    """
    return ["index.html", *(f"index-{number}.html" for number in range(2, math.ceil(cells / MOST_ON_PAGE) + 1))]


def files_of_grid(cells: int) -> list[str]:
    """The files about all cells that a grid writes, without those of sprites."""
    return [*page_names(cells), "grid.json", "sheet.png"]


def _pages(
    cells: Sequence[Cell], rows: Sequence[Mapping[str, Any]], running: Mapping[str, CellChanged], *, live: bool
) -> Iterator[tuple[str, bytes]]:
    """Each page with its name. The first one shows on top what is being painted."""
    shared = [(name, getattr(cells[0].settings, name)) for name in ("drawer", "seed") if name not in rows[0]["values"]]
    prompts = list(dict.fromkeys(words_of(vars(cell.settings)) for cell in cells))
    count = Counter(row["status"] for row in rows)
    names = page_names(len(rows))
    common: dict[str, Any] = {
        "title": prompts[0] if len(prompts) == 1 and prompts[0] else "pixray grid",
        "done": count["done"],
        "failed": count["failed"],
        "total": len(rows),
        "shared": [(name, value) for name, value in shared if value is not None],
        "columns": min(MOST_COLUMNS, _columns(rows)),
        "refresh": _REFRESH if live else 0,
        "clock": datetime.datetime.now().strftime("%H:%M:%S"),
        "pages": names,
    }
    now = [
        _shown(row, cell, None, running[cell.folder.name])
        for row, cell in zip(rows, cells, strict=True)
        if cell.folder.name in running
    ]
    for number, name in enumerate(names):
        part = slice(number * MOST_ON_PAGE, (number + 1) * MOST_ON_PAGE)
        sections = list(_sections(rows[part], cells[part], running))
        yield name, render_page("grid.html", page=name, sections=sections, now=now if number == 0 else [], **common)

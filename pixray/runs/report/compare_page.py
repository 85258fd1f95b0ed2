"""What a comparison leaves to look at: a contact sheet, a page that stands by itself, and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pixray.images.encode import png_bytes
from pixray.images.io import open_picture, resized
from pixray.runs.report.own_files import sheet_png
from pixray.runs.report.page import data_address, render_page
from pixray.runs.report.sheet import contact_sheet
from pixray.runtime.files import write_atomic

_WIDEST = 640
MOST_COLUMNS = 6
"""Side by side on the page; other drawers go below, where their numbers can be read."""
Row = Mapping[str, Any]


def write_comparison(folder: Path, comparison: Mapping[str, Any]) -> None:
    """compare.json, sheet.png and index.html.

    Args:
        comparison: `prompts`, `rows`, `spent`, `guessed` and `requests`, as `Comparison.as_json` gives them.
    """
    rows = comparison["rows"]
    text = json.dumps(dict(comparison), indent=1, ensure_ascii=False)
    write_atomic(folder / "compare.json", f"{text}\n".encode())
    files = {row["picture"]: folder / row["picture"] for row in rows if row["picture"]}
    write_atomic(folder / "sheet.png", sheet_png(_sheet(folder, rows), files))
    content = render_page(
        "compare.html",
        title=comparison["prompts"],
        judges=sorted({row["judge"] for row in rows if row["judge"]}),
        sections=_sections(folder, rows),
        columns=min(MOST_COLUMNS, len(dict.fromkeys(row["drawer"] for row in rows))),
        requests=comparison["requests"],
        spent=f"{comparison['spent']:g}",
        guessed=f"{comparison['guessed']:g}" if comparison["guessed"] else "",
        shape="/".join(map(str, _shape(rows))),
    )
    write_atomic(folder / "index.html", content)


def _sheet(folder: Path, rows: Sequence[Row]) -> Image.Image:
    """A row per seed and a column per drawer, or several rows per seed if there are many. A failed run is grey."""
    shape = _shape(rows)
    columns = min(MOST_COLUMNS, len(dict.fromkeys(row["drawer"] for row in rows)))
    shown = []
    for seed in dict.fromkeys(row["seed"] for row in rows):
        for row in rows:
            if row["seed"] == seed:
                grey = Image.new("RGB", shape, "#dddddd")
                shown.append((open_picture(folder / row["picture"]) if row["picture"] else grey, _caption(row)))
        shown += [(Image.new("RGB", shape, "white"), "")] * (-len(shown) % columns)  # the next seed begins a row
    return contact_sheet(shown, columns)


def _shape(rows: Sequence[Row]) -> tuple[int, int]:
    """The size of the pictures, for what stands where one is missing."""
    return next(((row["size"][0], row["size"][1]) for row in rows if row["size"]), (192, 108))


def _caption(row: Row) -> str:
    head = f"{row['drawer']}, seed {row['seed']}"
    if row["status"] != "done":
        return f"{head}: {row['status']} {row['reason']}"
    held_out = "" if row["held_out"] is None else f" · {row['judge']} {row['held_out']:.1f}"
    return f"{head}: guided {row['guided']:.1f}{held_out}"


def _sections(folder: Path, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """A section per seed, with a card per drawer or service."""
    best = _best(rows)
    seeds = dict.fromkeys(row["seed"] for row in rows)
    return [
        {"seed": seed, "rows": [_card(folder, row, best.get(seed) is row) for row in rows if row["seed"] == seed]}
        for seed in seeds
    ]


def _best(rows: Sequence[Row]) -> dict[str, Row]:
    """The best row of each seed: by the score held out if every finished row has one, otherwise by the guided one."""
    best: dict[str, Row] = {}
    for seed in {row["seed"] for row in rows}:
        done = [row for row in rows if row["seed"] == seed and row["guided"] is not None]
        by = "held_out" if done and all(row["held_out"] is not None for row in done) else "guided"
        if len(done) > 1:
            best[seed] = max(done, key=lambda row: row[by])
    return best


def _card(folder: Path, row: Row, best: bool) -> dict[str, Any]:
    """What the page shows of one run."""
    facts = row["facts"]
    size = "" if row["size"] is None else "x".join(map(str, row["size"]))
    service_size = facts.get("service_size")
    shown = {
        "guided": _number(row["guided"]),
        "held out": _number(row["held_out"]),
        "seconds": _number(row["seconds"]),
        "cost": facts.get("cost", "nothing" if row["status"] == "done" else "").partition(" (list")[0],
        "size": size,
        "size made": service_size if service_size != size else "",
        "seed sent": facts.get("service_seed", ""),
    }
    scores = [f"{name} {score:.1f}" for name, score in row["scores"].items()]
    others = [f"{name} {value}" for name, value in facts.items()]
    return {
        "picture": data_address(_small(folder, row["picture"])) if row["picture"] else "",
        "words": f"{row['drawer']}, seed {row['seed']}",
        "crisp": row["drawer"] == "pixel",
        "drawer": row["drawer"],
        "model": facts.get("model", ""),
        "status": row["status"],
        "reason": row["reason"],
        "best": best,
        "details": "; ".join([*scores, *others]),
        "facts": [(name, value) for name, value in shown.items() if value],
    }


def _small(folder: Path, name: str) -> Path:
    """The picture itself, or a smaller copy if it would make the page heavy."""
    path = folder / name
    picture = open_picture(path)
    if picture.width <= _WIDEST:
        return path
    small = path.with_name(f"{path.stem}_small.png")
    shape = (_WIDEST, max(1, round(picture.height * _WIDEST / picture.width)))
    write_atomic(small, png_bytes(np.asarray(resized(picture, shape))))
    return small


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"

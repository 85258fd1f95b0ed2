"""What a comparison leaves to look at: a contact sheet, a page that stands by itself, and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pixray.images.io import open_picture, png_bytes, resized
from pixray.runs.report.page import escaped, page, picture_inside
from pixray.runs.report.sheet import contact_sheet
from pixray.runtime.files import write_atomic

_WIDEST = 640
Row = Mapping[str, Any]


def write_comparison(folder: Path, comparison: Mapping[str, Any]) -> None:
    """compare.json, sheet.png and index.html.

    Args:
        comparison: `prompts`, `rows`, `spent` and `requests`, as `Comparison.as_json` gives them.
    """
    rows = comparison["rows"]
    text = json.dumps(dict(comparison), indent=1, ensure_ascii=False)
    write_atomic(folder / "compare.json", f"{text}\n".encode())
    write_atomic(folder / "sheet.png", png_bytes(np.asarray(_sheet(folder, rows))))
    write_atomic(folder / "index.html", page(f"{comparison['prompts']}: compared by pixray", _body(folder, comparison)))


def _sheet(folder: Path, rows: Sequence[Row]) -> Image.Image:
    """A row per seed, a column per drawer; a failed run is a grey field with its reason."""
    seeds = list(dict.fromkeys(row["seed"] for row in rows))
    ordered = [row for seed in seeds for row in rows if row["seed"] == seed]
    shape = next((tuple(row["size"]) for row in ordered if row["size"]), (192, 108))
    shown = []
    for row in ordered:
        picture = open_picture(folder / row["picture"]) if row["picture"] else Image.new("RGB", shape, "#dddddd")
        shown.append((picture, _caption(row)))
    return contact_sheet(shown, max(1, len(ordered) // max(1, len(seeds))))


def _caption(row: Row) -> str:
    head = f"{row['drawer']}, seed {row['seed']}"
    if row["status"] != "done":
        return f"{head}: {row['status']} {row['reason']}"
    held_out = "" if row["held_out"] is None else f" · {row['judge']} {row['held_out']:.1f}"
    return f"{head}: guided {row['guided']:.1f}{held_out}"


def _body(folder: Path, comparison: Mapping[str, Any]) -> Iterator[str]:
    rows = comparison["rows"]
    yield f"<h1>{escaped(comparison['prompts'])}</h1>"
    judges = sorted({row["judge"] for row in rows if row["judge"]})
    judged = (
        f"the score held out is by {escaped(', '.join(judges))}, which guided none of these pictures."
        if judges
        else "no perceptor was held out: name one with <code>--judge</code>."
    )
    yield (
        '<p class="note">Scores are 100 times the cosine between the whole picture and the prompts. '
        "The guided score is by the perceptors that guided the drawers of this machine, which favours these; "
        f"{judged} Best of a seed in bold.</p>"
    )
    names = ("picture", "drawer", "seed", "guided", "held out", "seconds", "cost", "size", "status")
    yield "<table><thead><tr>" + "".join(f"<th>{name}</th>" for name in names) + "</tr></thead><tbody>"
    best = _best(rows)
    for row in rows:
        yield _table_row(folder, row, best.get(row["seed"]) is row)
    yield "</tbody></table>"
    yield f"<p>{comparison['requests']} requests in this run, {comparison['spent']:g} spent by the price list.</p>"


def _best(rows: Sequence[Row]) -> dict[str, Row]:
    """The best row of each seed: by the score held out if every finished row has one, otherwise by the guided one."""
    found: dict[str, Row] = {}
    for seed in {row["seed"] for row in rows}:
        done = [row for row in rows if row["seed"] == seed and row["guided"] is not None]
        by = "held_out" if done and all(row["held_out"] is not None for row in done) else "guided"
        if len(done) > 1:
            found[seed] = max(done, key=lambda row: row[by])
    return found


def _table_row(folder: Path, row: Row, best: bool) -> str:
    words = f"{row['drawer']}, seed {row['seed']}"
    picture = picture_inside(_small(folder, row["picture"]), words) if row["picture"] else ""
    each = ", ".join(f"{name} {score:.1f}" for name, score in row["scores"].items())
    facts = "; ".join(f"{name} {value}" for name, value in row["facts"].items() if name != "cost")
    seed = row["seed"] + (f"<br>sent {escaped(row['facts']['service_seed'])}" if "service_seed" in row["facts"] else "")
    size = "" if row["size"] is None else "x".join(map(str, row["size"]))
    made = row["facts"].get("service_size")
    status = (
        row["status"] if not row["reason"] else f'<span class="failed">{row["status"]}: {escaped(row["reason"])}</span>'
    )
    cells = [
        f"<td>{picture}</td>",
        f'<td title="{escaped(facts)}">{escaped(row["drawer"])}<br>{escaped(row["facts"].get("model", ""))}</td>',
        f"<td>{seed}</td>",
        f'<td class="number" title="{escaped(each)}">{_number(row["guided"])}</td>',
        f'<td class="number">{_number(row["held_out"])}</td>',
        f'<td class="number">{_number(row["seconds"])}</td>',
        f"<td>{escaped(row['facts'].get('cost', 'nothing' if row['status'] == 'done' else ''))}</td>",
        f"<td>{size}{f'<br>made {escaped(made)}' if made and made != size else ''}</td>",
        f"<td>{status}</td>",
    ]
    return f"<tr{' class=best' if best else ''}>" + "".join(cells) + "</tr>"


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

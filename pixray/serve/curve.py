"""The losses of a job over its steps, read from the log of its run, for a page that was not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pixray.recorders.log import NAME

MOST_POINTS = 400


def curve_of(folder: Path) -> dict[str, Any]:
    """Steps, and each loss at each of them; None where it was no finite number or did not exist.

    Steps that were taken again, after a fault or after going back, count as they were taken last.

    Args:
        folder: of the run.

    Returns:
        "steps", at most MOST_POINTS with the first and the last among them, and "losses", a list for each name; "total"
        is their sum.
    """
    points: dict[int, dict[str, float | None]] = {}
    for line in _lines(folder / NAME):
        if line.get("event") == "started":
            points = {step: losses for step, losses in points.items() if step <= line["step"]}
        elif line.get("event") == "stepped":
            points[line["step"]] = {**line["losses"], "total": line["total"]}
    steps = _spread(sorted(points))
    names = dict.fromkeys(name for step in steps for name in points[step])
    return {"steps": steps, "losses": {name: [points[step].get(name) for step in steps] for name in names}}


def _spread(steps: list[int]) -> list[int]:
    """At most MOST_POINTS of some steps, at equal distances."""
    if len(steps) <= MOST_POINTS:
        return steps
    return [steps[number * (len(steps) - 1) // (MOST_POINTS - 1)] for number in range(MOST_POINTS)]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """What stands in a log; a last line that is being written is left out."""
    try:
        with path.open("rb") as file:
            for line in file:
                try:
                    yield json.loads(line)
                except ValueError:
                    continue
    except OSError:
        return

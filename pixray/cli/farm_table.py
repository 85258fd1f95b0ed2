"""What the terminal shows of a farm: a table of its cells that moves, with small pictures where colours allow.

Late imports keep PIL out of start-up.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from pixray.errors import PixrayError
from pixray.events import Noticed
from pixray.runs.farm.progress import CellChanged, FarmEvent, FarmFinished, FarmStarted
from pixray.runtime.addresses import is_store
from pixray.runtime.terminal import Terminal, plain

_PACE = 0.25
"""Seconds between two drawings of the table."""
_WIDTH, _HEIGHT = 8, 4
"""Letters of a small picture; each holds two pixels, one above the other."""
_ORDER = {"running": 0, "failed": 1, "waiting": 2, "done": 3}


class FarmTable:
    """Hears the events of a farm and shows them on standard error.

    Args:
        output: "live", "json" or "quiet".
    """

    def __init__(self, output: str, stream: TextIO | None = None) -> None:
        self._output = output
        self._stream: Any = Terminal(stream or sys.stderr, steers=True)
        self._live = output == "live" and self._stream.isatty()
        self._colours = os.environ.get("COLORTERM", "") in ("truecolor", "24bit")
        self._cells: dict[str, CellChanged] = {}
        self._total = self._drawn = 0
        self._due = 0.0

    def __call__(self, event: FarmEvent) -> None:
        if self._output == "json":
            results = Terminal(sys.stdout)
            results.write(json.dumps({"event": type(event).__name__, **asdict(event)}, ensure_ascii=False) + "\n")
            results.flush()
        elif isinstance(event, Noticed) or (isinstance(event, CellChanged) and event.state == "failed"):
            self._say(event.text if isinstance(event, Noticed) else f"{_name(event)}: {event.reason}")
        if isinstance(event, FarmStarted):
            self._total = event.cells
        elif isinstance(event, CellChanged):
            self._take(event)
        elif isinstance(event, FarmFinished):
            self._draw(last=True)

    def _take(self, event: CellChanged) -> None:
        before = self._cells.get(event.name)
        self._cells[event.name] = event
        if self._live and time.monotonic() >= self._due:
            self._draw()
            self._due = time.monotonic() + _PACE
        elif self._output == "live" and not self._live and event.state == "done" != (before and before.state):
            done = sum(cell.state in ("done", "failed") for cell in self._cells.values())
            self._stream.write(f"[{done}/{self._total}] {_name(event)} done, {event.seconds:.1f} s{_on(event)}\n")
            self._stream.flush()

    def _say(self, text: str) -> None:
        """A line that stays, above the table."""
        self._wipe()
        self._stream.write(f"pixray: {plain(text)}\n")
        self._stream.flush()

    def _wipe(self) -> None:
        if self._drawn:
            self._stream.write(f"\x1b[{self._drawn}F\x1b[J")
            self._drawn = 0

    def _draw(self, *, last: bool = False) -> None:
        if not self._live:
            return
        width, height = shutil.get_terminal_size()
        count = Counter(cell.state for cell in self._cells.values())
        waiting = self._total - count["done"] - count["failed"] - count["running"]
        lines = [f"{count['done']} of {self._total} done, {count['running']} running, {waiting} waiting"]
        lines[0] += f", {count['failed']} failed" if count["failed"] else ""
        shown = [] if last else sorted(self._cells.values(), key=lambda cell: _ORDER[cell.state])
        for cell in shown:
            rows = list(self._rows(cell, width))
            if cell.state not in ("running", "failed") or len(lines) + len(rows) > height - 2:
                break
            lines += rows
        self._wipe()
        self._stream.write("".join(f"{line}\n" for line in lines))
        self._stream.flush()
        self._drawn = 0 if last else len(lines)

    def _rows(self, cell: CellChanged, width: int) -> Iterator[str]:
        """The lines about one cell."""
        facts = [
            _name(cell),
            f"{cell.state}, step {cell.step} of {cell.steps or '?'}, {cell.seconds:.0f} s{_on(cell)}",
            ", ".join(f"{name} {value:.3g}" for name, value in cell.losses.items()),
            cell.reason,
        ]
        if self._colours and not is_store(cell.folder):
            picture = small_picture(Path(cell.folder) / cell.output)
            for row, text in zip(picture, facts, strict=True):
                yield f"{row}\x1b[0m {plain(text)[: width - _WIDTH - 2]}"
        else:
            loss = "" if cell.total is None else f", loss {cell.total:.4g}"
            yield plain(f"  {facts[0]}: {facts[1]}{loss} {cell.reason}")[: width - 1]


def small_picture(path: Path) -> list[str]:
    """A picture file as coloured letters for a terminal, 8 by 4; blank while there is none."""
    from pixray.images.io import open_picture

    try:
        picture = open_picture(path).convert("RGB").resize((_WIDTH, 2 * _HEIGHT))
    except PixrayError:
        return [" " * _WIDTH] * _HEIGHT
    rows = []
    for y in range(0, 2 * _HEIGHT, 2):
        pairs = [(picture.getpixel((x, y)), picture.getpixel((x, y + 1))) for x in range(_WIDTH)]
        rows.append("".join(f"\x1b[38;2;{_codes(upper)};48;2;{_codes(lower)}m▀" for upper, lower in pairs))
    return rows


def _codes(colour: Any) -> str:
    return ";".join(map(str, colour))


def _name(cell: CellChanged) -> str:
    return ", ".join(cell.values.values()) or cell.name


def _on(cell: CellChanged) -> str:
    return f" on {cell.node}" if cell.node else ""

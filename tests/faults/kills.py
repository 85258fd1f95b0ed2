"""Runs that are killed at random moments, in fresh and in used folders, and go on: the same bytes must come out."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pixray.recorders.log import read_log
from pixray.runtime.yaml_io import read_yaml
from tests.faults.outcomes import Outcome, content, difference, finished, in_child
from tests.faults.runs import BASE, KINDS, OTHER, begin, go_on


def kills(place: Path, seed: int) -> Iterator[Outcome]:
    """One round after the other, for ever; each holds up to three kills.

    Args:
        place: an empty folder.
    """
    moments = random.Random(seed)
    whole = [place / f"whole{number}" for number in range(len(KINDS))]
    # Here and not in a child: what was imported once is there in every fork.
    for kind, folder in zip((*KINDS, OTHER), (*whole, place / "before"), strict=True):
        begin(kind, folder)
    spans = [_timed(kind, place / f"timed{number}") for number, kind in enumerate(KINDS)]
    before = place / "before"
    for number in itertools.count():
        chosen = number % len(KINDS)
        used = moments.random() < 0.5
        times = [moments.uniform(0, 1.1 * spans[chosen]) for _ in range(moments.randint(1, 3))]
        name = f"{KINDS[chosen]['drawer']} {'used' if used else 'fresh'} {'/'.join(f'{t:.2f}s' for t in times)}"
        yield Outcome(
            "kill", name, _round(place / "out", KINDS[chosen], before if used else None, whole[chosen], times)
        )
        number += 1


def _timed(kind: dict[str, Any], folder: Path) -> float:
    begun = time.monotonic()
    messages = folder.with_suffix(".txt")
    code = finished(in_child(lambda: begin(kind, folder), messages))
    assert code == 0, messages.read_text()
    return time.monotonic() - begun


def _round(out: Path, kind: dict[str, Any], before: Path | None, whole: Path, times: list[float]) -> str:
    for folder in out.parent.glob(f"{out.name}*"):
        shutil.rmtree(folder)
    if before is not None:
        shutil.copytree(before, out)
    messages = out.parent / "messages"
    for moment in times:
        child = in_child(lambda: _next(out, kind), messages)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        code = finished(child)
        if code not in (0, -signal.SIGKILL):
            return f"exit code {code}: {messages.read_text()[-500:]}"
    for _ in range(2):  # a run that finished before its kill goes on, too, and changes nothing
        code = finished(in_child(lambda: _next(out, kind), messages))
        if code:
            return f"cannot go on, exit code {code}: {messages.read_text()[-500:]}"
    log = read_log(out)
    if log is None or not log.finished:
        return "not finished by its log"
    stays = out / "output.png"  # of the earlier run, in whose place this one puts nothing
    if before is not None and kind.get("output") and content(before)["output.png"] == stays.read_bytes():
        stays.unlink()
    return difference(out, whole) or _earlier(out, before, kind)


def _next(out: Path, kind: dict[str, Any]) -> None:
    """What a user does: go on if there is this run, else begin."""
    settings = out / "settings.yaml"
    if settings.is_file() and read_yaml(settings).get("prompts") == [BASE["prompts"]]:
        go_on(out)
    else:
        begin(kind, out)


def _earlier(out: Path, before: Path | None, kind: dict[str, Any]) -> str:
    """What was in the folder before must be beside it, whole."""
    if before is None:
        return ""
    kept: dict[str, bytes] = {}
    for folder in out.parent.glob(f"{out.name}-earlier-*"):
        kept.update(content(folder))
    left = {"output.png"} if kind.get("output") else set()
    lost = [name for name, data in content(before).items() if kept.get(name) != data and name not in left]
    return f"lost of the earlier run: {', '.join(lost)}" if lost else ""

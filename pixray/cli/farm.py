"""The cells of a command on a Ray cluster: started, watched, stopped.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixray.cli.farm_flags import FarmFlags
from pixray.cli.farm_table import FarmTable
from pixray.errors import PixrayError
from pixray.runs.farm.cluster import connected
from pixray.runs.farm.progress import CellChanged, FarmFinished, FarmStarted
from pixray.runs.farm.session import find
from pixray.runtime.signals import graceful

if TYPE_CHECKING:
    from pixray.registry import Registry
    from pixray.runs.cell import Cell


def paint_on_farm(folder: str | Path, cells: Sequence[Cell], registry: Registry, output: str, words: FarmFlags) -> int:
    """Paint cells and follow them; exit code 0 if every cell is done or the farm goes on alone, 1 if some failed, 130
    after Ctrl-C.

    Args:
        folder: absolute, or an address in a store; cells: their folders lie below it.
    """
    from pixray.runs.farm.open import farm_of

    farm = farm_of(folder, cells, registry, words.on, words.share, lasting=words.detach)
    # Ray would print what it has to say about lost machines among our results.
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")
    table, finished = FarmTable(output), None
    with graceful(farm):
        for event in farm.run():
            table(event)
            finished = event if isinstance(event, FarmFinished) else finished
    if finished is None:
        _tell_how_to_watch(folder, words.on, output)
        return 0
    _tell_how_to_go_on(finished, output)
    return 130 if finished.waiting else 1 if finished.failed else 0


def watch(folder: str | Path, output: str, words: FarmFlags) -> int:
    """Show a farm that runs until it ends or Ctrl-C leaves it alone; or end it.

    Raises:
        PixrayError: no farm paints there.
    """
    leaver = _Leaver()
    with connected(words.on) as ray:
        farm = find(ray, folder)
        if farm is None:
            raise PixrayError(f"on={words.on}: no farm paints into {folder} there; its index.html shows what is done")
        if words.stop:
            farm.stop()
        table, finished = FarmTable(output), None
        with graceful(leaver):
            events = list(farm.updates())  # all cells, the first time
            table(FarmStarted(sum(isinstance(event, CellChanged) for event in events), words.on, str(folder)))
            while True:
                for event in events:
                    table(event)
                    finished = event if isinstance(event, FarmFinished) else finished
                if farm.ended or leaver.leaving:
                    break
                events = list(farm.updates())
    if finished is None:
        _tell_how_to_watch(folder, words.on, output)
    else:
        _tell_how_to_go_on(finished, output)
    return 0


class _Leaver:
    """Takes Ctrl-C as the wish to look no longer."""

    leaving = False

    def stop(self) -> None:
        self.leaving = True


def _tell_how_to_go_on(finished: FarmFinished, output: str) -> None:
    if finished.waiting and output == "live":
        sys.stderr.write("stopped; the command that began it goes on where it was\n")


def _tell_how_to_watch(folder: str | Path, on: str, output: str) -> None:
    if output == "live":
        sys.stderr.write(
            f"the farm goes on; pixray grid --on {on} --outdir {folder} --watch shows it, --stop ends it\n"
        )

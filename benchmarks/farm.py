"""What a farm costs besides painting: real cells of two steps, and very many cells that only sleep, through local Ray.

    python -m benchmarks.farm [--cells 200] [--sleeping 10000] [--seconds 0.1] [--workers 2]

"overhead" is the time of the workers, taken together, that no cell was painted in, by cell: from the first sign of a
worker on. Memory is the largest resident size of a process.
"""

from __future__ import annotations

import argparse
import pickle
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.common import machine, table
from pixray.models.store import ModelStore
from pixray.registry import BUILT_IN, Registry
from pixray.runs.cell import Cell
from pixray.runs.farm.local import LocalFarm
from pixray.runs.farm.painter import Painter
from pixray.runs.farm.progress import CellChanged
from pixray.runs.farm.session import Farm
from pixray.runs.farm.shares import Share
from pixray.runs.grid_page import write_results
from pixray.runs.outcome import Outcome
from pixray.settings.resolve import resolve

SETTINGS = {"prompts": "a red heart", "drawer": "pixel", "perceptors": "embedded", "size": [48, 48], "iterations": 2}
MIB = 1 << 20


class Timed:
    """Paints as another painter does, and leaves a note of the seconds that it took.

    Args:
        inner: paints.
        notes: a folder for the notes.
    """

    def __init__(self, inner, notes):
        self.inner, self.notes, self.limits = inner, notes, None

    def paint(self, cell, hear):
        begun = time.monotonic()
        outcome = self.inner.paint(cell, hear)
        (self.notes / cell.folder.name).write_text(f"{begun} {time.monotonic()}")
        return outcome


class Sleeper:
    """Paints nothing, and takes its time for it."""

    limits = None

    def __init__(self, seconds):
        self.seconds = seconds

    def paint(self, cell, hear):
        hear({"step": 0, "steps": 2})
        time.sleep(self.seconds)
        hear({"step": 2, "steps": 2, "losses": {"a red heart": 0.5}})
        return Outcome("done")


def cells_of(count, folder):
    registry = Registry(BUILT_IN)
    resolved = (resolve(registry, {**SETTINGS, "seed": n, "outdir": str(folder / str(n))}) for n in range(count))
    return [Cell({"seed": str(number)}, settings) for number, settings in enumerate(resolved)]


def on_ray(cells, folder, painting, workers):
    """The seconds that the workers had from the first cell on, those spent painting, and the scheduler's memory."""
    notes = folder / "notes"
    notes.mkdir(parents=True)
    farm = Farm(cells, folder, "ray", Share(workers=workers), Timed(painting, notes), write_results)
    scheduler = 0
    for event in farm.run():
        if isinstance(event, CellChanged) and event.state == "done":
            scheduler = max(scheduler, scheduler_memory())
    spans = [tuple(map(float, path.read_text().split())) for path in notes.iterdir()]
    whole = max(end for _, end in spans) - min(begin for begin, _ in spans)
    return whole, sum(end - begin for begin, end in spans), scheduler


def scheduler_memory():
    """The largest resident size so far of the scheduler's process, in bytes."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(b"ray::Scheduler"):
                status = path.with_name("status").read_text()
                return int(status.partition("VmHWM:")[2].split()[0]) << 10
        except (OSError, IndexError, ValueError):  # it has ended
            continue
    return 0


def real(count, workers):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        (folder / "plain").mkdir()
        plain, begun = cells_of(count, folder / "plain"), time.monotonic()
        for _ in LocalFarm(plain, folder / "plain", Painter(Registry(BUILT_IN), ModelStore()), write_results).run():
            continue
        alone = time.monotonic() - begun
        whole, painting, _ = on_ray(
            cells_of(count, folder / "ray"), folder / "ray", Painter(Registry(BUILT_IN)), workers
        )
        overhead = (whole * workers - painting) / count
        return alone, whole, painting / count, overhead


def sleeping(count, seconds, workers):
    with tempfile.TemporaryDirectory() as place:
        folder, begun = Path(place).resolve() / "ray", time.monotonic()
        cells = cells_of(count, folder)
        made, size = time.monotonic() - begun, len(pickle.dumps(cells))
        whole, painting, scheduler = on_ray(cells, folder, Sleeper(seconds), workers)
        driver = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
        return made, size, whole, (whole * workers - painting) / count, driver, scheduler


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.farm", description=__doc__.partition("\n")[0])
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--sleeping", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=0.1)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args(argv)
    print(machine())
    if chosen.cells:
        alone, whole, painting, overhead = real(chosen.cells, chosen.workers)
        header = ["cells", "without Ray", f"{chosen.workers} workers", "painting a cell", "overhead a cell"]
        row = [f"{chosen.cells}", f"{alone:.1f} s", f"{whole:.1f} s", f"{1e3 * painting:.0f} ms"]
        print(table("Cells of two steps", header, [[*row, f"{1e3 * overhead:.1f} ms"]]))
    if chosen.sleeping:
        made, size, whole, overhead, driver, scheduler = sleeping(chosen.sleeping, chosen.seconds, chosen.workers)
        header = ["cells", "resolved in", "sent", "done in", "overhead a cell", "driver", "scheduler"]
        row = [f"{chosen.sleeping} of {chosen.seconds:g} s", f"{made:.1f} s", f"{size / MIB:.0f} MiB"]
        row += [f"{whole:.1f} s", f"{1e3 * overhead:.1f} ms", f"{driver / MIB:.0f} MiB", f"{scheduler / MIB:.0f} MiB"]
        print(table("Cells that sleep", header, [row]))


if __name__ == "__main__":
    main()

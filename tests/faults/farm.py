"""Farms that lose machines, workers, drivers and whole clusters at random moments: every cell must end exactly once.

Ray's processes are real; all nodes of the cluster are on this machine and listen to its loopback interface.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from pixray.models.store import ModelStore
from pixray.runs.cell import Cell
from pixray.runs.farm import painter
from pixray.runs.farm.local import LocalFarm
from pixray.runs.farm.painter import Painter
from pixray.runs.farm.progress import FarmFinished
from pixray.runs.farm.session import Farm
from pixray.runs.farm.shares import Share
from pixray.runs.grid_page import write_results
from pixray.runs.outcome import Outcome as Painted
from pixray.settings.resolve import resolve
from tests.faults.outcomes import Outcome, difference
from tests.faults.runs import BASE, registry

KINDS: tuple[dict[str, Any], ...] = (
    {"drawer": "pixel", "pixel_size": [12, 8], "checkpoint_every": 10, "cut_noise": 0.2},
    {"drawer": "line_sketch", "strokes": 3, "stroke_length": 2, "checkpoint_every": 5},
    {"drawer": "pixel", "pixel_size": [6, 4], "checkpoint_every": 0, "optimiser": "AdamW"},
)
RAY = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
    "RAY_prestart_worker_first_driver": "0",
    "RAY_worker_niceness": "0",  # 15 unless told: beside other work, nothing would be painted
}
SOON = {"RAY_gcs_rpc_server_reconnect_timeout_s": "10"}
"""Has processes notice that the head is lost after seconds instead of a minute."""
NODE = {"num_cpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False, "node_ip_address": "127.0.0.2"}
Made = TypeVar("Made")
Hear = Callable[[Any], None]
"""Takes the events of a farm."""
SEEDS = 4
"""Of a grid that loses machines: long enough for several losses."""
DEADLY = "cell0"
DRIVER = "from tests.faults.farm import drive; drive(*__import__('sys').argv[1:])"


class Deadly(Painter):
    """A painter whose process ends when it comes to a certain cell."""

    def paint(self, cell: Cell, hear: painter.Hear) -> Painted:
        if cell.folder.name == DEADLY:
            os._exit(1)
        return super().paint(cell, hear)


def cells(folder: Path, seeds: int = 2) -> list[Cell]:
    """The cells of a small grid: three of each seed."""
    parts = registry()
    made = []
    for number, (seed, kind) in enumerate(itertools.product(range(1, seeds + 1), KINDS)):
        words = {**BASE, **kind, "seed": seed, "iterations": 60, "outdir": str(folder / f"cell{number}")}
        made.append(Cell({"number": str(number)}, resolve(parts, words)))
    return made


@contextmanager
def cluster(nodes: int = 3, **environment: str) -> Iterator[Any]:
    """A cluster of several nodes on this machine, of which no process is left afterwards."""
    from ray.cluster_utils import Cluster  # Ray is an extra

    place = Path(tempfile.mkdtemp(prefix="ray-"))  # short: sockets lie in there
    (place / "ray").mkdir()  # where Ray notes the address, which it does not make
    made = None
    with patch.dict(os.environ, {**RAY, **environment, "RAY_TMPDIR": str(place)}):
        try:
            made = patiently(lambda: Cluster(initialize_head=True, head_node_args={**NODE, "temp_dir": str(place)}))
            for _ in range(nodes - 1):
                add_node(made)
            yield made
        finally:
            if made is not None:
                made.shutdown()
            shutil.rmtree(place, ignore_errors=True)


def patiently(start: Callable[[], Made]) -> Made:
    """Start a process of Ray's, which waits for it for 30 seconds; that is too short where much else is done."""
    for _ in range(4):
        with contextlib.suppress(Exception):  # a plain one, which says that the node timed out
            return start()
    return start()


def add_node(nodes: Any) -> None:
    """One machine more."""
    patiently(lambda: nodes.add_node(**NODE))


def paint(folder: Path, address: str, seeds: int = 2, hear: Hear = lambda event: None) -> FarmFinished | None:
    """The grid on a cluster; how it ended."""
    folder.mkdir(exist_ok=True)
    farm = Farm(cells(folder, seeds), folder, address, Share(), Painter(registry()), write_results)
    finished = None
    for event in farm.run():
        hear(event)
        finished = event if isinstance(event, FarmFinished) else finished
    return finished


def paint_here(folder: Path, seeds: int = 2) -> None:
    """The same grid without Ray, with one thread, as the workers of a farm have it: sums depend on the number."""
    import torch

    folder.mkdir()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for _ in LocalFarm(cells(folder, seeds), folder, Painter(registry(), ModelStore()), write_results).run():
            pass
    finally:
        torch.set_num_threads(threads)


def drive(folder: str, address: str, seeds: str = "2") -> None:
    """A driver in a process of its own, to be killed."""
    finished = paint(Path(folder), address, int(seeds))
    sys.exit(0 if finished and not finished.failed and not finished.waiting else 1)


def farms(place: Path, seed: int, losses: int) -> Iterator[Outcome]:
    """Rounds until so many machines were lost, up to three a round; each fourth one kills its driver instead."""
    moments = random.Random(seed)
    whole = place / "whole"
    paint_here(whole, SEEDS)
    with cluster() as nodes:
        span = _span(place / "timed", nodes.address)
        for number in itertools.count():
            out = place / f"out{number}"
            if number % 4 == 3:
                times = [moments.uniform(0, span) for _ in range(2)]
                told = _told(times)
                yield Outcome("farm-driver", told, _driver_killed(out, whole, nodes.address, times, SEEDS), len(times))
                continue
            gaps = [moments.uniform(0, span / 3) for _ in range(min(3, losses))]
            problem, lost = _machines_lost(out, whole, nodes, gaps, moments, SEEDS)
            losses -= len(lost)
            yield Outcome("farm", _told(lost), problem, len(lost))
            if losses <= 0:
                return


def _told(moments: Sequence[float]) -> str:
    return ", ".join(f"{moment:.1f} s" for moment in moments)


def heads(place: Path, seed: int) -> Iterator[Outcome]:
    """One round after the other, for ever: the head of the cluster is lost, and everything with it; another cluster is
    started, and the same command again."""
    moments = random.Random(seed)
    whole = place / "whole"
    paint_here(whole)
    for number in itertools.count():
        moment, out = moments.uniform(5, 25), place / f"out{number}"
        words = [sys.executable, "-c", DRIVER, str(out)]
        with cluster(2, **SOON) as nodes:
            driver = subprocess.Popen([*words, nodes.address], stderr=subprocess.DEVNULL)
            time.sleep(moment)
            nodes.head_node.kill_all_processes(check_alive=False, allow_graceful=False)
            problem = _ended(driver)
        with cluster(2) as nodes:
            again = subprocess.run([*words, nodes.address], capture_output=True, text=True)
        problem = problem or (again.stderr[-500:] if again.returncode else "")
        yield Outcome("farm-head", f"{moment:.1f}s", problem_of(out, whole) or problem)


def _ended(driver: subprocess.Popen[bytes]) -> str:
    """Wait for a driver whose cluster is gone; "" if it ends by itself."""
    try:
        driver.wait(timeout=120)
    except subprocess.TimeoutExpired:
        driver.kill()
        driver.wait()
        return "the driver did not notice that its cluster was lost"
    return ""


def _span(folder: Path, address: str) -> float:
    begun = time.monotonic()
    paint(folder, address, SEEDS)
    return time.monotonic() - begun


def _machines_lost(
    out: Path, whole: Path, nodes: Any, gaps: Sequence[float], chance: random.Random, seeds: int = 2
) -> tuple[str, list[float]]:
    """Paint, and lose a machine each time that a gap has gone by since the one before; what went wrong, and when
    machines were lost."""
    begun, due, lost = time.monotonic(), list(itertools.accumulate(gaps)), []

    def lose(event: Any) -> None:
        now = time.monotonic() - begun
        if len(lost) < len(due) and now >= due[len(lost)] and not isinstance(event, FarmFinished):
            lost.append(now)
            nodes.remove_node(chance.choice(sorted(nodes.worker_nodes, key=id)), allow_graceful=False)
            add_node(nodes)

    finished = paint(out, nodes.address, seeds, lose)
    return problem_of(out, whole) or ("" if finished and not finished.failed else f"it ended with {finished}"), lost


def _driver_killed(out: Path, whole: Path, address: str, times: Sequence[float], seeds: int = 2) -> str:
    words = [sys.executable, "-c", DRIVER, str(out), address, str(seeds)]
    for moment in times:
        driver = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        time.sleep(moment)
        driver.send_signal(signal.SIGKILL)
        driver.wait()
    again = subprocess.run(words, capture_output=True, text=True)
    return problem_of(out, whole) or (
        f"exit code {again.returncode}: {again.stderr[-500:]}" if again.returncode else ""
    )


def problem_of(out: Path, whole: Path) -> str:
    """How a farm's folder differs from one to which nothing happened, or what was painted twice; "" if nothing is."""
    twice = [name for path in sorted(out.glob("*/log.jsonl")) if (name := repeated(path))]
    return difference(out, whole) or "; ".join(twice)


def repeated(log: Path) -> str:
    """What a run did again although it was done: steps before its last checkpoint, or the end."""
    kept = ends = 0
    for line in map(json.loads, log.read_text().splitlines()):
        if line["event"] == "started" and (line["step"] != kept or ends):
            return f"{log.parent.name} began at step {line['step']} with step {kept} kept and {ends} ends"
        kept = line["step"] if line["event"] == "kept" else kept
        ends += line["event"] == "finished"
    return "" if ends == 1 else f"{log.parent.name} ended {ends} times"

"""Farms on real Ray processes: three nodes of a cluster on this machine, lost and killed while they paint."""

import json
import random
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="Ray is not installed: pip install 'pixray[farm]'")

from pixray.errors import PixrayError
from pixray.runs.farm.cluster import connected
from pixray.runs.farm.painter import Painter
from pixray.runs.farm.progress import CellChanged, FarmFinished
from pixray.runs.farm.session import Farm, find
from pixray.runs.farm.shares import Share
from pixray.runs.grid_page import write_results
from tests.faults import farm as faults

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """The processes of a module's cluster have the environment that the tests have."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("PIXRAY_OFFLINE", "1")
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))
        with faults.cluster() as made:
            yield made


@pytest.fixture(scope="module")
def whole(nodes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "out"
    faults.paint_here(folder)
    return folder


def farm(folder, address, painting=None, **words):
    folder.mkdir(exist_ok=True)
    painting = painting or Painter(faults.registry())
    return Farm(faults.cells(folder), folder, address, Share(), painting, write_results, **words)


def test_cells_equal_those_of_a_plain_run_though_machines_are_lost(nodes, whole, tmp_path):
    problem, lost = faults._machines_lost(tmp_path / "out", whole, nodes, [3.0, 3.0], random.Random(0))
    assert problem == "" and len(lost) == 2


def test_a_driver_that_was_killed_and_started_again_paints_nothing_twice(nodes, whole, tmp_path):
    assert faults._driver_killed(tmp_path / "out", whole, nodes.address, [9.0]) == ""


def test_a_cell_whose_worker_dies_three_times_is_a_row_with_its_reason(nodes, tmp_path):
    deadly = farm(tmp_path / "out", nodes.address, faults.Deadly(faults.registry()))
    last = {event.name: event for event in deadly.run() if isinstance(event, CellChanged)}
    assert {name for name, event in last.items() if event.state == "failed"} == {"cell0"}
    assert last["cell0"].tries == 3 and "ended while it painted this cell" in last["cell0"].reason
    rows = json.loads((tmp_path / "out" / "grid.json").read_text())
    assert sorted(row["status"] for row in rows) == ["done"] * 5 + ["failed"]


def test_a_farm_that_is_stopped_before_a_cell_began_says_that_all_of_them_wait(nodes, tmp_path):
    stopped = farm(tmp_path / "out", nodes.address)
    events = []
    for event in stopped.run():
        stopped.stop()
        events.append(event)
    assert (events[-1].done, events[-1].failed, events[-1].waiting) == (0, 0, 6)


def test_a_farm_that_is_left_goes_on_and_is_found_again(nodes, whole, tmp_path):
    left = farm(tmp_path / "out", nodes.address, lasting=True)
    for event in left.run():
        if isinstance(event, CellChanged) and event.step:
            left.stop()
    assert not isinstance(event, FarmFinished)
    with pytest.raises(PixrayError, match="--watch shows it"):
        list(farm(tmp_path / "out", nodes.address).run())
    with connected(nodes.address) as ray:
        watch = find(ray, tmp_path / "out")
        while not watch.ended:
            events = list(watch.updates())
        assert events[-1].done == len(faults.cells(tmp_path))
    assert faults.problem_of(tmp_path / "out", whole) == ""


def test_a_farm_that_no_machine_has_room_for_is_refused(nodes, tmp_path):
    cells = faults.cells(tmp_path)
    large = Farm(cells, tmp_path, nodes.address, Share(gpus=1), Painter(faults.registry()), write_results)
    with pytest.raises(PixrayError, match="no machine there has room for a run, which takes 0.5 CPUs and 1 GPUs"):
        list(large.run())

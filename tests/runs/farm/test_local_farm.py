"""A farm of one process tells and leaves the same as any other."""

import json
from pathlib import Path

import pytest

import pixray
from pixray.api import Studio
from pixray.errors import PixrayError, SettingsError
from pixray.runs.farm.progress import CellChanged, FarmFinished, FarmStarted
from pixray.testing.fakes import FlatDrawer


class Broken(FlatDrawer):
    """Cannot be painted with."""

    def render(self, step):
        raise PixrayError("it broke")


@pytest.fixture
def farm(registry, tiny):
    registry.add("drawer", "broken", Broken)
    studio = Studio(registry)

    def make(*changes, **words):
        cells = [{**tiny, **change} for change in changes]
        return studio.farm(cells, **words)

    return make


def test_python_hears_the_events_of_every_cell(farm):
    events = list(farm({"seed": 1}, {"seed": 2}, outdir="out"))
    assert isinstance(events[0], FarmStarted) and events[0].cells == 2
    changes = [event for event in events if isinstance(event, CellChanged)]
    assert {change.values["seed"] for change in changes} == {"1", "2"}
    last = {change.name: change for change in changes}
    assert all((change.state, change.step, change.steps) == ("done", 6, 6) for change in last.values())
    assert all(change.total is not None and Path(change.folder, change.output).is_file() for change in last.values())
    assert (events[-1].done, events[-1].failed, events[-1].waiting) == (2, 0, 0)
    rows = json.loads(Path("out/grid.json").read_text())
    assert [row["status"] for row in rows] == ["done", "done"] and Path("out/index.html").is_file()


def test_a_cell_that_is_done_is_never_painted_again(farm):
    list(farm({"seed": 1}, outdir="out"))
    (log,) = Path("out").glob("*/log.jsonl")
    before = log.read_bytes()
    events = list(farm({"seed": 1}, outdir="out"))
    assert log.read_bytes() == before and events[-1].done == 1


def test_leaving_the_loop_stops_after_a_step_and_the_same_call_goes_on(farm):
    changes = {"iterations": 4000, "checkpoint_every": 1000}
    for event in farm(changes, outdir="out"):
        if isinstance(event, CellChanged) and event.step:
            break
    (log,) = Path("out").glob("*/log.jsonl")
    assert '"reason": "stopped"' in log.read_text()
    (folder,) = (path for path in Path("out").iterdir() if path.is_dir())
    assert (folder / "checkpoint.safetensors").is_file() and not (folder / ".pixray.cell.lock").exists()


def test_a_failing_cell_stops_no_other_one(farm):
    events = list(farm({"drawer": "broken"}, {"seed": 2}, outdir="out"))
    failed = [event for event in events if isinstance(event, CellChanged) and event.state == "failed"]
    assert len(failed) == 1 and failed[0].reason == "it broke" and failed[0].tries == 3
    assert isinstance(events[-1], FarmFinished) and (events[-1].done, events[-1].failed) == (1, 1)


def test_mistakes_are_told_before_anything_is_written(farm):
    with pytest.raises(SettingsError, match="itterations"):
        list(farm({"itterations": 3}, outdir="out"))
    with pytest.raises(SettingsError, match="Did you mean 'ray'"):
        list(farm({}, on="rayy", outdir="out"))
    with pytest.raises(SettingsError, match="at least one run"):
        list(farm(outdir="out"))
    assert not Path("out").exists()


def test_the_package_offers_it():
    assert callable(pixray.farm)

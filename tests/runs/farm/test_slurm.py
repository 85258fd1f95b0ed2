"""Farms of jobs, as Slurm has them; here they are processes of this machine, which submitit starts in the same way."""

import json
import os
import sys

import pytest

from pixray.cli.main import main
from pixray.errors import SettingsError
from pixray.models.store import ModelStore
from pixray.registry import BUILT_IN, Registry
from pixray.runs.farm.local import LocalFarm
from pixray.runs.farm.painter import Painter
from pixray.runs.farm.progress import FarmFinished
from pixray.runs.farm.shares import Share
from pixray.runs.farm.slurm import NOTES, SlurmFarm
from pixray.runs.grid import make_cells
from pixray.runs.grid_page import write_results
from pixray.runs.grid_progress import CellChanged
from tests.faults.once_deadly import TEXTS, OnceDeadly


@pytest.fixture
def farm(tmp_path):
    pytest.importorskip("submitit", reason="needs the extra 'slurm'")

    def make(painting=None, **words):
        folder = tmp_path / "out"
        folder.mkdir(exist_ok=True)
        cells = make_cells({**TEXTS, **words}, Registry(BUILT_IN), str(folder))
        painting = painting or Painter(Registry(BUILT_IN))
        return SlurmFarm(cells, folder, Share(workers=2, gpus=0), painting, write_results, cluster="local")

    return make


def pictures(folder):
    return {path.parent.name: path.read_bytes() for path in folder.glob("*/output.png")}


def test_jobs_paint_the_cells_of_a_grid_once_and_the_same_command_goes_on(farm, tmp_path):
    died = tmp_path / "died"
    events = list(farm(OnceDeadly(Registry(BUILT_IN), died)).run())
    lost = [event for event in events if isinstance(event, CellChanged) and event.state == "failed"]
    assert died.exists() and lost and events[-1].failed == len({event.name for event in lost})
    assert "its job" in lost[0].reason
    again = list(farm().run())
    assert isinstance(again[-1], FarmFinished) and again[-1].done == 3
    rows = json.loads((tmp_path / "out" / "grid.json").read_text())
    assert [row["status"] for row in rows] == ["done"] * 3 and (tmp_path / "out" / "index.html").is_file()
    steps = [event.step for event in again if isinstance(event, CellChanged) and event.name == lost[0].name]
    assert max(steps) == 12
    whole = tmp_path / "whole"
    whole.mkdir()
    cells = make_cells(TEXTS, Registry(BUILT_IN), str(whole))
    list(LocalFarm(cells, whole, Painter(Registry(BUILT_IN), ModelStore()), write_results).run())
    assert pictures(tmp_path / "out").keys() == pictures(whole).keys()
    logs = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*/log.jsonl")}
    assert list(farm().run())[-1].done == 3
    assert logs == {path: path.stat().st_mtime_ns for path in logs}, "nothing is painted again"


def test_leaving_the_loop_ends_the_jobs(farm, tmp_path):
    for event in farm(iterations="20000", seed="1").run():
        if isinstance(event, CellChanged) and event.step:
            break
    notes = tmp_path / "out" / NOTES
    assert not list((tmp_path / "out").glob(".pixray.lock")) and notes.is_dir()
    assert json.loads((tmp_path / "out" / "grid.json").read_text())[0]["status"] == "waiting"


@pytest.mark.parametrize(
    ("folder", "share", "said"),
    [
        ("s3://pictures/out", Share(), "expected a folder that all machines see"),
        ("out", Share(gpus=0.5), "expected a whole number of GPUs"),
    ],
)
def test_what_slurm_cannot_do_is_one_sentence(folder, share, said):
    with pytest.raises(SettingsError, match=said):
        SlurmFarm([], folder, share, None, None)


def test_a_machine_without_submitit_or_slurm_says_so(monkeypatch, capsys):
    words = ["grid", "--prompts", "red", "--drawer", "pixel", "--perceptors", "embedded", "--on", "slurm", "--quiet"]
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable))
    if "submitit" in sys.modules or __import__("importlib.util").util.find_spec("submitit"):
        assert main(words) == 1
        assert "on=slurm: no job can be submitted: " in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "submitit", None)
    assert main(words) == 1
    assert "pip install 'pixray[slurm]'" in capsys.readouterr().err

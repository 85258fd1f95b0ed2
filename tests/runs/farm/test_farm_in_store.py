"""Farms whose folder is in a store: workers put their cells there, and the farm its pages."""

import json
from pathlib import Path

import pytest

pytest.importorskip("fsspec", reason="stores need the extra 'farm'")

from pixray.api import Studio
from pixray.cli.main import main
from pixray.errors import PixrayError, SettingsError
from pixray.models.store import ModelStore
from pixray.recorders.lock import NAME as LOCK
from pixray.recorders.lock import FolderInUse
from pixray.recorders.staging import shared_address
from pixray.recorders.store_lock import StoreLock
from pixray.registry import BUILT_IN, Registry
from pixray.runs.farm.local import LocalFarm
from pixray.runs.farm.marker import MARKER, missing_marker, remove_marker, write_marker
from pixray.runs.farm.painter import Painter
from pixray.runs.farm.progress import CellChanged, FarmFinished
from pixray.runs.farm.session import Farm
from pixray.runs.farm.shares import Share
from pixray.runs.grid import make_cells
from pixray.runs.grid_page import write_results
from pixray.runtime.store import Store
from tests.faults.once_deadly import TEXTS, OnceDeadly
from tests.stored_files import content, left_behind, of_disk

ROOT = Path(__file__).parents[3]


@pytest.fixture
def memory(monkeypatch):
    from fsspec.implementations.memory import MemoryFileSystem

    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]
    return "memory://pictures"


def same(there, here):
    """Whether both hold the same files; logs tell times, too."""
    assert there.keys() == here.keys()
    assert [name for name in here if here[name] != there[name] and not name.endswith(".jsonl")] == []


def here(folder):
    """The cells on a disk, without Ray, with one thread as workers have it."""
    import torch

    folder.mkdir()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    cells = make_cells(TEXTS, Registry(BUILT_IN), str(folder))
    list(LocalFarm(cells, folder, Painter(Registry(BUILT_IN), ModelStore()), write_results).run())
    torch.set_num_threads(threads)
    return of_disk(folder)


def test_a_farm_of_one_process_leaves_the_same_files_in_a_store(memory, registry, tiny):
    studio = Studio(registry)
    cells = [{**tiny, "seed": seed, "checkpoint_every": 2} for seed in (1, 2)]
    events = list(studio.farm(cells, outdir=f"{memory}/farm"))
    assert isinstance(events[-1], FarmFinished) and events[-1].done == 2
    assert {event.folder.rpartition("/")[0] for event in events if isinstance(event, CellChanged)} == {f"{memory}/farm"}
    list(studio.farm(cells, outdir="farm"))
    same(content(f"{memory}/farm"), of_disk("farm"))
    logs = {name: text for name, text in content(f"{memory}/farm").items() if name.endswith("log.jsonl")}
    assert list(studio.farm(cells, outdir=f"{memory}/farm"))[-1].done == 2
    assert logs.items() <= content(f"{memory}/farm").items(), "nothing is painted again"


def test_files_of_somebody_else_are_never_written_over_by_a_farm(memory, registry, tiny):
    Store(f"{memory}/farm").write("index.html", b"mine")
    with pytest.raises(PixrayError, match="memory://pictures/farm/index.html is not pixray's own"):
        list(Studio(registry).farm([tiny], outdir=f"{memory}/farm"))
    assert content(f"{memory}/farm") == {"index.html": b"mine"}


def test_what_one_process_holds_in_its_memory_is_no_place_for_workers(capsys, registry, tiny):
    words = ["--prompts", "red", "--drawer", "pixel", "--perceptors", "embedded", "--outdir", "memory://b/x"]
    assert main(["grid", *words, "--on", "ray"]) == 2
    assert "lies in the memory of one process, and a farm has several; expected a folder" in capsys.readouterr().err
    assert main(["compare", *words[:2], "--drawers", "pixel", *words[4:], "--on", "auto"]) == 2
    assert "lies in the memory of one process" in capsys.readouterr().err
    with pytest.raises(SettingsError, match="lies in the memory of one process"):
        list(Studio(registry).farm([tiny], on="ray", outdir="memory://b/x"))


def test_numbered_folders_of_farms_take_the_next_free_number(memory):
    assert shared_address(f"{memory}/f%SEQ%", None) == f"{memory}/f01"
    Store(f"{memory}/f01").write("log.jsonl", b"x")
    assert shared_address(f"{memory}/f%SEQ%", None) == f"{memory}/f02"


def test_a_machine_that_does_not_see_the_folder_says_so(memory, s3_bucket, monkeypatch):
    marker = f"{MARKER}1"
    write_marker(memory, marker)
    assert missing_marker(memory, marker, "n1") == ""
    assert (
        missing_marker(memory, f"{MARKER}2", "n1")
        == "n1 does not see memory://pictures: name a folder that all machines share"
    )
    remove_marker(memory, marker)
    assert content(memory) == {}
    monkeypatch.setattr("pixray.runtime.store.PAUSES", ())
    assert missing_marker("s3://no-such-bucket/x", marker, "n1").startswith("n1 does not see s3://no-such-bucket/x")


def test_the_lock_of_a_lost_worker_goes_to_the_next_one_of_its_farm_and_to_nobody_else(memory):
    lost, heir, other = (StoreLock(Store(f"{memory}/cell"), heir=name) for name in ("farm", "farm", "another"))
    lost.acquire()
    with pytest.raises(FolderInUse):
        other.acquire()
    heir.acquire()
    heir.check()
    with pytest.raises(PixrayError, match="its worker counted as lost"):
        lost.check()
    lost.release()
    assert Store(f"{memory}/cell").names() == [LOCK]
    heir.release()
    assert Store(f"{memory}/cell").names() == []


@pytest.fixture(scope="module")
def nodes(s3_server, tmp_path_factory):
    """A cluster of two nodes, whose processes have the keys of the store in their environment."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'pixray[farm]'")
    from tests.faults import farm as faults

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("PIXRAY_OFFLINE", "1")
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))
        patch.setenv("AWS_ENDPOINT_URL", s3_server)
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "geheim-7f3a")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with faults.cluster(2) as made:
            yield made


def paint(address, on, painting):
    cells = make_cells(TEXTS, Registry(BUILT_IN), address)
    return list(Farm(cells, address, on, Share(), painting, write_results).run())


def test_a_cluster_paints_into_a_store_what_one_process_paints_onto_a_disk(nodes, s3_bucket, tmp_path):
    where, died = f"{s3_bucket}/farm", tmp_path / "died"
    events = paint(where, nodes.address, OnceDeadly(Registry(BUILT_IN), died, where))
    assert events[-1].done == 3 and died.exists(), [event for event in events if getattr(event, "reason", "")]
    there, whole = content(where), here(tmp_path / "whole")
    same(there, whole)
    begun = [
        line["step"]
        for name, text in there.items()
        if name.endswith("log.jsonl")
        for line in map(json.loads, text.splitlines())
        if line["event"] == "started"
    ]
    further = {step for step in begun if step}  # more than one on a machine so busy that another worker is lost
    assert begun.count(0) == 3 and further and further <= {4, 8}, "the killed worker's cell went on"
    assert not [
        name for name, text in there.items() for word in (b"geheim", b"AKIA", s3_bucket.encode()) if word in text
    ]
    assert paint(where, nodes.address, Painter(Registry(BUILT_IN)))[-1].done == 3
    assert {name: text for name, text in content(where).items() if "/" in name} == {
        name: text for name, text in there.items() if "/" in name
    }, "nothing is painted again"


def test_a_comparison_on_a_cluster_has_its_page_in_the_store(nodes, s3_bucket, capsys):
    words = ["--prompts", "red", "--drawers", "pixel", "--size", "24x16", "--num_cuts", "2", "--iterations", "2"]
    words += ["--perceptors", "embedded", "--outdir", f"{s3_bucket}/compare", "--quiet"]
    before = left_behind()
    assert main(["compare", *words, "--on", nodes.address]) == 0
    assert capsys.readouterr().out == f"{s3_bucket}/compare/index.html\n"
    store = Store(f"{s3_bucket}/compare")
    (row,) = json.loads(store.read("compare.json"))["rows"]
    assert row["status"] == "done" and row["guided"] and row["picture"] in store.names()
    assert LOCK not in store.names()
    assert left_behind() <= before, "of workers that were killed something is left, of this one nothing"

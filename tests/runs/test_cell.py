"""Cells are known by the hash of everything that decides about their pictures."""

import json
from pathlib import Path

import pytest
from PIL import Image

from pixray.errors import PixrayError
from pixray.models.store import ModelStore
from pixray.recorders.log import read_log
from pixray.runs.cell import KEY, Cell, paint_cell
from pixray.runs.outcome import outcome_of
from pixray.runs.to_folder import run_to_folder


@pytest.fixture
def cell(resolve, tiny):
    def make(**changes):
        return Cell({}, resolve(**{**tiny, "outdir": "cell", **changes}))

    return make


@pytest.fixture
def paint(registry):
    def painted(cell):
        session, files = paint_cell(cell, registry, ModelStore())
        for _ in run_to_folder(session, files, registry):
            pass

    return painted


def test_a_key_depends_on_the_picture_and_on_no_place(cell):
    key = cell().key
    assert cell(outdir="elsewhere").key == key and cell(device="cpu").key == key and cell(offline=True).key == key
    others = [cell(seed=2), cell(iterations=7), cell(prompts="blue"), cell(learning_rate=0.3), cell(cut_pow=2.0)]
    assert len({key, *(other.key for other in others)}) == 6


def test_a_key_holds_defaults_that_nobody_asked_for(cell):
    assert "cut_pow" not in cell().settings.given()
    assert cell().key != cell(cut_pow=2.0).key


def test_the_folder_of_a_cell_holds_its_key(cell, paint):
    paint(cell())
    assert json.loads((cell().folder / KEY).read_text()) == {"key": cell().key}
    assert cell().done() and not cell(iterations=7).done()


def test_a_run_of_other_settings_in_the_folder_is_moved_aside(cell, paint):
    paint(cell())
    before = (cell().folder / "output.png").read_bytes()
    paint(cell(seed=9))
    assert cell(seed=9).done() and not cell().done()
    assert (cell().folder.parent / "cell-earlier-01" / "output.png").read_bytes() == before
    assert read_log(cell().folder).records[-1]["seed"] == 9


def test_a_folder_of_an_earlier_pixray_has_no_key_and_counts_as_before(cell, paint):
    paint(cell())
    (cell().folder / KEY).unlink()
    assert cell().done()
    (cell().folder / KEY).write_text("[1, 2")
    assert cell().done()


def test_a_cell_goes_on_on_a_machine_whose_user_seals_records_with_another_key(cell, registry, monkeypatch, tmp_path):
    Image.new("RGB", (24, 16), "blue").save("start.png")
    asked = cell(init_image=str(Path("start.png").absolute()), checkpoint_every=2)
    session, files = paint_cell(asked, registry, ModelStore())
    for event in run_to_folder(session, files, registry):
        if getattr(event, "step", 0) == 2:
            session.stop()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    session, files = paint_cell(asked, registry, ModelStore())
    assert session.step
    files.close()


def test_a_record_that_was_changed_in_the_folder_of_a_cell_is_not_trusted(cell, paint, registry, monkeypatch, tmp_path):
    paint(cell())
    record = cell().folder / "settings.yaml"
    record.write_text(record.read_text() + f"\ninit_image: {tmp_path}/secret.png\n")
    with pytest.raises(PixrayError, match="init_image"):
        paint_cell(cell(), registry, ModelStore())


def test_every_way_in_which_a_run_can_end_has_an_outcome():
    def raising(error):
        def paint():
            raise error

        return paint

    assert outcome_of(lambda: False).state == "done" and outcome_of(lambda: True).state == "stopped"
    assert "not enough memory" in outcome_of(raising(MemoryError())).reason
    assert outcome_of(raising(KeyError("x"))).reason == "the run failed: KeyError: 'x'"
    assert outcome_of(raising(RuntimeError("CUDA error"))).broken_device
    assert not outcome_of(raising(RuntimeError("other"))).broken_device

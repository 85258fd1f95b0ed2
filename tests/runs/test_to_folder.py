"""One function runs a session into a folder, whoever asks for it."""

from pathlib import Path

import pytest

import pixray
from pixray.errors import PixrayError, SettingsError
from pixray.events import Started, Stepped
from pixray.models.store import ModelStore
from pixray.recorders.base import Recorder
from pixray.runs.to_folder import finish_in_folder, prepare_folder_run, run_to_folder
from pixray.settings.layers import Layer, LayerKind
from pixray.settings.schema import Schema


class Diary(Recorder):
    """Writes what it hears beside the picture."""

    def __call__(self, event):
        with (self.files.folder / "diary.txt").open("a") as diary:
            diary.write(f"{type(event).__name__}\n")


@pytest.fixture
def prepared(registry, resolve, tiny):
    def prepare(**changes):
        settings = resolve(**{**tiny, "iterations": 2, "outdir": "out", **changes})
        return prepare_folder_run(settings, registry, ModelStore())

    return prepare


def test_files_are_written_before_an_event_is_passed_on(prepared, registry):
    session, files = prepared()
    lines = []
    for event in run_to_folder(session, files, registry):
        lines.append(Path("out/log.jsonl").read_text().count("\n"))
        assert not isinstance(event, Started) or Path("out/settings.yaml").is_file()
    assert lines[-1] >= 4 and Path("out/output.png").is_file()


def test_recorders_that_the_settings_name_hear_the_run(prepared, registry):
    registry.add("recorder", "diary", Diary)
    assert not finish_in_folder(*prepared(recorders="diary"), registry, "quiet")
    assert Path("out/diary.txt").read_text().split()[-1] == "Finished"


def test_a_request_names_no_recorders(registry, tiny):
    """What a server's own preset names does hear the run."""
    registry.add("recorder", "diary", Diary)
    named = {"recorders": "diary"}
    for kind, heard in ((LayerKind.CLIENT, False), (LayerKind.PRESET, True)):
        base = Layer(LayerKind.PYTHON, "the server", {**tiny, "iterations": 1, "outdir": kind.name})
        layers = [base, Layer(kind, "it", named), Layer(LayerKind.CLIENT, "the inputs", {"prompts": "blue"})]
        settings = Schema.for_choice(registry, layers).resolve(layers)
        finish_in_folder(*prepare_folder_run(settings, registry, ModelStore()), registry, "quiet")
        assert Path(kind.name, "diary.txt").exists() is heard


def test_a_folder_that_cannot_be_taken_is_told_before_anything_is_loaded(prepared, monkeypatch):
    monkeypatch.setattr("pixray.runs.to_folder.build_run", None)
    Path("out").mkdir()
    Path("out/output.png").write_bytes(b"mine")
    with pytest.raises(PixrayError, match=r"output\.png"):
        prepared()
    assert Path("out/output.png").read_bytes() == b"mine"


def test_a_run_that_is_stopped_says_so(prepared, registry):
    session, files = prepared(iterations=50)
    advance = session.advance

    def stop_after_three():
        for event in advance():
            if isinstance(event, Stepped) and event.step == 3:
                session.stop()
            yield event

    session.advance = stop_after_three
    assert finish_in_folder(session, files, registry, "quiet") and session.step == 3


def test_progress_shows_no_path_and_live_does(prepared, registry, capsys):
    finish_in_folder(*prepared(), registry, "progress")
    assert capsys.readouterr().out == ""
    finish_in_folder(*prepared(outdir="other"), registry, "live")
    assert capsys.readouterr().out.strip().endswith("output.png")


def test_settings_that_are_wrong_by_now_make_no_folder(prepared, registry, resolve, tiny):
    settings = resolve(**{**tiny, "outdir": "out"})
    settings.iterations = -1
    with pytest.raises(SettingsError, match="iterations=-1"):
        prepare_folder_run(settings, registry, ModelStore())
    assert not Path("out").exists()


def test_no_other_place_puts_recorders_and_sessions_together():
    package = Path(pixray.__file__).parent
    users = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "attach(session" in path.read_text(encoding="utf-8") or "FileRecorder(" in path.read_text(encoding="utf-8")
    }
    # A run that goes on claims its folder earlier; the contract of recorders is a test.
    assert users == {"runs/to_folder.py", "runs/resume.py", "testing/recorder_contract.py"}

"""A run made again from its record is the same, whatever the defaults and presets are by then."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from pixray.cli.main import main
from pixray.images.encode import png_bytes
from pixray.recorders.record import read_record, sheet_records
from pixray.settings import tables
from pixray.settings.core import engine_declarations
from pixray.settings.declare import RESOLVED

FEW = ["--drawer", "pixel", "--size", "32x24", "--seed", "5", "--quiet"]


@pytest.fixture
def few_steps(monkeypatch):
    """Presets as they are when a run is made."""
    monkeypatch.setitem(tables.QUALITY["normal"], "iterations", 4)
    monkeypatch.setitem(tables.EMBEDDED_PIXEL, "iterations", 4)
    monkeypatch.setitem(tables.EMBEDDED_PIXEL, "num_cuts", 3)


@pytest.fixture
def other_times(monkeypatch):
    """Presets and defaults as another version may have them."""
    changed = []

    def begin():
        monkeypatch.setitem(tables.QUALITY["normal"], "iterations", 2)
        monkeypatch.setitem(tables.EMBEDDED_PIXEL, "iterations", 2)
        monkeypatch.setitem(tables.EMBEDDED_PIXEL, "num_cuts", 2)
        monkeypatch.setitem(tables.EMBEDDED, "cut_noise", 0.9)
        monkeypatch.setitem(tables.EMBEDDED, "cut_contrast", "minmax")
        for one in engine_declarations():
            if one.name in ("learning_rate", "init_noise", "save_every"):
                changed.append((one, one.default))
                object.__setattr__(one, "default", {"learning_rate": 0.7, "init_noise": "snow"}.get(one.name, 1))

    yield begin
    for one, default in changed:
        object.__setattr__(one, "default", default)


def settings_below(folder):
    return list(Path(folder).rglob("settings.yaml"))


def same(first, second, *names):
    return all(Path(first, name).read_bytes() == Path(second, name).read_bytes() for name in names)


@pytest.mark.parametrize(
    "source", ["one/settings.yaml", "one", "one/output.png", "one/output.svg", "one/output_cells.png", "frame"]
)
def test_a_rerun_is_the_same_under_other_defaults_and_presets(few_steps, other_times, source):
    words = ["--prompts", "a red circle", "--pixel_svg", "yes", "--pixel_cells", "yes", "--save_every", "2"]
    assert main([*words, *FEW, "--outdir", "one"]) == 0
    other_times()
    source = "one/steps/frame_0002.png" if source == "frame" else source
    assert main(["rerun", source, "--outdir", "two", "--quiet"]) == 0
    assert same("one", "two", "output.png", "output.svg", "output_cells.png", "steps/frame_0002.png")
    assert main([*words, *FEW, "--outdir", "three"]) == 0
    assert not same("one", "three", "output.png"), "a new run has the new ones"


@pytest.mark.parametrize("name", ["heart.jpg", "heart.webp", "heart.png"])
def test_a_picture_of_any_format_is_made_again_the_same(few_steps, other_times, name):
    assert main(["--prompts", "red", *FEW, "--output", name, "--outdir", "one"]) == 0
    other_times()
    assert main(["rerun", f"one/{name}", "--output", name, "--outdir", "two", "--quiet"]) == 0
    assert same("one", "two", name)


def test_settings_yaml_as_a_file_of_settings_is_the_same_run(few_steps, other_times):
    assert main(["--prompts", "red", *FEW, "--outdir", "one"]) == 0
    other_times()
    assert main(["one/settings.yaml", "--outdir", "two", "--quiet"]) == 0
    assert same("one", "two", "output.png")


def test_an_animation_is_made_again_the_same(few_steps, other_times):
    for number in (1, 2):
        Path(f"in_{number}.png").write_bytes(png_bytes(np.full((24, 32, 3), 60 * number, np.uint8)))
    words = ["--prompts", "red", *FEW, "--init_image", "in_*.png", "--save_every", "2"]
    assert main([*words, "--animation_dir", "anim", "--outdir", "one"]) == 0
    record = read_record("anim/in_1.png")
    assert record[RESOLVED]["choices"]["init_image"] == "in_*.png"
    Path("anim").rename("before")
    other_times()
    assert main(["rerun", "one", "--outdir", "two", "--quiet"]) == 0
    assert same("before", "anim", "in_1.png", "in_2.png")


def test_a_run_goes_on_as_it_was_begun(few_steps, other_times):
    words = ["--prompts", "red", *FEW]
    assert main([*words, "--iterations", "6", "--outdir", "whole"]) == 0
    assert main([*words, "--iterations", "4", "--outdir", "one"]) == 0
    other_times()
    assert main(["resume", "one", "--iterations", "5", "--quiet"]) == 0
    assert main(["resume", "one", "--iterations", "+1", "--quiet"]) == 0
    first, second = read_record("whole")[RESOLVED], read_record("one")[RESOLVED]
    assert first["presets"][0]["values"].pop("learning_rate_drops") == ["50%", "80%"]
    assert first == second and read_record("one")["learning_rate_drops"] == ["1 iterations", "2 iterations"]


@pytest.mark.parametrize("command", ["grid", "compare"])
def test_pictures_of_grids_and_comparisons_are_made_again_the_same(few_steps, other_times, command):
    flags = {"grid": ["--seed", "1..2", "--drawer", "pixel"], "compare": ["--seeds", "1,2", "--drawers", "pixel"]}
    words = [command, "--prompts", "red", *flags[command], "--size", "32x24", "--outdir", "all"]
    assert main([*words, "--quiet"]) == 0
    other_times()
    folders = [path.parent for path in sorted(Path("all").glob("*/settings.yaml"))]
    assert len(folders) == 2
    for folder in folders:
        assert main(["rerun", str(folder / "output.png"), "--outdir", "again", "--quiet"]) == 0
        assert same(folder, "again", "output.png")
    # The same command asks for other pictures now: they are painted, and those of before are kept.
    assert main([*words, "--quiet"]) == 0
    cutouts = [read_record(path.parent)[RESOLVED]["presets"][0]["values"]["num_cuts"] for path in settings_below("all")]
    assert sorted(cutouts) == [2, 2, 3, 3]


def test_a_sheet_carries_the_records_of_its_pictures(few_steps, capsys):
    assert main(["grid", "--prompts", "red", "--seed", "1..2", *FEW[:4], "--outdir", "all", "--quiet"]) == 0
    assert main(["sheet", "all", "--out", "own.png"]) == 0
    for path in ("all/sheet.png", "own.png"):
        listed = sheet_records(path)
        assert [each["record"]["seed"] for each in listed] == [1, 2]
        assert all(each["record"] == read_record(Path("all", each["picture"])) for each in listed)
        capsys.readouterr()
        assert main(["show", path]) == 0
        assert len(list(yaml.safe_load_all(capsys.readouterr().out))) == 2
        assert main(["rerun", path, "--outdir", "again"]) == 1
        assert f"is a sheet of 2 pictures, such as {listed[0]['picture']}" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{", "7", "[7]", '[{"picture": 1}]', '[{"picture": "a"}]', "[" * 9_000])
def test_a_damaged_sheet_is_one_sentence(text, capsys):
    Path("sheet.png").write_bytes(png_bytes(np.zeros((4, 4, 3), np.uint8), {"pixray_sheet": text}))
    assert main(["show", "sheet.png"]) == 1
    assert "the settings in it are damaged" in capsys.readouterr().err


def test_records_of_before_are_made_again_with_todays_defaults(few_steps):
    assert main(["--prompts", "red", *FEW, "--outdir", "one"]) == 0
    record = read_record("one")
    del record[RESOLVED]
    Path("old.png").write_bytes(png_bytes(np.zeros((4, 4, 3), np.uint8), {"pixray_record": json.dumps(record)}))
    assert main(["rerun", "old.png", "--outdir", "two", "--quiet"]) == 0
    assert read_record("two")[RESOLVED]["defaults"]["learning_rate"] == 0.2


def test_a_rerun_with_another_drawer_or_quality_is_what_a_new_run_would_be(capsys):
    words = ["--prompts", "red", "--size", "32x24", "--seed", "5", "--iterations", "2", "--quiet"]
    assert main([*words, "--drawer", "pixel", "--pixel_type", "hex", "--outdir", "one"]) == 0
    assert main(["rerun", "one/output.png", "--drawer", "fft", "--outdir", "two"]) == 0
    assert "'pixel_type' (from output.png) is a setting of drawer pixel" in capsys.readouterr().err
    assert main([*words, "--drawer", "fft", "--outdir", "three"]) == 0
    again, new = read_record("two"), read_record("three")
    assert again[RESOLVED] == new[RESOLVED]
    assert main(["diff", "two", "three"]) == 0


def test_a_rerun_says_and_leaves_no_more_than_the_run_itself(capsys):
    words = ["--prompts", "red", *FEW[:-1], "--iterations", "1"]
    assert main([*words, "-o", "first.png"]) == 0
    told = capsys.readouterr().err
    assert main(["rerun", "first.png", "-o", "again.png"]) == 0
    assert Path("again.png").read_bytes() != b"" and not Path("outputs").exists(), "the picture alone"
    assert "vector_prompts" not in told + capsys.readouterr().err, "nobody asked for these"


def test_the_record_stays_small(few_steps):
    assert main(["--prompts", "red", *FEW, "--outdir", "one"]) == 0
    assert Path("one/output.png").stat().st_size < 6_000
    assert Path("one/settings.yaml").stat().st_size < 6_000

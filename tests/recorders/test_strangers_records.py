"""Records of strangers are data: they choose no place, no file, no address and no paid service."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from pixray.cli.main import main
from pixray.images.encode import png_bytes
from pixray.recorders.record import svg_with_record

NAMING = {
    "outdir": "elsewhere",
    "animation_dir": "elsewhere",
    "output": "other.png",
    "checkpoints_dir": "elsewhere",
    "init_image": "/etc/hostname",
    "overlay_image": "http://127.0.0.1:9/x.png",
    "spot_file": "~/spot.png",
}


def strangers(ending, **more):
    """A picture or settings file that says where to write, what to read and what to fetch."""
    record = {"prompts": ["red"], "drawer": "pixel", "size": [24, 16], "iterations": 2, "num_cuts": 2, "seed": 1}
    record |= {"perceptors": "embedded", **more}
    path = Path(f"stranger{ending}")
    if ending == ".yaml":
        path.write_text(yaml.safe_dump(record))
    elif ending == ".svg":
        path.write_bytes(svg_with_record(b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', json.dumps(record)))
    else:
        path.write_bytes(png_bytes(np.zeros((4, 4, 3), np.uint8), {"pixray_record": json.dumps(record)}))
    return str(path)


@pytest.mark.parametrize("ending", [".png", ".svg", ".yaml"])
def test_a_record_chooses_no_place_no_file_and_no_address_and_says_what_was_left_out(capsys, ending):
    path = strangers(ending, **NAMING)
    assert main(["rerun", path, "--outdir", "mine"]) == 0
    told = capsys.readouterr().err
    assert Path("mine/output.png").is_file() and not Path("elsewhere").exists()
    assert all(name in told for name in NAMING if name not in ("outdir", "output")) and "--trust" in told


def test_old_names_and_flags_with_dashes_are_left_out_too(capsys):
    path = strangers(".yaml", **{"init-image": "/etc/hostname", "animation-dir": "elsewhere"})
    assert main(["rerun", path, "--outdir", "mine"]) == 0
    assert "init_image" in capsys.readouterr().err and not Path("elsewhere").exists()


def test_with_leave_a_record_counts_in_full(capsys):
    path = strangers(".png", outdir="elsewhere")
    assert main(["rerun", path, "--trust", "--quiet"]) == 0
    assert Path("elsewhere/output.png").is_file()


def test_a_record_pays_no_service(capsys):
    assert main(["rerun", strangers(".png", drawer="openai"), "--outdir", "mine"]) == 2
    assert "names a remote service" in capsys.readouterr().err and not Path("mine").exists()


def test_what_a_person_says_beside_a_record_counts(capsys):
    Path("mine.png").write_bytes(png_bytes(np.full((16, 24, 3), 200, np.uint8)))
    path = strangers(".png", init_image="/etc/hostname")
    assert main(["rerun", path, "--init_image", "mine.png", "--outdir", "mine"]) == 0
    assert "left out" not in capsys.readouterr().err


def test_python_leaves_out_the_same_unless_told_to_trust():
    import pixray

    path = strangers(".yaml", init_image="mine.png")
    Path("mine.png").write_bytes(png_bytes(np.full((16, 24, 3), 200, np.uint8)))
    careful, trusting = pixray.load_settings(path), pixray.load_settings(path, trust=True)
    assert careful.init_image is None and any("init_image" in text for text in careful.notices)
    assert trusting.init_image == "mine.png" and not trusting.notices


@pytest.fixture
def interrupted():
    """A run of this user from a start picture, of which two of four steps are taken."""
    Path("mine.png").write_bytes(png_bytes(np.full((16, 24, 3), 200, np.uint8)))
    words = ["--prompts", "red", "--drawer", "pixel", "--size", "24x16", "--num_cuts", "2", "--seed", "1"]
    words += ["--perceptors", "embedded", "--init_image", "mine.png", "--outdir", "run", "--quiet"]
    assert main([*words, "--iterations", "2"]) == 0
    return Path("run")


def test_the_folder_of_a_run_of_ones_own_is_no_strangers_record(interrupted, capsys):
    for path in ("run", "run/settings.yaml"):
        assert main(["rerun", path, "--outdir", "again"]) == 0
        assert "left out" not in capsys.readouterr().err
        assert Path("again/output.png").read_bytes() == Path("run/output.png").read_bytes()
    assert main(["rerun", "run/output.png", "--outdir", "again"]) == 0
    assert "left out" in capsys.readouterr().err, "a picture alone may be anybody's"


def test_a_run_of_ones_own_goes_on_with_its_files(interrupted):
    assert main(["resume", "run", "--iterations", "3", "--quiet"]) == 0
    assert main(["resume", "run", "--iterations", "+1", "--quiet"]) == 0, "its new settings are its own, too"


@pytest.mark.parametrize("change", ["seal", "settings", "home"])
def test_a_strangers_run_names_no_files_unless_trusted(interrupted, monkeypatch, capsys, change):
    record = interrupted / "settings.yaml"
    text = record.read_text()
    if change == "seal":
        record.write_text(text[: text.rindex("# Painted")])
    elif change == "settings":
        record.write_text(text.replace("mine.png", "/etc/hostname"))
    else:
        monkeypatch.setenv("XDG_STATE_HOME", "another home")
    assert main(["resume", "run", "--iterations", "3", "--quiet"]) == 2
    assert "was not painted by this user here" in capsys.readouterr().err
    if change != "settings":
        assert main(["resume", "run", "--iterations", "3", "--trust", "--quiet"]) == 0


def test_a_strangers_run_that_names_nothing_goes_on():
    Path("run").mkdir()
    Path("run/settings.yaml").write_text(Path(strangers(".yaml")).read_text())
    assert main(["resume", "run", "--quiet"]) == 0


def test_without_a_place_for_its_key_a_run_is_written_unsealed(monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/nowhere")
    path = strangers(".yaml")
    assert main(["rerun", path, "--outdir", "mine", "--quiet"]) == 0
    assert "# Painted" not in Path("mine/settings.yaml").read_text()

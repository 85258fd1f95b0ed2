"""What one asks for first: a picture under a name, opened when it is done, from a file of settings."""

import json
from pathlib import Path

import pytest
from PIL import Image

import pixray
from pixray.cli.main import main
from pixray.recorders.record import read_record

TINY = "--prompts red --drawer pixel --size 32 24 --pixel_size 8 6 --num_cuts 4 --perceptors embedded"
TINY = [*TINY.split(), "--iterations", "2", "--seed", "1", "--quiet"]


def files():
    return sorted(path.as_posix() for path in Path().rglob("*") if path.is_file())


@pytest.mark.parametrize("words", [["-o", "heart.png"], ["--output", "heart"], ["--output=new/heart.png"]])
def test_a_name_alone_is_one_picture_and_nothing_else(words):
    assert main([*TINY, *words]) == 0
    (name,) = files()
    assert name == ("new/heart.png" if "new" in words[0] else "heart.png")
    assert read_record(name)["prompts"] == ["red"] and read_record(name).get("output") in (None, "heart.png")


def test_a_picture_of_pixray_is_replaced_and_another_one_is_not(capsys):
    for _ in range(2):
        assert main([*TINY, "-o", "heart.png"]) == 0
    Image.new("RGB", (4, 4)).save("mine.png")
    before = Path("mine.png").read_bytes()
    assert main([*TINY, "-o", "mine.png"]) == 2
    assert "mine.png is no picture of pixray and would be written over" in capsys.readouterr().err
    assert files() == ["heart.png", "mine.png"] and Path("mine.png").read_bytes() == before


def test_with_a_folder_the_picture_lies_in_it_or_below():
    assert main([*TINY, "-o", "sub/heart.png", "--outdir", "out"]) == 0
    assert "out/sub/heart.png" in files() and "out/settings.yaml" in files()
    assert main(["resume", "out", "--iterations", "+1", "--quiet"]) == 0
    assert read_record("out/sub/heart.png")["iterations"] == 3


@pytest.mark.parametrize("name", ["../heart.png", "/tmp/heart.png", "sub/../../heart.png"])
def test_with_a_folder_the_picture_does_not_lead_out_of_it(name, capsys):
    assert main([*TINY, "-o", name, "--outdir", "out"]) == 2
    assert "leads out of the folder of the run" in capsys.readouterr().err and not files()


def test_the_finished_picture_is_opened(monkeypatch):
    opened = []
    monkeypatch.setattr("pixray.cli.opening.open_file", opened.append)
    assert main([*TINY, "-o", "heart.png", "--open"]) == 0
    assert opened == ["heart.png"]


def test_a_machine_without_a_program_for_pictures_says_where_it_is(monkeypatch, capsys):
    monkeypatch.setattr("pixray.cli.opening.shutil.which", lambda name: None)
    monkeypatch.setattr("pixray.cli.opening.webbrowser.open", lambda address: False)
    assert main([*TINY, "-o", "heart.png", "--open"]) == 1
    assert "heart.png is finished, but there is no program here to open it" in capsys.readouterr().err


def test_a_file_of_settings_may_be_json(capsys):
    settings = {"prompts": ["a café 🎨"], "drawer": "pixel", "size": [32, 24], "pixel_size": [8, 6], "num_cuts": 4}
    Path("mine.json").write_text(json.dumps({**settings, "perceptors": "embedded", "iterations": 1}))
    assert main(["mine.json", "--outdir", "out", "--quiet"]) == 0
    assert read_record("out/output.png")["prompts"] == ["a café 🎨"]
    for text, what in [
        ('{"seed": 1,}', "at line 1"),
        ("[1]", "expected an object"),
        ('{"seed": 1, "seed": 2}', "twice"),
    ]:
        Path("mine.json").write_text(text)
        assert main(["mine.json"]) == 2
        assert what in capsys.readouterr().err


def test_a_replaced_picture_says_which_seed_makes_it_again(capsys):
    loud = [word for word in TINY if word != "--quiet"]
    assert main([*loud, "-o", "heart.png"]) == 0
    assert "replaced" not in capsys.readouterr().err
    assert main([*loud, "--seed", "2", "-o", "heart.png"]) == 0
    assert capsys.readouterr().err.splitlines().count("replaced an earlier picture (seed 1)") == 1
    assert read_record("heart.png")["seed"] == 2


def test_a_run_that_fails_leaves_an_earlier_picture_as_it_was():
    class Breaks(pixray.Loss):
        def __call__(self, inputs):
            raise ValueError("no more")

    assert main([*TINY, "-o", "heart.png"]) == 0
    before = Path("heart.png").read_bytes()
    pixray.add_custom_loss("breaks", Breaks)
    assert main([*TINY, "--custom_loss", "breaks", "-o", "heart.png"]) == 1
    assert Path("heart.png").read_bytes() == before


def test_a_loss_that_gives_many_values_is_told_in_one_sentence(capsys):
    class Many(pixray.Loss):
        def __call__(self, inputs):
            return inputs.canvas.mean(1)

    pixray.add_custom_loss("many", Many)
    assert main([*TINY, "--custom_loss", "many", "-o", "heart.png"]) == 1
    told = capsys.readouterr().err
    assert (
        "loss 'many': Many gives a tensor of shape (1, " in told and "not a scalar" in told and "Traceback" not in told
    )


WRONG_PLACES = [
    ("mine.png", "mine.png is no picture of pixray and would be written over"),
    ("dir.png", "dir.png is a folder: output names a picture"),
    ("mine.png/heart.png", "mine.png/heart.png cannot be written, since mine.png is no folder"),
    ("note.txt", "expected a name that ends in .png, .jpg, .jpeg, .webp, .avif; .txt is not written"),
    ("film.mp4", ".mp4 is not written"),
]


@pytest.mark.parametrize(("name", "said"), WRONG_PLACES)
def test_a_place_where_no_picture_can_be_written_is_told_with_all_other_mistakes(name, said, capsys):
    Image.new("RGB", (4, 4)).save("mine.png")
    Path("dir.png").mkdir()
    assert main([*TINY, "-o", name, "--iterations", "many"]) == 2
    told = capsys.readouterr().err
    assert said in told and "iterations='many'" in told and "loading" not in told
    assert files() == ["mine.png"]


@pytest.mark.parametrize(("name", "said"), WRONG_PLACES)
def test_such_a_place_is_told_before_torch_is_loaded(name, said, capsys, monkeypatch):
    def too_late(*_):
        raise AssertionError("the run began")

    monkeypatch.setattr("pixray.cli.main._run", too_late)
    Image.new("RGB", (4, 4)).save("mine.png")
    Path("dir.png").mkdir()
    assert main([*TINY, "-o", name]) == 2
    assert said in capsys.readouterr().err


def test_wrong_settings_of_a_run_into_a_folder_say_nothing_of_a_file_elsewhere(capsys):
    Image.new("RGB", (4, 4)).save("mine.png")
    assert main([*TINY, "-o", "mine.png", "--outdir", "out", "--iterations", "many"]) == 2
    assert "mine.png" not in capsys.readouterr().err


def test_a_name_with_a_dot_is_no_ending():
    for name in ("heart.v2", "take-1.5"):
        assert main([*TINY, "-o", name]) == 0
    assert files() == ["heart.v2.png", "take-1.5.png"]

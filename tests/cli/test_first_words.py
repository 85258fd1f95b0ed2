"""What a newcomer reads first: what is being loaded, whose setting it is, what has no effect."""

import itertools
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pixray.cli.main import main
from pixray.recorders.record import read_record

SMALL = ["--drawer", "pixel", "--size", "32", "24", "--pixel_size", "8", "6", "--num_cuts", "4", "--outdir", "out"]


def test_the_first_line_says_what_is_loaded_before_torch_is():
    words = [sys.executable, "-X", "importtime", "-m", "pixray", "--prompts", "red", "--iterations", "0", *SMALL]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        before = list(
            itertools.takewhile(lambda line: not line.startswith("loading torch and ViT-B/32"), process.stderr)
        )
        assert process.stderr.readline(), "it ended there"
        process.kill()
    imported = [line.rpartition("|")[2].strip() for line in before if line.startswith("import time")]
    assert "torch" not in imported and "pixray.cli.main" in imported


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--perceptors", "embedded"], "loading torch and the built-in model …"),
        (["--clip_models", "embedded:2,embedded-pixel"], "loading torch and the built-in models …"),
        ([], "loading torch and ViT-B/32 and ViT-B/16, or the built-in model where they cannot be had …"),
    ],
)
def test_it_names_the_models(words, said, capsys):
    assert main(["--prompts", "red", "--iterations", "1", *words, *SMALL]) == 0
    printed = capsys.readouterr().err.splitlines()
    assert printed[0] == said and sum("using the built-in small model; " in line for line in printed) <= 1


def test_ctrl_c_while_models_load_is_one_line(monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("pixray.runs.to_folder.prepare_folder_run", interrupted)
    assert main(["--prompts", "red", *SMALL]) == 130
    assert capsys.readouterr().err.splitlines()[1:] == ["pixray: interrupted"]


@pytest.mark.parametrize("words", [[], ["--prompts", ""], ["--prompts", "  |  "]])
def test_a_run_without_a_subject_is_refused_and_leaves_nothing(words, capsys, tmp_path):
    assert main([*words, *SMALL]) == 2
    assert capsys.readouterr().err.startswith("pixray: nothing says what to paint: give prompts")
    assert list(tmp_path.iterdir()) == []


def test_a_text_of_several_words_is_what_to_paint(capsys):
    assert main(["a red heart", "--iterations", "1", *SMALL]) == 0
    assert read_record(Path("out"))["prompts"] == ["a red heart"]
    assert main(["a red heart", "--prompts", "a sun", "--iterations", "1", "--quiet", *SMALL]) == 0
    assert read_record(Path("out"))["prompts"] == ["a red heart", "a sun"]


@pytest.mark.parametrize(("word", "close"), [("lighthouse", ""), ("grdi", " Did you mean 'grid'?")])
def test_a_single_word_may_be_a_command_and_paints_nothing(word, close, capsys, tmp_path):
    assert main([word, *SMALL]) == 2
    told = f"unknown command '{word}': `pixray --help` lists the commands, and --prompts '{word}' paints it.{close}"
    assert capsys.readouterr().err == f"pixray: {told}\n" and list(tmp_path.iterdir()) == []


def test_a_text_behind_the_flags_says_where_it_belongs(capsys):
    assert main(["--prompts", "red", *SMALL, "a red heart"]) == 2
    assert "put a text of several words in quotes, after --prompts or before all flags" in capsys.readouterr().err


def test_the_end_names_what_lies_beside_the_picture(capsys):
    words = ["--prompts", "red", "--drawer", "pixel", "--sprite", "8x6", "--num_cuts", "4", "--outdir", "out"]
    assert main([*words, "--iterations", "1"]) == 0
    shown = capsys.readouterr()
    beside = "beside the picture: output_sprite.png, output.aseprite, steps/output.mp4"
    assert beside in shown.err.splitlines() and shown.out == "out/output.png\n"
    names = beside.partition(": ")[2].split(", ")
    assert [name for name in names if not Path("out", name).is_file()] == []
    assert main([*words[:4], "--iterations", "1", *SMALL[2:-2], "-o", "alone.png"]) == 0
    assert "beside the picture" not in capsys.readouterr().err


def test_a_grid_names_its_sheet(capsys):
    assert main(["grid", "--prompts", "red", "--seed", "1,2", "--iterations", "1", *SMALL]) == 0
    shown = capsys.readouterr()
    assert "beside the page: sheet.png" in shown.err.splitlines() and shown.out == "out/index.html\n"


def test_the_rerun_of_ones_own_picture_leaves_nothing_out(capsys):
    assert main(["--prompts", "red", "--iterations", "1", *SMALL[:-2], "-o", "heart.png"]) == 0
    assert main(["rerun", "heart.png", "--seed", "7", "--outdir", "again"]) == 0
    assert "left out" not in capsys.readouterr().err and Path("again/output.png").is_file()


def test_a_video_of_few_frames_says_how_to_get_more(capsys):
    assert main(["--prompts", "red", "--iterations", "4", "--save_every", "2", "--quiet", *SMALL]) == 0
    assert main(["video", "out", "--format", "gif"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "out/video.gif\n"
    assert shown.err == "3 frames: painting with --save_every 1 keeps more of the 4 steps\n"
    assert main(["--prompts", "red", "--iterations", "2", "--save_every", "1", "--quiet", *SMALL]) == 0
    assert main(["video", "out", "--format", "gif"]) == 0
    assert capsys.readouterr().err == ""


def test_other_things_than_prompts_are_a_subject(capsys):
    assert main(["--custom_loss", "saturation", "--iterations", "1", "--quiet", *SMALL]) == 0
    assert main(["--iterations", "0", "--quiet", *SMALL]) == 0


def test_a_setting_of_one_drawer_alone_offers_that_drawer(capsys):
    assert main(["--prompts", "red", "--pixel_type", "knit"]) == 2
    said = capsys.readouterr().err
    assert "is a flag of drawer pixel, which this run does not use; --drawer pixel would use it" in said
    assert main(["--prompts", "red", "--drawer", "pixel", "--strokes", "3"]) == 2
    assert "would use it" not in capsys.readouterr().err


def test_a_negative_prompt_without_effect_is_told(capsys):
    assert main(["--prompts", "red", "--negative_prompt", "blue", "--iterations", "1", *SMALL]) == 0
    assert "negative_prompt has no effect: it is for remote services" in capsys.readouterr().err


def test_files_and_values_are_told_at_once_without_torch():
    begun = time.perf_counter()
    code = "import sys; from pixray.cli.main import main; assert main(sys.argv[1:]) == 2; "
    code += "assert 'torch' not in sys.modules"
    words = ["--drawer", "pixel", "--pixel_type", "knitt", "--init_image", "no.png", "--overlay_image", "neither.png"]
    done = subprocess.run([sys.executable, "-c", code, *words, "--quality", "drat"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for said in ("pixel_type='knitt'", "init_image='no.png'", "overlay_image='neither.png'", "quality='drat'"):
        assert said in done.stderr
    assert time.perf_counter() - begun < 60


def test_a_log_file_gets_lines_instead_of_bars(capsys, monkeypatch):
    monkeypatch.setattr("pixray.recorders.console._SECONDS_BETWEEN_LINES", 0.0)
    assert main(["--prompts", "red", "--iterations", "4", *SMALL]) == 0
    printed = capsys.readouterr().err
    assert "%|" not in printed and "\r" not in printed
    assert sum(line.startswith("step ") and " of 4, loss " in line for line in printed.splitlines()) == 4


def test_the_short_help_holds_what_the_readme_shows_first(capsys):
    assert main(["--help"]) == 0
    page = capsys.readouterr().out
    for flag in ("prompts", "drawer", "quality", "aspect", "size", "iterations", "seed", "pixel_type", "palette"):
        assert f"--{flag} " in page
    assert "--filters" in page and "--custom_loss" in page and "--init_image" in page

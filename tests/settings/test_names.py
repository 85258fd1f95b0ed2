import os
from pathlib import Path

import pytest

from pixray.cli.main import main
from pixray.errors import SettingsError
from pixray.images.io import open_picture
from pixray.models.store import ModelStore
from pixray.runs.grid import make_cells
from pixray.runs.resume import resume
from pixray.settings.names import fill_names, safe_name

TINY = ["--drawer", "pixel", "--size", "24x16", "--iterations", "2", "--num_cuts", "2", "--perceptors", "embedded"]


def test_names_of_folder_and_picture_hold_prompt_seed_and_drawer(resolve, tiny):
    asked = {**tiny, "prompts": "A red heart: 2 | é/..", "seed": -7}
    filled = fill_names(resolve(**asked, outdir="x/{drawer}", output="{prompt}/{seed}"))
    assert (filled.outdir, filled.output) == ("x/flat", "A-red-heart-é/-7.png")


@pytest.mark.parametrize("name", ["outdir", "output"])
@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{seeds}.png", r"\{seeds\} is unknown; \{prompt\}, \{seed\} and \{drawer\} are filled in"),
        ("{}.png", r"\{\} is unknown"),
        ("{a,b}.png", "these braces mean nothing"),
        ("{1..9}.png", "these braces mean nothing"),
        ("{seed.png", "these braces mean nothing"),
        ("{seed!r}.png", "these braces mean nothing"),
        ("{{seed}}.png", "these braces mean nothing"),
        ("é" * 115 + "{seed}.png", "longer than 255 bytes"),
    ],
)
def test_other_braces_and_long_names_are_refused_in_a_sentence(resolve, tiny, name, template, said):
    settings = resolve(**{**tiny, "seed": 123456789012, name: template})
    with pytest.raises(SettingsError, match=f"{name}=.*: .*{said}"):
        fill_names(settings)


@pytest.mark.parametrize(
    "prompt", ["a" * 5000, "é" * 5000, "../../etc/passwd", "..", "%SEQ%/%DATE%", "{seed}", "\u202e?*"]
)
def test_any_prompt_makes_a_name_that_file_systems_take(resolve, tiny, prompt):
    name = fill_names(resolve(**{**tiny, "prompts": prompt}, output="x" * 150 + "-{prompt}.png")).output
    assert len(os.fsencode(name)) <= 246 and not set("/\\%{}?*\u202e") & set(name) and ".." not in name


def test_a_prompt_that_holds_a_word_in_braces_is_not_filled_in_again(resolve, tiny):
    filled = fill_names(resolve(**{**tiny, "prompts": "{seed} {drawer}"}, output="{prompt}.png"))
    assert filled.output == "seed-drawer.png"


def test_names_begin_and_end_with_no_dot_or_dash():
    assert [safe_name(text, 8) for text in ("-a-", ".hidden.", "long words here", "?!", "-3")] == [
        "a", "hidden", "long-wor", "picture", "-3",
    ]  # fmt: skip


def test_the_command_line_names_a_picture_after_prompt_and_seed(capsys):
    assert main(["--prompts", "a red heart", "--seed", "5", "-o", "{prompt}-{seed}.png", "--quiet", *TINY]) == 0
    assert [path.name for path in Path().glob("*.png")] == ["a-red-heart-5.png"]
    assert main(["--prompts", "a red heart", "-o", "{sed}.png", *TINY]) == 2
    assert "{sed} is unknown" in capsys.readouterr().err


def test_a_drawn_seed_is_the_one_in_the_name_and_settings_know_the_real_names(tiny, registry):
    from pixray.api import Studio

    studio = Studio(registry, ModelStore())
    studio.add_settings(**{**tiny, "seed": None, "outdir": "{drawer}-{seed}", "output": "{prompt}-{seed}.png"})
    settings = studio.apply_settings()
    made = []
    for _ in range(2):
        studio.do_init(settings, quiet=True)
        studio.do_run(settings)
        path = Path(settings.outdir, settings.output)
        seed = settings.outdir.removeprefix("flat-")
        assert path.is_file() and path.name == f"red-{seed}.png" and settings.seed is None
        record = (path.parent / "settings.yaml").read_text()
        assert f"seed: {seed}" in record and "outdir" not in record
        assert not any(f"{{{word}}}" in record for word in ("prompt", "seed", "drawer"))
        made.append(path)
    assert made[0] != made[1], "the same settings again are a run of its own, with names of its own"


def test_a_run_with_filled_in_names_goes_on_and_is_painted_again(tiny, registry, capsys):
    words = ["--prompts", "red", "--seed", "5", "--outdir", "{prompt}", "--output", "{seed}.png", "--quiet", *TINY]
    assert main(words) == 0
    before = open_picture(Path("red/5.png")).tobytes()
    _, files = resume("red", registry, ModelStore())
    assert files.picture == Path("red/5.png")
    files.close()
    assert main(["rerun", "red/5.png", "--outdir", "again", "--quiet"]) == 0
    assert open_picture(Path("again/output.png")).tobytes() == before


def test_pictures_of_a_grid_are_named_each_after_its_own(registry, tiny):
    given = {"prompts": "red | blue", "drawer": "pixel", "output": "{prompt}-{seed}.png"}
    cells = make_cells({**given, "seed": "1,2"}, registry, "grid")
    assert [cell.settings.output for cell in cells] == ["red-1.png", "red-2.png", "blue-1.png", "blue-2.png"]
    with pytest.raises(SettingsError, match="in a grid, give the seed that its names shall hold"):
        make_cells(given, registry, "grid")
    with pytest.raises(SettingsError, match="outdir='{drawer}': words in braces name single runs"):
        make_cells({**given, "seed": "1"}, registry, "{drawer}")

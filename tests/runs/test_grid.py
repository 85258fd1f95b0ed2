import json
from pathlib import Path

import pytest
from PIL import Image

from pixray.cli.main import main
from pixray.errors import SettingsError
from pixray.runs.grid import MOST_ASKED, make_cells, values_of

FIXED = ["--size", "24x16", "--iterations", "3", "--num_cuts", "4", "--perceptors", "embedded", "--quiet"]


@pytest.mark.parametrize(
    ("separator", "text", "values"),
    [
        (",", "1..4", ["1", "2", "3", "4"]),
        (",", "3..1, 7", ["3", "2", "1", "7"]),
        (",", "-1..1", ["-1", "0", "1"]),
        ("|", "a, b | c", ["a, b", "c"]),
        ("", "a:1,b:2", ["a:1,b:2"]),
        (",", "hex,tri", ["hex", "tri"]),
    ],
)
def test_values_are_lists_and_ranges(separator, text, values):
    assert values_of(text, separator) == values


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("palette", "[red, blue]"),
        ("losses", "symmetry:1,smoothness:2"),
        ("clip_models", "ViT-B/32,RN50"),
        ("prices", "openai:1,regolo:2"),
    ],
)
def test_a_comma_within_one_value_does_not_split_it(registry, name, text):
    given = {"prompts": "a", "drawer": "pixel", "seed": "1,2", "custom_loss": "edge", name: text}
    cells = make_cells({**given, **({"custom_loss": ""} if name == "losses" else {})}, registry, "grid")
    assert [cell.values for cell in cells] == [{"seed": "1"}, {"seed": "2"}]


def test_every_combination_is_painted_once(capsys):
    words = ["grid", "--prompts", "red | blue", "--drawer", "pixel,fast_pixel", "--seed", "1..2", *FIXED]
    assert main(words) == 0
    assert capsys.readouterr().out.strip() == str(Path("grid/index.html"))
    rows = json.loads(Path("grid/grid.json").read_text())
    assert len(rows) == 8 and all(row["status"] == "done" for row in rows)
    assert {tuple(row["values"].items()) for row in rows} >= {(("prompts", "red"), ("drawer", "pixel"), ("seed", "1"))}
    assert all(Path("grid", row["picture"]).is_file() for row in rows) and Path("grid/sheet.png").is_file()
    page = Path("grid/index.html").read_text()
    assert page.count("<img") == 8 and "8 of 8 done" in page
    before = {path: path.stat().st_mtime_ns for path in Path("grid").glob("*/output.png")}
    assert main(words) == 0
    assert before == {path: path.stat().st_mtime_ns for path in Path("grid").glob("*/output.png")}


def test_a_stopped_grid_goes_on_where_it_stopped(registry, monkeypatch, capsys):
    import pixray.cli.grid as command

    words = ["grid", "--prompts", "red | blue | green", "--drawer", "pixel", *FIXED]
    real, painted = command._paint, []

    def stop_after_one(cell, *rest):
        painted.append(cell.values["prompts"])
        return real(cell, *rest) or len(painted) == 1

    monkeypatch.setattr(command, "_paint", stop_after_one)
    assert main(words[:-1]) == 130, "without --quiet"
    assert "stopped; the same command goes on where it was\n" in capsys.readouterr().err
    assert [row["status"] for row in json.loads(Path("grid/grid.json").read_text())] == ["done", "waiting", "waiting"]
    assert main(words) == 0 and painted == ["red", "blue", "green"]


def test_prompts_may_be_given_as_for_a_run():
    from pixray.cli.grid import read_words

    assert read_words(["-p", "a red heart", "--seed", "1..2", "--quiet"], "grid") == (
        {"prompts": "a red heart", "seed": "1..2"},
        "quiet",
    )


def test_a_failing_cell_is_a_row_with_its_reason(capsys):
    Image.effect_noise((64, 64), 50).save("whole.png")
    Path("broken.png").write_bytes(Path("whole.png").read_bytes()[:500])  # its header can be read, its pixels cannot
    words = ["grid", "--prompts", "red", "--init_image", "broken.png", "--seed", "1,2", "--drawer", "pixel", *FIXED]
    assert main(words) == 1
    rows = json.loads(Path("grid/grid.json").read_text())
    assert [row["status"] for row in rows] == ["failed"] * 2 and "broken.png" in rows[0]["reason"]


def test_mistakes_are_reported_before_anything_is_painted(registry, tmp_path):
    with pytest.raises(SettingsError) as caught:
        make_cells({"drawer": "pixel,pixl", "seed": "1..3", "quality": "drat"}, registry, "grid")
    text = "\n".join(caught.value.problems)
    assert "Did you mean 'pixel'?" in text and "Did you mean 'draft'?" in text
    assert len(caught.value.problems) == 2 and list(tmp_path.iterdir()) == []
    with pytest.raises(SettingsError, match="expected at least one value"):
        make_cells({"prompts": "|"}, registry, "grid")


def test_settings_of_another_drawer_are_left_out_for_this_one(registry):
    cells = make_cells({"drawer": "pixel,flat", "pixel_type": "hex"}, registry, "grid")
    assert [hasattr(cell.settings, "pixel_type") for cell in cells] == [True, False]


def test_prompts_are_safe_in_the_page(registry):
    assert main(["grid", "--prompts", "<script>alert(1)</script> | b", "--drawer", "pixel", *FIXED]) == 0
    assert "<script>" not in Path("grid/index.html").read_text()


def test_nine_seeds_stand_three_by_three_under_their_prompt():
    assert main(["grid", "--prompts", "a red heart", "--drawer", "pixel", "--seed", "1..9", *FIXED]) == 0
    page = Path("grid/index.html").read_text()
    assert "<h1>a red heart</h1>" in page and "--columns: 3" in page
    assert page.count('class="crisp"') == 9 and page.count('settings.yaml">settings</a>') == 9


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seed", "1..9999999"], "'1..9999999': a range of 9,999,999; at most 1,000 pictures are painted"),
        (["--seed", "1..9999999", "--yes"], "a range of 9,999,999; at most 100,000 pictures are painted\n"),
        (["--seed", "1..100", "--iterations", "1..100"], "up to 100,000 by pixray grid with --yes"),
        (["--outdir"], "--outdir: expected a value"),
        (["--outdir="], "--outdir: expected a value"),
    ],
)
def test_a_grid_that_nobody_can_mean_is_refused_at_once(words, said, capsys, tmp_path):
    assert main(["grid", "--prompts", "red", "--drawer", "pixel", *words]) == 2
    assert said in capsys.readouterr().err and list(tmp_path.iterdir()) == []


def test_more_than_a_thousand_pictures_are_painted_if_they_are_meant(registry):
    texts = {"prompts": "red", "drawer": "flat", "seed": "1..1001"}
    assert len(make_cells(texts, registry, "grid", most=MOST_ASKED)) == 1001
    with pytest.raises(SettingsError, match="a range of 1,001; at most 1,000 pictures are painted, and up to 100,000 "):
        make_cells(texts, registry, "grid")


def test_the_progress_of_a_grid_says_which_setting_varies(capsys):
    words = [word for word in FIXED if word != "--quiet"]
    assert main(["grid", "--prompts", "red", "--drawer", "pixel", "--seed", "1..2", *words, "--iterations", "1"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if line.startswith("[")] == ["[1/2] seed 1", "[2/2] seed 2"]

"""That the benchmarks run, and what their tables hold; never how fast anything was."""

import json
import math
import os

import pytest
from PIL import Image, ImageDraw

from benchmarks import blind, judges, ladder_towers, layouts, whole
from tests.processes import run_python

PARTS = ("render", "cutouts", "encode", "backward", "update")


def rows_of(name, *words):
    """The lines of the tables that a benchmark prints, as lists of cells; each runs in a process of its own, since
    benchmarks settle how their process waits and keeps memory."""
    done = run_python("-m", f"benchmarks.{name}", *words)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("drawer", ["pixel", "line_sketch"])
def test_a_row_of_the_whole_step(drawer):
    rows = rows_of("run", "--only", f"{drawer},embedded", "--rounds", "1", "--cuts", "2", "--size", "64", "48")
    *_, whole, header, parts = (row for row in rows if row[1] in ("embedded", "perceptors"))
    assert whole[:3] == [drawer, "embedded", "2"] and float(whole[3]) > 0 and float(whole[4]) > 0
    assert tuple(header[2:]) == PARTS and len(parts) == 2 + len(PARTS)


def test_pictures_are_judged_and_shown(tmp_path):
    rows = rows_of("pictures", "--out", str(tmp_path), "--drawers", "pixel", "--first", "2", "--steps", "2")
    assert rows[-1][:2] == ["pixel", "2"] and all(cell.endswith("%") for cell in rows[-1][2:4])
    assert rows[-1][4].endswith("of 1"), "without atlases the sunset is left out"
    assert {path.name for path in tmp_path.iterdir()} == {"pixel", "pixel.json", "pixel.png"}
    assert [one["prompt"] for one in json.loads((tmp_path / "pixel" / "pictures.json").read_text())] == [
        "a red heart", "a sunset over the sea"
    ]  # fmt: skip


def kept(folder, prompts):
    folder.mkdir()
    for number in range(len(prompts)):
        Image.new("RGB", (20, 20), (40 * number, 0, 0)).save(folder / f"{number}.png")
    listed = [{"file": f"{number}.png", "prompt": prompt} for number, prompt in enumerate(prompts)]
    (folder / "pictures.json").write_text(json.dumps(listed))


def test_blind_naming_shuffles_pictures_and_scores_three_guesses(tmp_path, capsys):
    kept(tmp_path / "made", ["a cat", "a light bulb", "a yellow star", "a boat"])
    blind.main(["sheets", "--pictures", str(tmp_path / "made"), "--out", str(tmp_path / "sheets"), "--seed", "3"])
    key = json.loads((tmp_path / "sheets" / "key.json").read_text())
    assert sorted(key) == ["1", "2", "3", "4"] and list(key.values()) != [
        "a cat",
        "a light bulb",
        "a yellow star",
        "a boat",
    ]
    assert Image.open(tmp_path / "sheets" / "sheet-1.png").height > 100
    number = {prompt: place for place, prompt in key.items()}
    (tmp_path / "answers.txt").write_text(
        f"# looked at once\n{number['a cat']}: dog, cat\n{number['a boat']}: a sailing boat\n"
        f"{number['a light bulb']}: tree | pear | onion | bulb\n{number['a yellow star']}: Stars\n"
    )
    capsys.readouterr()
    blind.main(["score", "--key", str(tmp_path / "sheets" / "key.json"), "--answers", str(tmp_path / "answers.txt")])
    assert "first guess 2 of 4, in three 3 of 4" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("prompt", "guess", "right"),
    [("an earth", "globe", True), ("a cow on the grass", "cow", True), ("a cow", "a cow on the grass", True),
     ("a cow on the grass", "grass", False), ("a plain green background", "plain green", True),
     ("a plain green background", "a plain green square", True), ("a plain green background", "blue square", False),
     ("a plain green background", "green hill", False), ("a red circle to the left of a blue square", "circles", False),
     ("a red circle to the left of a blue square", "a square and a circle", True),
     ("a starry night", "yellow stars on a dark blue night", True), ("a starry night", "a dark night", False),
     ("a snowy day", "a snowy scene", True), ("a snowy day", "snowy mountains", False), ("a mouth", "red lips", True),
     ("a fish", "", False), ("a rose", "flower", False), ("glasses", "glasses", True)],
)  # fmt: skip
def test_a_guess_is_right_if_it_names_the_thing(prompt, guess, right):
    assert blind.names(prompt, guess) is right


def test_a_score_that_is_never_reached_has_no_time():
    curve = [(10, 1.5, 0.3), (20, 2.0, 0.6), (30, 2.5, 0.5)]
    assert whole.first_at(0.55, curve) == 2.0 and whole.first_at(0.61, curve) is None


def test_the_colour_blind_referee_names_a_form_whatever_its_colour():
    def star(ink, paper):
        picture = Image.new("RGB", (64, 64), paper)
        corners = [(32 + r * math.sin(t * math.pi / 5), 34 - r * math.cos(t * math.pi / 5)) for t, r in
                   enumerate([28, 12] * 5)]  # fmt: skip
        ImageDraw.Draw(picture).polygon(corners, fill=ink)
        return picture

    judge = judges.ColourBlind()
    pictures = [star("yellow", "blue"), star("red", "white"), star("black", "green")]
    assert judge.forms.ranks(pictures, ["star"] * 3) == [0, 0, 0]
    assert all(judge.named(picture, "a star") for picture in pictures)
    assert not any(judge.named(picture, "a snake") for picture in pictures)
    assert judge.named(Image.new("RGB", (64, 64), "red"), "a star") is False, "nothing is there"
    assert judge.named(pictures[0], "a sunset over the sea") is None, "without atlases it knows no scenes"


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [("a yellow sun over the blue sea", {"sun", "sea"}), ("red and white stripes", {"stripes"}), ("a cat", set())],
)
def test_layouts_are_told_from_captions(prompt, kind):
    assert layouts.kind_of(prompt) == kind


def test_both_manners_of_cutouts_are_judged():
    rows = rows_of("quality", "--prompts", "1", "--seeds", "1", "--steps", "2", "--size", "32", "32")
    assert {row[0] for row in rows[1:]} == {"old", "ours"} and all(row[2].endswith("/1") for row in rows[1:])


def test_svg_files_are_compared_with_resvg(tmp_path):
    ground = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">'
    for kind, inside in {"plain": '<circle cx="12" cy="12" r="9"/>', "text": "<text>a</text>"}.items():
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "a.svg").write_text(f"{ground}{inside}</svg>")
    rows = rows_of("svg", str(tmp_path), "--size", "32", "--pictures", str(tmp_path / "seen"))
    shares = {row[0]: row[2] for row in rows if row[1] in ("1", "2")}
    assert shares == {"plain": "100.0%", "text": "0.0%", "all": "50.0%"}
    assert [path.name for path in (tmp_path / "seen").iterdir()] == ["000-a.png"]


def ladder(*words):
    environment = {**os.environ, "PIXRAY_OFFLINE": "1"}
    return run_python("-m", "benchmarks.ladder", *words, env=environment)


def test_the_ladders_paint_the_same_prompts_and_say_what_to_report_back(tmp_path):
    rungs = {
        "classic": {"draft": {"models": ["embedded"], "looks": 4, "batches": 1, "rate": 1.0}},
        "robust": {"draft": {"models": ["embedded"], "looks": 2, "batches": 1, "rate": 0.5}},
    }
    (tmp_path / "rungs.yaml").write_text(json.dumps(rungs))
    words = ["--rungs", str(tmp_path / "rungs.yaml"), "--out", str(tmp_path / "made"), "--prompts", "a cat|a tree"]
    done = ladder(*words, "--iterations", "1", "--size", "32", "24")
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "made" / "ladder.json").read_text())["rows"]
    assert [(row["ladder"], row["looks"], row["prompt"]) for row in rows] == [
        ("classic", 4, "a cat"), ("robust", 2, "a cat"), ("classic", 4, "a tree"), ("robust", 2, "a tree")
    ]  # fmt: skip
    assert {row["judge"] for row in rows} == {"embedded-referee"} and all(row["seconds"] > 0 for row in rows)
    assert "so embedded-referee judges" in done.stdout and "To report back" in done.stdout
    means = [line.strip("|").split("|") for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    scores = [sum(row["score"] for row in rows if row["ladder"] == name) / 2 for name in ("classic", "robust")]
    assert [float(line[-1]) for line in means] == [pytest.approx(score, abs=0.01) for score in scores]
    assert Image.open(tmp_path / "made" / "sheet.png").width > 64


def test_the_ladders_without_a_hub_are_one_sentence(tmp_path):
    done = ladder("--qualities", "draft", "--out", str(tmp_path / "made"))
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and not (tmp_path / "made").exists()
    assert done.stderr.startswith("benchmarks.ladder: perceptor 'ViT-B/16': it is not on this machine")


def test_the_towers_of_the_ladders_are_measured_with_random_weights(monkeypatch):
    import open_clip

    small = {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16}
    text = {"context_length": 8, "vocab_size": 64, "width": 32, "heads": 2, "layers": 1}
    tiny = {"embed_dim": 16, "vision_cfg": small, "text_cfg": text}
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "tiny", tiny)
    (row, whole) = list(ladder_towers.measure_towers(["tiny"], looks=2, rounds=1, largest=1))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:4] == ["tiny", "FrozenTransformer", "32", "2"] and row in whole
    assert all(float(error) < 1e-4 for error in cells[8:10]) and float(cells[10]) > 0.99
    assert list(ladder_towers.architectures(2e8)) == [
        "ViT-B-16-quickgelu", "ViT-B-32-quickgelu", "RN50-quickgelu", "RN50x4-quickgelu", "RN101-quickgelu",
        "ViT-B-32", "ViT-B-16", "convnext_base_w",
    ]  # fmt: skip


def test_steps_in_one_batch_are_timed_against_the_same_alone():
    from benchmarks.together import measure

    drawer, alone, together, times, _ = measure("pixel", steps=1, rounds=1)
    assert drawer == "pixel" and alone.endswith(" ms") and together.endswith(" ms") and float(times) > 0

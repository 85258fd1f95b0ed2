"""The predictor as Replicate runs it: cog's own HTTP server, without Docker."""

import base64
import io
import json
import re
from pathlib import Path

import pytest
import yaml
from asking import TINY, call, wait_for, when_free
from PIL import Image

from pixray.errors import SettingsError
from pixray.serve import inputs
from pixray.serve.painting import Painter
from pixray.settings.presets import preset_names, read_preset

ROOT = Path(__file__).parents[2]


def test_the_predictor_is_up_to_date():
    assert inputs.main(["--check"]) == 0, "run: python -m pixray.serve.inputs"


def test_cog_yaml_asks_for_what_the_package_needs():
    try:
        import tomllib
    except ImportError:
        pytest.skip("Python 3.10 has no TOML reader")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    missing = r'MissingPackage\(.*?, "[\w-]+", "([\w-]+)"\)'
    sources = [path.read_text() for path in (ROOT / "pixray/drawers").rglob("*.py")]
    extras = {extra for text in sources for extra in re.findall(missing, text)}
    assert "super-resolution" in extras, "the only drawer that needs a package of its own"
    wanted = {*project["dependencies"], *(one for name in extras for one in project["optional-dependencies"][name])}
    described = yaml.safe_load((ROOT / "cog.yaml").read_text())
    assert set(described["build"]["python_packages"]) == wanted, "every drawer that is offered can paint in the image"
    file, _, name = described["run"].partition(":")
    assert (ROOT / file).is_file() and f"class {name}(" in (ROOT / file).read_text()


def test_every_input_is_really_used():
    pictures = list(Painter().paint(prompts="red", drawer="pixel", seed="5", iterations=5, settings=TINY))
    assert len(pictures) == 3, "two while painting, and the finished one"
    with Image.open(pictures[-1]) as picture:
        record = json.loads(picture.text["pixray_record"])
    assert record["prompts"] == ["red"] and record["seed"] == 5 and record["iterations"] == 5
    assert record["size"] == [32, 24] and record["drawer"] == "pixel"


@pytest.mark.parametrize(
    ("preset", "drawer", "further"),
    [
        ("tiler", "pixel", "size: [32, 32]\nnum_cuts: 2\n"),
        ("line_sketch", "line_sketch", "size: [32, 32]\nnum_cuts: 2\nstrokes: 3\n"),
        ("pixrayraw", "pixel", "drawer: pixel\nsize: [32, 32]\nnum_cuts: 2\n"),
    ],
)
def test_presets_paint(preset, drawer, further):
    pictures = list(Painter().paint(preset=preset, prompts="red", iterations=1, settings=further))
    with Image.open(pictures[-1]) as picture:
        record = json.loads(picture.text["pixray_record"])
    assert record["drawer"] == drawer and picture.size == (32, 32)
    assert record.get("filters") == ("wallpaper" if preset == "tiler" else None)


def test_a_preset_is_where_it_starts_and_inputs_win():
    pictures = list(Painter().paint(preset="text2pixel", prompts="red", quality="draft", iterations=1, settings=TINY))
    with Image.open(pictures[-1]) as picture:
        record = json.loads(picture.text["pixray_record"])
    assert record["quality"] == "draft" and record["scale"] == 2.5 and record["drawer"] == "pixel"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"settings": "iteratons: 3"}, "unknown setting 'iteratons' (from settings). Did you mean 'iterations'?"),
        ({"iterations": -3}, "iterations=-3 (from the inputs): expected at least 0"),
        ({"prompts": "red:nan"}, "prompts='red:nan' (from the inputs): the weight and the stop"),
        ({"prompts": None}, "nothing says what to paint: give prompts"),
        ({"settings": "outdir: /tmp/x"}, "'outdir' (from settings) cannot be set here"),
        ({"settings": "[1"}, "settings: "),
        ({"preset": "text2pixl"}, "Did you mean 'text2pixel'?"),
    ],
)
def test_mistakes_are_explained(given, words):
    with pytest.raises(SettingsError) as caught:
        list(Painter().paint(**{"drawer": "pixel", "prompts": "a", **given}))
    assert words in str(caught.value)


def test_mistakes_are_told_together_and_before_anything_is_loaded(monkeypatch):
    monkeypatch.setattr("pixray.runs.start.build_run", lambda *words: pytest.fail("something was loaded"))
    with pytest.raises(SettingsError) as caught:
        list(Painter().paint(preset="tile", iterations=-3, settings="iteratons: 3\noutdir: x\ndrawer: vqgna"))
    told = "\n".join(caught.value.problems)
    for words in ("'tiler'?", "iterations=-3", "'iterations'?", "'outdir' (from settings)", "'vqgan'?"):
        assert words in told


def test_a_start_picture_is_a_file_and_nothing_else_of_this_machine():
    Image.new("RGB", (8, 8), "blue").save("start.png")
    Image.new("RGB", (8, 8), "red").save("other.png")
    inputs = {"prompts": "red", "drawer": "pixel", "iterations": 0, "size": "32x24"}
    picture = list(Painter().paint(**inputs, init_image=Path("start.png")))[-1]
    with Image.open(picture) as made:
        red, _, blue = made.convert("RGB").resize((1, 1)).getpixel((0, 0))
    assert made.size == (32, 24) and blue > 150 and red < 60
    for stranger in ({"init_image": "other.png"}, {"settings": "overlay_image: other.png"}):
        with pytest.raises(SettingsError, match="names a file"):
            list(Painter().paint(**{"init_image": Path("start.png"), **inputs, **stranger}))


def test_the_logs_say_who_paints_and_how_far_it_is(capfd):
    list(Painter().paint(prompts="red", drawer="pixel", seed="5", iterations=2, settings=TINY))
    told = capfd.readouterr().err
    assert "pixel 32x24 on cpu, seed 5, guided by embedded" in told and "finished after 2 steps" in told


def test_the_schema_is_an_api_that_clients_can_read():
    described = inputs.schema()
    properties = described["components"]["schemas"]["Input"]["properties"]
    assert properties["init_image"]["format"] == "uri" and properties["size"]["type"] == "string"
    assert "(default: 250" in properties["iterations"]["description"]
    assert not any("default" in facts for facts in properties.values()), "it would win over a preset"
    for route in ("/health-check", "/predictions", "/predictions/{prediction_id}/cancel", "/shutdown"):
        assert route in described["paths"]
    text = json.dumps(described)
    names = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert names == {"Input", "Output", "PredictionRequest", "PredictionResponse", "HTTPValidationError"}
    assert names <= set(described["components"]["schemas"])


def test_pictures_go_when_the_next_request_comes():
    """cog reads a picture after it was yielded, and does not remove it."""
    painter = Painter()
    first = list(painter.paint(prompts="red", drawer="pixel", iterations=3, settings=TINY))
    assert len(first) == 2 and all(picture.is_file() for picture in first)
    second = list(painter.paint(prompts="red", drawer="pixel", iterations=1, settings=TINY))
    assert len(second) == 1 and list(second[0].parent.iterdir()) == second


@pytest.mark.parametrize("name", preset_names())
def test_presets_are_linked_and_resolve(name, registry):
    from pixray.settings.resolve import resolve

    assert (ROOT / "configs" / f"{name}.yaml").resolve() == (
        ROOT / "pixray/settings/presets" / f"{name}.yaml"
    ).resolve()
    settings = resolve(registry, {"config_file": name, "prompts": "a"})
    assert all(name in settings.given() for name in read_preset(name))


def predict(server, given):
    """The answer to a prediction, once the server has a hand free for it."""
    return when_free(f"{server}/predictions", {"input": given})[1]


def test_a_prediction_streams_pictures(cog_alone):
    given = {"prompts": "a red circle", "drawer": "pixel", "iterations": 5, "seed": "3", "settings": TINY}
    status, answer = when_free(f"{cog_alone}/predictions", {"input": given})
    assert status == 200 and answer["status"] == "succeeded", answer
    pictures = []
    for address in answer["output"]:
        with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as picture:
            pictures.append((picture.size, picture.tobytes()))
    assert len(pictures) == 3 and len(set(pictures)) == 3 and pictures[0][0] == (32, 24)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"drawer": "pixl"}, ['"pixl" is not one of', '"pixel"']),
        ({"quality": "drat"}, ['"drat" is not one of', '"draft"']),
        ({"iterations": -1}, ["-1 is less than the minimum of 0"]),
        ({"preset": "tile"}, ['"tile" is not one of', '"tiler"']),
    ],
)
def test_a_bad_input_is_answered_422_with_what_came_and_what_is_right(cog_alone, given, words):
    status, answer = call(f"{cog_alone}/predictions", {"input": {"prompts": "a", **given}})
    (problem,) = answer["detail"]
    assert status == 422 and problem["loc"] == ["body", "input", *given]
    assert all(word in problem["msg"] for word in words)


def test_a_mistake_in_the_settings_is_answered_with_our_sentence(cog_alone):
    answer = predict(cog_alone, {"prompts": "a", "settings": "iteratons: 3"})
    assert answer["status"] == "failed" and "SettingsError: unknown setting 'iteratons'" in answer["error"]
    assert "Did you mean 'iterations'?" in answer["error"]


def test_a_start_picture_is_sent_to_cog_as_it_takes_files(cog_alone):
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "blue").save(content, "PNG")
    address = f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"
    given = {"prompts": "red", "drawer": "pixel", "iterations": 1, "size": "32x24", "init_image": address}
    answer = predict(cog_alone, given)
    assert answer["status"] == "succeeded", answer
    assert "pixel 32x24 on cpu" in answer["logs"] and "guided by embedded" in answer["logs"]
    assert "finished after 1 steps" in answer["logs"]
    described = call(f"{cog_alone}/openapi.json")[1]
    assert "/predictions" in described["paths"] and described["components"]["schemas"]["Input"]["properties"]["size"]


def test_a_prediction_can_be_cancelled(cog_alone):
    given = {"prompts": "a", "drawer": "pixel", "iterations": 100000, "settings": TINY}
    body, waiting = {"input": given}, [("Prefer", "respond-async")]
    status, _ = when_free(f"{cog_alone}/predictions/mine", body, "PUT", waiting)
    assert status in (200, 202)
    wait_for(cog_alone, "BUSY")
    assert call(f"{cog_alone}/predictions/mine/cancel", {})[0] == 200
    assert predict(cog_alone, {**given, "iterations": 1})["status"] == "succeeded", "the server takes the next request"

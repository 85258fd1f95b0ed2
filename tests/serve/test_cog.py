"""The predictor as Replicate runs it: cog's own HTTP server, without Docker."""

import base64
import importlib.util
import io
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from PIL import Image

from pixray.errors import SettingsError
from pixray.presets import preset_names, read_preset
from pixray.serve import inputs
from pixray.serve.painting import Painter

ROOT = Path(__file__).parents[2]
TINY = "size: [32, 24]\npixel_size: [8, 6]\nnum_cuts: 4\ndisplay_every: 2\n"


def test_the_predictor_is_up_to_date():
    assert inputs.main(["--check"]) == 0, "run: python -m pixray.serve.inputs"


def test_cog_yaml_asks_for_what_the_package_needs():
    try:
        import tomllib
    except ImportError:
        pytest.skip("Python 3.10 has no TOML reader")
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    described = yaml.safe_load((ROOT / "cog.yaml").read_text())
    assert described["build"]["python_packages"] == wanted
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
        ({"settings": "iteratons: 3"}, "Did you mean 'iterations'?"),
        ({"settings": "outdir: /tmp/x"}, "'outdir' (from settings) cannot be set here"),
        ({"settings": "[1"}, "settings: "),
        ({"preset": "text2pixl"}, "Did you mean 'text2pixel'?"),
    ],
)
def test_mistakes_are_explained(given, words):
    with pytest.raises(SettingsError) as caught:
        list(Painter().paint(drawer="pixel", **given))
    assert words in str(caught.value)


@pytest.mark.parametrize("name", preset_names())
def test_presets_are_linked_and_resolve(name, catalog):
    from pixray.api import resolve

    assert (ROOT / "configs" / f"{name}.yaml").resolve() == (ROOT / "pixray/presets" / f"{name}.yaml").resolve()
    settings = resolve(catalog, {"config_file": name, "prompts": "a"})
    assert all(name in settings.given() for name in read_preset(name))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """cog's HTTP server with the schema that `cog build` would have put beside it."""
    if importlib.util.find_spec("cog") is None:
        pytest.skip("the package cog is not installed")
    folder = tmp_path_factory.mktemp("cog")
    inputs.main(["--schema", str(folder / ".cog/openapi_schema.json")])
    (folder / "predict.py").write_text((ROOT / "pixray/serve/predict.py").read_text())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PORT": str(port),
        "COG_PREDICT_TYPE_STUB": "predict.py:Predictor",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PIXRAY_OFFLINE": "1",
        "HF_HUB_OFFLINE": "1",
        "XDG_CACHE_HOME": str(folder / "cache"),
        "TMPDIR": str(folder / "tmp"),
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    (folder / "tmp").mkdir()
    words = [sys.executable, "-m", "cog.server.http", "--host", "127.0.0.1"]
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(words, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_ready(address, running, folder / "log")
            yield address
        finally:
            if running.poll() is None:
                call(f"{address}/shutdown", {})
            running.wait(20)


def _wait_until_ready(address, running, log):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and running.poll() is None:
        try:
            health = call(f"{address}/health-check")[1]
            if health["status"] == "READY":
                return
            assert health["status"] != "SETUP_FAILED", health
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def _wait_for(server, status):
    deadline = time.monotonic() + 60
    while call(f"{server}/health-check")[1]["status"] != status:
        assert time.monotonic() < deadline, f"the server never became {status}"
        time.sleep(0.05)


def call(address, body=None, method=None, headers=()):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        address, data, {"content-type": "application/json", **dict(headers)}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"{}")


def when_free(address, *words):
    """The answer of a call, made again while the server says that it still has no hand free (409)."""
    deadline = time.monotonic() + 60
    while True:
        status, answer = call(address, *words)
        if status != 409 or time.monotonic() > deadline:
            return status, answer
        time.sleep(0.2)


def predict(server, given):
    """The answer to a prediction, once the server has a hand free for it."""
    return when_free(f"{server}/predictions", {"input": given})[1]


def test_a_prediction_streams_pictures(server):
    given = {"prompts": "a red circle", "drawer": "pixel", "iterations": 5, "seed": "3", "settings": TINY}
    status, answer = when_free(f"{server}/predictions", {"input": given})
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
def test_a_bad_input_is_answered_422_with_what_came_and_what_is_right(server, given, words):
    status, answer = call(f"{server}/predictions", {"input": {"prompts": "a", **given}})
    (problem,) = answer["detail"]
    assert status == 422 and problem["loc"] == ["body", "input", *given]
    assert all(word in problem["msg"] for word in words)


def test_a_mistake_in_the_settings_is_answered_with_our_sentence(server):
    answer = predict(server, {"prompts": "a", "settings": "iteratons: 3"})
    assert answer["status"] == "failed" and "Did you mean 'iterations'?" in answer["error"]


def test_a_prediction_can_be_cancelled(server):
    given = {"prompts": "a", "drawer": "pixel", "iterations": 100000, "settings": TINY}
    body, waiting = {"input": given}, [("Prefer", "respond-async")]
    status, _ = when_free(f"{server}/predictions/mine", body, "PUT", waiting)
    assert status in (200, 202)
    _wait_for(server, "BUSY")
    assert call(f"{server}/predictions/mine/cancel", {})[0] == 200
    assert predict(server, {**given, "iterations": 1})["status"] == "succeeded", "the server takes the next request"

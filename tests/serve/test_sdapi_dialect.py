"""A1111's API, called by the unmodified client `webuiapi`."""

import io
import json
import threading
import time

import numpy as np
import pytest
from asking import call
from PIL import Image

webuiapi = pytest.importorskip("webuiapi", reason="the package webuiapi is not installed")

FAST = {"perceptors": "embedded", "pixel_size": [8, 6], "num_cuts": 4}
SMALL = {"width": 64, "height": 48, "steps": 6, "seed": 5}


@pytest.fixture
def client(front):
    made = webuiapi.WebUIApi(baseurl=f"{front}/sdapi/v1")
    made.set_options({"sd_model_checkpoint": "pixel"})
    yield made
    made.session.close()


def paint(client, prompt="a red heart", **fields):
    return client.txt2img(prompt=prompt, **{**SMALL, "override_settings": FAST, **fields})


def test_a_picture_comes_with_its_seed(client):
    result = paint(client, negative_prompt="blue")
    assert result.image.size == (64, 48) and result.info["seed"] == 5 and result.info["sd_model_name"] == "pixel"
    assert result.info["all_seeds"] == [5] and result.parameters["prompt"] == "a red heart"
    record = json.loads(result.image.text["pixray_record"])
    assert record["prompts"] == ["a red heart", "blue:-0.5"] and record["iterations"] == 6


def test_a_batch_has_seeds_in_a_row_and_minus_one_is_chance(client):
    result = paint(client, batch_size=2)
    assert result.info["all_seeds"] == [5, 6] and len(result.images) == 2
    assert result.images[1].tobytes() == paint(client, seed=6).image.tobytes()
    assert paint(client, seed=-1).info["seed"] != paint(client, seed=-1).info["seed"]


def test_what_clients_ask_for_before_they_paint(client):
    assert client.get_options()["sd_model_checkpoint"] == "pixel"
    assert {"pixel", "vqgan"} <= {model["model_name"] for model in client.get_sd_models()}
    assert "Adam" in {sampler["name"] for sampler in client.get_samplers()}
    assert client.get_schedulers()[0]["name"] == "automatic" and client.get_upscalers() == []
    assert client.util_get_current_model() == "pixel" and "vqgan" in client.util_get_model_names()
    assert client.get_scripts()["txt2img"] == [] and client.refresh_checkpoints() == {}
    assert client.get_progress()["progress"] == 0.0
    client.util_set_model("line_sketch")
    assert client.get_options()["sd_model_checkpoint"] == "line_sketch"


def test_a_picture_is_the_start_and_a_mask_keeps_the_rest(client):
    start = Image.new("RGB", (64, 48), "navy")
    kept = client.img2img(
        images=[start], prompt="yellow", denoising_strength=0.0, **{**SMALL, "steps": 1}, override_settings=FAST
    )
    assert np.abs(np.asarray(kept.image, float) - (0, 0, 128)).mean() < 12
    mask = Image.new("L", (64, 48), 0)
    mask.paste(255, (0, 0, 32, 48))
    fields = {**SMALL, "steps": 30, "override_settings": {"perceptors": "embedded", "num_cuts": 6}}
    for invert, (still, moved) in {0: (slice(34, 64), slice(0, 30)), 1: (slice(0, 30), slice(34, 64))}.items():
        result = client.img2img(
            images=[start],
            mask_image=mask,
            inpainting_mask_invert=invert,
            prompt="yellow",
            denoising_strength=0.0,
            **fields,
        )
        off = np.abs(np.asarray(result.image, float) - (0, 0, 128)).mean(2)
        assert off[:, still].mean() < 12 and off[:, moved].mean() > 3 * off[:, still].mean()


def test_progress_is_told_and_an_interruption_gives_the_picture_so_far(client):
    results = []
    fields = {"steps": 100_000, "override_settings": {**FAST, "pixel_size": [16, 12]}}
    thread = threading.Thread(target=lambda: results.append(paint(client, **fields)))
    thread.start()
    watcher = webuiapi.WebUIApi(baseurl=client.baseurl)
    end = time.monotonic() + 60
    while not (progress := watcher.get_progress())["current_image"] and time.monotonic() < end:
        time.sleep(0.05)
    assert 0 < progress["progress"] < 1 and progress["state"]["sampling_steps"] == 100_000
    assert progress["eta_relative"] > 0
    assert watcher.interrupt() == {}
    thread.join(60)
    watcher.session.close()
    assert results and results[0].image.size == (64, 48)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"steps": -1}, "steps=-1: expected a whole number"),
        ({"batch_size": 50}, "expected 1 to 10 pictures in all, not 50"),
        ({"override_settings": {"sd_model_checkpoint": "pixle"}}, "Did you mean 'pixel'"),
        ({"override_settings": {"iteratons": 3}}, "Did you mean 'iterations'"),
        ({"override_settings": {"init_image": "/etc/passwd"}}, "names a file"),
        ({"script_name": "x/y/z plot"}, "there are no scripts here"),
        ({"prompt": ""}, "nothing says what to paint"),
    ],
)
def test_mistakes_are_told(client, fields, sentence):
    with pytest.raises(RuntimeError, match="422") as refused:
        paint(client, **fields)
    assert sentence in json.loads(refused.value.args[1])["detail"]


def test_pictures_that_are_none_and_wrong_models_are_refused(front, client):
    status, answer = call(f"{front}/sdapi/v1/img2img", {"prompt": "red"})
    assert (status, answer["detail"], answer["error"]) == (404, "Init image not found", "NoPicture")
    for text in ("/etc/passwd", "http://127.0.0.1:1/x.png", "####", 5):
        status, answer = call(f"{front}/sdapi/v1/img2img", {"prompt": "red", "init_images": [text]})
        assert status == 422 and answer["detail"], text
    assert call(f"{front}/sdapi/v1/options", {"sd_model_checkpoint": "sd15"})[0] == 422
    assert client.get_options()["sd_model_checkpoint"] == "pixel"
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "PNG")
    assert call(f"{front}/sdapi/v1/txt2img", [1])[0] == 422

"""OpenAI's images API, called by the unmodified package `openai` and by pixray's own provider."""

import base64
import io
import itertools
import json
import time
from pathlib import Path

import numpy as np
import pytest
from asking import call
from PIL import Image

import pixray
from pixray.cli.main import main
from pixray.images.png_text import read_text

openai = pytest.importorskip("openai", reason="the package openai is not installed")

FAST = {"perceptors": "embedded", "pixel_size": [8, 6], "iterations": 6, "num_cuts": 4, "seed": 1}
SMALL = {"model": "pixel", "size": "64x48"}


@pytest.fixture
def client(front):
    with openai.OpenAI(base_url=f"{front}/v1", api_key="none", max_retries=0, timeout=120) as made:
        yield made


def opened(image):
    return Image.open(io.BytesIO(base64.b64decode(image.b64_json)))


def generate(client, prompt="a red heart", **fields):
    extra = {**FAST, **fields.pop("extra_body", {})}
    return client.images.generate(prompt=prompt, **{**SMALL, **fields}, extra_body=extra)


def png(size=(64, 48), colour="navy", hole=None):
    picture = Image.new("RGBA", size, colour)
    if hole is not None:
        picture.paste((0, 0, 0, 0), hole)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def test_a_picture_comes_with_its_settings_inside(client):
    answer = generate(client, user="somebody")
    (image,) = answer.data
    assert (answer.output_format, answer.size, answer.background) == ("png", "64x48", "opaque")
    assert opened(image).size == (64, 48) and answer.usage.total_tokens == 0 and answer.created > 1_700_000_000
    Path("answer.png").write_bytes(base64.b64decode(image.b64_json))
    record = json.loads(read_text(Path("answer.png"))["pixray_record"])
    assert record["prompts"] == ["a red heart"] and record["seed"] == 1 and record["pixel_size"] == [8, 6]
    assert record["drawer"] == "pixel" and "user" not in record


def test_several_pictures_have_seeds_in_a_row_and_any_format(client):
    answer = generate(client, n=2, output_format="webp", output_compression=60)
    one, two = (opened(image) for image in answer.data)
    assert one.format == two.format == "WEBP" and one.tobytes() != two.tobytes()
    again = generate(client, extra_body={"seed": 2}, output_format="jpeg")
    assert opened(again.data[0]).format == "JPEG"
    second = generate(client, n=2).data[1]
    assert second.b64_json == generate(client, extra_body={"seed": 2}).data[0].b64_json


def test_a_transparent_background_and_qualities_by_their_names(client):
    answer = generate(client, background="transparent", quality="low")
    assert answer.background == "transparent" and opened(answer.data[0]).mode == "RGBA" and answer.quality == "low"


@pytest.mark.parametrize("partial", [0, 1, 3])
def test_a_stream_brings_real_steps_and_then_the_picture(client, partial):
    stream = generate(client, stream=True, partial_images=partial, extra_body={"iterations": 8})
    events = list(stream)
    kinds = [event.type for event in events]
    assert kinds == ["image_generation.partial_image"] * partial + ["image_generation.completed"]
    assert [event.partial_image_index for event in events[:-1]] == list(range(partial))
    pictures = [np.asarray(opened(event).convert("RGB")) for event in events]
    assert all(not np.array_equal(one, other) for one, other in itertools.pairwise(pictures))
    shown = {"display_every": f"{100 // (partial + 1)}%"} if partial else {}
    assert events[-1].b64_json == generate(client, extra_body={"iterations": 8, **shown}).data[0].b64_json
    assert events[-1].size == "64x48" and events[-1].usage.total_tokens == 0


def test_models_are_drawers(client):
    names = [model.id for model in client.models.list()]
    assert {"pixel", "vqgan", "line_sketch"} <= set(names) and "openai" not in names
    assert client.models.retrieve("pixel").owned_by == "pixray"
    with pytest.raises(openai.NotFoundError, match="Did you mean 'pixel'"):
        client.models.retrieve("pixle")


def test_an_edit_begins_with_the_picture(client):
    fields = {**{name: str(value) for name, value in FAST.items() if name != "pixel_size"}, "iterations": "1"}
    answer = client.images.edit(image=("start.png", png()), prompt="a red heart", model="pixel", extra_body=fields)
    mean = np.asarray(opened(answer.data[0]).convert("RGB"), float).mean((0, 1))
    assert mean[2] > mean[0] + 60, "navy, after a single step"
    proportions = opened(answer.data[0]).size
    assert abs(proportions[0] / proportions[1] - 64 / 48) < 0.05


def test_a_mask_says_where_to_repaint_and_the_rest_stays(client):
    mask = png(hole=(0, 0, 32, 48))
    extra = {"iterations": "30", "perceptors": "embedded", "seed": "1", "num_cuts": "6"}
    answer = client.images.edit(
        image=[("start.png", png())], mask=("mask.png", mask), prompt="yellow", model="pixel", size="64x48",
        extra_body=extra,
    )  # fmt: skip
    picture = np.asarray(opened(answer.data[0]).convert("RGB"), float)
    left, right = (np.abs(half - (0, 0, 128)).mean() for half in (picture[:, :30], picture[:, 34:]))
    assert right < 12 and left > 3 * right


def test_an_edit_streams_too(client):
    events = list(
        client.images.edit(
            image=("start.png", png()), prompt="red", model="pixel", size="64x48", stream=True, partial_images=1,
            extra_body={"iterations": "4", "perceptors": "embedded", "num_cuts": "4"},
        )
    )  # fmt: skip
    assert [event.type for event in events] == ["image_edit.partial_image", "image_edit.completed"]


@pytest.mark.parametrize(
    ("fields", "kind", "param", "sentence"),
    [
        ({"prompt": " "}, openai.BadRequestError, "prompt", "expected a text"),
        ({"model": "pixle"}, openai.NotFoundError, "model", "Did you mean 'pixel'"),
        ({"size": "big"}, openai.BadRequestError, "size", "expected WIDTHxHEIGHT"),
        ({"n": 99}, openai.BadRequestError, "n", "from 1 to 10"),
        ({"quality": "superb"}, openai.BadRequestError, "quality", "expected auto, low"),
        ({"background": "transparent", "output_format": "jpeg"}, openai.BadRequestError, "background", "png or webp"),
        ({"response_format": "url"}, openai.BadRequestError, "response_format", "b64_json"),
        ({"extra_body": {"iteratons": 3}}, openai.BadRequestError, "iteratons", "Did you mean 'iterations'"),
        ({"extra_body": {"iterations": -3}}, openai.BadRequestError, "iterations", "iterations=-3"),
        ({"extra_body": {"init_image": "/etc/passwd"}}, openai.BadRequestError, "init_image", "names a file"),
        (
            {"extra_body": {"image_prompts": "http://127.0.0.1:1/x.png"}},
            openai.BadRequestError,
            "image_prompts",
            "names",
        ),
        ({"extra_body": {"outdir": "/tmp/x"}}, openai.BadRequestError, "outdir", "cannot be set here"),
        ({"extra_body": {"strokes": 4}}, openai.BadRequestError, "strokes", "is a setting of"),
    ],
)
def test_mistakes_are_told_in_its_form(client, fields, kind, param, sentence):
    with pytest.raises(kind, match=sentence) as refused:
        generate(client, **fields)
    assert refused.value.param == param and refused.value.type == "invalid_request_error"


def test_edits_without_a_picture_or_with_a_wrong_mask_are_refused(client):
    with pytest.raises(openai.BadRequestError, match="image: .*picture") as refused:
        client.images.edit(image=("x.png", b"no picture"), prompt="red", model="pixel")
    assert refused.value.param == "image" and refused.value.code == "invalid_image"
    with pytest.raises(openai.BadRequestError, match="expected 64x48, the size of the picture, not 8x8"):
        client.images.edit(
            image=("x.png", png()), mask=("m.png", png((8, 8), hole=(0, 0, 4, 4))), prompt="red", model="pixel"
        )
    opaque = io.BytesIO()
    Image.new("RGB", (64, 48)).save(opaque, "PNG")
    with pytest.raises(openai.BadRequestError, match="no alpha"):
        client.images.edit(image=("x.png", png()), mask=("m.png", opaque.getvalue()), prompt="red", model="pixel")


def test_bodies_that_are_none_are_refused(front):
    assert call(f"{front}/v1/images/generations", ["red"])[1]["error"]["message"].startswith("expected an object")
    status, answer = call(f"{front}/v1/images/edits", {"prompt": "red"})
    assert status == 400 and answer["error"]["type"] == "invalid_request_error"


def test_a_client_that_leaves_ends_its_job(own_server, client):
    with pytest.raises(openai.APITimeoutError):
        generate(client, extra_body={"iterations": 100_000}, timeout=3)
    queue = own_server[0].pool.queue
    running = [job for job in queue.unfinished() if job.door == "openai"]
    end = time.monotonic() + 20
    while not all(job.finished for job in running) and time.monotonic() < end:
        time.sleep(0.05)
    assert not [job for job in queue.unfinished() if job.door == "openai"]


PROVIDER = {"openai_model": "pixel", "openai_quality": "low", "iterations": 1, "perceptors": "embedded", "quiet": True}


@pytest.fixture
def no_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")


@pytest.mark.slow
def test_pixrays_own_provider_paints_edits_and_streams_with_it(front, no_key):
    """Minutes, since the sizes of this dialect begin at 655,360 pixels."""
    settings = {**PROVIDER, "openai_url": f"{front}/v1", "size": [64, 64]}
    assert pixray.run("a red heart", "openai", outdir="streamed", openai_partial_images=2, **settings).size == (64, 64)
    Path("start.png").write_bytes(png((64, 64)))
    assert pixray.run("red", "openai", outdir="edited", init_image="start.png", **settings).size == (64, 64)


def test_pixray_compares_itself_as_a_service(front, no_key, capsys):
    words = ["compare", "--prompts", "a red heart", "--drawers", "pixel,openai", "--openai_url", f"{front}/v1"]
    words += ["--openai_model", "pixel", "--openai_quality", "low", "--openai_dialect", "legacy"]
    words += ["--size", "64 64", "--iterations", "2", "--perceptors", "embedded", "--outdir", "both", "--quiet"]
    assert main(words) == 0, capsys.readouterr().err
    rows = json.loads(Path("both/compare.json").read_text())["rows"]
    assert [row["drawer"] for row in rows] == ["pixel", "openai"]

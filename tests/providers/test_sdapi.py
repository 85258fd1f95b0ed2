"""Diffusion servers of one's own machine: the five of them over one adapter, with the habits of each."""

import base64
import io
import json
import threading
import time

import pytest
from PIL import Image

from pixray.events import Drawn
from pixray.providers.base import ImageRequest
from pixray.providers.client import Client
from pixray.providers.errors import (
    AuthError,
    BadRequest,
    ContentFiltered,
    DecodeError,
    ModelNotFound,
    ProtocolError,
    ProviderError,
    Transient,
    UnsupportedFeature,
)
from pixray.providers.sdapi.provider import Sdapi
from pixray.testing.fake_sdapi import KINDS, FakeSdapi
from pixray.testing.fake_server import FAKE_KEY, Scripted, as_json, fake_picture
from pixray.testing.provider_contract import check_provider

TXT2IMG = "/sdapi/v1/txt2img"


@pytest.fixture
def paint():
    """A function that asks a fake for a picture; the answer of its txt2img may be given."""

    def ask(fake, answer=None, settings=None, previews=None, client=None, **changes):
        if answer is not None:
            usual = fake._respond
            fake._respond = lambda received: answer if received.path == TXT2IMG else usual(received)
        settings = Sdapi.Settings(**{"sdapi_preview_every": 0.02, **(settings or {})})
        provider = Sdapi(settings, key=lambda: None, url=fake.url)
        fields = {"prompts": (("a red circle", 1.0),), "width": 64, "height": 64, "seed": 7}
        request = ImageRequest(**{**fields, **provider.request_fields(), **changes})
        return Client(provider, **(client or {})).start(request, previews.append if previews is not None else None)

    return ask


def png(colour, size=(64, 64), mode="RGB"):
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, format="PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_every_one_of_the_five_servers_passes_the_contract(kind):
    with FakeSdapi(kind) as fake:
        check_provider(Sdapi, fake)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("webui", "Stable Diffusion WebUI"), ("forge", "Forge"), ("sdnext", "SD.Next"), ("sdcpp", "stable-diffusion.cpp"),
     ("drawthings", "Draw Things")],
)  # fmt: skip
def test_the_server_is_found_by_asking_once_and_stands_in_the_facts(kind, name):
    with FakeSdapi(kind) as fake:
        provider = Sdapi(key=lambda: None, url=fake.url)
        request = ImageRequest(prompts=(("x", 1.0),), width=64, height=64, seed=7)
        first = Client(provider).start(request).result()
        asked = len(fake.requests)
        Client(provider).start(request).result()
        assert first.images[0].facts["server"] == name
        assert len(fake.requests) - asked <= 4 and not [
            one for one in fake.requests[asked:] if one.path.endswith(("capabilities", "options"))
        ]


def test_a_text_is_sent_with_what_was_chosen_and_nothing_else(paint):
    with FakeSdapi() as fake:
        settings = {"sdapi_steps": 4, "sdapi_guidance": 1.0, "sdapi_sampler": "Euler a", "sdapi_model": "sdxl"}
        paint(fake, settings=settings, negative="fog", count=2).result()
        (sent,) = [received.json() for received in fake.requests if received.path == TXT2IMG]
        assert sent == {
            "prompt": "a red circle", "negative_prompt": "fog", "width": 64, "height": 64, "seed": 7, "batch_size": 2,
            "send_images": True, "save_images": False, "steps": 4, "cfg_scale": 1.0, "sampler_name": "Euler a",
            "override_settings": {"sd_model_checkpoint": "sdxl"}, "override_settings_restore_afterwards": True,
        }  # fmt: skip
        paint(fake).result()
        plain = [received.json() for received in fake.requests if received.path == TXT2IMG][1]
        assert not {"steps", "cfg_scale", "sampler_name", "override_settings"} & plain.keys()


@pytest.mark.parametrize("kind", ["webui", "sdcpp"])
def test_a_start_picture_and_a_mask_are_sent_white_where_to_repaint(paint, kind):
    with FakeSdapi(kind) as fake:
        mask = png(255, mode="L")
        paint(fake, init=png("blue"), mask=mask, strength=0.6).result()
        body = next(one.json() for one in fake.requests if one.path.endswith(("img2img", "img_gen")))
        if kind == "webui":
            assert body["denoising_strength"] == 0.6 and body["inpainting_mask_invert"] == 0
            sent = body["init_images"] + [body["mask"]]
        else:
            assert body["strength"] == 0.6
            sent = [body["init_image"], body["mask_image"]]
        assert [base64.b64decode(text) for text in sent] == [png("blue"), mask]


@pytest.mark.parametrize("extra", ["grid", "indexed", "maps", "urls"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_grids_before_and_maps_after_the_pictures_are_left_out_and_data_urls_understood(paint, extra, count):
    with FakeSdapi(extra=extra) as fake:
        images = paint(fake, count=count).result().images
        assert [image.seed for image in images] == [7 + number for number in range(count)]
        assert images[0].content == fake_picture("a red circle", 7, (64, 64))


@pytest.mark.parametrize(
    "info", ["", None, "no json", "[1]", json.dumps({"seed": "x"}), {"seed": 7}, "null", "[" * 9999]
)
def test_info_may_be_a_text_an_object_empty_or_absent(paint, info):
    with FakeSdapi() as fake:
        answer = {"images": [base64.b64encode(png("red")).decode()], "parameters": {}}
        result = paint(fake, as_json({**answer, **({} if info is None else {"info": info})})).result()
        assert result.images[0].usable and result.images[0].seed == 7


def test_unfinished_pictures_are_shown_while_the_server_works(paint):
    previews = []
    with FakeSdapi(pause=0.12) as fake:
        job = paint(fake, previews=previews)
        while not previews:
            assert not job.wait(0.01), "no preview came before the picture was done"
        job.result()
    assert len(previews) >= 2 and len(set(previews)) == len(previews)


def test_a_run_draws_the_unfinished_pictures(services, session):
    services["sdapi"].pause = 0.12
    run = session(drawer="sdapi", iterations=None, sdapi_preview_every=0.05, prompts="a red circle")
    saved = [event.save for event in run.run() if isinstance(event, Drawn)]
    assert saved[0] is False and saved[-1] is True


@pytest.mark.parametrize("kind", ["webui", "sdcpp"])
def test_cancelling_interrupts_the_server(paint, kind):
    with FakeSdapi(kind) as fake:
        fake.hang_next()
        job = paint(fake)
        paths = (TXT2IMG, "/sdcpp/v1/img_gen")
        while not any(one.path in paths for one in fake.requests):
            assert not job.wait(0.01)
        job.cancel()
        assert job.wait(20) and fake.left.wait(20)


def test_a_run_that_is_stopped_interrupts_the_server(services, session):
    fake = services["sdapi"]
    fake.hang_next()
    run = session(drawer="sdapi", iterations=None)

    def stop():
        while not any(one.path == TXT2IMG for one in fake.requests):
            time.sleep(0.01)
        run.stop()

    stopper = threading.Thread(target=stop)
    stopper.start()
    list(run.run())
    stopper.join()
    assert fake.interrupted.wait(20)


@pytest.mark.parametrize("kind", ["webui", "sdcpp"])
def test_a_time_limit_interrupts_the_server_too(paint, kind):
    with FakeSdapi(kind) as fake:
        fake.hang_next()
        with pytest.raises(ProviderError, match=r"did not finish within 0\.6 s"):
            paint(fake, timeout=0.6).result()
        assert fake.left.wait(20)


def test_models_and_samplers_are_listed(services, capsys):
    from pixray.cli.main import main

    assert main(["services", "sdapi"]) == 0
    assert capsys.readouterr().out == ("models: sd-turbo.safetensors, sdxl.safetensors\nsamplers: Euler a, DPM++ 2M\n")


def test_a_password_is_asked_for_used_and_never_shown():
    with FakeSdapi(locked=True) as fake:
        request = ImageRequest(prompts=(("x", 1.0),), width=64, height=64, seed=7)

        def ask(key):
            return Client(Sdapi(key=lambda: key, url=fake.url)).start(request)

        with pytest.raises(AuthError, match="SDAPI_AUTH=user:password"):
            ask(None).result()
        with pytest.raises(AuthError, match="form user:password"):
            ask("no-colon").result()
        assert ask(fake.key).result().images[0].usable
        encoded = base64.b64encode(fake.key.encode()).decode()
        said = f"wrong: {FAKE_KEY} and {encoded} and {fake.key}"
        fake.script.append(as_json({"detail": said}, 401))
        with pytest.raises(AuthError) as caught:
            ask(fake.key).result()
        assert FAKE_KEY not in str(caught.value) and encoded not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "kind", "match"),
    [
        (as_json({"detail": "Init image not found"}, 404), BadRequest, "refused the request: Init image not found"),
        (as_json({"error": "No init images"}, 400), BadRequest, "No init images"),
        (as_json({"detail": "Not Found"}, 404), ModelNotFound, "start it with its API"),
        (Scripted(404, b"<html><title></title></html>"), ModelNotFound, "start it with its API"),
        (as_json({"error": "OutOfMemoryError", "detail": "", "body": "", "errors": "CUDA out of memory"}, 500),
         Transient, "OutOfMemoryError: CUDA out of memory"),
        (as_json({"images": []}), ContentFiltered, "empty list"),
        (as_json({"images": None}), ProtocolError, "'images'"),
        (as_json({"images": "text"}), ProtocolError, "'images'"),
        (as_json(["text"]), ProtocolError, "'images'"),
        (as_json({"images": [7]}), DecodeError, "no picture where base64"),
        (as_json({"images": ["!!!"]}), DecodeError, "base64"),
        (as_json({"images": [base64.b64encode(b"<svg/>").decode()]}), DecodeError, "no PNG"),
        (as_json({"images": [base64.b64encode(png("red")[:60]).decode()]}), DecodeError, "damaged"),
        (Scripted(body=b"<html>starting</html>", headers={"content-type": "text/html"}), ProtocolError, "no JSON"),
        (Scripted(body=b"{", headers={"content-type": "application/json"}, length=10 << 30), ProtocolError,
         "announced"),
        (Scripted(302, headers={"location": "http://10.0.0.1/"}), ProtocolError, "elsewhere"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_one_clear_error_and_is_not_tried_again(paint, answer, kind, match):
    with FakeSdapi() as fake:
        with pytest.raises(kind, match=match):
            paint(fake, answer).result()
        assert sum(received.path == TXT2IMG for received in fake.requests) == 1


def test_a_server_that_is_not_there_is_told_at_once():
    provider = Sdapi(key=lambda: None, url="http://127.0.0.1:9")
    begun = time.monotonic()
    with pytest.raises(Transient, match=r"no server answers at http://127\.0\.0\.1:9: start one"):
        Client(provider).start(ImageRequest(prompts=(("x", 1.0),), width=64, height=64, seed=1)).result()
    assert time.monotonic() - begun < 2


def test_a_server_with_one_model_is_not_asked_for_another(paint):
    with FakeSdapi("sdcpp") as fake, pytest.raises(UnsupportedFeature, match="the model that it was started with"):
        paint(fake, settings={"sdapi_model": "sdxl"}).result()


def test_a_picture_of_whatever_model_is_loaded_is_not_taken_from_the_cache(services, session):
    sent = lambda: sum(received.path == TXT2IMG for received in services["sdapi"].requests)  # noqa: E731
    for model, expected in ((None, 1), (None, 2), ("sdxl", 3), ("sdxl", 3)):
        list(session(drawer="sdapi", iterations=1, sdapi_model=model).run())
        assert sent() == expected


@pytest.mark.parametrize(
    "answers",
    [[as_json({"id": "job_1", "status": "queued"}, 202), as_json({"error": "gone"}, 410)],
     [as_json({"id": "../x", "status": "queued"}, 202)],
     [as_json({"id": "job_1"}, 202), as_json({"status": "failed", "error": {"message": "generate_image failed"}})],
     [as_json({"id": "job_1"}, 202), as_json({"status": "cancelled", "error": None})],
     [as_json({"id": "job_1"}, 202), as_json({"status": "completed", "result": {"images": []}})],
     [as_json({"id": "job_1"}, 202), as_json({"status": "strange"})],
     [as_json([], 202)]],
)  # fmt: skip
def test_a_job_that_ends_otherwise_is_an_error_and_is_not_submitted_twice(paint, answers):
    with FakeSdapi("sdcpp") as fake:
        queue = list(answers)
        usual = fake._respond
        fake._respond = lambda received: (
            queue.pop(0) if received.path.startswith(("/sdcpp/v1/img_gen", "/sdcpp/v1/jobs")) else usual(received)
        )
        with pytest.raises(ProviderError, match=r"gone from the server|without|ended as"):
            paint(fake).result()
        assert not queue and sum(received.path.endswith("img_gen") for received in fake.requests) == 1

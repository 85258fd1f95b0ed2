"""Services that rent their models: what they are sent, and that nothing is paid for twice or fetched from strangers."""

import base64
import io

import pytest
from PIL import Image

from pixray.providers.base import ImageRequest
from pixray.providers.client import Client
from pixray.providers.errors import (
    BadRequest,
    ContentFiltered,
    DecodeError,
    ProtocolError,
    ProviderError,
    Transient,
    UnsupportedFeature,
)
from pixray.providers.hosted.bfl import BlackForestLabs
from pixray.providers.hosted.fal import Fal
from pixray.providers.hosted.gemini import Gemini
from pixray.providers.hosted.openrouter import OpenRouter
from pixray.providers.hosted.replicate import Replicate
from pixray.providers.hosted.together import Together
from pixray.providers.limits import Retries
from pixray.providers.pixray_server import PixrayServer
from pixray.providers.polling import pinned
from pixray.testing.fake_hosted import FakeGemini, FakeOpenRouter, FakeTogether
from pixray.testing.fake_queued import FakeBFL, FakeFal, FakePixray, FakeReplicate
from pixray.testing.fake_server import FAKE_KEY, Scripted, as_json, fake_picture
from pixray.testing.provider_contract import check_provider

PAIRS = [
    (BlackForestLabs, FakeBFL), (Fal, FakeFal), (Replicate, FakeReplicate), (Together, FakeTogether),
    (OpenRouter, FakeOpenRouter), (Gemini, FakeGemini), (PixrayServer, FakePixray),
]  # fmt: skip
QUEUED = [(BlackForestLabs, FakeBFL, "/v1/get_result"), (Fal, FakeFal, "/status"), (Replicate, FakeReplicate, "/v1/pr")]


def png(colour, size=(256, 256), mode="RGB"):
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, format="PNG")
    return buffer.getvalue()


def submissions(fake):
    return [one for one in fake.requests if one.method in ("POST", "PUT") and not one.path.endswith("/cancel")]


@pytest.fixture
def start():
    """A function that starts a request to a fake of a service."""

    def begin(cls, fake, settings=None, previews=None, **changes):
        provider = cls(cls.Settings(**settings or {}), key=lambda: FAKE_KEY, url=fake.url)
        width, height = provider.sizes(None).nearest(256, 256)
        seed = None if cls.capabilities.seeds is None else 7
        fields = {"prompts": (("a red circle", 1.0),), "width": width, "height": height, "seed": seed}
        request = ImageRequest(**{**fields, **provider.request_fields(), **changes})
        client = Client(provider, retries=Retries(draw=lambda: 0.0))
        return client.start(request, previews.append if previews is not None else None)

    return begin


@pytest.mark.parametrize(("cls", "fake"), PAIRS)
def test_contract(cls, fake):
    with fake() as service:
        check_provider(cls, service)


def test_bfl_is_sent_its_fields_and_repaints_masks_with_fill(start):
    with FakeBFL() as fake:
        start(BlackForestLabs, fake, {"bfl_model": "flux-2-klein-4b"}, init=png("blue")).result()
        start(BlackForestLabs, fake, init=png("blue"), mask=png(255, mode="L")).result()
        first, second = submissions(fake)
        assert (first.path, second.path) == ("/v1/flux-2-klein-4b", "/v1/flux-pro-1.0-fill")
        picture = base64.b64encode(png("blue")).decode()
        body = {"prompt": "a red circle", "output_format": "png", "seed": 7}
        assert first.json() == {**body, "input_image": picture, "width": 256, "height": 256}
        assert second.json() == {**body, "image": picture, "mask": base64.b64encode(png(255, mode="L")).decode()}
        with pytest.raises(UnsupportedFeature, match="flux-2-max"):
            start(BlackForestLabs, fake, {"bfl_model": "flux-2-max"}, init=png("blue"), mask=png(0, mode="L")).result()


def test_fal_is_sent_its_fields(start):
    with FakeFal() as fake:
        start(Fal, fake, {"fal_steps": 4}).result()
        start(Fal, fake, init=png("blue"), strength=0.6).result()
        first, second = submissions(fake)
        size = {"width": 256, "height": 256}
        body = {"prompt": "a red circle", "seed": 7, "num_images": 1}
        assert first.path == "/fal-ai/flux/dev" and second.path == "/fal-ai/flux/dev/image-to-image"
        assert first.json() == {**body, "num_inference_steps": 4, "image_size": size}
        url = f"data:image/png;base64,{base64.b64encode(png('blue')).decode()}"
        assert second.json() == {**body, "image_url": url, "strength": 0.6}


def test_replicate_names_inputs_as_the_model_does(start):
    with FakeReplicate() as fake:
        settings = {"replicate_model": "me/mine", "replicate_inputs": "picture=input_image,width=-,strength=-"}
        start(Replicate, fake, settings, init=png("blue"), strength=0.6, negative="fog").result()
        (sent,) = submissions(fake)
        url = f"data:image/png;base64,{base64.b64encode(png('blue')).decode()}"
        body = {"prompt": "a red circle", "negative_prompt": "fog", "seed": 7, "height": 256, "input_image": url}
        assert sent.path == "/v1/models/me/mine/predictions" and sent.json() == {"input": body}
        with pytest.raises(UnsupportedFeature, match="owner/name"):
            start(Replicate, fake, {"replicate_model": "me/../x"}).result()
    with pytest.raises(ValueError, match="expected NAME=INPUT"):
        from pixray.providers.hosted.replicate import input_names

        input_names("colour=x")


def test_together_openrouter_and_gemini_are_sent_their_fields(start):
    url = f"data:image/png;base64,{base64.b64encode(png('blue', (1024, 1024))).decode()}"
    with FakeTogether() as fake:
        start(Together, fake, {"together_steps": 4}, count=2).result()
        body = {"model": "black-forest-labs/FLUX.1-schnell", "prompt": "a red circle", "width": 256, "height": 256}
        assert fake.requests[0].json() == {**body, "n": 2, "response_format": "base64", "seed": 7, "steps": 4}
    with FakeOpenRouter() as fake:
        start(OpenRouter, fake, init=png("blue", (1024, 1024))).result()
        sent = fake.requests[0].json()
        assert sent["input_references"] == [{"type": "image_url", "image_url": {"url": url}}]
        assert sent.keys() == {"model", "prompt", "input_references"}
    with FakeGemini() as fake:
        result = start(Gemini, fake, {"gemini_image_size": "2K"}, init=png("blue", (1024, 1024))).result()
        sent = fake.requests[0].json()
        assert [list(part) for part in sent["contents"][0]["parts"]] == [["text"], ["inlineData"]]
        image = {"aspectRatio": "1:1", "imageSize": "2K"}
        assert sent["generationConfig"] == {"responseModalities": ["IMAGE"], "imageConfig": image}
        assert FAKE_KEY not in fake.requests[0].path and result.images[0].usable


def test_a_pixray_server_is_sent_weights_and_shows_unfinished_pictures(start):
    previews = []
    with FakePixray() as fake:
        prompts = (("a barn", 1.0), ("a red sky", 1.5), ("fog", -1.0))
        settings = {"pixray_drawer": "pixel", "pixray_iterations": 5}
        start(PixrayServer, fake, settings, previews, prompts=prompts, negative="people").result()
        inputs = submissions(fake)[0].json()["input"]
        assert inputs == {
            "prompts": "a barn | a red sky:1.5 | fog:-1 | people:-1", "seed": "7", "drawer": "pixel", "iterations": 5,
            "settings": '{"size": [256, 256]}',
        }  # fmt: skip
        assert len(previews) == 1
        with pytest.raises(BadRequest, match="unknown drawer 'nonsense'"):
            start(PixrayServer, fake, {"pixray_drawer": "nonsense"}).result()
    with pytest.raises(Transient, match="pixray serve"):
        provider = PixrayServer(url="http://127.0.0.1:9")
        Client(provider).start(ImageRequest(prompts=(("x", 1.0),), width=64, height=64, seed=1)).result()


@pytest.mark.parametrize("cls_fake", [(Fal, FakeFal), (Replicate, FakeReplicate), (PixrayServer, FakePixray)])
@pytest.mark.parametrize("asked", [True, False])
def test_cancelling_takes_the_work_back(start, cls_fake, asked):
    cls, fake_of = cls_fake
    with fake_of() as fake:
        fake.hang_next()
        job = start(cls, fake)
        while not (fake.asked if asked else fake.requests):
            assert not job.wait(0.001)
        job.cancel()
        assert job.wait(20) and fake.left.wait(20)
        assert fake.cancelled == list(fake.tasks)


@pytest.mark.parametrize(("cls", "fake_of", "asking"), QUEUED)
def test_an_endless_queue_ends_at_the_time_limit_and_is_not_joined_again(start, cls, fake_of, asking):
    with fake_of() as fake:
        fake.hang_next()
        with pytest.raises(ProviderError, match=r"did not finish within 0\.6 s") as caught:
            start(cls, fake, timeout=0.6).result()
        assert caught.value.maybe_billed and len(submissions(fake)) == 1


@pytest.mark.parametrize(("cls", "fake_of", "asking"), QUEUED)
def test_passing_failures_while_asking_are_waited_out(start, cls, fake_of, asking):
    with fake_of() as fake:
        usual, failures = fake._respond, [Scripted(502), Scripted(503), Scripted(500)]
        fake._respond = lambda received: failures.pop() if failures and asking in received.path else usual(received)
        assert start(cls, fake).result().images[0].usable and not failures and len(submissions(fake)) == 1


@pytest.mark.parametrize(("cls", "fake_of", "asking"), QUEUED)
@pytest.mark.parametrize(
    "answer",
    [Scripted(503), Scripted(401), Scripted(404), Scripted(410), Scripted(body=b"<html>"), as_json([]),
     as_json({"status": "Error"}), as_json({"status": "failed"}), Scripted(body=b"x", length=10 << 30),
     Scripted(302, headers={"location": "http://10.0.0.1/"})],
)  # fmt: skip
def test_accepted_work_that_fails_is_never_submitted_twice(start, cls, fake_of, asking, answer, monkeypatch):
    monkeypatch.setattr("pixray.providers.polling.Pace.__init__.__defaults__", (0.01, 1.0, 0.01, 2))
    with fake_of() as fake:
        usual = fake._respond
        fake._respond = lambda received: answer if asking in received.path else usual(received)
        with pytest.raises(ProviderError):
            start(cls, fake, timeout=1.5).result()
        assert len(submissions(fake)) == 1


@pytest.mark.parametrize(("cls", "fake_of"), PAIRS[:6])
@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_submission_that_may_have_been_accepted_is_not_made_again(start, cls, fake_of, status):
    with fake_of() as fake:
        fake.script.extend([Scripted(status)] * 3)
        with pytest.raises(Transient) as caught:
            start(cls, fake).result()
        assert caught.value.maybe_billed and len(submissions(fake)) == 1


@pytest.mark.parametrize(("cls", "fake_of"), PAIRS[:6])
def test_a_submission_that_was_turned_away_is_made_again(start, cls, fake_of):
    with fake_of() as fake:
        fake.script.append(Scripted(429, headers={"retry-after": "0"}))
        result = start(cls, fake).result()
        assert result.attempts == 2 and result.images[0].usable


FOREIGN = ["https://evil.example/x", "http://169.254.169.254/x", "https://bfl.ai.evil.example/x", "ftp://bfl.ai/x",
           "https://bfl.ai:8443/x", "https://user:pw@bfl.ai/x", "//evil.example/x", "", None, 7]  # fmt: skip


@pytest.mark.parametrize("address", FOREIGN)
def test_an_address_of_a_stranger_is_refused(address):
    with pytest.raises(ProtocolError):
        pinned("bfl", address, "https://api.bfl.ai", ("bfl.ai",))


def test_addresses_of_the_service_itself_are_taken():
    for address in ("https://api.us1.bfl.ai/v1/get_result?id=1", "https://bfl.ai/v1/get_result?id=1"):
        assert pinned("bfl", address, "https://api.bfl.ai", ("bfl.ai",))[1] == "/v1/get_result?id=1"


@pytest.mark.parametrize("address", [one for one in FOREIGN if one != ""])
@pytest.mark.parametrize(
    ("cls", "fake_of", "reply"),
    [(BlackForestLabs, FakeBFL, lambda url: {"id": "1", "polling_url": url}),
     (Fal, FakeFal, lambda url: {"request_id": "1", "status_url": url, "response_url": url, "cancel_url": url}),
     (Replicate, FakeReplicate, lambda url: {"id": "1", "urls": {"get": url, "cancel": url}})],
)  # fmt: skip
def test_a_foreign_polling_host_gets_neither_a_question_nor_the_key(start, cls, fake_of, reply, address):
    with fake_of() as fake:
        fake.script.append(as_json(reply(address)))
        with pytest.raises(ProtocolError):
            start(cls, fake).result()
        assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("cls", "fake_of", "asking", "reply"),
    [(BlackForestLabs, FakeBFL, "/v1/get_result", lambda url: {"status": "Ready", "result": {"sample": url}}),
     (Fal, FakeFal, "/requests/task1", lambda url: {"status": "COMPLETED", "images": [{"url": url}]}),
     (Replicate, FakeReplicate, "/v1/predictions", lambda url: {"status": "succeeded", "output": url})],
)  # fmt: skip
@pytest.mark.parametrize("address", ["https://evil.example/x.png", "http://10.0.0.1/x.png", None, {"a": 1}])
def test_a_picture_at_a_foreign_host_is_not_fetched(start, cls, fake_of, asking, reply, address):
    with fake_of() as fake:
        usual = fake._respond
        fake._respond = lambda received: as_json(reply(address)) if asking in received.path else usual(received)
        with pytest.raises(ProtocolError, match=r"not its own|without an address"):
            start(cls, fake).result()


@pytest.mark.parametrize(
    ("cls", "fake_of", "answer", "kind", "match"),
    [
        (Gemini, FakeGemini, {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, ContentFiltered, "PROHIBITED"),
        (Gemini, FakeGemini, {"candidates": [{"finishReason": "IMAGE_SAFETY"}]}, ContentFiltered, "IMAGE_SAFETY"),
        (Gemini, FakeGemini, {"candidates": [{"content": {"parts": [{"text": "I can not"}]}, "finishReason": "STOP"}]},
         ProtocolError, "it said 'I can not'"),
        (Gemini, FakeGemini, {"candidates": [7]}, ProtocolError, "without a picture"),
        (Gemini, FakeGemini, {"candidates": [{"content": {"parts": [{"inlineData": {"data": 7}}]}}]}, DecodeError,
         "no picture"),
        (Gemini, FakeGemini, [], ProtocolError, "without an object"),
        (OpenRouter, FakeOpenRouter, {"data": [{"b64_json": "x", "media_type": "image/svg+xml"}]}, DecodeError, "SVG"),
        (OpenRouter, FakeOpenRouter, {"data": []}, ContentFiltered, "empty list"),
        (OpenRouter, FakeOpenRouter, {"data": "x"}, ProtocolError, "'data'"),
        (Together, FakeTogether, {"data": [{"url": "https://evil.example/x.png"}]}, ProtocolError, "not its own"),
        (Together, FakeTogether, {"data": [None]}, ProtocolError, "no object"),
        (BlackForestLabs, FakeBFL, [], ProtocolError, "without saying which"),
        (Fal, FakeFal, [], ProtocolError, "without saying which"),
        (Replicate, FakeReplicate, {"id": "1"}, ProtocolError, "'urls'"),
        (PixrayServer, FakePixray, [], ProtocolError, "without a prediction"),
    ],
)  # fmt: skip
def test_answers_of_another_form_are_one_clear_error(start, cls, fake_of, answer, kind, match):
    with fake_of() as fake:
        fake.script.extend([as_json(answer)] * (2 if cls is PixrayServer else 1))
        with pytest.raises(kind, match=match):
            start(cls, fake).result()
        assert len(submissions(fake)) == 1


@pytest.mark.parametrize(
    ("cls", "fake_of", "asking", "state"),
    [(BlackForestLabs, FakeBFL, "/v1/get_result", {"status": "Content Moderated"}),
     (BlackForestLabs, FakeBFL, "/v1/get_result", {"status": "Request Moderated"}),
     (Replicate, FakeReplicate, "/v1/predictions", {"status": "failed", "error": "NSFW content detected."})],
)  # fmt: skip
def test_refused_content_is_told_as_such(start, cls, fake_of, asking, state):
    with fake_of() as fake:
        usual = fake._respond
        fake._respond = lambda received: as_json(state) if asking in received.path else usual(received)
        with pytest.raises(ContentFiltered):
            start(cls, fake).result()


def test_a_picture_that_fal_blacked_out_is_no_result(start):
    with FakeFal() as fake:
        usual, content = fake._respond, base64.b64encode(fake_picture("x", 1, (64, 64))).decode()
        image = {"url": f"data:image/png;base64,{content}"}
        answer = as_json({"images": [image], "has_nsfw_concepts": [True], "seed": 7})
        fake._respond = lambda one: answer if one.path.endswith("/requests/task1") else usual(one)
        assert start(Fal, fake).result().images[0].status == "blurred"


def test_the_key_goes_to_no_host_of_pictures(start):
    for cls, fake_of in PAIRS[:3]:
        with fake_of() as fake:
            start(cls, fake).result()
            (fetched,) = [received for received in fake.requests if received.path.startswith("/files/")]
            assert FAKE_KEY not in str(fetched.headers)

"""Stability over gRPC, against a fake on this machine. Left out where grpcio is not installed."""

import io

import pytest

pytest.importorskip("grpc")
pytest.importorskip("google.protobuf")

from PIL import Image

from pixray.providers import stability_messages as wire
from pixray.providers.base import Control, ImageRequest
from pixray.providers.client import Client
from pixray.providers.errors import (
    AuthError,
    BadRequest,
    ModelNotFound,
    ProtocolError,
    QuotaError,
    RateLimited,
    Timeout,
    Transient,
    UnsupportedFeature,
)
from pixray.providers.limits import Retries
from pixray.providers.stability import Stability
from pixray.testing.fake_server import FAKE_KEY
from pixray.testing.fake_stability import FakeStability, prompt_pictures
from pixray.testing.provider_contract import check_provider

AT_ONCE = Retries(draw=lambda: 0.0)


@pytest.fixture
def fake():
    with FakeStability() as server:
        yield server


@pytest.fixture
def ask(fake):
    """A function that makes pictures of a request with some changes."""

    def generate(retries=AT_ONCE, settings=None, **changes):
        chosen = Stability.Settings(stability_plaintext=True, stability_model="stable-diffusion-v1-6", **settings or {})
        provider = Stability(chosen, key=lambda: FAKE_KEY, url=fake.url)
        facts = {
            "prompts": (("a red circle", 1.0),),
            "width": 320,
            "height": 320,
            "seed": 7,
            **provider.request_fields(),
        }
        return Client(provider, retries=retries).start(ImageRequest(**{**facts, **changes})).result()

    return generate


def png(colour, size=(320, 320), mode="RGB"):
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, format="PNG")
    return buffer.getvalue()


def test_contract(fake):
    check_provider(Stability, fake, stability_plaintext=True, stability_model="stable-diffusion-v1-6")


def test_a_plain_request_holds_what_was_asked_and_no_more(ask, fake):
    ask()
    (request,) = fake.requests
    image = request.image
    assert (image.width, image.height, image.samples, list(image.seed)) == (320, 320, 1, [7])
    assert [prompt.text for prompt in request.prompt] == ["a red circle"] and request.requested_type == 1
    assert not image.HasField("steps") and not image.HasField("transform") and not image.HasField("adapter")
    assert not image.parameters[0].HasField("schedule") and not image.parameters[0].HasField("sampler")
    assert len(request.request_id) == 36 and not request.HasField("extras")
    assert fake.metadata[0]["authorization"] == f"Bearer {FAKE_KEY}"


def test_every_field_reaches_the_wire(ask, fake):
    settings = {"stability_style": "pixel-art", "stability_clip_guidance": "fast_blue", "stability_clip_strength": 0.25}
    prompts = (("a barn", 1.5), ("fog", -0.5))
    ask(settings=settings, prompts=prompts, negative="people", sampler="ddim", steps=20, guidance=9.0, count=2)
    (request,) = fake.requests
    weights = [(one.text, one.parameters.weight) for one in request.prompt]
    assert weights == [("a barn", 1.5), ("fog", -0.5), ("people", -1.0)]
    assert request.image.transform.WhichOneof("type") == "diffusion" and request.image.transform.diffusion == 0
    step = request.image.parameters[0]
    assert (request.image.steps, request.image.samples, step.sampler.cfg_scale) == (20, 2, 9.0)
    assert step.guidance.guidance_preset == 2 and step.guidance.instances[0].guidance_strength == 0.25
    assert request.extras["$IPC"]["preset"] == "pixel-art"


def test_a_start_picture_brings_a_schedule_and_a_mask_repaints_where_it_is_white(ask, fake):
    mask = Image.new("L", (320, 320), 0)
    mask.paste(255, (160, 0, 320, 320))
    buffer = io.BytesIO()
    mask.save(buffer, format="PNG")
    ask(init=png("blue"), strength=0.6, mask=buffer.getvalue())
    (request,) = fake.requests
    assert request.image.parameters[0].schedule.start == pytest.approx(0.6)
    assert request.image.parameters[0].schedule.end == pytest.approx(0.01)
    (first, start), (second, sent) = prompt_pictures(request)
    assert (first, second) == (wire.ARTIFACT_IMAGE, wire.ARTIFACT_MASK) and start.getpixel((0, 0)) == (0, 0, 255)
    assert sent.getpixel((10, 10)) == 255 and sent.getpixel((310, 10)) == 0, "the service repaints black"
    assert request.image.HasField("masked_area_init") and request.image.masked_area_init == 0


def test_a_control_is_an_adapter_of_sdxl(ask, fake):
    size = {"model": "stable-diffusion-xl-1024-v1-0", "width": 1024, "height": 1024}
    ask(control=Control("depth", png("grey", (1024, 1024)), 0.7), **size)
    adapter = fake.requests[0].image.adapter
    assert adapter.adapter_type == 2 and adapter.adapter_strength == pytest.approx(0.7)
    with pytest.raises(UnsupportedFeature, match="SDXL"):
        ask(control=Control("depth", png("grey")))


def test_a_refused_prompt_and_a_blurred_picture_are_told_apart_from_pictures(ask, fake):
    def refused(request, context):
        answer = fake.answer(request)
        answer.artifacts.add(type=wire.ARTIFACT_TEXT, text="Invalid prompts", finish_reason=wire.FINISH_FILTER)
        yield answer

    def flagged(request, context):
        yield fake.image(request, finish=wire.FINISH_FILTER)

    def classified(request, context):
        answer = fake.image(request)
        sorting = answer.artifacts.add(type=wire.ARTIFACT_CLASSIFICATIONS).classifier
        sorting.realized_action = wire.ACTION_OBFUSCATE
        sorting.exceeds.add(name="violence")
        yield answer

    fake.script.extend([refused, flagged, classified])
    first, second, third = (ask().images[0] for _ in range(3))
    assert (first.status, first.content, first.refusal) == ("filtered", None, "Invalid prompts")
    assert second.status == "blurred" and second.content and not second.usable
    assert third.status == "blurred" and "violence" in third.refusal


def test_after_a_broken_stream_only_the_missing_seeds_are_asked_for(ask, fake):
    def breaks(request, context):
        yield fake.image(request, 0)
        context.abort(fake.grpc.StatusCode.UNAVAILABLE, "gone")

    fake.script.append(breaks)
    result = ask(count=3)
    assert [image.seed for image in result.images] == [7, 8, 9] and result.attempts == 2
    assert list(fake.requests[1].image.seed) == [8] and fake.requests[1].image.samples == 2


@pytest.mark.parametrize(
    ("code", "details", "kind", "sent"),
    [
        ("UNAUTHENTICATED", "no", AuthError, 1),
        ("PERMISSION_DENIED", "no", AuthError, 1),
        ("RESOURCE_EXHAUSTED", "Your organization does not have enough balance", QuotaError, 1),
        ("RESOURCE_EXHAUSTED", "Received message larger than max", ProtocolError, 1),
        ("RESOURCE_EXHAUSTED", "slow down", RateLimited, 3),
        ("INVALID_ARGUMENT", "must provide image parameters", BadRequest, 1),
        ("NOT_FOUND", "engine not found", ModelNotFound, 1),
        ("UNKNOWN", "Exception iterating responses: tensor mismatch", BadRequest, 1),
        ("UNAVAILABLE", "down", Transient, 3),
        ("ABORTED", "try again", Transient, 3),
        ("UNIMPLEMENTED", "", ProtocolError, 1),
    ],
)
def test_status_codes_mean_errors_and_whether_to_try_again(ask, fake, code, details, kind, sent):
    def aborts(request, context):
        context.abort(fake.grpc.StatusCode[code], f"{details} {FAKE_KEY}")
        yield

    fake.script.extend([aborts] * 3)
    with pytest.raises(kind) as caught:
        ask()
    assert type(caught.value) is kind and len(fake.requests) == sent
    assert FAKE_KEY not in str(caught.value)


def test_a_deadline_is_kept_and_never_paid_twice_without_leave(ask, fake):
    fake.hang_next()
    with pytest.raises(Timeout) as caught:
        ask(timeout=0.3)
    assert caught.value.maybe_billed and len(fake.requests) == 1 and fake.left.wait(20)


def test_engines_that_are_ready_are_listed(fake):
    import asyncio

    provider = Stability(Stability.Settings(stability_plaintext=True), key=lambda: FAKE_KEY, url=fake.url)
    assert asyncio.run(provider.engines()) == ["stable-diffusion-xl-1024-v1-0"]


@pytest.mark.parametrize("url", ["https://grpc.stability.ai:443", "grpc.stability.ai", "host:443/path"])
def test_a_host_is_a_name_and_a_port(url):
    provider = Stability(key=lambda: FAKE_KEY, url=url)
    request = ImageRequest(prompts=(("x", 1.0),), width=1024, height=1024)
    with pytest.raises(BadRequest, match="host:port"):
        Client(provider).start(request).result()


def test_a_key_never_leaves_this_machine_without_tls():
    provider = Stability(Stability.Settings(stability_plaintext=True), key=lambda: FAKE_KEY, url="example.org:443")
    with pytest.raises(BadRequest, match="this machine only"):
        Client(provider).start(ImageRequest(prompts=(("x", 1.0),), width=1024, height=1024)).result()


def test_without_grpcio_the_installing_command_is_named(monkeypatch):
    import sys

    from pixray.errors import MissingPackage
    from pixray.providers.stability import import_grpc

    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(MissingPackage, match=r"pip install 'pixray\[stability\]'"):
        import_grpc()

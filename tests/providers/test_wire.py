"""Exactly what each service is sent, and the many forms of what it sends back."""

import base64
import io

import pytest
from PIL import Image

from pixray.providers.base import Control
from pixray.providers.blockentropy import BlockEntropy
from pixray.providers.client import Client
from pixray.providers.errors import (
    AuthError,
    BadRequest,
    ContentFiltered,
    ModelNotFound,
    ProtocolError,
    QuotaError,
    RateLimited,
    Transient,
    UnsupportedFeature,
)
from pixray.providers.openai import OpenAI
from pixray.providers.regolo import Regolo
from pixray.providers.stability_rest import StabilityRest
from pixray.providers.visioncraft import VisionCraft
from pixray.testing.fake_server import FAKE_KEY, Scripted, as_json, fake_picture
from pixray.testing.fake_services import (
    FakeBlockEntropy,
    FakeOpenAI,
    FakeRegolo,
    FakeStabilityRest,
    FakeVisionCraft,
    openai_error,
)

LEGACY, GPT = {"openai_model": "dall-e-2"}, {"openai_model": "gpt-image-1.5"}


def png(colour, size=(1024, 1024), mode="RGB"):
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, format="PNG")
    return buffer.getvalue()


def half_mask(size=(1024, 1024)):
    mask = Image.new("L", size, 0)
    mask.paste(255, (size[0] // 2, 0, *size))
    buffer = io.BytesIO()
    mask.save(buffer, format="PNG")
    return buffer.getvalue()


def b64(content):
    return base64.b64encode(content).decode()


def test_openai_is_sent_its_dialect(ask):
    with FakeOpenAI() as fake:
        ask(OpenAI, fake, {**GPT, "openai_quality": "low", "openai_moderation": "low"}, count=2)
        body = {"model": "gpt-image-1.5", "prompt": "a red circle", "n": 2, "size": "1024x1024"}
        assert fake.requests[0].json() == {**body, "quality": "low", "moderation": "low"}
        ask(OpenAI, fake, {**LEGACY, "openai_style": "vivid"})
        body = {"model": "dall-e-2", "prompt": "a red circle", "n": 1, "size": "256x256"}
        assert fake.requests[1].json() == {**body, "style": "vivid", "response_format": "b64_json"}
        with pytest.raises(UnsupportedFeature, match="style"):
            ask(OpenAI, fake, {**GPT, "openai_style": "vivid"})
        assert len(fake.requests) == 2


def test_openai_edits_are_forms_whose_mask_is_transparent_where_to_repaint(ask):
    with FakeOpenAI() as fake:
        ask(OpenAI, fake, {**GPT, "openai_input_fidelity": "high"}, init=png("blue"), mask=half_mask())
        (received,) = fake.requests
        parts = received.form()
        assert [part[0] for part in parts if part[1]] == ["image", "mask"]
        assert {part[2] for part in parts if part[1]} == {"image/png"}
        assert received.fields()["input_fidelity"] == "high" and received.fields()["n"] == "1"
        with Image.open(io.BytesIO(parts[-1][3])) as mask:
            assert mask.getpixel((1000, 5))[3] == 0 and mask.getpixel((5, 5))[3] == 255


def test_openai_streams_in_pieces_and_stops_at_an_error(ask):
    previews = []
    with FakeOpenAI() as fake:
        provider = OpenAI(OpenAI.Settings(**GPT, openai_partial_images=2), key=lambda: FAKE_KEY, url=fake.url)
        from pixray.providers.base import ImageRequest

        request = ImageRequest(prompts=(("x", 1.0),), width=1024, height=1024, **provider.request_fields())
        result = Client(provider, prices={"openai.token": 0.001}).start(request, previews.append).result()
        assert len(previews) == 2 and result.images[0].usable
        assert str(result.cost) == "1.156 (reported)"
        lines = 'data: {"type": "image_generation.partial_image", "b64_json": "' + b64(png("red", (8, 8)))
        broken = lines + '"}\n\ndata: {"error": {"message": "stopped", "code": "moderation_blocked"}}\n\n'
        fake.script.append(Scripted(body=broken.encode(), headers={"content-type": "text/event-stream"}))
        with pytest.raises(ContentFiltered, match="stopped"):
            Client(provider).start(request).result()
        fake.script.append(Scripted(body=b"data: [DONE]\n\n", headers={"content-type": "text/event-stream"}))
        with pytest.raises(ProtocolError, match="without a finished picture"):
            Client(provider).start(request).result()


def test_organisation_and_project_travel_as_headers(ask, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "")
    with FakeOpenAI() as fake:
        ask(OpenAI, fake, GPT)
        headers = fake.requests[0].headers
    assert headers["openai-organization"] == "org-1" and "openai-project" not in headers


@pytest.mark.parametrize(
    ("answer", "kind", "sent"),
    [
        (openai_error(400, "Rejected. safety_violations=[x]", "moderation_blocked"), ContentFiltered, 1),
        (openai_error(400, "no", None, "image_generation_user_error"), ContentFiltered, 1),
        (openai_error(400, "no", "content_policy_violation"), ContentFiltered, 1),
        (openai_error(400, "no", "unknown_parameter"), BadRequest, 1),
        (openai_error(401, "no", "invalid_api_key"), AuthError, 1),
        (openai_error(403, "verify your organization"), AuthError, 1),
        (openai_error(404, "no such model", "model_not_found"), ModelNotFound, 1),
        (openai_error(429, "slow", "rate_limit_exceeded"), RateLimited, 3),
        (openai_error(429, "no", None, "insufficient_quota"), QuotaError, 1),
        (openai_error(429, "no", "credit_balance_exhausted"), QuotaError, 1),
        (openai_error(500, "oops"), Transient, 3),
        (Scripted(502, b"<html><title>502 Bad Gateway</title></html>"), Transient, 3),
        (Scripted(529, b""), Transient, 3),
        (as_json({"data": []}), ContentFiltered, 1),
    ],
)
def test_errors_of_openai_and_whether_to_try_again(ask, answer, kind, sent):
    with FakeOpenAI() as fake:
        fake.script.extend([answer] * 3)
        with pytest.raises(kind) as caught:
            ask(OpenAI, fake, GPT)
        assert type(caught.value) is kind and len(fake.requests) == sent


def test_regolo_is_sent_what_it_documents(ask):
    with FakeRegolo() as fake:
        ask(Regolo, fake, count=2)
        body = {"prompt": "a red circle", "model": "Qwen-Image", "n": 2, "size": "256x256"}
        assert fake.requests[0].json() == body
        picture = b64(fake_picture("x", 1, (64, 64), "WEBP"))
        fake.script.append(as_json({"data": [{"b64_json": f"data:image/webp;base64,{picture}"}]}))
        assert ask(Regolo, fake).images[0].mime == "image/webp"
        for answer in (Scripted(400, b"plain text"), as_json({"detail": "no"}, 400)):
            fake.script.append(answer)
            with pytest.raises(BadRequest, match="plain text|no"):
                ask(Regolo, fake)


def test_visioncraft_is_sent_every_field_with_the_key_in_the_body(ask):
    with FakeVisionCraft() as fake:
        settings = {"visioncraft_loras": "pixel-art-xl:0.8,add-detail-xl", "visioncraft_guidance": 6.6}
        ask(VisionCraft, fake, settings, negative="fog")
        assert fake.requests[0].json() == {
            "token": FAKE_KEY,
            "model": "sdxl-base",
            "prompt": "a red circle",
            "negative_prompt": "fog",
            "sampler": "Euler a",
            "steps": 30,
            "width": 256,
            "height": 256,
            "cfg_scale": 7,
            "loras": {"pixel-art-xl": 0.8, "add-detail-xl": 1.0},
        }
        assert "authorization" not in fake.requests[0].headers


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (as_json({"error": "Invalid API key"}, 403), AuthError),
        (as_json({"error": {"message": "model x doesn't have sampler y"}}), BadRequest),
        (as_json({"detail": [{"loc": ["body", "steps"], "msg": "too large", "type": "x"}]}, 422), BadRequest),
        (as_json({"error": "Free users can make 1 request per 5 minutes"}), RateLimited),
        (as_json({"detail": "Not Found"}, 404), ModelNotFound),
        (as_json({"strange": 1}), ProtocolError),
    ],
)
def test_errors_of_visioncraft_are_told_from_pictures(ask, answer, kind):
    with FakeVisionCraft() as fake:
        fake.script.append(answer)
        with pytest.raises(kind) as caught:
            ask(VisionCraft, fake)
        assert type(caught.value) is kind and len(fake.requests) == 1
        assert caught.value.retry_after == (300.0 if kind is RateLimited else None)


def test_blockentropy_takes_the_seed_in_n(ask):
    with FakeBlockEntropy() as fake:
        result = ask(BlockEntropy, fake, seed=0, prompts=(("a barn", 1.0), ("sky", 1.5), ("fog", -1.0)))
        body = {"prompt": "a barn, (sky)1.5", "model": "be-stable-diffusion-xl-base-1.0", "n": 0, "size": "256x256"}
        assert fake.requests[0].json() == {**body, "response_format": "b64_json", "negprompt": "fog"}
        assert result.images[0].seed == 0
        ask(BlockEntropy, fake, seed=5, count=3)
        assert sorted(received.json()["n"] for received in fake.requests[1:]) == [5, 6, 7]


def test_a_pose_goes_as_image_and_its_skeleton_comes_beside(ask):
    with FakeBlockEntropy() as fake:
        for response in ("url", "b64_json"):
            pose = Control("pose", png("green", (256, 256)))
            result = ask(BlockEntropy, fake, {"blockentropy_response": response}, seed=3, control=pose)
            assert set(result.images[0].beside) == {"pose"} and result.images[0].mime == "image/jpeg"
        fields = fake.requests[0].fields()
        assert fields["user"] == "cn" and fields["n"] == "3"
        assert [part[0] for part in fake.requests[0].form() if part[1]] == ["image"]


def test_a_masked_edit_changes_nothing_outside_of_the_mask(ask):
    with FakeBlockEntropy() as fake:
        result = ask(BlockEntropy, fake, seed=3, init=png("blue", (256, 256)), mask=half_mask((256, 256)))
        assert result.images[0].picture().getpixel((5, 5)) == (0, 0, 255)
        assert result.images[0].picture().getpixel((250, 5))[2] < 200
        assert "guided edit" in result.images[0].facts["edit"]


@pytest.mark.parametrize(
    "payload",
    [
        {"data": [{"b64_json": "PICTURE"}]},
        {"data": "PICTURE"},
        {"data": [{"b64_json_image": "PICTURE", "b64_json_pose": "PICTURE"}]},
        {"data": [{"url": "ADDRESS", "url_pose": "ADDRESS"}]},
        {"data": [{"url_image": "ADDRESS", "url_pose": "ADDRESS"}]},
    ],
)
def test_every_form_of_a_reply_of_blockentropy_is_understood(ask, payload):
    import json

    with FakeBlockEntropy() as fake:
        made = fake_picture("x", 1, (64, 64), "JPEG")
        fake.files["/upload/x.jpg"] = made
        text = json.dumps(payload).replace("PICTURE", b64(made)).replace("ADDRESS", f"{fake.origin}/upload/x.jpg")
        fake.script.append(Scripted(body=text.encode(), headers={"content-type": "application/json"}))
        result = ask(BlockEntropy, fake, seed=1)
        assert result.images[0].content == made and (("pose" in text) == ("pose" in result.images[0].beside))


def test_a_failed_worker_is_asked_once_more_and_null_never(ask):
    with FakeBlockEntropy() as fake:
        fake.script.append(as_json({"error": "CUDA out of memory"}))
        assert ask(BlockEntropy, fake, seed=1).attempts == 2
        fake.script.extend([as_json({"error": "CUDA out of memory"})] * 3)
        with pytest.raises(Transient, match="out of memory"):
            ask(BlockEntropy, fake, seed=1)
        assert len(fake.requests) == 4
        fake.script.clear()
        fake.script.append(as_json(None))
        with pytest.raises(ProtocolError, match="null"):
            ask(BlockEntropy, fake, seed=1)
        assert len(fake.requests) == 5


def test_stability_rest_is_sent_forms_with_proportions(ask):
    with FakeStabilityRest() as fake:
        result = ask(StabilityRest, fake, {"stability_rest_style": "anime"}, seed=9, negative="fog")
        fields = {"prompt": "a red circle", "output_format": "png", "negative_prompt": "fog", "seed": "9"}
        assert fake.requests[0].fields() == {**fields, "style_preset": "anime", "aspect_ratio": "1:1"}
        assert fake.requests[0].path.endswith("/core") and result.images[0].seed == 9
        sd3 = {"stability_rest_service": "sd3", "stability_rest_model": "sd3.5-large"}
        ask(StabilityRest, fake, sd3, seed=9, init=png("blue"), strength=0.6)
        fields = fake.requests[1].fields()
        assert (fields["mode"], fields["strength"], fields["model"]) == ("image-to-image", "0.6", "sd3.5-large")
        fake.script.append(as_json({"image": b64(png("red", (8, 8))), "finish_reason": "CONTENT_FILTERED", "seed": 9}))
        assert ask(StabilityRest, fake, seed=9).images[0].status == "blurred"
        fake.script.append(as_json({"id": "1", "name": "payment_required", "errors": ["no credits"]}, 402))
        with pytest.raises(QuotaError, match="no credits"):
            ask(StabilityRest, fake, seed=9)


def test_the_official_client_of_openai_is_content_with_the_fake():
    openai = pytest.importorskip("openai")
    with FakeOpenAI() as fake:
        client = openai.OpenAI(api_key=FAKE_KEY, base_url=fake.url, max_retries=0)
        made = client.images.generate(model="gpt-image-1.5", prompt="a red circle", n=2, size="1024x1024")
        assert len(made.data) == 2 and made.usage.output_tokens == 1056
        assert base64.b64decode(made.data[0].b64_json).startswith(b"\x89PNG")
        edited = client.images.edit(
            model="gpt-image-1.5", prompt="x", image=("a.png", png("blue", (8, 8)), "image/png"), size="1024x1024"
        )
        assert edited.data[0].b64_json
        stream = client.images.generate(model="gpt-image-1.5", prompt="x", stream=True, partial_images=1)
        kinds = [event.type for event in stream]
        assert kinds == ["image_generation.partial_image", "image_generation.completed"]
        with pytest.raises(openai.BadRequestError, match="Unknown parameter"):
            client.images.generate(model="gpt-image-1.5", prompt="x", response_format="b64_json")
        with pytest.raises(openai.AuthenticationError):
            openai.OpenAI(api_key="wrong", base_url=fake.url, max_retries=0).images.generate(prompt="x", model="m")
        client.close()

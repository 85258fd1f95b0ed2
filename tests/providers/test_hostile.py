"""Replies of strangers who mean harm, or whose service is broken, over real sockets."""

import base64
import gzip
import io
import time

import pytest
from bomb import bomb
from PIL import Image

from pixray.providers import addresses, decode
from pixray.providers.base import GeneratedImage, ImageRequest, Provider
from pixray.providers.blockentropy import BlockEntropy
from pixray.providers.client import Client
from pixray.providers.decode import from_base64, open_safely
from pixray.providers.errors import DecodeError, DownloadError, ProtocolError, Timeout, Transient
from pixray.providers.openai import OpenAI
from pixray.providers.visioncraft import VisionCraft
from pixray.testing.fake_server import FAKE_KEY, Scripted, as_json, fake_picture
from pixray.testing.fake_services import FakeBlockEntropy, FakeOpenAI, FakeVisionCraft

PICTURE = {"content-type": "image/png"}
EDIT = {"openai_model": "gpt-image-1.5"}


@pytest.mark.parametrize("size", [(9000, 9000), (100_000, 100_000), (20_000, 10), (8193, 1)])
def test_a_picture_beyond_the_limits_is_refused_by_its_header(size):
    with pytest.raises(DecodeError, match="beyond the limits"):
        open_safely(bomb(*size))


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", b"BM" + bytes(60), b"\x89PNG\r\n\x1a\nrubbish",
     fake_picture("x", 1, (64, 64))[:150], bomb(0, 5)],
)  # fmt: skip
def test_what_is_no_whole_picture_is_refused(content):
    with pytest.raises(DecodeError):
        open_safely(content)


def test_metadata_and_further_frames_do_not_come_along():
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(buffer, format="GIF", save_all=True, append_images=frames[1:], comment=b"secret")
    picture = open_safely(buffer.getvalue())
    assert picture.convert("RGB").getpixel((0, 0)) == (255, 0, 0) and not picture.info


def test_base64_is_checked_before_it_is_decoded():
    content = fake_picture("x", 1, (8, 8))
    text = base64.b64encode(content).decode()
    assert from_base64(text) == from_base64(f"data:image/png;base64,{text}") == content
    for wrong in ("", None, 7, "not base64!", text + "*", "data:image/svg+xml,<svg/>", "A" * (decode.MOST_BYTES * 2)):
        with pytest.raises(DecodeError):
            from_base64(wrong)


@pytest.mark.parametrize(
    ("scripted", "kind", "match"),
    [
        (Scripted(body=b"<html><title>Gateway</title></html>", headers={"content-type": "text/html"}), ProtocolError,
         "neither a picture nor JSON"),
        (Scripted(body=fake_picture("x", 1, (64, 64))[:200], headers=PICTURE), DecodeError, "damaged"),
        (Scripted(body=bomb(9000, 9000), headers=PICTURE), DecodeError, "beyond the limits"),
        (Scripted(body=b"\x89PNG", headers=PICTURE, length=1 << 40), ProtocolError, "announced"),
        (Scripted(body=b"\x89PNG\r\n", headers=PICTURE, length=5000), Transient, "broke"),
        (Scripted(body=gzip.compress(bytes(100 << 20)), headers={"content-encoding": "gzip"}), ProtocolError,
         "more than"),
        (Scripted(body=b"xx", headers={"content-encoding": "br"}), ProtocolError, "packed"),
        (Scripted(body=b"xx", headers={"content-encoding": "gzip"}), ProtocolError, "damaged"),
        (Scripted(302, headers={"location": "http://169.254.169.254/latest"}), ProtocolError, "elsewhere"),
    ],
)  # fmt: skip
def test_a_hostile_answer_is_one_clear_error_and_is_not_asked_for_twice(ask, scripted, kind, match):
    with FakeVisionCraft() as fake:
        fake.script.append(scripted)
        with pytest.raises(kind, match=match):
            ask(VisionCraft, fake)
        assert len(fake.requests) == 1


def test_a_slow_drip_ends_at_the_time_limit(ask):
    with FakeVisionCraft() as fake:
        drip = (b"\x89PNG\r\n\x1a\n"[number % 8 : number % 8 + 1] for number in range(100_000))
        fake.script.append(Scripted(body=drip, headers=PICTURE, pause=0.02))
        begun = time.monotonic()
        with pytest.raises(Timeout) as caught:
            ask(VisionCraft, fake, timeout=0.3)
        assert time.monotonic() - begun < 3 and caught.value.maybe_billed and len(fake.requests) == 1


@pytest.mark.parametrize(
    "payload", ["null", "[]", '"text"', "{}", '{"data": "no list"}', '{"data": [7]}', '{"data": [{}]}',
                '{"data": [{"b64_json": 7}]}', "[" * 100_000],
)  # fmt: skip
def test_json_of_another_form_is_an_error_of_ours(ask, payload):
    with FakeOpenAI() as fake:
        fake.script.append(Scripted(body=payload.encode(), headers={"content-type": "application/json"}))
        with pytest.raises((ProtocolError, DecodeError)):
            ask(OpenAI, fake, EDIT)


@pytest.mark.parametrize(
    "address",
    ["http://example.org/a.png", "ftp://example.org/a.png", "file:///etc/passwd", "https://10.0.0.1/a.png",
     "https://169.254.169.254/latest/meta-data", "https://[::1]/a.png", "https://user:pw@example.org/a.png",
     "https://192.168.1.1/a.png", "https://example.org:22/a.png", "https://127.0.0.1/a.png", "https://[fe80::1]/a.png",
     "https://[::ffff:10.0.0.1]/a.png", "https://[2002:7f00:1::]/a.png", "https://0.0.0.0/a.png", "nonsense", ""],
)  # fmt: skip
def test_addresses_inside_of_a_network_are_refused(address):
    import asyncio

    from pixray.providers.picture_download import download

    with pytest.raises(DownloadError):
        asyncio.run(download(address))


def test_an_address_that_redirects_into_the_network_is_refused(ask):
    with FakeBlockEntropy() as fake:
        fake.files["/upload/a.jpg"] = b""
        hops = Scripted(302, headers={"location": "https://10.0.0.1/a.jpg"})
        fake.script.extend([as_json({"data": [{"url": f"{fake.origin}/upload/a.jpg"}]}), hops])
        with pytest.raises(DownloadError, match="not public"):
            ask(BlockEntropy, fake, seed=1)


@pytest.mark.parametrize(
    ("answers", "match"),
    [
        ([Scripted(403)], "expired"),
        ([Scripted(body=b"<html>", headers={"content-type": "text/html"})], "no picture"),
        ([Scripted(body=b"x", headers=PICTURE, length=1 << 40)], "announced"),
        ([Scripted(302, headers={"location": "/again"})] * 4, "more than 3 times"),
        ([Scripted(body=b"\x89PNG", headers=PICTURE, length=99)], "could not be fetched"),
        ([Scripted(500)], "answered 500"),
    ],
)
def test_a_picture_that_cannot_be_fetched_is_one_clear_error(ask, answers, match):
    with FakeBlockEntropy() as fake:
        fake.script.extend([as_json({"data": [{"url": f"{fake.origin}/upload/a.jpg"}]}), *answers])
        with pytest.raises(DownloadError, match=match):
            ask(BlockEntropy, fake, seed=1)


def test_the_key_is_never_sent_to_the_host_of_a_picture(ask):
    with FakeBlockEntropy() as fake:
        ask(BlockEntropy, fake, {"blockentropy_response": "url"}, seed=1)
        assert FAKE_KEY in fake.requests[0].headers["authorization"]
        assert FAKE_KEY not in str(fake.requests[1].headers)


@pytest.mark.parametrize("url", ["http://example.org/v1", "ftp://example.org", "https://user:pw@example.org", "x"])
def test_a_key_is_never_sent_in_the_open(url):
    with pytest.raises(Exception, match=r"expected an address with https|must not hold"):
        addresses.check_base(url)


def test_one_broken_picture_leaves_the_others(ask):
    good = base64.b64encode(fake_picture("x", 1, (64, 64))).decode()
    with FakeOpenAI() as fake:
        broken = base64.b64encode(bomb(9000, 9000)).decode()
        fake.script.append(as_json({"data": [{"b64_json": good}, {"b64_json": broken}, {"b64_json": good}]}))
        result = ask(OpenAI, fake, EDIT, count=3)
    assert [image.status for image in result.images] == ["ok", "error", "ok"]
    assert isinstance(result.error, DecodeError)


def test_no_message_holds_a_key_that_a_service_repeats(ask):
    complaint = {"error": {"message": f"bad key {FAKE_KEY}", "code": FAKE_KEY, "type": "x"}}
    for answer in (as_json(complaint, 401), as_json(complaint, 400), as_json(complaint, 500), as_json(complaint, 429)):
        with FakeOpenAI() as fake:
            fake.script.extend([answer] * 3)
            with pytest.raises(Exception) as caught:
                ask(OpenAI, fake, EDIT)
            shown = f"{caught.value!r} {caught.value} {vars(caught.value)} {caught.value.__context__!r}"
            assert FAKE_KEY not in shown


def test_no_log_holds_a_key_or_a_prompt(ask, caplog):
    with caplog.at_level("DEBUG"), FakeVisionCraft() as fake, FakeOpenAI() as other:
        ask(VisionCraft, fake, prompts=(("a private wish", 1.0),))
        ask(OpenAI, other, EDIT, prompts=(("a private wish", 1.0),))
    assert "visioncraft" in caplog.text and FAKE_KEY not in caplog.text and "private wish" not in caplog.text


def test_a_provider_of_a_stranger_gets_the_same_care():
    class Clouds(Provider):
        name = "clouds"
        capabilities = OpenAI.capabilities

        async def generate(self, request):
            yield GeneratedImage(b"no picture")

    request = ImageRequest(prompts=(("x", 1.0),), width=1024, height=1024)
    with pytest.raises(DecodeError):
        Client(Clouds(key=lambda: "k", url="https://clouds.example")).start(request).result()

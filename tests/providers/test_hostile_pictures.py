"""Pictures of strangers who mean harm, from every service that is asked after its work or runs on one's own machine."""

import base64

import pytest
from bomb import bomb

from pixray.providers.base import ImageRequest
from pixray.providers.client import Client
from pixray.providers.comfyui.provider import ComfyUI
from pixray.providers.errors import DecodeError, DownloadError, ProtocolError, ProviderError
from pixray.providers.hosted.bfl import BlackForestLabs
from pixray.providers.hosted.fal import Fal
from pixray.providers.hosted.replicate import Replicate
from pixray.providers.pixray_server import PixrayServer
from pixray.providers.sdapi.provider import Sdapi
from pixray.testing.fake_comfyui import FakeComfyUI
from pixray.testing.fake_queued import FakeBFL, FakeFal, FakePixray, FakeReplicate
from pixray.testing.fake_sdapi import FakeSdapi
from pixray.testing.fake_server import Scripted, as_json, fake_picture


def encoded(content):
    return base64.b64encode(content).decode()


def in_images(content):
    return as_json({"images": [encoded(content)], "parameters": {}, "info": ""})


def in_job(content):
    images = [{"index": 0, "b64_json": encoded(content)}]
    return as_json({"id": "job_1", "status": "completed", "result": {"images": images}})


def in_prediction(content):
    return as_json({"status": "succeeded", "output": [f"data:image/png;base64,{encoded(content)}"]})


def as_file(content):
    return Scripted(body=content, headers={"content-type": "image/png"})


SERVICES = {
    "sdapi": (Sdapi, FakeSdapi, "/sdapi/v1/txt2img", in_images),
    "sdcpp": (Sdapi, lambda: FakeSdapi("sdcpp"), "/sdcpp/v1/jobs/", in_job),
    "comfyui": (ComfyUI, FakeComfyUI, "/view", as_file),
    "pixray": (PixrayServer, FakePixray, "/predictions/", in_prediction),
    "bfl": (BlackForestLabs, FakeBFL, "/files/", as_file),
    "fal": (Fal, FakeFal, "/files/", as_file),
    "replicate": (Replicate, FakeReplicate, "/files/", as_file),
}
PICTURES = {
    "truncated": fake_picture("x", 1, (64, 64))[:150],
    "a bomb of 81 million pixels": bomb(9000, 9000),
    "a bomb of a long edge": bomb(100_000, 2),
    "no pixels": bomb(0, 5),
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "HTML": b"<html><title>Sign in</title></html>",
    "nothing": b"",
}


def ask(cls, fake, path, answer):
    """Ask a fake for a picture, with another answer at the path where its picture or its state is fetched."""
    usual = fake._respond
    submits = ("PUT", "/prompt")  # a prediction is submitted at the very address where it is asked after
    fake._respond = lambda received: (
        answer if received.path.startswith(path) and received.method not in submits else usual(received)
    )
    provider = cls(key=lambda: None if isinstance(fake, FakeSdapi) else fake.key, url=fake.url)
    fields = {"prompts": (("a red circle", 1.0),), "width": 256, "height": 256, "seed": 7}
    return Client(provider).start(ImageRequest(**{**fields, **provider.request_fields()})).result()


def submissions(fake):
    paths = ("/sdapi/v1/txt2img", "/sdcpp/v1/img_gen", "/prompt")
    hosted = [one for one in fake.requests if one.method in ("POST", "PUT") and not one.path.endswith("/cancel")]
    return [one for one in hosted if one.path in paths or not one.path.startswith(("/sdapi", "/sdcpp", "/queue"))]


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("service", SERVICES)
def test_a_picture_that_is_none_is_one_clear_error_and_is_not_bought_again(service, picture):
    cls, fake_of, path, sent = SERVICES[service]
    with fake_of() as fake:
        with pytest.raises((DecodeError, ProtocolError)):
            ask(cls, fake, path, sent(PICTURES[picture]))
        assert len(submissions(fake)) == 1


ELSEWHERE = ["http://169.254.169.254/latest/meta-data", "https://10.0.0.1/x.png", "file:///etc/passwd", "//[::1]:1/x"]


@pytest.mark.parametrize("place", ELSEWHERE)
@pytest.mark.parametrize("service", SERVICES)
def test_a_redirect_into_the_network_is_not_followed(service, place):
    cls, fake_of, path, _ = SERVICES[service]
    with fake_of() as fake:
        with pytest.raises((DownloadError, ProtocolError)):
            ask(cls, fake, path, Scripted(302, headers={"location": place}))
        assert len(submissions(fake)) == 1


@pytest.mark.parametrize("service", SERVICES)
def test_ten_gigabytes_are_not_awaited(service):
    cls, fake_of, path, _ = SERVICES[service]
    headers = {"content-type": "image/png"}
    with fake_of() as fake, pytest.raises((DownloadError, ProtocolError), match="announced"):
        ask(cls, fake, path, Scripted(body=b"\x89PNG\r\n\x1a\n", headers=headers, length=10 << 30))


@pytest.mark.parametrize("service", ["sdapi", "sdcpp", "comfyui", "bfl", "fal", "replicate", "pixray"])
def test_a_page_of_a_gateway_in_place_of_an_answer_is_one_clear_error(service):
    cls, fake_of, path, _ = SERVICES[service]
    page = Scripted(body=b"<html><title>Sign in</title></html>", headers={"content-type": "text/html"})
    with fake_of() as fake:
        with pytest.raises(ProviderError, match=r"no JSON|no picture|no PNG"):
            ask(cls, fake, path, page)
        assert len(submissions(fake)) == 1

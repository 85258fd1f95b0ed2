"""A request is given up within a second, whatever it is waiting for, and also if the service does not take the news."""

import time
from concurrent.futures import CancelledError

import pytest

from pixray.providers.base import ImageRequest
from pixray.providers.client import Client
from pixray.providers.comfyui.provider import ComfyUI
from pixray.providers.hosted.bfl import BlackForestLabs
from pixray.providers.hosted.fal import Fal
from pixray.providers.hosted.replicate import Replicate
from pixray.providers.pixray_server import PixrayServer
from pixray.providers.sdapi.provider import Sdapi
from pixray.registry import BUILT_IN, Registry
from pixray.testing.fake_comfyui import FakeComfyUI
from pixray.testing.fake_queued import FakeBFL, FakeFal, FakePixray, FakeReplicate
from pixray.testing.fake_sdapi import FakeSdapi
from pixray.testing.fake_server import Scripted

PROVIDERS = Registry(BUILT_IN)
AT_ONCE = [name for name in PROVIDERS.names("provider") if name not in ("diffusers", "stability")]
"""Stability's is cancelled by its contract, over gRPC; pipelines of this process between two steps."""
WAITING = {
    "sdapi at work": (Sdapi, FakeSdapi, "/sdapi/v1/progress"),
    "a job of stable-diffusion.cpp": (Sdapi, lambda: FakeSdapi("sdcpp"), "/sdcpp/v1/jobs/"),
    "comfyui over its socket": (ComfyUI, FakeComfyUI, "/history/"),
    "a task of bfl": (BlackForestLabs, FakeBFL, "/v1/get_result"),
    "the queue of fal": (Fal, FakeFal, "/status"),
    "a prediction of replicate": (Replicate, FakeReplicate, "/v1/predictions/"),
    "a prediction of pixray": (PixrayServer, FakePixray, "/predictions/"),
}
FETCHING = {
    "comfyui": (ComfyUI, FakeComfyUI, "/view"),
    "bfl": (BlackForestLabs, FakeBFL, "/files/"),
    "fal": (Fal, FakeFal, "/files/"),
    "replicate": (Replicate, FakeReplicate, "/files/"),
}


def begun(cls, fake):
    provider = cls(key=lambda: fake.key, url=fake.url)
    width, height = provider.sizes(provider.request_fields().get("model")).nearest(256, 256)
    seed = None if cls.capabilities.seeds is None else 7
    fields = {"prompts": (("a red circle", 1.0),), "width": width, "height": height, "seed": seed}
    return Client(provider).start(ImageRequest(**{**fields, **provider.request_fields()}))


def seconds_to_cancel(cls, fake, paths):
    """Begin a request, cancel it as soon as the fake was asked at one of some paths, and wait for its end."""
    seen = len(fake.requests)
    job = begun(cls, fake)
    while not any(path in received.path for received in fake.requests[seen:] for path in paths):
        assert not job.wait(0.005), job.result()
    start = time.monotonic()
    job.cancel()
    assert job.wait(20)
    with pytest.raises(CancelledError):
        job.result()
    return time.monotonic() - start


def is_quick(attempt):
    """Whether one of three attempts takes less than a second: a busy machine may be slow once."""
    return any(attempt() < 1.0 for _ in range(3))


def silent(fake, words):
    """From now on nothing is answered where a path holds one of some words."""
    usual = fake._respond
    fake._respond = lambda received: (
        Scripted(hang=True) if any(word in received.path for word in words) else usual(received)
    )


@pytest.mark.parametrize("name", AT_ONCE)
def test_a_request_that_nobody_answers_is_given_up_within_a_second(services, name):
    cls, fake = PROVIDERS.load("provider", name), services[name]
    silent(fake, [""])
    assert is_quick(lambda: seconds_to_cancel(cls, fake, [""]))


@pytest.mark.parametrize("deaf", [False, True], ids=["which hears it", "which does not"])
@pytest.mark.parametrize("what", WAITING)
def test_waiting_for_a_service_is_given_up_within_a_second(what, deaf):
    cls, fake_of, path = WAITING[what]

    def attempt():
        with fake_of() as fake:
            if deaf:
                silent(fake, ["cancel", "interrupt", "/queue"])
            fake.hang_next()
            return seconds_to_cancel(cls, fake, [path])

    assert is_quick(attempt)


@pytest.mark.parametrize("what", FETCHING)
def test_fetching_a_picture_is_given_up_within_a_second(what):
    cls, fake_of, path = FETCHING[what]

    def attempt():
        with fake_of() as fake:
            silent(fake, [path])
            return seconds_to_cancel(cls, fake, [path])

    assert is_quick(attempt)

"""Bills say what is free, what the user's own prices say, and what is only a guess of a certain day."""

import asyncio

import pytest

from pixray.cli.main import main
from pixray.errors import SettingsError
from pixray.providers.base import ImageRequest
from pixray.providers.client import Client
from pixray.providers.comfyui.provider import ComfyUI
from pixray.providers.hosted.together import Together
from pixray.providers.limits import Budget
from pixray.providers.nearby import find_nearby
from pixray.providers.pixray_server import PixrayServer
from pixray.providers.sdapi.provider import Sdapi
from pixray.registry import BUILT_IN, Registry
from pixray.testing.fake_comfyui import FakeComfyUI
from pixray.testing.fake_hosted import FakeTogether
from pixray.testing.fake_sdapi import FakeSdapi
from pixray.testing.fake_server import FakeServer, Scripted, as_json


def request_for(provider, **changes):
    fields = {"prompts": (("x", 1.0),), "width": 256, "height": 256, "seed": 7, **provider.request_fields()}
    return ImageRequest(**{**fields, **changes})


def test_a_guess_of_the_list_says_about_and_the_day():
    with FakeTogether() as fake:
        provider, budget = Together(key=lambda: fake.key, url=fake.url), Budget()
        cost = Client(provider, budget=budget).start(request_for(provider, count=2)).result().cost
        assert str(cost) == f"about 0.0054 USD (list of {Together.prices.as_of}, unverified)"
        assert budget.spent == 0 and budget.guessed == pytest.approx(0.0054)
        mine = Client(provider, prices={"together": 0.01}).start(request_for(provider, count=2)).result().cost
        assert str(mine) == "0.02 (estimated)"


def test_what_runs_on_this_machine_is_free_and_needs_no_price(services, session):
    run = session(drawer="sdapi", iterations=None, max_cost=0.0)
    list(run.run())
    assert run.drawer.facts()["pixray_cost"] == "0 (free)"
    with pytest.raises(SettingsError, match=r"prices=together:AMOUNT \(about 0\.0027 USD on 20"):
        session(drawer="together", max_cost=1.0)


def test_every_price_list_has_a_day_and_amounts_that_can_be():
    registry = Registry(BUILT_IN)
    for name in registry.names("provider"):
        prices = registry.load("provider", name).prices
        if prices is not None:
            assert prices.certain or len(prices.as_of) == 10, name
            assert all(0 <= amount < 10 for amount in prices.pictures.values()), name


class Page(FakeServer):
    def respond(self, received):
        return Scripted(body=b"<html>some page</html>", headers={"content-type": "text/html"})


def test_servers_of_this_machine_are_found_and_told_from_others(monkeypatch):
    with FakeSdapi("forge") as forge, FakeComfyUI() as comfy, Page() as page, FakeServer() as silent:
        silent.hang_next()
        ports = {Sdapi: (forge, page, silent), ComfyUI: (comfy, page), PixrayServer: (page,)}
        for cls, fakes in ports.items():
            numbers = tuple(int(fake.url.rpartition(":")[2]) for fake in fakes)
            monkeypatch.setattr(cls, "local_ports", (*numbers, 9))
        found = asyncio.run(find_nearby(ports, seconds=3.0))
        assert [(one.service, one.url, one.what) for one in found] == [
            ("sdapi", forge.url, "Forge"), ("comfyui", comfy.url, "ComfyUI 0.3")
        ]  # fmt: skip
        assert not any("authorization" in received.headers for received in forge.requests + comfy.requests)


def test_a_pixray_server_is_recognised():
    answer = as_json({"status": "READY", "version": {"pixray": "2.0.0"}})
    with FakeServer(lambda received: answer if received.path == "/health-check" else Scripted(404)) as fake:
        assert asyncio.run(PixrayServer(url=fake.url).recognised()) == "pixray 2.0.0"


def test_the_command_says_what_runs_here(services, capsys, monkeypatch):
    monkeypatch.setattr("pixray.providers.nearby.SECONDS", 3.0)
    fake = services["sdapi"]
    monkeypatch.setattr(Sdapi, "local_ports", (int(fake.url.rpartition(":")[2]),))
    for cls in (ComfyUI, PixrayServer):
        monkeypatch.setattr(cls, "local_ports", ())
    assert main(["services"]) == 0
    told = capsys.readouterr().out
    assert f"sdapi: Stable Diffusion WebUI at {fake.url}, use --drawer sdapi --sdapi_url {fake.url}" in told
    assert "sdapi           SDAPI_AUTH is set" in told
    monkeypatch.setattr(Sdapi, "local_ports", (9,))
    assert main(["services"]) == 0
    assert "on this machine: nothing answers at port 9" in capsys.readouterr().out

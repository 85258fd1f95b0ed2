"""Bills say what is free, what the user's own prices say, and what is only a guess of a certain day."""

import asyncio
import os

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
            ("sdapi", forge.url, "Forge"), ("sdapi", silent.url, None), ("comfyui", comfy.url, "ComfyUI 0.3")
        ]  # fmt: skip
        assert not any("authorization" in received.headers for received in forge.requests + comfy.requests)


def test_a_pixray_server_is_recognised():
    answer = as_json({"status": "READY", "version": {"pixray": "2.0.0"}})
    with FakeServer(lambda received: answer if received.path == "/health-check" else Scripted(404)) as fake:
        assert asyncio.run(PixrayServer(url=fake.url).recognised()) == "pixray 2.0.0"


def port_of(fake):
    return int(fake.url.rpartition(":")[2])


@pytest.fixture
def listed(capsys, monkeypatch):
    """A function that gives the lines of `pixray services` at a width, with some fakes at the usual ports."""

    def lines(columns=None, **fakes):
        monkeypatch.setattr("pixray.providers.nearby.SECONDS", 3.0)
        for cls in (Sdapi, ComfyUI, PixrayServer):
            ports = (port_of(fakes[cls.name]),) if cls.name in fakes else (9,)
            monkeypatch.setattr(cls, "local_ports", ports)
        monkeypatch.setenv("COLUMNS", str(columns or 0))
        monkeypatch.setattr("os.get_terminal_size", lambda *_: os.terminal_size((0, 0)))  # as of a pipe
        assert main(["services"]) == 0
        return capsys.readouterr().out.splitlines()

    return lines


def test_the_command_says_what_runs_here(services, listed):
    sdapi, comfyui = services["sdapi"].url, services["comfyui"].url
    told = listed(sdapi=services["sdapi"], comfyui=services["comfyui"])
    assert told[-3:] == [
        "on this machine:",
        f"ComfyUI 0.3 at {comfyui}: --drawer comfyui --comfyui_url {comfyui}",
        f"Stable Diffusion WebUI at {sdapi}: --drawer sdapi --sdapi_url {sdapi}",
    ]
    assert listed()[-1] == "on this machine: nothing answers at ports 9"


@pytest.mark.parametrize("columns", [80, 120])
def test_the_table_fits_the_terminal_and_no_column_runs_into_the_next(services, listed, columns):
    told = listed(columns, sdapi=services["sdapi"])
    assert max(map(len, told)) <= columns
    rows = [line for line in told[: told.index("")] if not line.startswith(" ")]
    second, third = rows[0].index("BFL"), rows[0].index("start")
    assert len(rows) == 16 and {row[second - 1] + row[third - 1] for row in rows} == {"  "}


def test_the_table_of_a_pipe_has_a_line_for_each_service(services, listed):
    told = listed()
    assert len(told[: told.index("")]) == 16

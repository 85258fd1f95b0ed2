"""The rules between a run and a service: when to try again, how much at once, what may be spent, what is kept."""

import asyncio
import os
import pickle
import stat
import threading

import pytest

from pixray.errors import PixrayError
from pixray.providers.base import ImageRequest
from pixray.providers.blockentropy import BlockEntropy
from pixray.providers.cache import Cache, key_of
from pixray.providers.errors import (
    AuthError,
    BadRequest,
    BudgetExceeded,
    ContentFiltered,
    QuotaError,
    RateLimited,
    Timeout,
    Transient,
)
from pixray.providers.limits import Budget, Gate, Retries
from pixray.providers.openai import OpenAI
from pixray.providers.refusals import retry_after
from pixray.providers.secrets import Secret, secret
from pixray.providers.sizes import SizeRule
from pixray.providers.stability_rest import StabilityRest
from pixray.testing.fake_server import FAKE_KEY, Scripted, fake_picture
from pixray.testing.fake_services import FakeBlockEntropy, FakeOpenAI, openai_error

GPT = {"openai_model": "gpt-image-1.5"}


def test_waits_grow_with_jitter_and_are_bounded():
    rule = Retries(attempts=9, draw=lambda: 0.999)
    waits = [rule.wait(tried, Transient("x")) for tried in range(1, 9)]
    assert waits == sorted(waits) and waits[0] < 0.5 and waits[-1] < 20
    assert Retries(draw=lambda: 0.0).wait(1, Transient("x")) == 0
    assert rule.wait(9, Transient("x")) is None


def test_the_service_says_how_long_to_wait_unless_it_is_too_long():
    assert Retries().wait(1, RateLimited("x", retry_after=7.0)) == 7.0
    assert Retries().wait(1, RateLimited("x", retry_after=121.0)) is None


@pytest.mark.parametrize("kind", [AuthError, QuotaError, BadRequest, ContentFiltered, BudgetExceeded])
def test_what_will_not_pass_is_not_tried_again(kind):
    assert Retries().wait(1, kind("x")) is None


def test_nothing_is_paid_twice_without_leave():
    assert Retries().wait(1, Timeout("x", maybe_billed=True)) is None
    assert Retries(billable=True).wait(1, Timeout("x", maybe_billed=True)) is not None


def test_waiting_times_are_read_in_every_form():
    assert retry_after({"retry-after-ms": "1500"}) == 1.5
    assert retry_after({"retry-after": "3"}) == 3.0
    assert retry_after({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, now=50.0) == 10.0
    assert retry_after({"retry-after": "soon"}) is None and retry_after({}) is None
    assert retry_after({}, "free users can do 3 pictures per 10 minutes") == 600.0


def test_a_rate_limit_is_waited_out_and_then_works(ask):
    with FakeOpenAI() as fake:
        limited = openai_error(429, "slow", "rate_limit_exceeded")
        limited.headers["retry-after-ms"] = "1"
        fake.script.extend([limited, limited])
        assert ask(OpenAI, fake, GPT).attempts == 3


def test_a_gate_lets_so_many_in_at_once_and_per_period():
    async def crowd(gate, count):
        inside, most = 0, 0

        async def one():
            nonlocal inside, most
            async with gate:
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(one() for _ in range(count)))
        return most

    assert asyncio.run(crowd(Gate(2), 5)) == 2
    gate = Gate(9, rate=(2, 3600.0))
    assert asyncio.run(crowd(gate, 2)) <= 2
    assert gate.try_to_enter() > 3000


def test_a_budget_is_shared_and_exact():
    budget = Budget(cost=0.1, requests=None)
    refused = []

    def spend():
        try:
            budget.reserve("x", 0.04)
        except BudgetExceeded as error:
            refused.append(error)

    threads = [threading.Thread(target=spend) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 3 and budget.spent == pytest.approx(0.08) and budget.submitted == 2
    budget.settle(0.04, 0.0)
    budget.reserve("x", 0.04)
    with pytest.raises(BudgetExceeded, match="prices=x:AMOUNT"):
        budget.reserve("x", None)


def test_what_failed_before_any_work_costs_nothing(ask):
    budget = Budget()
    with FakeOpenAI() as fake:
        fake.script.append(openai_error(500, "oops"))
        result = ask(OpenAI, fake, GPT, {"budget": budget, "prices": {"openai": 0.04}})
    assert str(result.cost) == "0.04 (estimated)" and budget.spent == pytest.approx(0.04) and budget.submitted == 2


def request(**changes):
    return ImageRequest(**{"prompts": (("x", 1.0),), "width": 1024, "height": 1024, "seed": 1, **changes})


def test_the_cache_key_is_what_decides_about_the_picture_and_nothing_else():
    def key(provider=None, **changes):
        return key_of(provider or StabilityRest(key=lambda: "a"), request(**changes))

    assert key() == key(timeout=3.0) == key(StabilityRest(key=lambda: "b"))
    others = [key(seed=2), key(prompts=(("y", 1.0),)), key(prompts=(("x", 2.0),)), key(steps=3), key(count=2)]
    others += [key(options={"style": "anime"}), key(StabilityRest(url="https://other.example")), key(OpenAI())]
    assert len({key(), *others}) == 9
    one, other = (fake_picture("x", seed, (32, 32)) for seed in (1, 2))
    assert key(init=one) == key(init=_again(one)) != key(init=other)


def _again(png):
    """The same pixels in other bytes."""
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.open(io.BytesIO(png)).save(buffer, format="PNG", compress_level=1)
    assert buffer.getvalue() != png
    return buffer.getvalue()


def test_the_cache_is_private_and_damage_is_a_miss(ask, tmp_path):
    cache = Cache(tmp_path / "kept")
    with FakeBlockEntropy() as fake:
        for expected in (False, True):
            result = ask(BlockEntropy, fake, None, {"cache": cache}, seed=3)
            assert result.cached is expected and result.images[0].usable
        files = list(cache.folder.iterdir())
        assert len(files) == 2 and {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        contents = [file.read_bytes() for file in files]
        assert not [one for one in contents if b"red circle" in one or FAKE_KEY.encode() in one]
        next(file for file in files if file.suffix == ".jpeg").write_bytes(b"damaged")
        assert not ask(BlockEntropy, fake, None, {"cache": cache}, seed=3).cached


def test_refused_pictures_are_not_kept(ask, tmp_path):
    cache = Cache(tmp_path / "kept")
    with FakeOpenAI() as fake:
        fake.script.append(Scripted(body=b'{"data": []}', headers={"content-type": "application/json"}))
        with pytest.raises(ContentFiltered):
            ask(OpenAI, fake, GPT, {"cache": cache, "caching": "replay"})
    assert not cache.folder.exists()


def test_a_key_shows_itself_to_nobody(monkeypatch):
    monkeypatch.setenv("SOME_KEY", f" {FAKE_KEY}\n")
    key = secret("SOME_KEY")
    assert key.reveal() == FAKE_KEY and FAKE_KEY not in f"{key} {key!r} {[key]}"
    assert key.redact(f"bad {FAKE_KEY}!") == "bad ***!"
    with pytest.raises(PixrayError, match="cannot be stored"):
        pickle.dumps(key)


@pytest.mark.parametrize("value", ["", "  ", "two words", "line\nbreak", "ключ", "bell\x07"])
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(value):
    with pytest.raises(AuthError, match="SOME_KEY") as caught:
        Secret(lambda: value, "SOME_KEY").reveal()
    assert not value.strip() or value.strip() not in str(caught.value)


def test_an_empty_address_in_the_environment_is_none(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    assert OpenAI().url == "https://api.openai.com/v1" and os.environ["OPENAI_BASE_URL"] == ""


@pytest.mark.parametrize(
    ("rule", "wanted", "nearest"),
    [
        (SizeRule(multiple=64, minimum=320, maximum=1536), (1000, 500), (1024, 512)),
        (
            SizeRule(multiple=16, minimum=256, maximum=3840, minimum_pixels=655_360, longest=3.0),
            (100, 1000),
            (480, 1424),
        ),
        (SizeRule(fixed=((256, 256), (512, 512))), (500, 400), (512, 512)),
        (SizeRule(minimum=64, maximum=1024), (2048, 1024), (1024, 512)),
    ],
)
def test_the_nearest_size_keeps_the_proportions_as_well_as_it_can(rule, wanted, nearest):
    found = rule.nearest(*wanted)
    assert rule.allows(*found)
    assert found == nearest or abs(found[0] / found[1] - nearest[0] / nearest[1]) < 0.05

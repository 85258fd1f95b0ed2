"""Nothing is paid for twice: not after a kill, not after a wait that was given up, not after a fetch that failed."""

import contextlib
import json
import os
import time
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path

import pytest

from pixray.providers.base import ImageRequest
from pixray.providers.client import Client
from pixray.providers.errors import DownloadError, PerhapsPaid, ProviderError, Timeout
from pixray.providers.limits import Retries
from pixray.providers.unfinished import Unfinished
from pixray.registry import BUILT_IN, Registry
from pixray.testing.fake_server import FAKE_KEY, Scripted
from tests.processes import start_python

PROVIDERS = Registry(BUILT_IN)
QUEUED = {"bfl": "/v1/get_result", "fal": "/status", "replicate": "/v1/predictions/"}
AT_ONCE = ["together", "openrouter", "gemini", "openai", "regolo", "visioncraft", "blockentropy", "stability_rest"]
KILLED = """
import sys
from test_unfinished import begun
name, url = sys.argv[1:]
begun(name, url).result()
"""


def begun(name, url, **rules):
    """A request to a service, the same in every process."""
    provider = PROVIDERS.load("provider", name)(key=lambda: FAKE_KEY, url=url)
    width, height = provider.sizes(provider.request_fields().get("model")).nearest(256, 256)
    fields = {"prompts": (("a red circle", 1.0),), "width": width, "height": height, "seed": 7}
    rules = {"retries": Retries(draw=lambda: 0.0), "unfinished": Unfinished(_folder()), **rules}
    return Client(provider, **rules).start(ImageRequest(**{**fields, **provider.request_fields()}))


def _folder():
    return Path("notes").absolute()


def notes():
    return list(_folder().glob("*.json"))


def submissions(fake):
    return [one for one in fake.requests if one.method in ("POST", "PUT") and not one.path.endswith("/cancel")]


def killed(name, fake, path=""):
    """Begin in another process, and kill that as soon as the service was asked at a path."""
    places = os.pathsep.join([os.environ["PYTHONPATH"], str(Path(__file__).parent)])
    environment = {**os.environ, "PYTHONPATH": places}
    process = start_python("-c", KILLED, name, fake.url, env=environment)
    while not any(path in received.path for received in fake.requests):
        assert process.is_alive()
        time.sleep(0.01)
    process.kill()
    process.join()


@pytest.mark.parametrize("name", QUEUED)
def test_work_of_a_run_that_was_killed_is_collected_and_not_paid_again(services, name):
    fake = services[name]
    fake.hang_next()
    killed(name, fake, QUEUED[name])
    (note,) = notes()
    assert "red circle" not in note.read_text() and FAKE_KEY not in note.read_text()
    next(iter(fake.tasks.values()))["hang"] = False
    result = begun(name, fake.url).result()
    assert result.images[0].usable and len(submissions(fake)) == 1 and not notes()
    assert "an earlier run ended before this picture came" in result.warnings[0]
    begun(name, fake.url).result()
    assert len(submissions(fake)) == 2, "what was collected is not collected again"


def abandoned(name, fake):
    """As after a kill, without the time that another process takes: the note is left where it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pixray.providers.unfinished.Note.settle", lambda *_: None)
        job = begun(name, fake.url)
        while not fake.requests:
            assert not job.wait(0.01)
        job.cancel()
        assert job.wait(20)


@pytest.mark.parametrize(("name", "how"), [("openai", killed), *((name, abandoned) for name in AT_ONCE)])
def test_a_request_that_a_killed_run_may_have_paid_is_not_made_again_unless_it_is_wanted(services, name, how):
    fake = services[name]
    fake.script.append(Scripted(hang=True))
    how(name, fake)
    sent = len(fake.requests)
    with pytest.raises(PerhapsPaid, match=f"{name}: an earlier run ended .* --pay_twice yes"):
        begun(name, fake.url).result()
    assert len(fake.requests) == sent
    assert begun(name, fake.url, retries=Retries(billable=True)).result().images[0].usable and not notes()
    assert begun(name, fake.url).result().images[0].usable


@pytest.mark.parametrize("name", [*QUEUED, *AT_ONCE])
def test_a_request_that_ran_out_of_time_is_not_made_again_by_itself(services, name, monkeypatch):
    fake = services[name]
    fake.script.append(Scripted(hang=True))
    fake.script.extend([Scripted(504)] * 3)
    provider = PROVIDERS.load("provider", name)
    monkeypatch.setattr(provider, "capabilities", replace(provider.capabilities, timeout=0.4))
    with pytest.raises(Timeout, match=r"did not finish within 0\.4 s; it may bill") as caught:
        begun(name, fake.url).result()
    assert caught.value.maybe_billed and len(fake.requests) == 1


@pytest.mark.parametrize("name", QUEUED)
def test_accepted_work_is_collected_later_if_the_service_could_not_be_asked(services, name, monkeypatch):
    monkeypatch.setattr("pixray.providers.polling.Pace.__init__.__defaults__", (0.01, 1.0, 0.01, 1))
    fake = services[name]
    usual = fake._respond
    fake._respond = lambda received: Scripted(503) if QUEUED[name] in received.path else usual(received)
    with pytest.raises(ProviderError) as caught:
        begun(name, fake.url).result()
    assert caught.value.maybe_billed and len(notes()) == 1
    fake._respond = usual
    assert begun(name, fake.url).result().images[0].usable and len(submissions(fake)) == 1 and not notes()


@pytest.mark.parametrize("name", QUEUED)
def test_a_finished_picture_that_could_not_be_fetched_is_fetched_later(services, name):
    fake = services[name]
    usual = fake._respond
    fake._respond = lambda received: Scripted(500) if received.path.startswith("/files/") else usual(received)
    with pytest.raises(DownloadError):
        begun(name, fake.url).result()
    fake._respond = usual
    assert begun(name, fake.url).result().images[0].usable and len(submissions(fake)) == 1 and not notes()


@pytest.mark.parametrize(("name", "left"), [("bfl", 1), ("fal", 0), ("replicate", 0)])
def test_what_is_given_up_is_remembered_only_where_it_cannot_be_taken_back(services, name, left):
    fake = services[name]
    fake.hang_next()
    job = begun(name, fake.url)
    while not fake.asked:
        assert not job.wait(0.01)
    job.cancel()
    assert job.wait(20)
    with pytest.raises(CancelledError):
        job.result()
    assert len(notes()) == left


@pytest.mark.parametrize(
    "content", ["", "no json", "[]", "[" * 100_000, '{"task": {"polling_url": "https://evil.example/"}}']
)
def test_a_damaged_note_sends_the_key_nowhere(services, content):
    fake = services["bfl"]
    abandoned("bfl", fake)
    (note,) = notes()
    note.write_text(content)
    fake.requests.clear()
    with contextlib.suppress(ProviderError):
        begun("bfl", fake.url).result()
    # What the job that was given up had begun to ask may still arrive.
    assert {one.path for one in submissions(fake)} <= {"/v1/flux-2-pro"}


def test_a_note_of_an_earlier_run_holds_what_is_needed_and_nothing_else(services):
    fake = services["replicate"]
    fake.hang_next()
    killed("replicate", fake, QUEUED["replicate"])
    (note,) = notes()
    left = json.loads(note.read_text())
    assert left["can_be_cancelled"] is True and set(left["task"]) == {"id", "urls"}

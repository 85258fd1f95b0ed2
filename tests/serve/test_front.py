"""The door before cog's server: what it answers itself, and that it passes on everything else."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from asking import TINY, call, wait_for, when_free

from pixray.errors import MissingPackage
from pixray.serve.behind import cog_server

LONG = {"prompts": "a", "drawer": "pixel", "iterations": 100000, "settings": TINY}


def sentences(server, given):
    status, answer = call(f"{server}/predictions", {"input": given})
    assert status == 422 and all(detail["loc"] == ["body", "input"] for detail in answer["detail"])
    return [detail["msg"] for detail in answer["detail"]]


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [
        ({"drawer": "vqgna"}, "unknown drawer 'vqgna' (from the inputs): expected one of ", "Did you mean 'vqgan'?"),
        ({"quality": "drat"}, "quality='drat' (from the inputs): expected one of ", "Did you mean 'draft'?"),
        ({"iterations": -3}, "iterations=-3 (from the inputs): ", "expected at least 0"),
        ({"iterations": "3"}, "iterations='3' (from the inputs): ", "expected a whole number"),
        ({"preset": "tile"}, "unknown preset 'tile': expected one of ", "Did you mean 'tiler'?"),
        ({"palette": "blakc"}, "palette='blakc' (from the inputs): ", "Did you mean 'black'?"),
        ({"settings": "iteratons: 3"}, "unknown setting 'iteratons' (from settings).", "Did you mean 'iterations'?"),
        ({"settings": "outdir: /x"}, "'outdir' (from settings) ", "cannot be set here"),
        ({"settings": "[1"}, "settings: ", "at line 1, column 3"),
        ({"settings": 7}, "settings=7 (from the inputs): ", "expected a text"),
        ({"promts": "a"}, "unknown input 'promts'.", "Did you mean 'prompts'?"),
        ({"prompts": None}, "nothing says what to paint: ", "give prompts"),
    ],
)
def test_a_mistake_is_answered_422_with_our_sentence(front, given, start, end):
    (told,) = sentences(front, {"prompts": "a", **given} if "prompts" not in given else given)
    assert told.startswith(start) and told.endswith(end), told


def test_all_mistakes_are_told_at_once(front):
    assert len(sentences(front, {"promts": "a", "quality": "drat", "iterations": -3})) == 3


def test_a_prompt_under_a_wrong_name_is_told_once(front):
    assert sentences(front, {"prompt": "a"}) == ["unknown input 'prompt'. Did you mean 'prompts'?"]


def test_what_is_right_is_painted(front):
    given = {**LONG, "iterations": 5}
    status, answer = when_free(f"{front}/predictions", {"input": given})
    assert status == 200 and answer["status"] == "succeeded" and len(answer["output"]) == 3


def test_what_is_no_prediction_is_left_to_cog(front, cog_alone):
    assert call(f"{front}/openapi.json") == call(f"{cog_alone}/openapi.json")
    assert call(f"{front}/predictions/nobody/cancel", {})[0] == 404
    request = urllib.request.Request(f"{front}/predictions", b"no JSON", {"content-type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=60)
    with caught.value as answer:
        assert answer.code == 400 and b"JSON" in answer.read()


def test_a_prediction_is_cancelled_through_the_door(front):
    body, waiting = {"input": LONG}, [("Prefer", "respond-async")]
    assert when_free(f"{front}/predictions/mine", body, "PUT", waiting)[0] in (200, 202)
    wait_for(front, "BUSY")
    assert call(f"{front}/predictions/mine/cancel", {})[0] == 200
    wait_for(front, "READY")


def test_hanging_up_ends_the_prediction(front):
    import http.client
    import json

    wait_for(front, "READY")
    client = http.client.HTTPConnection(front.removeprefix("http://"))
    client.request("POST", "/predictions", json.dumps({"input": LONG}), {"content-type": "application/json"})
    wait_for(front, "BUSY")
    client.close()
    wait_for(front, "READY")
    assert call(f"{front}/health-check")[1]["status"] == "READY"


def test_without_cog_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackage, match=r"pip install 'pixray\[serve\]'"), cog_server():
        pass


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_command_takes_cog_along_when_it_ends(servers, number, code, tmp_path):
    words = [sys.executable, "-m", "pixray", "serve", "--port", "0"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with (tmp_path / "log").open("w") as log:
        running = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
        try:
            deadline = time.monotonic() + 90
            while not (found := re.search(r"listening at (http://\S+)", (tmp_path / "log").read_text())):
                assert running.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()
                time.sleep(0.1)
            assert call(f"{found[1]}/health-check")[0] == 200
            running.send_signal(number)
            assert running.wait(60) == code
        finally:
            running.kill()
            running.wait()
    assert not list(tmp_path.glob("pixray-serve-*")), "its folder is gone, and with it cog's server"

"""Jobs that are steered over HTTP: the run hears of it, the record keeps it, what is wrong is answered."""

import time
from pathlib import Path

import pytest
from asking import call

from pixray.recorders.record import read_record, record_layer
from pixray.registry import BUILT_IN, Registry
from pixray.runs.resume import NAME
from pixray.settings.resolve import resolve

SETTINGS = {
    "prompts": "a red heart",
    "drawer": "pixel",
    "size": [64, 48],
    "pixel_size": [16, 12],
    "perceptors": "embedded",
    "iterations": 4000,
    "checkpoint_every": 5,
    "seed": 3,
}


def until(front, name, fulfilled, seconds=90):
    end = time.monotonic() + seconds
    while not fulfilled(job := call(f"{front}/api/jobs/{name}")[1]):
        assert time.monotonic() < end and job["state"] != "failed", job
        time.sleep(0.05)
    return job


@pytest.fixture
def running(front):
    status, job = call(f"{front}/api/jobs", {"settings": SETTINGS})
    assert status == 201, job
    yield until(front, job["id"], lambda job: job["step"] >= 12)["id"]
    call(f"{front}/api/jobs/{job['id']}/cancel", {})
    until(front, job["id"], lambda job: job["state"] in ("cancelled", "done"))


def steer(front, name, **changes):
    return call(f"{front}/api/jobs/{name}/steer", {"changes": changes})


def test_a_running_job_takes_changes_and_its_picture_can_be_painted_again(own_server, front, running):
    assert steer(front, running, prompts="a blue heart:2", learning_rate=0.1)[0] == 200
    job = until(front, running, lambda job: job["steering"])
    assert job["steering"][0]["changes"] == {"prompts": ["a blue heart:2"], "learning_rate": 0.1}
    assert steer(front, running, custom_loss="smoothness")[0] == 200
    job = until(front, running, lambda job: len(job["steering"]) == 2)
    call(f"{front}/api/jobs/{running}/cancel", {})
    until(front, running, lambda job: job["state"] == "cancelled")
    folder = own_server[0].pool.queue.get(running).order.folder
    assert read_record(folder / "output.png")["steering"] == job["steering"]
    again = resolve(Registry(BUILT_IN), {}, base=record_layer(folder / "output.png"))
    assert again.steering == job["steering"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"size": [8, 8]}, "size (from the changes): cannot change while a run paints"),
        ({"prmpts": "x"}, "unknown setting 'prmpts'"),
        ({"palette": "@/etc/passwd"}, "names a file of this machine"),
        ({"image_prompts": "http://127.0.0.1:9/x.png"}, "names a"),
        ({}, "nothing to steer"),
        ({"prompts": [[[[[[["deep"]]]]]]]}, "prompts="),
    ],
)
def test_wrong_changes_are_answered_in_a_sentence(front, running, changes, sentence):
    status, answer = steer(front, running, **changes)
    assert status == 422 and sentence in answer["detail"], answer
    assert call(f"{front}/api/jobs/{running}")[1]["steering"] == []


def test_changes_that_are_no_object_and_jobs_that_are_over_are_refused(front, running):
    assert call(f"{front}/api/jobs/{running}/steer", {"changes": "red"})[0] == 422
    call(f"{front}/api/jobs/{running}/cancel", {})
    until(front, running, lambda job: job["state"] == "cancelled")
    status, answer = steer(front, running, prompts="x")
    assert status == 409 and "over already" in answer["detail"]


def test_a_paused_job_is_steered_and_goes_on_so(own_server, front, running):
    call(f"{front}/api/jobs/{running}/pause", {})
    job = until(front, running, lambda job: job["state"] == "paused")
    assert steer(front, running, prompts="green")[0] == 200
    told = call(f"{front}/api/jobs/{running}")[1]
    assert told["steering"] == [{"step": job["step"], "changes": {"prompts": ["green"]}}]
    call(f"{front}/api/jobs/{running}/resume", {})
    on = until(front, running, lambda now: now["state"] == "running" and now["step"] > job["step"] + 5)
    assert on["steering"] == told["steering"] and "green" in on["losses"]


def test_undo_takes_back_the_changes_after_the_checkpoint(own_server, front, running):
    steer(front, running, prompts="green")
    job = until(front, running, lambda job: job["steering"])
    changed = job["steering"][0]["step"]
    before = [step for step in job["checkpoints"] if step <= changed]
    assert call(f"{front}/api/jobs/{running}/undo", {"step": before[-1]})[0] == 200
    job = until(front, running, lambda job: not job["steering"] and job["step"] and "a red heart" in job["losses"])
    folder = own_server[0].pool.queue.get(running).order.folder
    assert "steering" not in (folder / "settings.yaml").read_text() and Path(folder, NAME).is_file()
    assert '"event": "undone"' in (folder / "log.jsonl").read_text()

"""Jobs on a real server with a real worker: painted, paused, killed, followed by many."""

import concurrent.futures
import io
import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile

import pytest
from asking import call, wait_for
from PIL import Image

TINY = {"prompts": "red", "drawer": "pixel", "pixel_size": [8, 6], "size": [32, 24], "num_cuts": 4, "seed": 1}
TINY |= {"perceptors": "embedded"}
STEPS = 240
"""Enough to be met while it is painted, on fast machines too."""


def make(address, **settings):
    status, job = call(f"{address}/api/jobs", {"settings": {**TINY, **settings}})
    assert status == 201, job
    return job["id"]


def until(address, job, *states, seconds=120, **facts):
    """The job once it is in one of some states and facts are at least those."""
    deadline = time.monotonic() + seconds
    while True:
        told = call(f"{address}/api/jobs/{job}")[1]
        if told["state"] in states and all(told[name] >= value for name, value in facts.items()):
            return told
        assert time.monotonic() < deadline and not (told["state"] == "failed" and "failed" not in states), told
        time.sleep(0.02)


def picture(address, job):
    with urllib.request.urlopen(f"{address}/api/jobs/{job}/picture", timeout=60) as answer:
        return answer.read()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What the command line paints with the same settings."""
    from pixray.cli.main import main

    folder = tmp_path_factory.mktemp("whole")
    words = "--prompts red --drawer pixel --pixel_size 8 6 --size 32 24 --num_cuts 4 --seed 1 --perceptors embedded"
    assert main([*words.split(), "--iterations", str(STEPS), "--outdir", str(folder), "--quiet"]) == 0
    return (folder / "output.png").read_bytes()


def follow(address, query="after=0", seconds=120):
    """A stream of events, one after the other, with their number and kind."""
    with urllib.request.urlopen(f"{address}/api/events?{query}", timeout=seconds) as answer:
        number = kind = None
        for line in answer:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "id":
                number = int(value)
            elif name == "event":
                kind = value
            elif name == "data":
                yield number, kind, json.loads(value)


def test_a_job_is_painted_as_on_the_command_line_and_told_as_it_grows(front, whole):
    job = make(front, iterations=STEPS)
    seen = []
    for _, kind, data in follow(front, f"job={job}&after=0"):
        seen.append((time.monotonic(), kind, data))
        if kind == "job" and data["state"] == "done":
            break
    states = list(dict.fromkeys(data["state"] for _, kind, data in seen if kind == "job"))
    assert states == ["queued", "running", "done"]
    steps = [data["step"] for _, kind, data in seen if kind == "step"]
    assert steps == sorted(steps) and steps[-1] == STEPS
    first_step = next(moment for moment, kind, _ in seen if kind == "step")
    first_picture = next(moment for moment, kind, _ in seen if kind == "picture")
    assert first_picture - first_step < 2.0
    told = seen[-1][2]
    assert told["seed"] == 1 and told["size"] == [32, 24] and told["picture"] == f"/api/jobs/{job}/picture"
    assert told["pictures"][-1] == STEPS and told["checkpoints"][-1] == STEPS and told["seconds"] > 0
    assert picture(front, job) == whole


def test_a_paused_job_goes_on_to_the_same_picture(front, whole):
    job = make(front, iterations=STEPS)
    until(front, job, "running", step=5)
    assert call(f"{front}/api/jobs/{job}/pause", {})[0] == 200
    paused = until(front, job, "paused", "done")
    assert paused["state"] == "paused" and 0 < paused["step"] < STEPS and paused["picture"]
    assert call(f"{front}/api/jobs/{job}/resume", {})[0] == 200
    until(front, job, "done")
    assert picture(front, job) == whole


def test_going_back_to_a_checkpoint_takes_the_steps_again(front):
    job = make(front, iterations=STEPS, checkpoint_every=20)
    until(front, job, "running", step=50)
    assert call(f"{front}/api/jobs/{job}/undo", {"step": 20})[0] == 200
    until(front, job, "done")
    curve = call(f"{front}/api/jobs/{job}/curve")[1]
    assert curve["steps"] == list(range(1, STEPS + 1))


def test_a_cancelled_job_keeps_its_picture_and_goes_on_when_it_is_asked_to(front):
    job = make(front, iterations=20_000)
    until(front, job, "running", step=5)
    call(f"{front}/api/jobs/{job}/cancel", {})
    cancelled = until(front, job, "cancelled")
    assert 0 < cancelled["step"] < 20_000 and picture(front, job).startswith(b"\x89PNG")
    if cancelled["step"] > STEPS - 10:
        pytest.skip("this machine paints too fast for what follows")
    status, child = call(f"{front}/api/jobs/{job}/continue", {"iterations": f"+{STEPS - cancelled['step']}"})
    assert status == 201 and child["parent"] == job and child["steps"] == STEPS
    told = until(front, child["id"], "done")
    assert told["step"] == STEPS and picture(front, job) != picture(front, child["id"])


def test_two_hundred_clients_follow_a_job_and_miss_no_state(own_server):
    _, address = own_server
    host, _, port = address.removeprefix("http://").partition(":")
    last = call(f"{address}/api/jobs")[1]["last_event"]
    clients = [socket.create_connection((host, int(port)), timeout=60) for _ in range(200)]
    try:
        for client in clients:
            client.sendall(b"GET /api/events?after=%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % last)
        job = make(address, iterations=60)
        assert call(f"{address}/health-check")[0] == 200
        until(address, job, "done")
        for client in clients:
            text = b""
            while not re.search(rb'"state":"done"', text):
                chunk = client.recv(1 << 16)
                assert chunk, text[-300:]
                text += chunk
            states = re.findall(rb'"state":"(\w+)"', text)
            assert list(dict.fromkeys(states)) == [b"queued", b"running", b"done"]
            numbers = [int(number) for number in re.findall(rb"^id: (\d+)$", text, re.MULTILINE)]
            assert numbers == sorted(set(numbers))
    finally:
        for client in clients:
            client.close()


class Studio:
    """`pixray serve` with a folder, as a process."""

    def __init__(self, folder, *more):
        self.folder, self.log = folder, folder / "server.txt"
        words = [sys.executable, "-m", "pixray", "serve", "--port", "0", "--device", "cpu"]
        folder.mkdir(exist_ok=True)
        with self.log.open("w") as log:
            self.process = subprocess.Popen([*words, "--outdir", str(folder / "runs"), *more], stdout=log, stderr=log)
        deadline = time.monotonic() + 90
        while not (listening := re.search(r"listening at (http://\S+)", self.log.read_text())):
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        self.address = listening[1]


@pytest.fixture
def studio(tmp_path):
    started = []

    def start(*more):
        started.append(Studio(tmp_path, *more))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()


def test_a_server_that_is_told_to_end_saves_its_job_and_the_next_goes_on(studio, whole):
    first = studio()
    jobs = [make(first.address, iterations=STEPS), make(first.address, iterations=3)]
    until(first.address, jobs[0], "running", step=5)
    known = call(f"{first.address}/api/jobs")[1]["last_event"]
    first.process.send_signal(signal.SIGTERM)
    assert first.process.wait(60) == 143, first.log.read_text()
    second = studio()
    taken = call(f"{second.address}/api/jobs/{jobs[0]}")[1]
    assert taken["state"] in ("queued", "running") and taken["step"] > 0 and taken["checkpoints"]
    for number, kind, data in follow(second.address, f"after={known}"):
        assert number > known
        if kind == "job" and data["id"] == jobs[1] and data["state"] == "done":
            break
    until(second.address, jobs[0], "done")
    assert picture(second.address, jobs[0]) == whole


def test_two_servers_do_not_share_a_folder(studio):
    first = studio()
    words = [sys.executable, "-m", "pixray", "serve", "--port", "0", "--outdir", str(first.folder / "runs")]
    second = subprocess.run(words, capture_output=True, text=True, timeout=90)
    assert second.returncode == 1 and "belongs to another server" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_token_is_asked_for_by_the_whole_server(studio):
    server = studio("--token", "correct-horse-battery")
    assert call(f"{server.address}/api/jobs")[0] == 401
    assert call(f"{server.address}/predictions", {"input": {}})[0] == 401
    assert call(f"{server.address}/health-check")[0] == 200
    assert call(f"{server.address}/api/jobs", headers=[("Authorization", "Bearer correct-horse-battery")])[0] == 200


def test_a_server_for_others_wants_a_token(tmp_path):
    words = [sys.executable, "-m", "pixray", "serve", "--host", "0.0.0.0", "--port", "0"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=90)
    assert done.returncode == 2 and "--token" in done.stderr and "Traceback" not in done.stderr


def test_jobs_of_many_clients_at_once_are_all_kept(own_server):
    _, address = own_server
    wait_for(address, "READY")
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        jobs = list(threads.map(lambda number: make(address, iterations=1, prompts=f"red {number}"), range(16)))
    assert len(set(jobs)) == 16
    assert {until(address, job, "done")["step"] for job in jobs} == {1}


def test_a_record_names_its_start_picture_below_its_own_folder_and_is_run_again_anywhere(own_server, tmp_path):
    """No path of the server's disk leaves it, and an archive holds all that a rerun needs."""
    server, address = own_server
    request = urllib.request.Request(f"{address}/api/uploads", start_picture(), method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        upload = json.loads(answer.read())["id"]
    status, job = call(f"{address}/api/jobs", {"settings": {**TINY, "iterations": 4}, "start": upload})
    assert status == 201, job
    told = until(address, job["id"], "done")
    with urllib.request.urlopen(f"{address}/api/jobs/{job['id']}/archive.zip", timeout=60) as answer:
        zipfile.ZipFile(io.BytesIO(answer.read())).extractall(tmp_path / "elsewhere")
    files = [path for path in (tmp_path / "elsewhere").rglob("*") if path.is_file()]
    disk = str(server.pool.queue.folder)
    assert [path.name for path in files if disk.encode() in path.read_bytes()] == []
    assert disk not in json.dumps(told) and (tmp_path / "elsewhere" / "inputs" / f"{upload}.png") in files
    again = tmp_path / "again"
    words = [sys.executable, "-m", "pixray", "rerun", str(tmp_path / "elsewhere"), "--outdir", str(again), "--quiet"]
    subprocess.run(words, check=True, timeout=120)
    assert (again / "output.png").read_bytes() == picture(address, job["id"])
    assert (again / "inputs" / f"{upload}.png").is_file()


def start_picture():
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((32, 24)).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()

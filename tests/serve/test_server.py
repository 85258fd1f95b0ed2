"""Our own server: what it answers, what it refuses at the door, and how it ends."""

import concurrent.futures
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from asking import TINY, call, wait_for, when_free

from pixray.errors import MissingPackage

LONG = {"prompts": "a", "drawer": "pixel", "iterations": 100000, "settings": TINY}
SHORT = {**LONG, "iterations": 1}


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
        ({"iterations": 10**400}, "iterations=1000", "expected a whole number"),
        ({"preset": "tile"}, "unknown preset 'tile': expected one of ", "Did you mean 'tiler'?"),
        ({"palette": "blakc"}, "palette='blakc' (from the inputs): ", "Did you mean 'black'?"),
        ({"settings": "iteratons: 3"}, "unknown setting 'iteratons' (from settings).", "Did you mean 'iterations'?"),
        ({"settings": "outdir: /x"}, "'outdir' (from settings) ", "cannot be set here"),
        ({"settings": "[1"}, "settings: ", "at line 1, column 3"),
        ({"settings": 7}, "settings=7 (from the inputs): ", "expected a text"),
        ({"settings": "x" * 20_000}, "settings='xxx", "a text of at most 16,384 characters"),
        ({"settings": {"a": [[[[[[[[[1]]]]]]]]]}}, "settings={'a'", "nested 8 deep at most"),
        ({"prompts": "x" * 5_000}, "prompts='xxx", "a text of at most 4,096 characters"),
        ({"promts": "a"}, "unknown input 'promts'.", "Did you mean 'prompts'?"),
        ({"prompts": None}, "nothing says what to paint: ", "give prompts"),
        ({"drawer": "openai"}, "'drawer' (from the inputs) names a remote service", "is not offered here"),
        (
            {"settings": "init_from: openai"},
            "'init_from' (from settings) names a remote service",
            "is not offered here",
        ),
        ({"settings": "settings: {}"}, "unknown setting 'settings' (from settings).", ""),
    ],
)
def test_a_mistake_is_answered_422_with_our_sentence(front, given, start, end):
    (told,) = sentences(front, {"prompts": "a", **given} if "prompts" not in given else given)
    assert told.startswith(start) and told.endswith(end), told


def test_all_mistakes_are_told_at_once(front):
    assert len(sentences(front, {"promts": "a", "quality": "drat", "iterations": -3})) == 3


def test_a_prompt_under_a_wrong_name_is_told_once(front):
    assert sentences(front, {"prompt": "a"}) == ["unknown input 'prompt'. Did you mean 'prompts'?"]


def test_what_is_right_is_painted_and_numbers_and_objects_are_understood(front):
    settings = {"size": [32, 24], "pixel_size": [8, 6], "num_cuts": 4, "display_every": 2}
    given = {**LONG, "iterations": 5, "seed": 7, "settings": settings, "aspect": None}
    status, answer = when_free(f"{front}/predictions", {"input": given})
    assert status == 200 and answer["status"] == "succeeded" and len(answer["output"]) == 3
    assert answer["input"]["seed"] == 7 and answer["metrics"]["predict_time"] > 0
    again = when_free(f"{front}/predictions", {"input": {**given, "seed": "7", "settings": json.dumps(settings)}})[1]
    assert again["output"][-1] == answer["output"][-1]


def test_the_schema_is_that_of_cog(front, cog_alone):
    assert call(f"{front}/openapi.json") == call(f"{cog_alone}/openapi.json")


@pytest.mark.parametrize(
    ("path", "body", "method"),
    [
        ("/predictions/nobody/cancel", {}, "POST"),
        ("/predictions/x", {"input": {}, "id": "y"}, "PUT"),
        ("/predictions", {"input": 3}, "POST"),
    ],
)
def test_refusals_have_the_status_that_cog_gives_them(front, cog_alone, path, body, method):
    assert call(front + path, body, method)[0] == call(cog_alone + path, body, method)[0]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"no JSON", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"input": ' + b"9" * 6_000 + b"}", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"input": {"prompts": Infinity}}', "application/json", 400),
        (b'{"input": {"settings": {"\\ud800": "\\udfff"}}}', "application/json", 422),
        (b'{"input": {"\\ud800": 1}}', "application/json", 422),
        (b"[]", "application/json", 422),
        (b'{"input": {}, "webhook": 5}', "application/json", 422),
        (b'{"input": {}, "webhook": "http://127.0.0.1:9/"}', "application/json", 422),
        (b'{"input": {}, "webhook": "https://example.com:22/"}', "application/json", 422),
        (b'{"input": {}, "webhook_events_filter": ["x"]}', "application/json", 422),
        (b"{}", "text/plain", 415),
        (b" " * (1 << 20) + b"{}", "application/json", 413),
    ],
)
def test_every_kind_of_wrong_body_is_answered(front, body, kind, status):
    request = urllib.request.Request(f"{front}/predictions", body, {"content-type": kind})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=60)
    with caught.value as answer:
        assert answer.code == status and answer.read()


def test_an_alias_bomb_is_refused_at_once(front):
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24)
    )
    begun = time.monotonic()
    (told,) = sentences(front, {"prompts": "a", "settings": bomb})
    assert "alias" in told and time.monotonic() - begun < 5


@pytest.mark.parametrize("settings", ["[" * 3_000, "a: " + "{a: " * 3_000, "- x\n" * 4_000, "prompts: " + "[(" * 4_000])
def test_deep_and_long_settings_are_refused_in_bounded_time(front, settings):
    begun = time.monotonic()
    status, _ = call(f"{front}/predictions", {"input": {"settings": settings}})
    assert status == 422 and time.monotonic() - begun < 5


def test_a_product_of_braces_is_refused_in_bounded_time(front):
    begun = time.monotonic()
    told = sentences(front, {"prompts": "a", "settings": f"image_prompts: 'http://example.com/{'{a,b}' * 18}.png'"})
    assert told and time.monotonic() - begun < 5


def test_a_prediction_is_cancelled(front):
    body, waiting = {"input": LONG}, [("Prefer", "respond-async")]
    assert when_free(f"{front}/predictions/mine", body, "PUT", waiting) == (202, {"id": "mine", "status": "starting"})
    wait_for(front, "BUSY")
    assert call(f"{front}/predictions", {"input": SHORT})[0] == 409
    assert call(f"{front}/predictions/mine", body, "PUT")[0] == 202
    assert call(f"{front}/predictions/mine/cancel", {})[0] == 200
    wait_for(front, "READY")
    status, answer = call(f"{front}/predictions/mine")
    assert status == 200 and answer["status"] == "canceled"
    assert call(f"{front}/predictions/mine/cancel", {})[0] == 404


def test_hanging_up_ends_the_prediction(front):
    wait_for(front, "READY")
    client = http.client.HTTPConnection(front.removeprefix("http://"))
    client.request("POST", "/predictions", json.dumps({"input": LONG}), {"content-type": "application/json"})
    wait_for(front, "BUSY")
    client.close()
    wait_for(front, "READY")


def test_many_cancels_in_a_row_leave_a_server_that_paints(own_server):
    server, address = own_server
    deaths = server.pool.supervisors[0].deaths
    for number in range(8):
        path = f"{address}/predictions/c{number}"
        assert when_free(path, {"input": LONG}, "PUT", [("Prefer", "respond-async")])[0] == 202
        time.sleep(0.05 * (number % 4))
        assert call(f"{path}/cancel", {})[0] == 200
        assert call(f"{path}/cancel", {})[0] in (200, 404)
    assert when_free(f"{address}/predictions", {"input": SHORT})[1]["status"] == "succeeded"
    assert server.pool.supervisors[0].deaths == deaths, "cancels are cooperative"


def test_a_killed_worker_is_told_and_replaced(own_server):
    server, address = own_server
    supervisor = server.pool.supervisors[0]
    deaths = supervisor.deaths
    wait_for(address, "READY")
    with concurrent.futures.ThreadPoolExecutor() as threads:
        answer = threads.submit(call, f"{address}/predictions", {"input": LONG})
        wait_for(address, "BUSY")
        supervisor._process.kill()
        status, told = answer.result(60)
    assert status == 200 and told["status"] == "failed" and "signal 9" in told["error"]
    wait_for(address, "READY")
    assert supervisor.deaths == deaths + 1
    assert when_free(f"{address}/predictions", {"input": SHORT})[1]["status"] == "succeeded"


def test_pictures_leave_the_server_when_they_are_forgotten(own_server):
    server, address = own_server
    for _ in range(2):
        assert when_free(f"{address}/predictions", {"input": SHORT})[1]["status"] == "succeeded"

    def folders():
        jobs = server.pool.queue.listed(limit=1000)
        others = {job.order.folder for job in jobs if job.door != "predictions"}  # kept until somebody removes them
        return [path for path in server.pool.queue.folder.iterdir() if path.is_dir() and path not in others]

    until(lambda: len(folders()) <= 17)  # jobs of clients that have left may still be ending
    assert not [path for folder in folders() for path in folder.rglob("*.mp4")]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "localhost.evil.example"}, 421),
        ({"Host": ""}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/shutdown", "/predictions", "/predictions/x/cancel"])
def test_other_sites_start_and_stop_nothing(front, headers, status, path):
    given = {"content-type": "application/json", **headers}
    request = urllib.request.Request(f"{front}{path}", b"{}", given)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=60)
    with caught.value as answer:
        assert answer.code == status and json.loads(answer.read())["detail"]
    wait_for(front, "READY")


def test_other_sites_read_nothing(front):
    request = urllib.request.Request(f"{front}/health-check", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=60)
    with caught.value as answer:
        assert answer.code == 421
    with urllib.request.urlopen(urllib.request.Request(front, headers={"Origin": "http://evil.example"})) as answer:
        assert "access-control-allow-origin" not in answer.headers


def raw(address, content, seconds=20.0):
    """What a server answers to some bytes."""
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=seconds) as connection:
        connection.sendall(content)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"POST /predictions HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", b"400"),
        (
            b"POST /predictions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n"
            b"Expect: 100-continue\r\n\r\n",
            b"413",
        ),
        (b"POST /predictions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", b"400"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", b"4"),
        (b"NONSENSE\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n", b"4"),
    ],
)
def test_broken_http_is_answered(front, content, status):
    assert raw(front, content).partition(b" ")[2].startswith(status)


def test_half_sent_requests_are_closed_and_hold_up_nobody(front):
    host, _, port = front.removeprefix("http://").partition(":")
    half = [socket.create_connection((host, int(port)), timeout=30) for _ in range(40)]
    try:
        for number, connection in enumerate(half):
            connection.sendall(b"POST /predictions HTTP/1.1\r\nHost: localhost\r\n"[: 10 + number])
        assert call(f"{front}/health-check")[0] == 200
        assert all(connection.recv(100) == b"" for connection in half), "given up after a while"
    finally:
        for connection in half:
            connection.close()


def test_simultaneous_requests_are_all_answered(front):
    wait_for(front, "READY")
    with concurrent.futures.ThreadPoolExecutor(60) as threads:
        statuses = list(threads.map(lambda _: call(f"{front}/predictions", {"input": SHORT})[0], range(60)))
    assert set(statuses) <= {200, 409} and 200 in statuses


def test_without_its_packages_it_says_what_to_install(monkeypatch):
    from pixray.cli.serve import main

    monkeypatch.setitem(sys.modules, "uvicorn", None)
    for name in [name for name in sys.modules if name.startswith("pixray.serve.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(MissingPackage, match=r"pip install 'pixray\[studio\]'"):
        main([])


class Command:
    """`pixray serve` as a process, with temporary files of its own."""

    def __init__(self, folder, *more):
        words = [sys.executable, "-m", "pixray", "serve", "--port", "0", "--device", "cpu", *more]
        self.folder, self.log = folder, folder / "log.txt"
        with self.log.open("w") as log:
            environment = {**os.environ, "TMPDIR": str(folder), "TORCHINDUCTOR_CACHE_DIR": str(folder / "torch")}
            self.running = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + 90
        while not (found := re.search(r"listening at (http://\S+)", self.log.read_text())):
            assert self.running.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        self.address = found[1]

    def workers(self):
        """Numbers of the processes that it started."""
        listed = subprocess.run(["ps", "-e", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
        mark = f" {self.running.pid} cpu"
        return [
            int(line.split()[0])
            for line in listed.splitlines()
            if "pixray.serve.worker" in line and line.endswith(mark)
        ]


@pytest.fixture
def command(tmp_path):
    commands = []

    def start(*more):
        commands.append(Command(tmp_path, *more))
        return commands[-1]

    yield start
    for one in commands:
        one.running.kill()
        one.running.wait()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_the_exit_code_names_the_signal(command, number, code):
    server = command()
    assert call(f"{server.address}/ready")[0] == 503, "no worker is ready yet"
    server.running.send_signal(number)
    assert server.running.wait(60) == code and not server.workers()


def test_a_request_to_shut_down_ends_it_without_a_fault(command):
    server = command()
    assert call(f"{server.address}/shutdown", {}) == (200, {})
    assert server.running.wait(60) == 0 and not server.workers()


def test_a_signal_ends_the_job_with_an_answer_and_leaves_nothing(command):
    server = command()
    wait_for(server.address, "READY")
    assert len(server.workers()) == 1
    with concurrent.futures.ThreadPoolExecutor() as threads:
        answer = threads.submit(call, f"{server.address}/predictions", {"input": LONG})
        wait_for(server.address, "BUSY")
        time.sleep(0.5)
        server.running.send_signal(signal.SIGTERM)
        status, told = answer.result(60)
    assert status == 200 and told["status"] == "canceled"
    assert server.running.wait(60) == 143
    assert not server.workers() and not list(server.folder.glob("pixray-*")), server.log.read_text()


def test_no_worker_outlives_a_killed_server_and_the_next_one_cleans_up(command):
    server = command()
    wait_for(server.address, "READY")
    call(f"{server.address}/predictions/x", {"input": LONG}, "PUT", [("Prefer", "respond-async")])
    assert server.workers()
    server.running.kill()
    server.running.wait()
    deadline = time.monotonic() + 10
    while server.workers():
        assert time.monotonic() < deadline, "a worker goes on painting"
        time.sleep(0.05)
    assert list(server.folder.glob("pixray-serve-*"))
    other = command()
    (left,) = other.folder.glob("pixray-serve-*")
    assert str(other.running.pid) in left.name


def test_a_kept_run_goes_on_where_the_server_left_it(command, tmp_path):
    from pixray.cli.main import main

    server = command("--outdir", str(tmp_path / "runs"))
    wait_for(server.address, "READY")
    given = {**LONG, "iterations": 40, "seed": "3"}
    with concurrent.futures.ThreadPoolExecutor() as threads:
        answer = threads.submit(call, f"{server.address}/predictions", {"input": {**given, "iterations": 4000}})
        wait_for(server.address, "BUSY")
        while not list((tmp_path / "runs").glob("*/output.png")):
            time.sleep(0.05)
        server.running.terminate()
        assert answer.result(60)[1]["status"] == "canceled"
    assert server.running.wait(60) == 143
    (folder,) = (path for path in (tmp_path / "runs").iterdir() if path.is_dir())
    assert (folder / "checkpoint.safetensors").is_file()
    assert "# Painted by this user" not in (folder / "settings.yaml").read_text(), "a client asked for it"
    assert main(["resume", str(folder), "--iterations", "+2", "--quiet"]) == 0


def test_a_server_whose_workers_cannot_start_says_so_and_ends(tmp_path):
    from pixray.serve.app import Server, bound_socket
    from pixray.serve.process import Patience
    from pixray.serve.queue import Queue
    from pixray.serve.supervisor import Pool

    failing = [sys.executable, "-c", "raise SystemExit(3)"]
    pool = Pool(["cpu"], Queue(tmp_path), Patience(failures=2, end=1.0), failing)
    with bound_socket("127.0.0.1", 0) as listening:
        assert Server(pool, listening).run() == 1
    assert pool.supervisors[0].state in ("failed", "ended")


def until(reached, seconds=30):
    """Wait for something that another thread does."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.02)


def test_a_worker_that_hangs_is_replaced_and_its_job_told(tmp_path):
    from pixray.serve.jobs import Job, Order
    from pixray.serve.process import Patience
    from pixray.serve.queue import Queue
    from pixray.serve.supervisor import Pool

    hanging = (
        "import sys, time; from multiprocessing.connection import Connection; c = Connection(int(sys.argv[1])); "
        "c.send_bytes(b'{\"ready\": true}'); c.recv_bytes(); time.sleep(60)"
    )
    pool = Pool(["cpu"], Queue(tmp_path), Patience(build=0.5, end=0.5), [sys.executable, "-c", hanging])
    pool.start()
    try:
        until(lambda: pool.status == "READY")
        job = pool.queue.add(Job(Order((), tmp_path / "run")))
        until(lambda: job.finished)
        assert job.state == "failed" and "did not begin to paint in time" in job.error
        until(lambda: pool.status == "READY")
        assert pool.supervisors[0].deaths == 1
    finally:
        pool.drain()


def test_a_job_that_takes_too_long_is_cancelled_with_a_reason(tmp_path):
    from pixray.serve.jobs import Job, Order
    from pixray.serve.process import Patience
    from pixray.serve.queue import Queue
    from pixray.serve.supervisor import Pool

    obedient = (
        "import sys; from multiprocessing.connection import Connection; c = Connection(int(sys.argv[1])); "
        'c.send_bytes(b\'{"ready": true}\'); c.recv_bytes(); c.send_bytes(b\'{"step": 1, "steps": 9}\'); '
        'c.recv_bytes(); c.send_bytes(b\'{"done": "stopped"}\'); c.recv_bytes()'
    )
    pool = Pool(["cpu"], Queue(tmp_path), Patience(job=0.3, end=0.5), [sys.executable, "-c", obedient])
    pool.start()
    try:
        until(lambda: pool.status == "READY")
        job = pool.queue.add(Job(Order((), tmp_path / "run")))
        until(lambda: job.finished)
        assert (job.state, job.step, job.steps) == ("cancelled", 1, 9)
        assert job.error == "it took longer than the 0.3 s that a job may take"
    finally:
        pool.drain()


def test_a_job_that_waits_is_cancelled_at_once_and_a_full_queue_says_so(tmp_path):
    from pixray.serve.job_actions import cancel
    from pixray.serve.job_errors import AtCapacity, QueueClosed
    from pixray.serve.jobs import Job, Order
    from pixray.serve.queue import Queue

    queue = Queue(tmp_path, most_waiting=1)
    waiting = queue.add(Job(Order((), tmp_path / "run")))
    with pytest.raises(AtCapacity):
        queue.add(Job(Order((), tmp_path / "other")))
    cancel(queue, waiting.id)
    assert waiting.state == "cancelled" and not queue.waiting()
    queue.close()
    with pytest.raises(QueueClosed):
        queue.add(Job(Order((), tmp_path / "other")))

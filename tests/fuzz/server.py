"""An attack on `pixray serve` from outside: nonsense, half requests, floods, cancels and killed workers.

    python -m tests.fuzz.server [--seed 1] [--requests 1000] [--half 300] [--cancels 50] [--kills 10] [--flood 200]

Starts a server of its own, prints a line for each part, and exits 1 when something was not answered or the server does
not paint afterwards. What is random is drawn from the seed.
"""

import argparse
import concurrent.futures
import json
import os
import random
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

TINY = {"size": [32, 24], "pixel_size": [8, 6], "num_cuts": 4, "display_every": 2, "perceptors": "embedded"}
SHORT = {"prompts": "a", "drawer": "pixel", "iterations": 1, "settings": TINY}
LONG = {**SHORT, "iterations": 100_000}
SLOW = 10.0
"""Seconds beyond which an answer counts as a hang."""


class Target:
    """A server under attack."""

    def __init__(self, folder):
        self.folder, self.log = Path(folder), Path(folder) / "log.txt"
        words = [sys.executable, "-m", "pixray", "serve", "--port", "0", "--device", "cpu"]
        environment = {**os.environ, "TMPDIR": str(folder), "TORCHINDUCTOR_CACHE_DIR": str(self.folder / "torch")}
        with self.log.open("w") as log:
            self.running = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
        self.wait(lambda: re.search(r"listening at http://\S+:(\d+)", self.log.read_text()), "does not listen")
        self.port = int(re.search(r"listening at http://\S+:(\d+)", self.log.read_text())[1])
        self.ready()

    def wait(self, condition, complaint, seconds=120.0):
        end = time.monotonic() + seconds
        while not condition():
            if self.running.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"the server {complaint}:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def ready(self):
        self.wait(lambda: self.call("/ready")[0] == 200 and self.health()["status"] == "READY", "is not ready")

    def health(self):
        return json.loads(self.call("/health-check")[1])

    def call(self, path, body=None, method=None, headers=(), seconds=120.0):
        """Status and content of an answer; a status of 0: there was none."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        given = {"content-type": "application/json", **dict(headers)}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, given, method=method)
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        except (OSError, ValueError, UnicodeError) as error:
            return 0, repr(error).encode()

    def raw(self, content, seconds=20.0):
        """What is answered to some bytes, and whether the server ended the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            answer = b""
            try:
                connection.sendall(content)
                while chunk := connection.recv(65536):
                    answer += chunk
            except TimeoutError:
                return answer, False
            except OSError:
                return answer, True
        return answer, True

    def paints(self):
        end = time.monotonic() + 120
        while time.monotonic() < end:
            status, content = self.call("/predictions", {"input": SHORT})
            if status not in (409, 503):
                return status == 200 and json.loads(content)["status"] == "succeeded"
            time.sleep(0.1)
        return False

    def workers(self):
        listed = subprocess.run(["ps", "-e", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
        own = [
            line for line in listed.splitlines() if "pixray.serve.worker" in line and f" {self.running.pid} " in line
        ]
        return [int(line.split()[0]) for line in own]

    def memory(self):
        """Resident megabytes of the server without its workers."""
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.running.pid}/status").read_text())[1]) >> 10

    def descriptors(self):
        return len(list(Path(f"/proc/{self.running.pid}/fd").iterdir()))

    def threads(self):
        return len(list(Path(f"/proc/{self.running.pid}/task").iterdir()))


def nonsense(draw):
    """A value of any kind."""
    texts = [
        "",
        " ",
        "a",
        "\0",
        "\ud800",
        "x" * 5_000,
        "[" * 3_000,
        "{a,b}" * 18,
        "/etc/passwd",
        "../x",
        "~nobody/x",
        "1e400",
    ]
    texts += [
        "http://127.0.0.1/x.png",
        "http://169.254.169.254/",
        "@/etc/passwd.png",
        "a: &a [*a]",
        "- x\n" * 4_000,
        "\x1b[2J",
    ]
    simple = [*texts, None, True, 0, -1, 1.5, 10**30, float("nan"), float("inf"), [], {}]
    kind = draw.random()
    if kind < 0.75:
        return draw.choice(simple)
    if kind < 0.9:
        return [nonsense(draw) for _ in range(draw.randrange(4))]
    return {str(draw.choice(texts))[:50]: nonsense(draw) for _ in range(draw.randrange(4))}


def fuzzed(draw, names):
    """A request as bytes, with its path, method and headers."""
    given = {draw.choice(names): nonsense(draw) for _ in range(draw.randrange(1, 5))}
    if draw.random() < 0.5:
        further = {draw.choice(names): nonsense(draw) for _ in range(draw.randrange(1, 4))}
        given["settings"] = further if draw.random() < 0.5 else json.dumps(further)
    body = {"input": given}
    if draw.random() < 0.2:
        body[draw.choice(["id", "webhook", "webhook_events_filter", "created_at", "output_file_prefix"])] = nonsense(
            draw
        )
    if draw.random() < 0.4:  # one nonsensical value in a request that is right otherwise
        further = {**TINY, draw.choice(names): nonsense(draw)}
        own = {draw.choice(["prompts", "seed", "palette", "aspect"]): nonsense(draw)} if draw.random() < 0.5 else {}
        body["input"] = {**SHORT, "settings": TINY if own else further, **own}
    body["input"]["iterations"] = draw.choice([1, -1, "x"]) if draw.random() < 0.3 else 0
    content = json.dumps(body).encode()
    if draw.random() < 0.2:
        place = draw.randrange(len(content))
        content = (
            content[:place] + draw.choice([b"", b"\xff", b"{", b'"', b"\0"]) + content[place + draw.randrange(3) :]
        )
    method, path = "POST", "/predictions"
    if draw.random() < 0.15:
        path = draw.choice(["/predictions/x", "/predictions/%00", "/predictions/../x", "/nothing", "/", "/x/cancel"])
        method = draw.choice(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
    headers = {}
    if draw.random() < 0.1:
        headers[draw.choice(["Origin", "Host", "Prefer", "Content-Type", "Expect", "Transfer-Encoding"])] = draw.choice(
            ["null", "http://evil.example", "respond-async", "text/html", "x" * 900]
        )
    return path, content, method, headers


def attack_with_nonsense(target, draw, count):
    from pixray.settings.core import engine_declarations

    names = [one.name for one in engine_declarations()] + ["preset", "settings", "pixel_size", "strokes", "style_file"]
    statuses, slowest, silent = {}, 0.0, []
    for number in range(count):
        path, content, method, headers = fuzzed(draw, names)
        begun = time.monotonic()
        status, answer = target.call(path, content, method, headers)
        slowest = max(slowest, time.monotonic() - begun)
        statuses[status] = statuses.get(status, 0) + 1
        if status in (0, 500) or b"Traceback" in answer:
            silent.append((number, path, method, headers, content[:300], answer[:300]))
    return statuses, slowest, silent


def attack_with_half_requests(target, count):
    begun, threads = time.monotonic(), target.threads()
    half = [socket.create_connection(("127.0.0.1", target.port), timeout=60) for _ in range(count)]
    for number, connection in enumerate(half):
        connection.sendall(
            b"POST /predictions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"[: 1 + number % 70]
        )
    more = target.threads() - threads
    status, _ = target.call("/health-check", seconds=10)
    closed = 0
    for connection in half:
        connection.settimeout(60)
        try:
            while connection.recv(4096):
                continue
            closed += 1
        except OSError:
            closed += 1
        connection.close()
    return status, more, closed, time.monotonic() - begun


def attack_with_cancels(target, count):
    answered, deaths = 0, target.health()["worker_restarts"]
    for number in range(count):
        path = f"/predictions/c{number}"
        status = 409
        while status in (409, 503):
            status, _ = target.call(path, {"input": LONG}, "PUT", {"Prefer": "respond-async"})
        time.sleep(0.02 * (number % 5))
        answered += status == 202 and target.call(f"{path}/cancel", {})[0] in (200, 404)
        target.call(f"{path}/cancel", {})
    return answered, target.health()["worker_restarts"] - deaths


def attack_with_kills(target, count):
    told = 0
    for number in range(count):
        target.ready()
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            answer = threads.submit(target.call, "/predictions", {"input": LONG})
            target.wait(lambda: target.health()["status"] == "BUSY", "does not begin")
            time.sleep(0.1 * number)
            for worker in target.workers():
                os.kill(worker, draw_signal(number))
            status, content = answer.result(120)
            told += status == 200 and json.loads(content)["status"] == "failed"
    target.ready()
    return told


def draw_signal(number):
    return signal.SIGKILL if number % 2 else signal.SIGSEGV


def attack_with_flood(target, count):
    with concurrent.futures.ThreadPoolExecutor(count) as threads:
        answers = list(threads.map(lambda _: target.call("/predictions", {"input": SHORT})[0], range(count)))
    return {status: answers.count(status) for status in set(answers)}


def attack_with_megabytes(target, megabytes):
    """A long body by its own account, and one in chunks."""
    before = target.memory()
    announced = target.call("/predictions", b" " * (megabytes << 20))[0]
    piece = b"%x\r\n" % (1 << 16) + b" " * (1 << 16) + b"\r\n"
    head = b"POST /predictions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += b"Transfer-Encoding: chunked\r\n\r\n"
    chunked, _ = target.raw(head + piece * (16 * 32) + b"0\r\n\r\n")
    return announced, chunked[9:12].decode(), target.memory() - before


def attack_with_idle_connections(target, count):
    """Connections that ask for nothing; the processor time that the server spends on them."""

    def spent():
        fields = Path(f"/proc/{target.running.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    idle = [socket.create_connection(("127.0.0.1", target.port), timeout=10) for _ in range(count)]
    before = spent()
    time.sleep(3)
    used = spent() - before
    status, _ = target.call("/health-check", seconds=10)
    for connection in idle:
        connection.close()
    return status, used / 3


def attack_with_broken_http(target):
    answers = []
    contents = (
        b"POST /predictions HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /predictions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 9\r\n\r\n{}",
        b"POST /predictions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
        b"GET " + b"/" * 50_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    )
    for content in contents:
        answer, ended = target.raw(content)
        answers.append((answer[9:12].decode("latin-1"), ended))
    return answers


def main(argv):
    parser = argparse.ArgumentParser(description="Attack a server of pixray from outside.")
    for name, default in (
        ("seed", 1),
        ("requests", 1000),
        ("half", 300),
        ("cancels", 50),
        ("kills", 10),
        ("flood", 200),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--megabytes", type=int, default=400)
    wanted = parser.parse_args(argv)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    os.environ.setdefault("PIXRAY_OFFLINE", "1")
    faults = []

    def report(what, good, **facts):
        listed = ", ".join(f"{name} {value}" for name, value in facts.items())
        sys.stdout.write(f"{'ok   ' if good else 'FAULT'} {what}: {listed}\n")
        sys.stdout.flush()
        if not good:
            faults.append(what)

    with tempfile.TemporaryDirectory(prefix="pixray-attack-") as folder:
        target = Target(folder)
        report("paints at first", target.paints(), megabytes=target.memory(), descriptors=target.descriptors())
        statuses, slowest, silent = attack_with_nonsense(target, random.Random(wanted.seed), wanted.requests)
        for fault in silent[:10]:
            sys.stdout.write(f"      {fault}\n")
        report("nonsense", not silent and slowest < SLOW, statuses=statuses, slowest=f"{slowest:.2f} s")
        answers = attack_with_broken_http(target)
        report("broken HTTP", all(code[:1] == "4" and ended for code, ended in answers), answers=answers)
        status, more, closed, seconds = attack_with_half_requests(target, wanted.half)
        good = status == 200 and closed == wanted.half and more <= 2
        report("half requests", good, closed=closed, more_threads=more, seconds=f"{seconds:.1f}")
        status, share = attack_with_idle_connections(target, 60)
        report("idle connections", status == 200 and share < 0.2, processor=f"{share:.1%}")
        announced, chunked, grown = attack_with_megabytes(target, wanted.megabytes)
        good = announced == 413 and chunked == "413" and grown < 64
        report(f"{wanted.megabytes} MB", good, announced=announced, chunked=chunked, grown=f"{grown} MB")
        statuses = attack_with_flood(target, wanted.flood)
        report("flood", set(statuses) <= {200, 409, 503} and statuses.get(200, 0) > 0, statuses=statuses)
        answered, deaths = attack_with_cancels(target, wanted.cancels)
        report("cancels", answered == wanted.cancels and not deaths, answered=answered, worker_deaths=deaths)
        told = attack_with_kills(target, wanted.kills)
        report("killed workers", told == wanted.kills, told=told, restarts=target.health()["worker_restarts"])
        report("paints at last", target.paints(), megabytes=target.memory(), descriptors=target.descriptors())
        target.running.terminate()
        code = target.running.wait(60)
        left = [path.name for path in Path(folder).glob("pixray-*")]
        report("ends", code == 143 and not target.workers() and not left, code=code, left=left)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

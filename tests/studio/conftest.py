"""The real server, a real browser, and pages whose mistakes fail the test."""

import json
import re
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import httpx
import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
TINY = {
    "drawer": "pixel",
    "perceptors": "embedded",
    "size": [64, 48],
    "pixel_size": [16, 12],
    "num_cuts": 2,
    "pixel_svg": True,
    "iterations": 12,
}
"""A run of a moment."""
LONG = {**TINY, "iterations": 100_000, "save_every": 50}
"""A run that goes on until it is stopped."""
EXPECTED = ("ERR_INTERNET_DISCONNECTED", "status of 422")
"""What a browser itself writes to its console: a test was offline, and wrong settings were refused."""
PATIENCE = 30_000
"""Milliseconds that a page may take: the machine may be busy with other tests."""


class Server:
    """`pixray studio` as a person starts it, and its API for what a test needs to be there."""

    def __init__(self, address):
        self.address = address
        self.http = httpx.Client(base_url=address, timeout=30)

    def paint(self, prompts, settings=TINY, start=None):
        answer = self.http.post("/api/jobs", json={"settings": {**settings, "prompts": [prompts]}, "start": start})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def job(self, name):
        return self.http.get(f"/api/jobs/{name}").json()

    def order(self, name, verb, **body):
        answer = self.http.post(f"/api/jobs/{name}/{verb}", json=body)
        assert answer.status_code < 300, answer.text

    def wait(self, name, *states, step=0):
        end = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < end:
            job = self.job(name)
            if job["state"] in states and (job["step"] or 0) >= step:
                return job
            time.sleep(0.05)
        raise AssertionError(f"{job['state']} at step {job['step']}: {job['error']}")

    def finished(self, prompts, settings=TINY):
        return self.wait(self.paint(prompts, settings), "done")

    def running(self, prompts, step=1, **changes):
        name = self.paint(prompts, {**LONG, **changes})
        self.wait(name, "running", step=step)
        return name

    def stop_all(self):
        jobs = self.http.get("/api/jobs").json()["jobs"]
        live = [job["id"] for job in jobs if job["state"] in ("queued", "running", "paused")]
        for name in live:
            self.http.post(f"/api/jobs/{name}/cancel", json={})
        for name in live:
            self.wait(name, "cancelled", "done", "failed")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studio")
    with pytest.MonkeyPatch.context() as here:
        here.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        here.setenv("XDG_STATE_HOME", str(folder / "state"))
        here.setenv("PIXRAY_OFFLINE", "1")
        here.setenv("HF_HUB_OFFLINE", "1")
        here.setenv("OMP_NUM_THREADS", "1")  # a core is left to the browser
        here.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        command = ["-m", "pixray", "studio", "--no-open", "--port", "0", "--outdir", str(folder / "runs")]
        process = subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, text=True)
        told = process.stderr.readline()
        address = re.search(r"http://\S+", told)
        assert address, told
        server = Server(address[0])
        yield server
        server.http.close()
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next((found for found in map(shutil.which, CHROMIUM) if found), None)
    if path is None:
        pytest.skip("there is no Chromium here (apt-get install chromium)")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visitor:
    """A browser of its own: what it stores is its own, and what goes wrong in it is collected."""

    def __init__(self, browser, address, **options):
        self.context = browser.new_context(bypass_csp=False, **options)
        self.context.set_default_timeout(PATIENCE)
        self.address, self.problems = address, []

    def open(self, settings=TINY, at="/"):
        """A page whose form holds these settings."""
        page = self.context.new_page()
        page.on("console", lambda message: message.type == "error" and self._note(message.text))
        page.on("pageerror", lambda error: self._note(str(error)))
        page.on(
            "request",
            lambda request: request.url.startswith((self.address, "blob:", "data:")) or self._note(request.url),
        )
        if settings:
            page.add_init_script(
                "if (!localStorage.getItem('pixray-form'))"
                f" localStorage.setItem('pixray-form', JSON.stringify({{settings: {json.dumps(settings)}}}))"
            )
        page.goto(self.address + at)
        page.locator("form .primary").wait_for()
        return page

    def _note(self, problem):
        if not any(expected in problem for expected in EXPECTED):
            self.problems.append(problem)


@pytest.fixture
def visit(chromium, server):
    """A function that gives a new visitor; nothing may go wrong in any of their pages."""
    visitors = []

    def new(**options):
        options.setdefault("viewport", {"width": 1280, "height": 860})
        visitors.append(Visitor(chromium, server.address, **options))
        return visitors[-1]

    yield new
    for visitor in visitors:
        visitor.context.close()
    server.stop_all()
    assert [problem for visitor in visitors for problem in visitor.problems] == []


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """The source of axe-core, from the registry of npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, which brings axe-core")
    folder = tmp_path_factory.mktemp("axe")
    packed = subprocess.run(
        [npm, "pack", "--silent", "axe-core@4"], cwd=folder, capture_output=True, text=True, timeout=60
    )
    archives = list(folder.glob("*.tgz"))
    if packed.returncode or not archives:
        pytest.skip(f"axe-core cannot be had: {packed.stderr.strip()[:200]}")
    with tarfile.open(archives[0]) as archive:
        return archive.extractfile("package/axe.min.js").read().decode()

"""Make the pictures of docs/studio.md anew: five states of the page, on a desk and on a telephone.

    pip install ".[studio,test]" && python docs/make_studio_pictures.py

Needs Chromium (`apt-get install chromium`). Starts `pixray studio` in an empty folder, paints what the pictures show,
and writes docs/pictures/studio-STATE-WIDTH.webp.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
STATES = ("first", "growing", "finished", "compare", "dark")
WIDTHS = {1280: 860, 390: 844}
"""Width of the page: its height."""
HEAVIEST = 150_000
"""Bytes of a picture."""
RUNS: list[dict[str, Any]] = [
    {"prompts": ["a red heart"], "drawer": "pixel", "sprite": "32x32", "seed": 7},
    {"prompts": ["a sailboat"], "drawer": "line_sketch", "seed": 1},
    {"prompts": ["a sunset over the sea"], "drawer": "multires", "iterations": 60, "seed": 7},
    {"prompts": ["a yellow sun over a blue sea"], "drawer": "pixel", "pixel_svg": True, "pixel_cells": True, "seed": 1},
]
GROWING = {"prompts": ["the night sky with a moon"], "drawer": "pixel", "iterations": 2000, "seed": 2}


class Studio:
    """A server with some finished pictures.

    Args:
        address: of the server.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._http = httpx.Client(base_url=address, timeout=60)

    def paint(self, settings: dict[str, Any]) -> str:
        """Begin a picture; its id."""
        asked = {"aspect": "square", "quality": "draft", "perceptors": "embedded", **settings}
        return self._http.post("/api/jobs", json={"settings": asked}).raise_for_status().json()["id"]

    def wait(self, name: str, step: int | None = None) -> None:
        """Until a picture has taken so many steps, or is done."""
        while True:
            job = self._http.get(f"/api/jobs/{name}").json()
            if job["error"]:
                raise RuntimeError(job["error"])
            if job["state"] == "done" or (step is not None and (job["step"] or 0) >= step):
                return
            time.sleep(0.2)

    def stop(self, name: str) -> None:
        """End a picture."""
        self._http.post(f"/api/jobs/{name}/cancel", json={})


@contextmanager
def studio(folder: Path) -> Iterator[Studio]:
    """A server in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pixray", "studio", "--no-open", "--port", "0", "--outdir", str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    address = re.search(r"http://\S+", process.stderr.readline())
    if address is None:
        raise RuntimeError(process.stderr.read())
    try:
        yield Studio(address[0])
    finally:
        process.terminate()
        process.wait(60)


def keep(page: Page, state: str, folder: Path) -> None:
    """Keep what a page shows now."""
    width = (page.viewport_size or {"width": 0})["width"]
    path = folder / f"studio-{state}-{width}.webp"
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        for quality in (88, 75, 60):
            picture.save(path, quality=quality, method=6)
            if path.stat().st_size <= HEAVIEST:
                break


def visit(browser: Browser, address: str, width: int, scheme: str = "light") -> Page:
    """A page of a new visitor."""
    size = {"width": width, "height": WIDTHS[width]}
    page = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce").new_page()  # type: ignore[arg-type]
    page.goto(address)
    page.locator("form .primary").wait_for()
    page.wait_for_timeout(1500)
    return page


def show(page: Page, state: str, names: list[str]) -> None:
    """Bring a page into a state."""
    if state == "growing":
        page.locator(".steering").wait_for()
        page.locator(".steering").get_by_role("button", name="warmer").click()
        page.wait_for_timeout(4000)
        page.locator("#stage").evaluate("element => element.scrollIntoView()")
    if state in ("finished", "dark"):
        page.goto(f"{page.url.partition('#')[0]}#{names[0 if state == 'dark' else -1]}")
        page.wait_for_timeout(1500)
    if state == "finished" and page.viewport_size != {"width": 1280, "height": 860}:
        page.locator(".stage").evaluate("element => element.scrollIntoView()")
    if state == "dark":
        page.get_by_role("button", name="Sprite", exact=True).click()
        page.locator("details.palette summary").click()
        page.wait_for_timeout(500)
    if state == "compare":
        boxes = page.locator(".card input")
        boxes.nth(0).check()
        boxes.nth(1).check()
        page.get_by_role("button", name="Compare 2").click()
        page.wait_for_timeout(800)


def make(states: Collection[str], folder: Path, server: Studio, browser: Browser) -> None:
    """Bring the pages into these states, one after the other, and keep what they show."""
    if "first" in states:
        for width in WIDTHS:
            keep(visit(browser, server.address, width), "first", folder)
    names = [server.paint(run) for run in RUNS] if set(states) - {"first"} else []
    for name in names:
        server.wait(name)
    for state in ("finished", "compare", "dark"):
        for width in WIDTHS if state in states else ():
            page = visit(browser, server.address, width, "dark" if state == "dark" else "light")
            show(page, state, names)
            keep(page, state, folder)
    for width in WIDTHS if "growing" in states else ():
        growing = server.paint(GROWING)
        server.wait(growing, step=120)
        page = visit(browser, server.address, width)
        show(page, "growing", names)
        keep(page, "growing", folder)
        server.stop(growing)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "pictures")
    parser.add_argument("--only", choices=STATES, help="make the pictures of this state alone")
    parsed = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as runs, studio(Path(runs)) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        make([parsed.only] if parsed.only else STATES, parsed.folder, server, browser)
        browser.close()


if __name__ == "__main__":
    main()

"""The page of a grid: live while its cells are painted, of a width that can be read, and light with many pictures."""

import json
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from pixray.runs.cell import Cell
from pixray.runs.grid_page import MOST_COLUMNS, MOST_ON_PAGE, files_of_grid, write_results
from pixray.runs.grid_progress import CellChanged, GridProgress
from pixray.runs.report.pace import Pace


@pytest.fixture
def cells_of(resolve, tiny):
    """Cells with one seed each, of which some have a picture."""
    settings = resolve(**tiny)

    def make(count, pictures=()):
        cells = [Cell({"seed": str(number)}, Placed(settings, f"out/cell{number}")) for number in range(count)]
        Path("out").mkdir(exist_ok=True)
        for number in pictures:
            cells[number].folder.mkdir()
            Image.new("RGB", (24, 16), (number % 256, 90, 40)).save(cells[number].folder / "output.png")
        return cells

    return make


class Placed:
    """Settings in another folder, without a copy of them."""

    def __init__(self, settings, outdir):
        self.outdir, self._settings = outdir, settings

    def __getattr__(self, name):
        return getattr(self._settings, name)

    @property
    def __dict__(self):
        return vars(self._settings)


def running(cell, **facts):
    return CellChanged(cell.folder.name, "key", cell.settings.outdir, "output.png", cell.values, "running", **facts)


def page():
    return Path("out/index.html").read_text()


def test_a_page_shows_what_is_being_painted_and_loads_itself_anew(cells_of):
    cells = cells_of(4, pictures=[0, 1])
    now = {
        "cell1": running(cells[1], step=12, steps=60, losses={"red": 0.5}, seconds_left=40.2, node="n1"),
        "cell2": running(cells[2]),
    }
    write_results(Path("out"), cells, GridProgress({}, now, {"cell0"}))
    assert '<meta http-equiv="refresh" content="5">' in page() and "1 of 4 done, 2 being painted at " in page()
    assert "1: step 12 of 60, loss 0.5, 40 s left, on n1" in page() and "2: beginning" in page()
    assert '<progress max="60" value="12"' in page()
    assert page().count('src="cell1/output.png?12"') == 2, "above all cells and in its place, and never from a cache"
    assert not Path("out/sheet.png").exists()


def test_a_page_of_which_nothing_is_painted_any_more_is_the_same_however_it_came_to_be(cells_of):
    cells = cells_of(2, pictures=[0, 1])
    write_results(Path("out"), cells, GridProgress(done={"cell0", "cell1"}))
    assert "refresh" not in page() and "Being painted" not in page() and "2 of 2 done" in page()
    assert Path("out/sheet.png").is_file() and "output.png?" not in page()


def test_a_failed_cell_with_a_picture_tells_its_reason(cells_of):
    cells = cells_of(2, pictures=[0])
    write_results(Path("out"), cells, GridProgress({"cell0": "it broke", "cell1": "it broke, too"}, done=set()))
    assert re.search(r"seed 0 <span class=\"failed\">failed: it broke</span>", page())
    assert page().count("it broke, too") == 1
    assert [row["status"] for row in json.loads(Path("out/grid.json").read_text())] == ["failed", "failed"]


def test_very_many_values_of_a_setting_do_not_make_a_page_that_is_too_wide(cells_of, resolve, tiny):
    cells = [
        Cell({"prompts": "red", "seed": str(number)}, Placed(resolve(**tiny), f"out/c{number}")) for number in (0, 1)
    ] * 50
    Path("out").mkdir()
    write_results(Path("out"), [*cells, *cells_of(0)], GridProgress(running={}, done=set()))
    assert "--columns: 2" in page()
    cells = [Cell({"prompts": "red", "seed": str(number)}, cells[0].settings) for number in range(100)]
    write_results(Path("out"), cells, GridProgress(running={}, done=set()))
    assert f"--columns: {MOST_COLUMNS}" in page()


def test_pages_are_written_for_a_twentieth_of_the_time_at_most(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("pixray.runs.report.pace.time.monotonic", lambda: clock[0])
    pace = Pace()
    assert pace.due
    with pace.writing():
        clock[0] += 3.0
    clock[0] += 59.0
    assert not pace.due
    clock[0] += 2.0
    assert pace.due


def test_a_grid_of_very_many_has_pages_that_lead_to_one_another(cells_of):
    count = 2 * MOST_ON_PAGE + 3
    cells = cells_of(count)
    write_results(Path("out"), cells, GridProgress({}, {"cell2001": running(cells[2001], step=1, steps=2)}, done=set()))
    assert '<b>1</b> <a href="index-2.html">2</a> <a href="index-3.html">3</a>' in page() and "2001: step 1" in page()
    last = Path("out/index-3.html").read_text()
    assert last.count("<figure>") == 3 and "seed 2000" in last and '<a href="index.html">1</a>' in last
    assert page().count("<figure>") == MOST_ON_PAGE + 1 and not Path("out/index-4.html").exists()
    assert files_of_grid(count) == ["index.html", "index-2.html", "index-3.html", "grid.json", "sheet.png"]


def test_a_browser_loads_only_the_pictures_in_sight_of_a_full_page(cells_of):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("there is no Chromium here (apt-get install chromium)")
    count = MOST_ON_PAGE
    write_results(Path("out"), cells_of(count, range(count)), GridProgress(running={}, done=set()))
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for width in (1200, 390):
            shown = browser.new_page(viewport={"width": width, "height": 800})
            shown.goto(Path("out/index.html").absolute().as_uri())
            loaded = shown.evaluate("[...document.images].filter(image => image.naturalWidth).length")
            assert 1 <= loaded < count / 2
            assert shown.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()

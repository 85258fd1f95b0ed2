"""That the benchmarks run, and what their tables hold; never how fast anything was."""

import subprocess
import sys
from pathlib import Path

import pytest

PARTS = ("render", "cutouts", "encode", "backward", "update")


def rows_of(name, *words):
    """The lines of the tables that a benchmark prints, as lists of cells; each runs in a process of its own, since
    benchmarks settle how their process waits and keeps memory."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *words],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("drawer", ["pixel", "line_sketch"])
def test_a_row_of_the_whole_step(drawer):
    rows = rows_of("run", "--only", f"{drawer},embedded", "--rounds", "1", "--cuts", "2", "--size", "64", "48")
    *_, whole, header, parts = (row for row in rows if row[1] in ("embedded", "perceptors"))
    assert whole[:3] == [drawer, "embedded", "2"] and float(whole[3]) > 0 and float(whole[4]) > 0
    assert tuple(header[2:]) == PARTS and len(parts) == 2 + len(PARTS)


def test_pictures_are_judged_and_shown(tmp_path):
    rows = rows_of("pictures", "--out", str(tmp_path), "--drawers", "pixel", "--first", "2", "--steps", "2")
    assert rows[-1][0] == "pixel" and all(cell.endswith("%") for cell in rows[-1][1:5])
    assert {path.name for path in tmp_path.iterdir()} == {"pixel.json", "pixel.png"}


def test_both_manners_of_cutouts_are_judged():
    rows = rows_of("quality", "--prompts", "1", "--seeds", "1", "--steps", "2", "--size", "32", "32")
    assert {row[0] for row in rows[1:]} == {"old", "ours"} and all(row[2].endswith("/1") for row in rows[1:])


def test_svg_files_are_compared_with_resvg(tmp_path):
    ground = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">'
    for kind, inside in {"plain": '<circle cx="12" cy="12" r="9"/>', "text": "<text>a</text>"}.items():
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "a.svg").write_text(f"{ground}{inside}</svg>")
    rows = rows_of("svg", str(tmp_path), "--size", "32", "--pictures", str(tmp_path / "seen"))
    shares = {row[0]: row[2] for row in rows if row[1] in ("1", "2")}
    assert shares == {"plain": "100.0%", "text": "0.0%", "all": "50.0%"}
    assert [path.name for path in (tmp_path / "seen").iterdir()] == ["000-a.png"]

"""Sheets, grids and comparisons: one damaged picture stops none of them, and no file of the user is written over."""

import json
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from pixray.cli.main import main
from pixray.recorders.base import attach
from pixray.recorders.files import FileRecorder
from pixray.recorders.lock import FolderLock

GRID = "grid --prompts red --drawer pixel --size 32x24 --pixel_size 8x6 --num_cuts 4 --perceptors embedded"
GRID = [*GRID.split(), "--iterations", "1", "--seed", "1,2", "--quiet"]


def paint(made):
    list(attach(made.run(), FileRecorder(made.settings)))


def test_damaged_pictures_are_left_out_of_a_sheet_and_named(session, capsys):
    paint(session(outdir="runs/good"))
    whole = Path("runs/good/output.png").read_bytes()
    Path("runs/cut.png").write_bytes(whole[: len(whole) * 2 // 3])
    Path("runs/zeros.png").write_bytes(whole[:-200] + bytes(200))
    Path("runs/folder.png").mkdir()
    odd = json.dumps({"prompts": [1, None, {"a": []}]})
    for name, record in {"deep": "[" * 50_000, "list": "[1]", "odd": odd}.items():
        info = PngImagePlugin.PngInfo()
        info.add_text("pixray_record", record)
        Image.new("RGB", (1, 900)).save(f"runs/{name}.png", pnginfo=info)
    huge = PngImagePlugin.PngInfo()
    huge.add_text("pixray_record", "9" * 90_000_000, zip=True)
    Image.new("RGB", (4, 4)).save("runs/huge.png", pnginfo=huge)
    minus = PngImagePlugin.PngInfo()
    minus.add_text("pixray_seed", "-" * 100_000 + "1")
    Image.new("RGB", (4, 4)).save("runs/minus.png", pnginfo=minus)
    assert main(["sheet", "runs"]) == 0
    told = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1].strip() for line in told if line.startswith("left out")] == [
        f"runs/{name}.png" for name in ("cut", "deep", "huge", "list", "zeros")
    ]
    with Image.open("runs/sheet.png") as sheet:
        assert sheet.height < 2000
    for name in ("deep", "list", "huge", "cut", "zeros", "minus", "odd", "folder"):
        for words in (["show"], ["diff", "runs/good/output.png"]):
            assert main([*words, f"runs/{name}.png"]) in (0, 1)
            printed = capsys.readouterr()
            assert len(printed.err.splitlines()) <= 1


def test_a_sheet_of_the_user_is_not_written_over(session, capsys):
    paint(session(outdir="runs/good"))
    Image.new("RGB", (4, 4)).save("runs/sheet.png")
    assert main(["sheet", "runs"]) == 1
    assert "runs/sheet.png is not pixray's own" in capsys.readouterr().err
    assert main(["sheet", "runs", "--out", "other.png"]) == 0
    Path("runs/sheet.png").unlink()
    assert main(["sheet", "runs"]) == main(["sheet", "runs"]) == 0


@pytest.mark.parametrize("name", ["index.html", "sheet.png", "grid.json"])
def test_a_grid_takes_the_place_of_no_file_of_the_user(name, capsys):
    Path("out").mkdir()
    Path("out", name).write_text("mine")
    assert main([*GRID, "--outdir", "out"]) == 1
    assert f"out/{name} is not pixray's own" in capsys.readouterr().err
    assert [path.name for path in Path("out").iterdir()] == [name]


def test_a_grid_goes_on_in_its_own_folder_and_lets_nobody_else_in(capsys):
    assert main([*GRID, "--outdir", "out"]) == 0
    (cell, _) = sorted(path for path in Path("out").iterdir() if path.is_dir())
    next(cell.glob("output.png")).write_bytes(b"damaged since")
    lock = FolderLock(Path("out"))
    lock.acquire()
    assert main([*GRID, "--outdir", "out"]) == 1
    assert "out is in use by a run" in capsys.readouterr().err
    lock.release()
    assert main([*GRID, "--outdir", "out"]) == 0
    assert Path("out/sheet.png").is_file()


def test_a_mistyped_grid_leaves_no_folder():
    assert main(["grid", "--prompts", "red", "--drawer", "pixle", "--outdir", "out"]) == 2
    assert not Path("out").exists()

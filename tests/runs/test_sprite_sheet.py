"""A grid of sprites is also a sheet that game engines read."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from pixray.cli.main import main

GRID = "--prompts red --drawer pixel --sprite 8x6 --size 32 24 --colors 3 --num_cuts 4 --perceptors embedded"
GRID = ["grid", *GRID.split(), "--iterations", "2", "--seed", "1..3", "--quiet"]


def test_seeds_become_frames_of_one_sheet_with_one_palette():
    assert main([*GRID, "--outdir", "g"]) == 0
    told = json.loads(Path("g/sprites.json").read_text())
    whole = Image.open("g/sprites.png")
    assert whole.mode == "P" and whole.size == (24, 6) and told["meta"]["size"] == {"w": 24, "h": 6}
    assert [frame["filename"] for frame in told["frames"]] == ["1", "2", "3"]
    for frame, path in zip(told["frames"], sorted(Path("g").glob("*/output_sprite.png")), strict=True):
        box = frame["frame"]
        part = whole.convert("RGBA").crop((box["x"], box["y"], box["x"] + box["w"], box["y"] + box["h"]))
        assert np.array_equal(np.asarray(part), np.asarray(Image.open(path).convert("RGBA")))
    assert main([*GRID, "--outdir", "g"]) == 0, "its own files are written again"


def test_a_sheet_of_somebody_else_is_not_written_over(capsys):
    Path("g").mkdir()
    Path("g/sprites.json").write_text("{}")
    assert main([*GRID, "--outdir", "g"]) == 1
    assert "sprites.json is not pixray's own" in capsys.readouterr().err and Path("g/sprites.json").read_text() == "{}"


def test_grids_without_sprites_have_no_sheet_of_them():
    words = [word for word in GRID if word not in ("--sprite", "8x6")]
    assert main([*words, "--outdir", "g"]) == 0
    assert not Path("g/sprites.png").exists()

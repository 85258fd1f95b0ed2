import json
import random

import numpy as np
import pytest
import torch
from PIL import Image

from pixray.perceptors.embedded import SketchGuide
from pixray.testing.contracts import check_perceptor
from training.ink import bank as banks
from training.ink import export, guide
from training.ink.bank import THINGS, Bank
from training.ink.drawings import DRAWN, VARIANTS, line_tiles
from training.ink.pen import Pen, smooth
from training.ink.raster import bent, placed, raster, scribble


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    """Two things only, and line art of one of them."""
    monkeypatch.setattr(banks, "THINGS", ("cat", "house"))
    monkeypatch.setattr(guide, "THINGS", ("cat", "house"))
    monkeypatch.setattr(banks, "LINE_SETS", ("lines",))
    monkeypatch.setattr(guide.InkGuide, "_settle", lambda self: None)
    tiles = np.zeros((72, 96 * 72), dtype=np.uint8)
    tiles[20:24, 10:60] = tiles[80 % 72 : 30, 72 + 10 : 72 + 60] = 255
    Image.fromarray(tiles).save(tmp_path / "lines.png")
    (tmp_path / "lines.json").write_text(json.dumps([{"names": ["cat_face"]}, {"names": ["house_2"]}]))
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        yield
    torch.set_num_threads(threads)


def test_more_than_sixty_things_are_drawn_by_formula_and_fill_their_square():
    assert len(DRAWN) >= 60 and set(DRAWN) <= set(THINGS)
    for name, draw in DRAWN.items():
        pen = Pen(random.Random(name))
        draw(pen)
        points = np.concatenate(pen.strokes)
        assert len(points) >= 2 and len(pen.strokes) <= 45, name
        assert np.abs(points).max() <= 1.25 and np.ptp(points, axis=0).max() >= 1.1, name


def test_tiles_of_line_drawings_are_black_lines_that_differ():
    tiles = line_tiles("clock", 72)
    assert tiles.shape == (VARIANTS, 4, 72, 72) and not tiles[:, :3].any()
    inked = (tiles[:, 3] > 127).float().mean((1, 2))
    assert (inked > 0.1).all() and (inked < 0.5).all() and not torch.equal(tiles[0], tiles[1])
    assert torch.equal(tiles, line_tiles("clock", 72))


def test_no_two_drawings_of_a_thing_are_alike():
    chance, pens = random.Random(1), [Pen(random.Random(seed)) for seed in (1, 2)]
    pictures = []
    for pen in pens:
        DRAWN["fish"](pen)
        pictures.append(raster(placed(bent(pen.strokes, chance, 0.05), chance, 64), 2.0, 64))
    assert 0.02 < pictures[0].mean() < 0.3 and np.abs(pictures[0] - pictures[1]).mean() > 0.01


def test_a_smooth_line_runs_through_its_points():
    points = [(0.0, 0.0), (1.0, 0.5), (0.5, 1.0)]
    for closed in (False, True):
        line = smooth(points, closed)
        assert all(np.abs(line - point).max(1).min() < 1e-9 for point in np.array(points))
    assert np.allclose(smooth(points, True)[0], smooth(points, True)[-1])


def test_a_scribble_stays_on_the_paper():
    lines = [scribble(random.Random(seed), 64) for seed in range(20)]
    assert all(len(line) > 1 and line.min() > -2 and line.max() < 66 for line in lines)


def test_the_bank_holds_drawings_and_drafts_of_them(tmp_path):
    bank = Bank(tmp_path, 3, slots=4)
    assert {name: len(tiles) for name, tiles in bank.tiles.items()} == {"cat": 1, "house": 1}
    goals, drafts = bank.take([0, 1, 1])
    assert goals.shape == drafts.shape == (3, 1, 64, 64)
    assert float(goals.min()) >= 0 and float(goals.max()) <= 1
    assert not torch.equal(goals, drafts)
    before = bank.goals.clone()
    bank.renew(3)
    assert 0 < int((bank.goals != before).flatten(2).any(2).sum()) <= 3


def test_the_guide_for_ink_is_trained_continued_and_exported(tmp_path):
    tiny = ["--data", str(tmp_path), "--batch", "4", "--painted", "2", "--buffer", "4", "--chain", "1"]
    for name, pieces in (("whole", [[]]), ("parts", [["--stop-after", "1"], []])):
        for piece in pieces:
            guide.main([*tiny, "--out", str(tmp_path / name), "--samples", "12", *piece])
    whole, parts = (torch.load(tmp_path / name / "checkpoint.pt", weights_only=True) for name in ("whole", "parts"))
    assert whole["steps"] == parts["steps"] == 2 and list((tmp_path / "whole").glob("sheet_*.png"))
    assert all(value.isfinite().all() for value in whole["parts"]["model"].values())


def test_the_shipped_guide_for_ink_is_small_and_knows_its_words():
    loaded = SketchGuide()
    check_perceptor(loaded)
    assert loaded.unknown_words("a bicycle, ink on paper") == []
    assert loaded.unknown_words("a yggdrasil") == ["yggdrasil"]
    assert set(export.known_words()) <= set(loaded._words)

"""Cutouts for wide canvases: the thing in the middle, and the ground beside it."""

import pytest
import torch

from pixray.cutouts.middle import Middle


def crops(aspect, canvas, count=6):
    plan = Middle(count, aspect, 0.0).plan(torch.Generator().manual_seed(1), 32, 0, 0.5)
    return plan(canvas, plain=True)


def test_most_cutouts_show_the_middle_square_and_the_others_also_what_is_beside_it():
    canvas = torch.zeros(1, 3, 64, 192)
    canvas[..., 64:128] = 1
    shares = [float(crop.mean()) for crop in crops(3.0, canvas)]
    assert all(share == pytest.approx(1 / 3, abs=0.08) for share in shares[:2])
    assert all(share > 0.85 for share in shares[2:])


def test_a_high_canvas_is_looked_at_alike():
    canvas = torch.zeros(1, 3, 192, 64)
    canvas[..., 64:128, :] = 1
    assert [float(crop.mean()) > 0.85 for crop in crops(1 / 3, canvas)] == [False] * 2 + [True] * 4

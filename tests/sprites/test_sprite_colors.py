"""Few colours for many, and how they are mixed on a grid."""

import numpy as np
import pytest

from pixray.sprites.colors import choose_colors, from_oklab, nearest, to_oklab
from pixray.sprites.dither import DITHERS, bayer, in_palette

BLACK_WHITE = np.array([[0.0, 0, 0], [1, 1, 1]])


def test_oklab_is_that_of_its_author_and_goes_back():
    assert to_oklab(np.array([[1.0, 1, 1], [1, 0, 0]])) == pytest.approx(
        np.array([[1, 0, 0], [0.628, 0.225, 0.126]]), abs=2e-3
    )
    colors = np.random.default_rng(0).random((50, 3))
    assert from_oklab(to_oklab(colors)) == pytest.approx(colors, abs=1e-6)


def test_a_picture_of_few_colours_keeps_them():
    colors = np.random.default_rng(1).random((8, 3))
    chosen = choose_colors(colors.repeat(5, 0), 8)
    assert sorted(chosen.tolist()) == sorted(colors.tolist())


def test_groups_of_alike_colours_become_one_each_and_nothing_depends_on_chance():
    rng = np.random.default_rng(2)
    centres = np.array([[0.1, 0.1, 0.1], [0.9, 0.2, 0.1], [0.2, 0.8, 0.3], [0.95, 0.95, 0.9]])
    colors = (centres.repeat(200, 0) + rng.normal(0, 0.01, (800, 3))).clip(0, 1)
    chosen = choose_colors(colors, 4)
    assert np.abs(chosen[:, None] - centres).max(-1).min(0).max() < 0.02
    assert np.array_equal(chosen, choose_colors(colors, 4))
    assert len(choose_colors(colors, 1)) == 1


def test_what_weighs_nothing_is_no_colour():
    colors = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert choose_colors(colors, 3, np.array([1.0, 0, 1])).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert len(choose_colors(colors, 3, np.zeros(3))) == 3, "a wholly transparent picture still has a palette"


@pytest.mark.parametrize("dither", DITHERS)
def test_a_grey_is_mixed_of_black_and_white_in_its_proportion(dither):
    numbers = in_palette(np.full((16, 16, 3), 0.4), BLACK_WHITE, dither)
    share = numbers.mean()
    assert share in (0, 1) if dither == "none" else share == pytest.approx(0.4, abs=0.12)


@pytest.mark.parametrize("dither", DITHERS)
def test_palette_colours_themselves_stay_as_they_are(dither):
    colors = np.random.default_rng(3).random((5, 3))
    numbers = np.random.default_rng(4).integers(0, 5, (9, 7))
    if dither in ("none", "diffusion"):
        assert np.array_equal(in_palette(colors[numbers], colors, dither), numbers)
    assert in_palette(colors[numbers][:1, :1], colors[:1], dither).tolist() == [[0]], "a palette of one colour"


def test_the_matrices_are_bayers():
    assert bayer(2).tolist() == [[0, 2], [3, 1]]
    assert sorted(bayer(8).ravel().tolist()) == list(range(64))


def test_errors_are_not_carried_into_what_is_transparent():
    seen = np.zeros((4, 4), bool)
    seen[:, :2] = True
    grey = np.full((4, 4, 3), 0.5)
    left = in_palette(grey, BLACK_WHITE, "diffusion", seen)[:, :2]
    assert np.array_equal(left, in_palette(grey[:, :2], BLACK_WHITE, "diffusion"))


def test_nearest_takes_the_first_of_equals_in_pieces_of_any_size(monkeypatch):
    lab = to_oklab(np.random.default_rng(5).random((40, 3)))
    whole = nearest(lab, lab[:7])
    monkeypatch.setattr("pixray.sprites.colors._AT_ONCE", 10)
    assert np.array_equal(nearest(lab, lab[:7]), whole) and whole[:7].tolist() == list(range(7))

"""The benchmark of grids judges what it says: the sprite pixel on pixel, and a complete palette."""

import numpy as np
import pytest

from benchmarks.sprite_grids import CONDITIONS, case, judged, ours

COLORS = np.array([[20, 24, 46], [200, 40, 50], [240, 200, 80], [70, 140, 90]], np.uint8)


def sprite(seed=0):
    rng = np.random.default_rng(seed)
    pixels = np.dstack([COLORS[rng.integers(0, 4, (32, 32))], np.zeros((32, 32), np.uint8)])
    pixels[4:28, 6:26, 3] = 255
    return pixels


@pytest.mark.parametrize("number", [0, 1, 2, 5])
def test_undamaged_sprites_are_found_and_judged_right(number):
    truth = case(sprite(number), number)
    assert truth.condition == CONDITIONS[number] and truth.sprite.shape == (24, 20, 3)
    assert judged(ours(truth.picture), truth) == (True, True)


def test_another_scale_or_one_colour_more_is_wrong():
    truth = case(sprite(), 0)
    small = ours(truth.picture)
    assert judged(small.repeat(2, 0).repeat(2, 1), truth) == (False, True)
    assert judged(small[::2, ::2], truth)[0] is False and judged(None, truth) == (False, False)
    speck = small.copy()
    speck[0, 0] = (1, 255, 255)
    assert judged(speck, truth) == (True, False)

import math

import pytest
import torch

from pixray.losses.tv import TotalVariation
from pixray.testing.contracts import check_loss, loss_inputs


def value(canvas):
    return float(TotalVariation()(loss_inputs(canvas)))


def test_total_variation_keeps_the_contract_of_losses():
    check_loss(TotalVariation)


def test_one_colour_has_none_and_stripes_have_most():
    stripes = (torch.arange(64) % 2).float().expand(1, 3, 64, 64)
    assert value(torch.full((1, 3, 64, 64), 0.3)) == 0
    assert value(stripes) == pytest.approx(63 / 64, rel=0.01)


@pytest.mark.parametrize("pixels_a_cell", [1, 4])
def test_round_costs_hardly_more_than_square_of_the_same_circumference(pixels_a_cell):
    at = torch.arange(40) - 19.5
    disc = (at[:, None] ** 2 + at**2 < 14**2).float()
    square = (torch.maximum(at.abs()[:, None], at.abs()) < 14 * math.pi / 4).float()
    disc, square = (
        value(shape.repeat_interleave(pixels_a_cell, 0).repeat_interleave(pixels_a_cell, 1).expand(1, 3, -1, -1))
        for shape in (disc, square)
    )
    assert disc == pytest.approx(square, rel=0.2)  # with |dx| + |dy| it would be 27 % more


def test_the_value_does_not_depend_on_how_large_the_picture_is():
    blocks = torch.rand(1, 3, 16, 16)
    small, large = (torch.nn.functional.interpolate(blocks, scale_factor=factor) for factor in (4.0, 16.0))
    assert value(small) == pytest.approx(value(large), rel=0.05)


def test_a_single_row_of_pixels_is_no_trouble():
    assert value(torch.rand(1, 3, 1, 8)) > 0 and value(torch.rand(1, 3, 1, 1)) == 0

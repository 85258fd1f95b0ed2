import pytest
import torch

from pixray.cutouts.steady import Steady


def steady(aspect=1.0):
    return Steady(5, aspect, 0.0)


def plan(cutouts, step=0, side=32):
    return cutouts.plan(torch.Generator().manual_seed(1), side, step, 0.5)


def test_steady_cutouts_show_the_middle_square_of_a_wide_canvas():
    canvas = torch.zeros(1, 3, 64, 192)
    canvas[..., 64:128] = 1
    crops = plan(steady(3.0), step=100)(canvas, plain=True)
    assert crops.shape == (5, 3, 32, 32) and float(crops[..., 6:-6].min()) == pytest.approx(1, abs=1e-2)


def test_blur_fades_and_then_stays():
    canvas = torch.zeros(1, 3, 32, 32)
    canvas[..., 16:] = 1
    steepest = [float(plan(steady(), step, 64)(canvas, plain=True).diff(dim=3).abs().max()) for step in (0, 30, 60, 90)]
    assert steepest[0] < steepest[1] < steepest[2] == pytest.approx(steepest[3], abs=1e-5)


def test_a_part_of_a_plan_takes_some_of_its_cutouts():
    canvas = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(3))
    whole = plan(steady())
    assert len(whole) == 5 and len(whole.part(1, 3)) == 2
    assert torch.allclose(whole.part(1, 3)(canvas), whole(canvas)[1:3], atol=1e-5)

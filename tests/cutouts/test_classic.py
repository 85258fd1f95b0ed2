import pytest
import torch

from pixray.cutouts.classic import ClassicCutouts
from pixray.cutouts.direct import ZoomWide
from pixray.testing.contracts import untouched_randomness


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("aspect", [1.0, 16 / 9, 0.8])
def test_both_kinds_of_cutouts_look_at_a_picture_alike(aspect):
    """The mean and the spread over many cutouts, pixel by pixel: what a perceptor gets to see on average."""
    height = 60
    width = round(height * aspect)
    x = torch.linspace(0, 1, width).expand(height, width)
    y = torch.linspace(0, 1, height)[:, None].expand(height, width)
    picture = torch.stack([x, y, (x - 0.5).abs() + (y - 0.5).abs()])[None]
    with untouched_randomness():
        old = ClassicCutouts(600, aspect, noise=0.0).plan(generator(), 24, 1, 0.5)(picture, plain=True)
        new = ZoomWide(600, aspect, noise=0.0).plan(generator(), 24, 1, 0.5)(picture, plain=True)
    for kind in (slice(0, 360), slice(360, 600)):
        assert (old[kind].mean(0) - new[kind].mean(0)).abs().mean() < 0.02
        assert (old[kind].std(0) - new[kind].std(0)).abs().mean() < 0.02


def test_a_classic_plan_is_repeatable():
    picture = torch.rand(1, 3, 30, 40, generator=generator())
    one, two = (ClassicCutouts(8, 4 / 3).plan(generator(3), 16, 0, 0.5)(picture) for _ in range(2))
    assert torch.equal(one, two) and one.shape == (8, 3, 16, 16)


def test_its_gradient_reaches_the_canvas():
    picture = torch.rand(1, 3, 30, 40, generator=generator()).requires_grad_(True)
    ClassicCutouts(8, 4 / 3).plan(generator(), 16, 0, 0.5)(picture).sum().backward()
    assert torch.isfinite(picture.grad).all() and picture.grad.abs().sum() > 0


def test_a_run_can_use_them(session):
    assert list(session(cutouts="classic", drawer="pixel", iterations=2).run())[-1].reason == "complete"

import pytest
import torch
from torch.nn import functional as F

from training import targets as module
from training.captions import Captions
from training.pictures import Painter
from training.scene_sampler import Picture, Thing
from training.targets import CHOICES, Targets


@pytest.fixture
def goals(sprites):
    return Targets(Captions(sprites, 3), Painter(sprites, 3), 4, torch.Generator().manual_seed(3))


def of_a_cat(sprites, apart_from):
    cat = sprites.by_thing["coloured"]["cat"][0]
    things = [Thing(cat, 0.8, 0.5, 0.5)]
    return Picture("a cat", colours=[(0.9, 0.9, 0.9)] * 4, things=things, apart_from=apart_from, any_place=True)


def test_the_goal_is_the_choice_that_is_nearest_to_what_is_painted(goals, sprites):
    cat = of_a_cat(sprites, None)
    goals.renew([2], [cat])
    for choice in (0, CHOICES // 2, CHOICES - 1):
        meant = goals.images[2, choice].float()[None] / 255
        blurred = F.interpolate(F.interpolate(meant, size=(16, 16), mode="area"), size=(64, 64))
        assert torch.allclose(goals.nearest([2], [cat], blurred), meant, atol=1e-6)


def test_a_goal_stands_on_the_ground_that_is_painted_where_the_caption_leaves_it_open(goals, sprites, monkeypatch):
    monkeypatch.setattr(module, "OWN_GROUND", 0.0)
    cats = [of_a_cat(sprites, []), of_a_cat(sprites, None)]
    goals.renew([0, 1], cats)
    turquoise = torch.tensor([0.2, 0.8, 0.75]).view(1, 3, 1, 1).expand(2, 3, 64, 64)
    free, named = goals.nearest([0, 1], cats, turquoise)
    above_free, above_named = free[:, 0].mean(1), named[:, 0].mean(1)
    assert (above_free - turquoise[0, :, 0, 0]).norm() < 0.5 * (above_named - turquoise[0, :, 0, 0]).norm()
    assert torch.allclose(named[:, 0, 0], torch.full((3,), 0.9), atol=0.01)


def test_a_ground_of_the_colour_of_the_thing_is_not_taken_over(goals, sprites, monkeypatch):
    monkeypatch.setattr(module, "OWN_GROUND", 0.0)
    wanted = of_a_cat(sprites, ["red", "orange", "brown", "pink"])
    goals.renew([0], [wanted])
    cat = goals.images[0].float().div(255).mul(goals.covers[0] > 250).sum((0, 2, 3)) / (goals.covers[0] > 250).sum()
    goal = goals.nearest([0], [wanted], cat.view(1, 3, 1, 1).expand(1, 3, 64, 64))
    assert (goal[0, :, 0, 0] - cat).norm() > 0.3


def test_goals_are_kept_and_restored(goals, sprites):
    goals.renew([0, 3], [of_a_cat(sprites, []), of_a_cat(sprites, None)])
    other = Targets(goals.captions, goals.painter, 4, torch.Generator())
    other.load_state_dict(goals.state_dict())
    assert torch.equal(other.images, goals.images) and torch.equal(other.covers, goals.covers)

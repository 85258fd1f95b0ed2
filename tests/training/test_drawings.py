import pytest
import torch

from training import vocabulary as words
from training.drawings import DRAWN, VARIANTS, drawings
from training.scene_sampler import FIRST_WEIGHT, HARD, Inventor
from training.sprites import BESIDE_DRAWN


@pytest.mark.parametrize("thing", DRAWN)
def test_drawings_fill_their_tile_and_are_never_the_same_twice(thing):
    tiles = drawings(thing, 72)
    assert tiles.shape == (VARIANTS, 4, 72, 72) and tiles.dtype == torch.uint8
    assert len({tile.numpy().tobytes() for tile in tiles}) == VARIANTS
    covered = (tiles[:, 3] > 127).float()
    assert float(covered.mean((1, 2)).min()) > 0.12 and float(covered.mean((1, 2)).max()) < 0.8
    tall, wide = ((covered.amax(axis) > 0).sum(1) for axis in (2, 1))
    assert min(int(tall.min()), int(wide.min())) > 28 and max(int(tall.max()), int(wide.max())) > 62


@pytest.mark.parametrize("thing", DRAWN)
def test_drawings_are_the_same_in_every_run(thing):
    assert torch.equal(drawings(thing, 36), drawings(thing, 36))


def _nearest(pixel):
    colour = pixel[:3].float()
    return min(words.COLOURS, key=lambda name: float((colour - torch.tensor(words.COLOURS[name])).norm()))


def test_the_parts_that_tell_a_thing_are_large_and_in_their_places():
    for tree in drawings("tree", 72):
        assert "green" in _nearest(tree[:, 20, 36])
        assert _nearest(tree[:, 64, 36]) == "brown" and tree[3, 64, 20] == 0, "a trunk, and nothing beside it"
    for fish in drawings("fish", 72):
        assert _nearest(fish[:, 46, 26]) == "blue" and _nearest(fish[:, 36, 58]) in ("orange", "golden")
        body, waist, tail = (int((fish[3, :, column] > 0).sum()) for column in (26, 44, 60))
        assert tail > body > waist > 18, "a tail higher than the body, on a waist wide enough to be painted"
    for car in drawings("car", 72):
        assert {_nearest(car[:, 57, column]) for column in (19, 53)} <= {"black", "gray", "white"}, "two wheels"


def test_edges_keep_the_colour_of_what_they_are_the_edge_of():
    star = drawings("star", 72)[0]
    edge = star[:3, (star[3] > 20) & (star[3] < 200)].float()
    inside = star[:3, star[3] == 255].float().mean(1, keepdim=True)
    assert float((edge - inside).abs().max()) < 16


def test_every_common_thing_has_drawings():
    assert set(DRAWN) == set(words.COMMON)


def test_things_are_mostly_shown_as_drawn(sprites):
    tiles = sprites.by_thing["coloured"]["tree"]
    assert len(tiles) - VARIANTS == BESIDE_DRAWN < len(words.COLOURED_SETS)
    drawn = drawings("tree", 72)
    assert torch.equal(sprites.tiles[tiles[-VARIANTS:]], drawn)


def test_things_asked_for_first_and_learnt_last_are_shown_most(sprites):
    inventor = Inventor(sprites, 0)
    weights = dict(zip(inventor._common, inventor._common_weights, strict=True))
    assert weights["mushroom"] == FIRST_WEIGHT > weights["tree"] > weights["spider"] == 1
    assert all(weights[thing] > 1 for thing in HARD)
    assert weights["cactus"] == max(weights.values()), "asked for first and learnt last"

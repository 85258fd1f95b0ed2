import math
import random
from collections import Counter

import torch

from training import vocabulary as words
from training.captions import Captions
from training.clip import with_unknown
from training.cuts import Cutter
from training.pictures import Painter, on_grid
from training.scene_sampler import Picture, Thing
from training.sprites import main_colours


def test_things_outside_the_first_circle_count_when_several_sets_draw_them(sprites):
    assert "spoon" in sprites.by_thing["coloured"] and "cat" in sprites.by_thing["line"]
    assert not sprites.about[sprites.by_thing["coloured"]["spoon"][0]].common


def test_the_same_seed_gives_the_same_pictures_and_captions(sprites):
    def batch(seed):
        captions, painter = Captions(sprites, seed), Painter(sprites, seed)
        pictures = [captions.picture() for _ in range(24)]
        return [picture.caption for picture in pictures], painter.augmented(painter.draw(pictures).images)

    (texts, images), (again, images_again), (other, _) = batch(1), batch(1), batch(2)
    assert texts == again and torch.equal(images, images_again) and texts != other


def test_pictures_are_finite_and_in_range_and_backdrops_lack_what_stands_in_front(sprites):
    captions, painter = Captions(sprites, 5), Painter(sprites, 5)
    pictures = [captions.picture() for _ in range(200)]
    batch = painter.draw(pictures)
    assert batch.images.shape == (200, 3, 64, 64) and batch.images.isfinite().all()
    assert batch.images.min() >= 0 and batch.images.max() <= 1
    for number, picture in enumerate(pictures):
        in_front = [thing for thing in picture.things if not thing.behind]
        if in_front and not picture.grid and not picture.weather:
            assert not torch.equal(batch.images[number], batch.backdrops[number]), picture.caption


def test_a_picture_of_a_grid_has_that_many_cells(sprites):
    captions, painter = Captions(sprites, 6), Painter(sprites, 6)
    pictures = [captions.picture() for _ in range(300)]
    picture = next(picture for picture in pictures if picture.grid == 16)
    image = painter.draw([picture]).images
    assert torch.allclose(image, on_grid(image, 16), atol=1e-5)
    assert "pixel" in picture.caption or "#pixelart" in picture.caption


def test_captions_name_the_colour_of_plain_shapes(sprites):
    captions = Captions(sprites, 7)
    seen = [captions._shape() for _ in range(100)]
    known = [*words.COLOURS, *(other for others in words.SAME_COLOUR.values() for other in others)]
    assert all(any(colour in picture.caption for colour in known) for picture in seen)


def test_cuts_are_one_of_each_picture_and_plain_ones_keep_greys():
    cuts = Cutter(torch.Generator().manual_seed(0)).cuts(6, 32)
    greys = torch.linspace(0, 1, 6).view(6, 1, 1, 1).expand(6, 3, 32, 32)
    plain = cuts(greys, plain=True)
    centre = plain[:, :, 14:18, 14:18].mean((1, 2, 3))
    assert torch.allclose(centre, torch.linspace(0, 1, 6), atol=1e-4)
    assert not torch.equal(cuts(greys), plain)


def test_unknown_words_never_replace_the_caption():
    chance = random.Random(0)
    texts = {with_unknown("a cat", chance, share=0.5) for _ in range(50)}
    assert "a cat" in texts and len(texts) > 4 and all("a cat" in text for text in texts)


def test_another_picture_has_the_same_caption_and_shows_the_same_things(sprites):
    captions = Captions(sprites, 8)
    seen = [captions.picture() for _ in range(300)]
    moved = 0
    for picture in seen:
        other = captions.another(picture)
        assert (other.caption, other.topic, other.grid) == (picture.caption, picture.topic, picture.grid)
        assert [sprites.about[thing.tile].thing for thing in other.things] == [
            sprites.about[thing.tile].thing for thing in picture.things
        ]
        assert [thing.colour for thing in other.things] == [thing.colour for thing in picture.things]
        if picture.apart_from is None:
            assert other.colours == picture.colours and other.ground == picture.ground
        moved += other.things != picture.things
    assert moved > 150


def test_a_cover_tells_what_stands_in_front(sprites):
    captions, painter = Captions(sprites, 9), Painter(sprites, 9)
    pictures = [picture for picture in (captions.picture(ugly=0) for _ in range(100)) if not picture.weather]
    batch = painter.draw(pictures)
    assert batch.covers.shape == (len(pictures), 1, 64, 64) and 0 <= batch.covers.min() <= batch.covers.max() <= 1
    for number, picture in enumerate(pictures):
        in_front = any(not thing.behind for thing in picture.things)
        assert bool(batch.covers[number].any()) == in_front, picture.caption
        if not picture.grid:
            bare = batch.covers[number, 0] == 0
            assert torch.equal(batch.images[number][:, bare], batch.backdrops[number][:, bare]), picture.caption


def test_wrong_captions_name_another_thing_and_leave_the_rest(sprites):
    captions = Captions(sprites, 10)
    pictures = [captions.picture() for _ in range(400)]
    pairs = [(picture, captions.wrong(picture)) for picture in pictures]
    changed = [(picture, wrong) for picture, wrong in pairs if wrong]
    assert len(changed) > 200
    for picture, wrong in changed:
        right = {word for word in picture.caption.split() if word not in ("a", "an")}
        shown = {word for thing in picture.things for word in sprites.about[thing.tile].thing.split()}
        assert wrong != picture.caption
        assert right - shown <= set(wrong.split())
    assert not any(wrong for picture, wrong in pairs if not picture.things)


def test_a_wrong_caption_is_never_another_name_of_the_same_thing(sprites):
    captions = Captions(sprites, 11)
    plane = Picture("an airplane", things=[Thing(sprites.by_thing["coloured"]["airplane"][0], 0.8, 0.5, 0.5)])
    assert not {captions.wrong(plane) for _ in range(2000)} & {"an airplane", "a plane"}


def test_a_sprite_is_called_by_its_hue_and_its_large_parts_are_known():
    def tile(left, right):
        halves = [
            torch.tensor([*colour, 255], dtype=torch.uint8).view(4, 1, 1).expand(4, 72, 36) for colour in (left, right)
        ]
        return torch.cat(halves, 2)

    leaves, sky, both = ((90, 140, 95),) * 2, ((90, 170, 240),) * 2, ((220, 30, 30), (246, 246, 246))
    main, large = main_colours(torch.stack([tile(*pair) for pair in (leaves, sky, both)]))
    assert main == ["green", "blue", "red"], "white counts less, as it is less vivid"
    assert set(large[0]) <= {"green", "dark green", "light green"} and large[0]
    assert set(large[2]) == {"red", "white"}


def test_nothing_stands_on_a_ground_of_its_own_colour(sprites):
    captions = Captions(sprites, 12)
    pictures = [captions._object() for _ in range(300)]
    pictures += [captions.another(picture) for picture in pictures]
    seen = 0
    for picture in pictures:
        (thing,) = picture.things
        own = [thing.colour] if thing.colour else [_rgb(name) for name in sprites.large[thing.tile]]
        for colour in own:
            for ground in picture.colours:
                seen += 1
                assert sum(abs(a - b) for a, b in zip(colour, ground, strict=True)) > 0.3, picture.caption
    assert seen > 1000


def _rgb(name):
    return [value / 255 for value in words.COLOURS[name]]


def test_green_grounds_are_rare_and_white_ones_common(sprites):
    captions = Captions(sprites, 13)
    pictures = [captions._object() for _ in range(600)]
    tops = [picture.colours[0] for picture in pictures]
    names = [min(words.COLOURS, key=lambda name: math.dist(top, _rgb(name))) for top in tops]
    assert names.count("white") > 0.3 * len(names)
    assert sum("green" in name for name in names) < 0.12 * len(names)


def test_what_is_learnt_last_is_shown_more_often_and_by_both_its_names(sprites):
    captions = Captions(sprites, 11)
    shapes = Counter(sprites.about[captions._shape().things[0].tile].thing for _ in range(600))
    assert shapes["cross"] > 1.5 * shapes["hexagon"] and shapes["star"] > 1.5 * shapes["hexagon"]
    texts = [captions._object().caption for _ in range(6000)]
    for thing, also in words.SAID.items():
        said = [text for text in texts if thing in text.split()]
        assert 0.03 < sum(also in text for text in said) / len(said) < 0.6

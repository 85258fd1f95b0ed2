import random

import torch

from training import vocabulary as words
from training.captions import Captions
from training.clip import with_unknown
from training.cuts import Cutter
from training.pictures import Painter, on_grid


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

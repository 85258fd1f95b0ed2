"""Sessions that step at once paint what each would paint alone, while perceptors see all cutouts in one batch."""

import pytest
import torch

from pixray.engine.together import advance_together
from pixray.events import Drawn, Stepped

short = {"iterations": 3, "save_every": 2}
pixel = {"drawer": "pixel", "pixel_size": [6, 4], **short}


def stepped_together(sessions, steps=3):
    """What happens to each."""
    events = [[] for _ in sessions]
    for _ in range(steps):
        for session, happened in advance_together(sessions):
            events[sessions.index(session)] += happened
    return events


def same(one, other):
    """Whether losses and pictures are the same but for last bits."""
    losses, pictures = (
        [[event.total for event in events if isinstance(event, Stepped)] for events in (one, other)],
        [[event.image_u8.astype(int) for event in events if isinstance(event, Drawn)] for events in (one, other)],
    )
    assert losses[0] == pytest.approx(losses[1], rel=1e-4) and len(pictures[0]) == len(pictures[1]) > 0
    return all(abs(a - b).max() <= 1 for a, b in zip(*pictures, strict=True))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"batches": 2},
        {"transparent": True},
        {"filters": "wallpaper", "custom_loss": "smoothness"},
        {"spot_prompts": "a red spot", "spot_prompts_off": "blue"},
        {"drawer": "flat"},
    ],
)
def test_each_paints_what_it_would_paint_alone(session, settings):
    settings = {**(short if "drawer" in settings else pixel), **settings}
    made = [session(**settings, seed=seed) for seed in (1, 2, 3)]
    together = stepped_together(made)
    for seed, events in zip((1, 2, 3), together, strict=True):
        alone = session(**settings, seed=seed)
        assert same(events, [event for _ in range(3) for event in alone.advance()])


def test_guides_see_all_cutouts_in_one_batch_and_paint_the_same(session, monkeypatch):
    settings = {**pixel, "clip_models": "embedded:2,embedded-pixel", "num_cuts": 3, "precision": "fp32"}
    made = [session(**settings, seed=seed) for seed in (1, 2)]
    alone = [session(**settings, seed=seed) for seed in (1, 2)]
    seen = []
    for name, perceptor in made[0].objective.perceptors.items():
        encode = perceptor.encode_image
        monkeypatch.setattr(
            perceptor,
            "encode_image",
            lambda crops, name=name, encode=encode: seen.append((name, len(crops))) or encode(crops),
        )
    stepped_together(made, steps=1)
    assert seen == [("embedded", 6), ("embedded-pixel", 6)]
    for one, other in zip(made, alone, strict=True):
        list(other.advance())
        assert torch.allclose(one.render(), other.render(), atol=1e-4)


def test_where_memory_is_short_fewer_cutouts_are_encoded_at_once(session, monkeypatch):
    made, alone = ([session(**pixel, seed=seed) for seed in (1, 2)] for _ in range(2))
    (perceptor,) = made[0].objective.perceptors.values()
    encode = perceptor.encode_image

    def short(crops):
        if len(crops) > 4:
            raise torch.OutOfMemoryError
        return encode(crops)

    monkeypatch.setattr(perceptor, "encode_image", short)
    stepped_together(made, steps=2)
    assert made[0].objective.microbatcher.at_once == 4
    for one, other in zip(made, alone, strict=True):
        for _ in range(2):
            list(other.advance())
        assert torch.allclose(one.render(), other.render(), atol=1e-5)


def test_memory_that_holds_not_even_one_cutout_is_an_error(session, monkeypatch):
    made = [session(**pixel, seed=seed) for seed in (1, 2)]
    (perceptor,) = made[0].objective.perceptors.values()

    def full(crops):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(perceptor, "encode_image", full)
    with pytest.raises(torch.OutOfMemoryError):
        stepped_together(made, steps=1)

"""The embedded VQGAN paints a small picture first and takes it over at the size of the canvas."""

import pytest
import torch

from pixray.drawers.vqgan.coarse import Coarse


def painted(session, **settings):
    settings = {"vqgan_start": "random", **settings}
    return session(drawer="vqgan", perceptors="embedded", size=[96, 96], num_cuts=2, seed=3, **settings)


def blocks_are_flat(z):
    """Whether each two by two codes of a grid have one value."""
    return all(torch.equal(z[..., ::2, ::2], z[..., row::2, column::2]) for row in (0, 1) for column in (0, 1))


@pytest.mark.parametrize(
    ("rows", "columns", "factor"), [(52, 96, 4), (40, 40, 2), (36, 36, 3), (24, 24, 2), (13, 24, 1), (23, 29, 1)]
)
def test_the_small_grid_keeps_twelve_codes(rows, columns, factor):
    coarse = Coarse(rows, columns, until=5)
    assert coarse.factor == factor and coarse.active == (factor > 1)


def test_a_grid_of_codes_is_small_at_first_and_whole_later(session):
    made = painted(session, iterations=4, vqgan_coarse=0.5)
    drawer, flat = made.drawer, []
    for _ in range(4):
        flat.append(blocks_are_flat(drawer.z.detach()))
        list(made.advance())
    assert flat == [True, True, False, False]
    assert made.image().size == (96, 96)


def test_a_start_image_is_not_painted_small(session, tmp_path):
    from PIL import Image

    Image.effect_noise((96, 96), 90).save(tmp_path / "start.png")
    made = painted(session, iterations=4, init_image=str(tmp_path / "start.png"))
    assert not blocks_are_flat(made.drawer.z.detach())


def test_a_draft_is_painted_small_as_a_whole(session, monkeypatch):
    from pixray.engine import pixel_draft as drafting

    left = torch.zeros(1, 3, 96, 96)
    left[..., :48] = 1
    monkeypatch.setattr(drafting, "pixel_draft", lambda *arguments: left)
    made = painted(session, iterations=4, vqgan_start="draft", vqgan_coarse=0.5)
    picture = made.drawer.render(0)
    assert blocks_are_flat(made.drawer.z.detach())
    assert picture[..., :40].mean() > 0.8 and picture[..., 56:].mean() < 0.2


def test_the_stage_comes_back_with_the_state(session):
    first, second = (painted(session, iterations=4, vqgan_coarse=0.5) for _ in range(2))
    for _ in range(3):
        list(first.advance())
    second.restore(first.state())
    for made in (first, second):
        list(made.advance())
    assert torch.equal(first.drawer.z, second.drawer.z)


def test_more_steps_do_not_make_a_whole_grid_small_again(session):
    first, longer = painted(session, iterations=4, vqgan_coarse=0.5), painted(session, iterations=40, vqgan_coarse=0.5)
    for _ in range(3):
        list(first.advance())
    longer.restore(first.state())
    list(longer.advance())
    assert not blocks_are_flat(longer.drawer.z.detach())

import pytest
import torch

from pixray.filters.lookup import DEFAULT, Lookup
from pixray.filters.tiler import Tiler
from pixray.filters.wallpaper import TYPES, Wallpaper
from pixray.testing.contracts import PALETTE, check_filter, settings_of


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def picture(width=12, height=8, channels=3):
    return torch.rand(1, channels, height, width, generator=seeded(5))


def seen_by(one, image, generator):
    """What perceptors see of a picture through a filter."""
    return one(image, one.draw((image.shape[3], image.shape[2]), generator))


def wallpaper(**settings):
    return Wallpaper(settings_of(Wallpaper, **settings), (), "cpu")


def test_filters_keep_the_contract():
    check_filter(Lookup)
    check_filter(Tiler)
    for kind in TYPES:
        check_filter(Wallpaper, wallpaper_type=kind)
        check_filter(Wallpaper, wallpaper_type=kind, wallpaper_edge_match=3)


def test_lookup_shows_palette_colours_only():
    shown = Lookup(settings_of(Lookup), PALETTE, "cpu").present(picture())
    distances = torch.cdist(shown[0].flatten(1).t(), torch.tensor(PALETTE))
    assert distances.min(1).values.max() < 1e-6


def test_lookup_takes_the_nearest_colour_of_large_palettes_too():
    palette = tuple(map(tuple, torch.rand(300, 3, generator=seeded(1)).tolist()))
    image = picture(40, 30)
    shown = Lookup(settings_of(Lookup), palette, "cpu").present(image)
    distances = torch.cdist(image[0].flatten(1).t(), torch.tensor(palette))
    chosen = (image - shown).norm(dim=1).flatten()
    assert torch.allclose(chosen, distances.min(1).values, atol=1e-5)


def test_lookup_has_a_table_of_its_own_without_a_palette():
    shown = Lookup(settings_of(Lookup), (), "cpu").present(torch.ones(1, 3, 2, 2))
    assert len(DEFAULT) == 15 and torch.equal(shown, torch.ones(1, 3, 2, 2))


def test_lookup_keeps_transparency_and_passes_gradients_straight():
    image = picture(channels=4).requires_grad_(True)
    result = Lookup(settings_of(Lookup), PALETTE, "cpu")(image, seeded())
    assert torch.equal(result.canvas[:, 3:], image[:, 3:])
    (gradient,) = torch.autograd.grad(result.canvas[:, :3].sum(), image)
    assert torch.equal(gradient[:, :3], torch.ones(1, 3, 8, 12))


def test_lookup_draws_pixels_to_their_colour_and_counts_as_before():
    image = picture().requires_grad_(True)
    one = Lookup(settings_of(Lookup, lookup_beta=10.0), PALETTE, "cpu")
    penalty = one(image, seeded()).penalty
    off = (one.present(image) - image).detach()
    assert float(penalty.detach()) == pytest.approx(11 * float(off.square().mean()), rel=1e-4)
    (gradient,) = torch.autograd.grad(penalty, image)
    assert torch.allclose(gradient, -20 * off / off.numel(), atol=1e-6)


def test_tiles_are_shifted_for_perceptors_and_stay_in_the_file():
    image = picture()
    one = Tiler(None, (), "cpu")
    generator = seeded()
    seen = [seen_by(one, image, generator).canvas for _ in range(4)]
    assert len({tuple(view.flatten().tolist()) for view in seen}) > 1
    assert all(torch.allclose(view.flatten().sort().values, image.flatten().sort().values) for view in seen)
    assert torch.equal(one.present(image), image)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("match", [0, 1, 4])
def test_b22_wallpapers_keep_the_size_of_the_picture(kind, match):
    """The old filter doubled the height for `shift`, trimmed for edge_match, and emptied the picture at 1."""
    image = picture()
    one = wallpaper(wallpaper_type=kind, wallpaper_edge_match=match)
    result = seen_by(one, image, seeded())
    assert result.canvas.shape == image.shape and torch.equal(one.present(image), image)
    assert (result.penalty is None) == (match == 0)
    if match:
        assert torch.isfinite(result.penalty)


@pytest.mark.parametrize(("kind", "moves"), [("horizontal", 3), ("vertical", 2)])
def test_wallpapers_of_one_direction_move_along_it_only(kind, moves):
    image = picture()
    seen = seen_by(wallpaper(wallpaper_type=kind), image, seeded(1)).canvas
    assert not torch.equal(seen, image)
    assert torch.allclose(seen.sum(moves).sort(-1).values, image.sum(moves).sort(-1).values, atol=1e-5)
    assert torch.allclose(seen.sum(moves), image.sum(moves), atol=1e-5)


def test_a_shifted_wallpaper_continues_below_moved_by_half():
    image = torch.zeros(1, 3, 4, 8)
    image[:, :, 0, 0] = 1  # one dot in the corner of every tile
    one, generator = wallpaper(wallpaper_type="shift"), seeded()
    rows = set()
    for _ in range(60):
        seen = seen_by(one, image, generator).canvas[0, 0]
        assert seen.sum() == 1
        rows.add(tuple(int(place) for place in seen.nonzero()[0]))
    assert len(rows) > 10
    high = torch.rand(1, 3, 4, 8, generator=seeded(2))
    plane = torch.cat([high, high.roll(4, 3), high], 2)
    windows = [plane.roll(right, 3)[:, :, down : down + 4] for down in range(8) for right in range(8)]
    seen = seen_by(one, high, generator).canvas
    assert any(torch.equal(seen, window) for window in windows)


def test_edge_match_makes_borders_that_meet_alike():
    image = picture().requires_grad_(True)
    one = wallpaper(wallpaper_type="horizontal", wallpaper_edge_match=2)
    optimizer = torch.optim.Adam([image], 0.05)
    for _ in range(200):
        optimizer.zero_grad()
        seen_by(one, image, seeded()).penalty.backward()
        optimizer.step()
    assert (image[..., 0] - image[..., -1]).abs().max() < 0.05, "the columns that meet"
    assert (image[:, :, 0] - image[:, :, -1]).abs().max() > 0.1, "rows do not meet in this one"


def test_b28_an_unknown_filter_is_answered_with_the_nearest_one(resolve, tiny):
    from pixray.errors import SettingsError

    with pytest.raises(SettingsError, match="unknown filter 'walpaper'.*Did you mean 'wallpaper'"):
        resolve(**tiny, filters="walpaper")


def test_filters_run_in_a_session_and_save_a_fixed_phase(session):
    made = session(filters="lookup:0.5,wallpaper", palette="[mat:red,mat:blue]", wallpaper_edge_match=2)
    for _ in made.run():
        pass
    assert made.image().size == (24, 16)
    assert {colour for _, colour in made.image().getcolors()} <= {(255, 0, 0), (0, 0, 255)}

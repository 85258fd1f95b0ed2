"""What is removed as the ground of a pixel picture, and what stays."""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import pixray
from pixray.drawers.pixel.cells import CELL_TYPES, Cells
from pixray.drawers.pixel.coverage import coverage
from pixray.drawers.pixel.ground import Ground, border_cells, ground_cells
from pixray.errors import SettingsError
from pixray.testing.recording import check_replay

SIDE = 12
RED, BLUE, WHITE, GREEN = (0.9, 0.1, 0.1), (0.2, 0.3, 0.9), (1.0, 1.0, 1.0), (0.1, 0.7, 0.2)


def removed(picture, cell_type="rect"):
    """Which cells are ground, rows x columns."""
    cells = Cells(cell_type, SIDE, SIDE, SIDE * 4, SIDE * 4, filled=True)
    colours = torch.tensor(picture, dtype=torch.float32).reshape(-1, 3)[: len(cells)]
    return ground_cells(colours, coverage(cells), SIDE * 4).view(-1, SIDE).numpy()


def plain(colour):
    return np.tile(np.array(colour), (SIDE, SIDE, 1))


def test_a_thing_stays_and_all_around_it_goes():
    picture = plain(BLUE)
    picture[3:9, 4:8] = RED
    ground = removed(picture)
    assert not ground[3:9, 4:8].any() and ground.sum() == SIDE * SIDE - 24


def test_what_a_thing_encloses_stays():
    picture = plain(WHITE)
    picture[3:9, 3:9] = RED
    picture[5:7, 5:7] = WHITE
    assert not removed(picture)[3:9, 3:9].any()


def test_a_ground_that_changes_little_by_little_goes_whole():
    picture = plain(BLUE) * np.linspace(0.3, 1, SIDE)[:, None, None]
    picture[3:9, 4:8] = RED
    ground = removed(picture)
    assert not ground[3:9, 4:8].any() and ground[0].all() and ground[-1].all()


def test_sky_and_grass_are_ground_and_a_thing_that_touches_the_border_is_none():
    picture = plain(BLUE)
    picture[7:] = GREEN
    picture[4:10, 8:] = RED
    ground = removed(picture)
    assert not ground[4:10, 8:].any() and ground[:4].all() and ground[10:].all()


def test_specks_in_the_ground_go_with_it():
    side = 40
    cells = Cells("rect", side, side, side, side, filled=True)
    picture = np.tile(np.array(BLUE), (side, side, 1))
    picture[10:30, 10:30], picture[3, 3] = RED, WHITE
    ground = ground_cells(torch.tensor(picture).float().reshape(-1, 3), coverage(cells), side).view(side, side)
    assert ground[3, 3] and not ground[10:30, 10:30].any()


def test_colours_that_are_near_to_each_other_are_told_apart_where_nothing_else_would_be_left():
    picture = plain(WHITE)
    picture[3:9, 4:8] = (0.9, 0.95, 0.92)
    assert not removed(picture)[3:9, 4:8].any() and removed(picture)[0].all()


@pytest.mark.parametrize("colours", [(BLUE,), tuple(np.linspace(0, 1, SIDE)[:, None] * np.ones(3))])
def test_a_picture_that_is_all_ground_stays_as_it_is(colours):
    picture = np.stack([np.tile(np.array(colours[row % len(colours)]), (SIDE, 1)) for row in range(SIDE)])
    assert not removed(picture).any()


@pytest.mark.parametrize("cell_type", CELL_TYPES)
def test_cells_of_every_type_have_a_border_and_neighbours(cell_type):
    cells = Cells(cell_type, SIDE, SIDE, 96, 96, filled=True)
    cover = coverage(cells)
    centres = cells.boxes() + torch.tensor([cells.cell_width / 2, cells.cell_height / 2])
    inside = ((centres - 48).abs() < 20).all(1)
    colours = torch.where(inside[:, None], torch.tensor(RED), torch.tensor(BLUE))
    ground = ground_cells(colours, cover, 96)
    assert torch.equal(~ground, inside)
    assert not inside[border_cells(cover, 96)].any() and len(border_cells(cover, 96)) >= 2 * SIDE


def test_the_last_picture_alone_is_without_its_ground(session):
    made = session(drawer="pixel", pixel_size="8x6", size="48x36", transparent=True, pixel_alpha="ground", iterations=3)
    shown = []
    for event in made.run():
        if type(event).__name__ == "Stepped":
            shown.append(made.render().detach()[0, 3])
    assert len(shown) == 3 and all((alpha == 1).all() for alpha in shown)
    border = np.asarray(made.image())[[0, -1], :, :3].reshape(-1, 3)
    assert len(np.unique(border, axis=0)) == 1, "the border is of one colour"


def test_a_ground_within_a_border_of_another_colour_goes_with_it():
    picture = plain(WHITE)
    picture[1:-1, 1:-1] = GREEN
    picture[4:8, 4:8] = RED
    assert not removed(picture)[4:8, 4:8].any() and removed(picture).sum() == SIDE * SIDE - 16
    picture[6:-1, 1:-1] = BLUE  # a scene of two colours is none
    assert removed(picture).sum() == 4 * (SIDE - 1)


def ring(inside=BLUE):
    picture = plain(BLUE)
    picture[3:9, 3:9] = RED
    picture[5:7, 5:7] = inside
    return torch.tensor(picture, dtype=torch.float32).reshape(-1, 3)


def opacity(picture, colour):
    cells = Cells("rect", SIDE, SIDE, SIDE, SIDE, filled=True)
    return Ground(coverage(cells), SIDE, colour).opacity(picture).view(SIDE, SIDE)


def test_a_chosen_ground_is_removed_from_the_inside_of_a_ring_as_well():
    blue = "#334de6"
    assert (opacity(ring(), blue)[5:7, 5:7] == 0).all() and opacity(ring(), blue).sum() == 32
    assert (opacity(ring(), "none")[5:7, 5:7] == 1).all(), "a colour that was not chosen may be the thing's, too"
    assert (opacity(ring(), "green")[5:7, 5:7] == 1).all(), "a palette shows blue in place of green"
    assert (opacity(ring(WHITE), blue)[3:9, 3:9] == 1).all()


def test_a_picture_begins_as_its_chosen_ground_and_its_border_stays_so(session):
    ground = {"drawer": "pixel", "pixel_size": "8x6", "size": "48x36", "transparent": True, "pixel_alpha": "ground"}
    made = session(**ground, pixel_ground="#0000ff", iterations=2)
    first = made.render().detach()[0, :3]
    assert first[2].min() > 0.8 and first[:2].max() < 0.2 and first[2].std() > 0.01
    borders = [made.render().detach()[0, :3, [0, -1]] for event in made.run() if type(event).__name__ == "Stepped"]
    assert len(borders) == 2 and all((border[2] == 1).all() and (border[:2] == 0).all() for border in borders)


class NoCopies(TorchDispatchMode):
    """Refuses copies to another device."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        assert func is not torch.ops.aten._to_copy.default, "a CUDA graph cannot hold a copy from the CPU"
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("colour", ["none", "#32c8be"])
def test_a_step_copies_nothing_to_the_device(colour):
    cells = Cells("rect", SIDE, SIDE, SIDE, SIDE, filled=True)
    ground, colours = Ground(coverage(cells), SIDE, colour, "meta"), torch.empty(SIDE * SIDE, 4, device="meta")
    with NoCopies():
        ground.hold(colours)


@pytest.mark.parametrize("colour", ["none", "#32c8be"])
def test_a_step_with_a_ground_can_be_recorded(colour):
    ground = {"pixel_size": "8x6", "size": "48x36", "transparent": True, "pixel_alpha": "ground"}
    given = {**ground, "perceptors": "embedded", "save_every": 0, "pixel_ground": colour}
    check_replay(lambda: pixray.new_session("a cat", drawer="pixel", iterations=9, seed=1, **given))


def test_a_chosen_ground_that_has_no_effect_is_told(session):
    made = session(drawer="pixel", pixel_size="8x6", size="48x36", pixel_ground="pink", iterations=1)
    assert any("pixel_ground has no effect" in getattr(event, "text", "") for event in made.run())


@pytest.mark.parametrize("drawer", ["pixel", "multires", "fft"])
def test_noise_that_nothing_begins_with_is_told(session, drawer):
    begins = {"drawer": "pixel", "pixel_size": "8x6", "pixel_alpha": "ground", "pixel_ground": "pink"}
    given = begins if drawer == "pixel" else {"drawer": drawer}
    made = session(**given, size="48x36", transparent=drawer == "pixel", init_noise="snow", iterations=1)
    said = [getattr(event, "text", "") for event in made.run()]
    assert f"init_noise has no effect: {drawer} begins in a way of its own" in said
    made = session(drawer="pixel", pixel_size="8x6", size="48x36", init_noise="snow", iterations=1)
    assert not any("init_noise" in getattr(event, "text", "") for event in made.run())


def test_a_ground_that_is_no_colour_is_refused(session):
    with pytest.raises(
        SettingsError,
        match=r"pixel_ground='wet paint' \(from add_settings\): expected none, or a colour such as turquoise",
    ):
        session(drawer="pixel", pixel_ground="wet paint")


def test_a_weight_of_transparency_that_has_no_effect_is_told(session):
    ground = {"drawer": "pixel", "pixel_size": "8x6", "size": "48x36", "transparent": True, "pixel_alpha": "ground"}
    made = session(**ground, transparent_weight=0.5, iterations=1)
    assert any("transparent_weight has no effect" in getattr(event, "text", "") for event in made.run())
    assert made.settings.pixel_alpha == "ground"


def test_a_picture_without_transparency_keeps_its_ground(session):
    made = session(drawer="pixel", pixel_size="8x6", size="48x36", pixel_alpha="ground", iterations=2)
    list(made.run())
    assert made.image().mode == "RGB"

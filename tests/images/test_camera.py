from pathlib import Path

import pytest
import torch
from PIL import Image

from pixray.errors import SettingsError
from pixray.events import Drawn, Stepped
from pixray.images.camera import Camera
from pixray.recorders.checkpoint import pack, unpack
from pixray.testing.fakes import FlatDrawer

DOTS = {"drawer": "pixel", "pixel_size": (24, 16), "init_image": "dots.png", "init_image_alpha": 255}


def dot(width=41, height=21, at=(20, 10)):
    """A black canvas with a white square of three pixels around a place (column, row)."""
    canvas = torch.zeros(1, 3, height, width)
    canvas[:, :, at[1] - 1 : at[1] + 2, at[0] - 1 : at[0] + 2] = 1
    return canvas


def centre(canvas):
    """Column and row of what is bright, on average."""
    weights = canvas[0, 0] / canvas[0, 0].sum()
    rows, columns = torch.arange(canvas.shape[2]), torch.arange(canvas.shape[3])
    return float((weights.sum(0) * columns).sum()), float((weights.sum(1) * rows).sum())


def test_a_camera_that_goes_right_and_down_sends_the_picture_left_and_up():
    column, row = centre(Camera(right=0.1, down=-0.1).moved(dot(40, 20)))
    assert (column, row) == pytest.approx((20 - 4, 10 + 2), abs=1e-4)


def test_zooming_in_makes_things_larger_about_the_middle():
    moved = Camera(zoom=2).moved(dot(at=(24, 12)))
    assert centre(moved) == pytest.approx((20 + 2 * 4, 10 + 2 * 2), abs=0.05)
    assert moved.sum() / dot().sum() == pytest.approx(4, abs=0.3)


def test_a_camera_that_turns_clockwise_turns_the_picture_the_other_way_in_its_proportions():
    assert centre(Camera(degrees=90).moved(dot(at=(26, 10)))) == pytest.approx((20, 10 - 6), abs=0.01)


def test_what_comes_into_view_is_the_picture_reflected():
    canvas = torch.rand(1, 3, 8, 10, generator=torch.Generator().manual_seed(1))
    moved = Camera(right=0.2).moved(canvas)
    assert torch.allclose(moved[..., :8], canvas[..., 2:], atol=1e-5)
    assert torch.allclose(moved[..., 8:], canvas[..., 8:].flip(3), atol=1e-5)


def test_colours_stay_in_range():
    canvas = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1)).round()
    moved = Camera(zoom=1.3, degrees=10).moved(canvas)
    assert moved.min() >= 0 and moved.max() <= 1


@pytest.mark.parametrize(
    ("camera", "due"), [(Camera(zoom=1.1, every=3), [3, 6]), (Camera(zoom=1.1, every=0), []), (Camera(), [])]
)
def test_a_camera_moves_once_in_a_period_but_not_at_the_start(camera, due):
    assert [step for step in range(8) if camera.due(step)] == due


def dots():
    picture = Image.new("RGB", (24, 16), "navy")
    picture.paste((250, 210, 40), (9, 5, 15, 11))
    picture.save("dots.png")


def yellow(picture):
    return int((picture[..., 0] > 128).sum())


def test_a_flight_is_seen_frame_by_frame(session):
    dots()
    made = session(**DOTS, prompts=[], camera_zoom=1.2, camera_every=2, iterations=6, save_every=1)
    seen = [yellow(event.image_u8) for event in made.run() if isinstance(event, Drawn)]
    assert seen[0] == seen[1] == 36 and seen[0] < seen[2] == seen[3] < seen[4] == seen[5]


def test_a_flight_goes_on_where_it_was_left(session):
    dots()
    flight = {**DOTS, "camera_zoom": 1.05, "camera_pan": (2, -1), "camera_rotate": 3}
    flight |= {"camera_every": 2, "iterations": 7}
    whole, half, rest = (session(**flight) for _ in range(3))
    list(whole.run())
    for event in half.run():
        if isinstance(event, Stepped) and event.step == 4:
            break
    Path("state").write_bytes(pack(half.state()))
    rest.restore(unpack(Path("state"))[0])
    list(rest.run())
    assert whole.image().tobytes() == rest.image().tobytes()


@pytest.mark.parametrize("drawer", ["pixel", "fft", "line_sketch", "clipdraw"])
def test_drawers_follow_a_move(session, drawer):
    made = session(drawer=drawer, size=[48, 32], camera_pan=(15, 0))
    seen = made.camera.moved(made.render().detach())
    before = float((made.render().detach() - seen).abs().mean())
    made.step = 1
    made._repaint_if_due()
    assert float((made.render().detach() - seen).abs().mean()) < 0.8 * before


def test_a_drawer_that_cannot_paint_refuses_a_camera(session, registry):
    class Stiff(FlatDrawer):
        can_paint = False

    registry.add("drawer", "stiff", Stiff)
    with pytest.raises(SettingsError, match="a camera: the drawer stiff cannot take over a picture"):
        session(drawer="stiff", camera_rotate=1)
    assert session(drawer="stiff", camera_rotate=1, camera_every=0).camera is None


def test_a_transparent_drawing_refuses_a_camera(session):
    with pytest.raises(SettingsError, match="leave its transparency where it is; with transparent=no it works"):
        session(drawer="pixel", transparent=True, camera_zoom=1.02)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"camera_zoom": 0}, "expected at least 0.5"),
        ({"camera_zoom": "fast"}, "camera_zoom='fast'"),
        ({"camera_pan": "3"}, "expected 2 numbers"),
        ({"camera_pan": (1, 200)}, "expected at most 100 percent of the size"),
        ({"camera_rotate": "nan"}, "camera_rotate='nan'"),
        ({"camera_every": "-1"}, "camera_every='-1'"),
        ({"camera_zoom": 1.1, "animation_dir": "frames"}, "record the flight with make_video"),
    ],
)
def test_what_is_no_flight_is_refused_in_one_sentence(resolve, changes, sentence):
    with pytest.raises(SettingsError) as caught:
        resolve(**changes)
    assert len(caught.value.problems) == 1 and sentence in caught.value.problems[0]

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from pixray.errors import SettingsError
from pixray.events import Drawn, Stepped
from pixray.images.inputs import overlay, start_image
from pixray.images.io import resized
from pixray.images.overlay import Overlay


def start(**changes):
    settings = {"init_noise": "none", "init_image": None, "init_image_alpha": 200, "image_fit": "stretch"}
    settings["transparent"] = False
    noise = settings.get("noise", True)
    return start_image(
        SimpleNamespace(**{**settings, **changes}), (8, 4), noise=noise, generator=torch.Generator().manual_seed(0)
    )


def test_b3_the_first_of_several_start_pictures_is_taken():
    for number, colour in enumerate(("red", "green", "blue")):
        Image.new("RGB", (4, 4), colour).save(f"start_{number}.png")
    assert start(init_image="start_*.png")[0, :, 0, 0].tolist() == [1, 0, 0]
    assert start(init_image="start_{1..2}.png")[0, 1, 0, 0] > 0.4


def test_b5_no_noise_and_no_picture_leave_the_start_to_the_drawer(session):
    assert start() is None
    for drawer in ("pixel", "flat"):
        assert session(drawer=drawer, init_noise="none", iterations=1).image().size == (24, 16)


@pytest.mark.parametrize(
    ("fit", "corner", "middle"),
    [("stretch", (255, 0, 0, 255), (255, 0, 0, 255)), ("crop", (0, 0, 255, 255), (0, 0, 255, 255))],
)
def test_a_picture_of_other_proportions_is_fitted_as_asked(fit, corner, middle):
    tall = Image.new("RGBA", (10, 40), "red")
    tall.paste(Image.new("RGBA", (10, 4), "blue"), (0, 18))
    fitted = resized(tall, (20, 4), fit)
    assert fitted.size == (20, 4) and fitted.getpixel((0, 0)) == corner and fitted.getpixel((10, 0)) == middle


def test_contain_keeps_all_of_it_on_nothing():
    fitted = resized(Image.new("RGB", (10, 40), "red"), (20, 4), "contain")
    assert fitted.getpixel((0, 0))[3] == 0 and fitted.getpixel((9, 2)) == (255, 0, 0, 255)


def test_noise_shows_beside_a_contained_start_picture():
    Image.new("RGB", (4, 4), "red").save("square.png")
    image = start(init_image="square.png", init_noise="snow", image_fit="contain", init_image_alpha=255)
    assert torch.equal(image[0, :, :, 2:6].amax((1, 2)), torch.tensor([1.0, 0, 0]))
    assert image[0, :, :, :2].std() > 0.1


@pytest.mark.parametrize(
    ("every", "offset", "until", "due"),
    [(2, 0, None, [0, 2, 4]), (2, 1, None, [1, 3, 5]), (2, 0, 3, [0, 2]), (2, 2, None, []), (0, 0, None, [])],
)
def test_an_overlay_is_due_once_in_a_period(every, offset, until, due):
    one = Overlay(torch.zeros(1, 4, 1, 1), every, offset, until)
    assert [step for step in range(6) if one.due(step)] == due


def overlaid(**changes):
    Image.new("RGBA", (4, 4), (0, 0, 255, 128)).save("blue.png")
    settings = {"overlay_image": "blue.png", "overlay_alpha": None, "image_fit": "stretch"}
    settings |= {"overlay_every": 1, "overlay_offset": 0, "overlay_until": None}
    made = overlay(SimpleNamespace(**{**settings, **changes}), (8, 4), "cpu")
    return made.over(torch.zeros(1, 3, 4, 8))[0, 2, 0, 0]


def test_the_opacity_of_an_overlay_is_the_file_s_or_a_constant():
    assert overlaid() == pytest.approx(128 / 255)
    assert overlaid(overlay_alpha=0) == pytest.approx(128 / 255), "0 means: as the file says"
    assert overlaid(overlay_alpha=255) == 1


def blueness_by_step(session, **changes):
    """How blue the picture was before each step."""
    events = session(drawer="pixel", pixel_size=[6, 4], iterations=6, display_every=1, **changes).run()
    return [float(event.image_u8[..., 2].mean()) for event in events if isinstance(event, Drawn)]


def test_an_overlay_comes_back_in_the_steps_it_is_due(session):
    Image.new("RGB", (4, 4), "blue").save("blue.png")
    over = {"overlay_image": "blue.png", "overlay_every": 2, "overlay_until": 3, "prompts": "red"}
    blue = blueness_by_step(session, **over)
    assert blue[0] == blue[2] == 255 and blue[1] < 255 and blue[4] < 255


def test_b4_an_overlay_on_a_transparent_pixel_drawing_keeps_its_colours(session):
    Image.new("RGB", (4, 4), (0, 0, 255)).save("blue.png")
    made = session(drawer="pixel", transparent=True, overlay_image="blue.png", iterations=0)
    made._repaint_if_due()
    assert np.array_equal(np.asarray(made.image())[0, 0, :3], [0, 0, 255])


def test_an_overlay_goes_on_where_a_run_was_left(session):
    Image.new("RGBA", (4, 4), (0, 0, 255, 90)).save("blue.png")
    over = {"overlay_image": "blue.png", "overlay_every": 3, "drawer": "pixel", "iterations": 7}
    whole = session(**over)
    list(whole.run())
    half, rest = session(**over), session(**over)
    for event in half.run():
        if isinstance(event, Stepped) and event.step == 4:
            break
    rest.restore(half.state())
    list(rest.run())
    assert whole.image().tobytes() == rest.image().tobytes()


def test_a_drawer_that_cannot_paint_refuses_an_overlay(session, registry):
    from pixray.testing.fakes import FlatDrawer

    class Stiff(FlatDrawer):
        can_paint = False

    Image.new("RGB", (4, 4)).save("x.png")
    registry.add("drawer", "stiff", Stiff)
    with pytest.raises(SettingsError, match="overlay_image='x.png': the drawer stiff cannot take over a picture"):
        session(drawer="stiff", overlay_image="x.png")


@pytest.mark.parametrize("drawer", ["pixel", "line_sketch", "clipdraw"])
def test_an_overlay_works_in_every_drawer_of_this_machine(session, drawer):
    """What it makes of a dark blue overlay is nearer to it than what it drew before."""
    Image.new("RGB", (4, 4), (0, 0, 90)).save("blue.png")
    made = session(drawer=drawer, overlay_image="blue.png", size=[48, 32], iterations=2)
    wanted = np.array([0, 0, 90])
    before = np.abs(np.asarray(made.image()).astype(float)[..., :3] - wanted).mean()
    next(event for event in made.run() if isinstance(event, Stepped))
    after = np.abs(np.asarray(made.image()).astype(float)[..., :3] - wanted).mean()
    assert after < before

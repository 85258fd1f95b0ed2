"""Whoever asks for a transparent ground and gets an opaque one is told so, and what helps."""

import numpy as np
import pytest

import pixray
from pixray.engine.ground import opaque_ground
from pixray.events import Noticed

PIXEL = {"drawer": "pixel", "size": (32, 32), "num_cuts": 2, "perceptors": "embedded", "seed": 1}


def told(**settings):
    """What a short run says about its ground."""
    session = pixray.new_session("a red heart", **{**PIXEL, **settings})
    return [event.text for event in session.run() if isinstance(event, Noticed) and "of the border" in event.text]


def test_a_sprite_of_a_few_steps_says_that_its_ground_is_opaque_and_what_helps():
    text = "transparency was asked for, but 100% of the border of the picture is opaque: more iterations help, or "
    assert told(sprite=(8, 8), colors=4, iterations=2, pixel_alpha="hard") == [text + "transparent_weight=0.1"]
    assert told(sprite=(8, 8), colors=4, iterations=2, transparent_weight=0.2) == [
        text + "a transparent_weight above 0.2"
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"transparent": True, "transparent_weight": -0.1},
        {"transparent": True, "transparent_weight": 10, "iterations": 40},
    ],
    ids=["not asked for", "opacity asked for", "it became transparent"],
)
def test_nothing_is_said_where_the_ground_is_as_it_was_asked_for(settings):
    assert told(**{"pixel_size": (4, 4), "iterations": 2, **settings}) == []


def test_a_ground_is_judged_by_the_border_alone():
    picture = np.full((8, 8, 4), 255, np.uint8)
    assert "100% of the border" in opaque_ground(picture, 0)
    picture[[0, -1], :, 3] = 0
    assert opaque_ground(picture, 0) is None
    picture[0, :, 3] = 200
    assert "71% of the border" in opaque_ground(picture, 0)
    assert opaque_ground(picture[..., :3], 0) is None

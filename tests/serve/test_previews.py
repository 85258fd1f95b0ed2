"""Small pictures of a run, as often as its speed allows."""

from types import SimpleNamespace

import numpy as np
import pytest

from pixray.events import Stepped
from pixray.serve import reporting
from pixray.serve.jobs import Order
from pixray.serve.reporting import Reporter


@pytest.fixture
def clock(monkeypatch):
    """A clock of the wall and one of the processor, set by hand; what it costs to draw a picture is a list."""
    times = SimpleNamespace(wall=100.0, worked=0.0, costs=[])
    monkeypatch.setattr(reporting.time, "monotonic", lambda: times.wall)
    monkeypatch.setattr(reporting.time, "thread_time", lambda: times.worked)
    return times


def previews_of(clock, folder, seconds):
    """The seconds at which small pictures were made, in a run whose steps take a tenth of one."""
    made, started = [], clock.wall

    def draw():
        clock.worked += clock.costs.pop(0) if clock.costs else 0.005
        made.append(round(clock.wall - started, 1))
        return SimpleNamespace(image_u8=np.zeros((8, 8, 3), np.uint8))

    reporter = Reporter(lambda **_: None, Order((), folder, resumable=True), SimpleNamespace(draw=draw), None)
    for step in range(1, round(10 * seconds) + 1):
        clock.wall += 0.1
        reporter(Stepped(step, 10_000, 1.0, 0.1, 60.0, {"a": 1.0}))
    return made


def test_a_first_picture_that_was_slow_does_not_keep_the_next_ones_away(clock, tmp_path):
    clock.costs = [2.0]
    made = previews_of(clock, tmp_path, seconds=10)
    assert made[0] == 0.1 and made[1] <= 0.8 and len(made) >= 9


def test_one_slow_picture_among_quick_ones_counts_as_a_quick_one(clock, tmp_path):
    clock.costs = [0.005, 0.005, 3.0]
    assert len(previews_of(clock, tmp_path, seconds=10)) >= 9


def test_pictures_that_cost_much_are_made_seldom(clock, tmp_path):
    clock.costs = [0.1] * 20
    assert len(previews_of(clock, tmp_path, seconds=30)) <= 4

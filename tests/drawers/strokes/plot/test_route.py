"""The way of the pen."""

import numpy as np
import pytest

from pixray.drawers.strokes.plot.route import drawn, joined, ordered, simplified, travel
from pixray.drawers.strokes.travel import pen_order

HOME = np.zeros(2)


def scattered(count, seed=1):
    random = np.random.default_rng(seed)
    begins = random.uniform(0, 200, (count, 2))
    return [np.stack([begin, begin + random.uniform(-12, 12, 2)]) for begin in begins]


def test_lines_that_meet_become_one():
    lines = [
        np.array(line, dtype=float)
        for line in ([[0, 0], [1, 0]], [[2, 0], [1, 0]], [[2, 0.01], [3, 0]], [[9, 9], [8, 8]])
    ]
    whole = joined(lines, gap=0.02)
    assert len(whole) == 2
    assert drawn(whole) == pytest.approx(drawn(lines), abs=0.1)


def test_the_order_keeps_every_line_and_travels_less_than_going_to_the_nearest():
    lines = scattered(150)
    path = ordered(lines, HOME)
    canonical = sorted(sorted(map(tuple, line.tolist())) for line in lines)
    assert sorted(sorted(map(tuple, line.tolist())) for line in path) == canonical
    first, last = np.stack([line[0] for line in lines]), np.stack([line[-1] for line in lines])
    order, backwards, _ = pen_order(first, last, HOME)
    greedy = [lines[number][::-1] if turned else lines[number] for number, turned in zip(order, backwards, strict=True)]
    assert travel(path, HOME) < 0.9 * travel(greedy, HOME) < travel(lines, HOME)


def test_the_same_lines_are_always_drawn_in_the_same_order():
    first, second = ordered(scattered(40), HOME), ordered(scattered(40), HOME)
    assert all((one == other).all() for one, other in zip(first, second, strict=True))


def test_closed_lines_begin_where_the_pen_comes_by():
    ring = np.array([[5, 5], [9, 5], [9, 9], [1, 1], [5, 5]], dtype=float)
    (line,) = ordered([ring], HOME)
    assert line[0].tolist() == line[-1].tolist() == [1, 1]
    assert drawn([line]) == pytest.approx(drawn([ring]))


def test_simpler_lines_stay_within_the_tolerance():
    angles = np.linspace(0, np.pi, 400)
    arc = 20 * np.stack([np.cos(angles), np.sin(angles)], 1)
    simple = simplified(arc, 0.05)
    assert len(simple) < 50
    assert np.abs(np.hypot(*simple.T) - 20).max() < 1e-6
    middles = (simple[1:] + simple[:-1]) / 2
    assert np.abs(np.hypot(*middles.T) - 20).max() <= 0.05


def test_nothing_to_draw_needs_no_way():
    assert ordered([], HOME) == []

import itertools

import numpy as np

from pixray.drawers.strokes.single_line import single_line


def path(*knots):
    """A path of straight segments through the knots."""
    parts = [np.linspace(begin, end, 4)[1:] for begin, end in itertools.pairwise(knots)]
    return np.concatenate([np.array([knots[0]], dtype=float), *parts])


def test_paths_become_one_line_that_goes_to_the_nearest_end():
    line = single_line([path((0, 0), (9, 0)), path((30, 5), (20, 5)), path((10, 5), (19, 5))])
    assert len(line) % 3 == 1
    knots = line[::3].tolist()
    forwards = [[0, 0], [9, 0], [10, 5], [19, 5], [20, 5], [30, 5]]
    assert knots in (forwards, forwards[::-1])


def test_ends_that_meet_are_joined_without_a_way_between():
    line = single_line([path((0, 0), (10, 0)), path((10, 0), (10, 10))])
    assert len(line) == 7


def test_a_closed_path_is_entered_where_it_is_nearest():
    square = path((40, 0), (50, 0), (50, 10), (40, 10), (40, 0))
    line = single_line([square, path((0, 10), (39, 10))])
    away = np.linalg.norm(np.diff(line[::3], axis=0), axis=1)
    assert sorted(round(float(step)) for step in away) == [1, 10, 10, 10, 10, 39]


def test_a_single_path_stays_what_it_is():
    only = path((0, 0), (5, 5), (9, 0))
    assert single_line([only]).tolist() in (only.tolist(), only[::-1].tolist())

import importlib
import itertools
from pathlib import Path

import pytest


@pytest.fixture
def runs(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    return importlib.import_module("tests.fuzz.random_runs")


def test_random_combinations_paint_or_are_refused_with_the_reason(runs, tmp_path):
    painter = runs.Painter(tmp_path)
    problems = {}
    for number, settings in enumerate(itertools.islice(runs.combinations(3), 12), 1):
        if problem := painter.problem(settings):
            problems[number] = (problem, settings)
    assert not problems
    assert painter.counts["painted"] >= 8 and painter.counts.total() == 12


def test_a_crash_and_a_hang_are_told_in_one_line_with_their_place(runs, tmp_path, monkeypatch):
    painter = runs.Painter(tmp_path)

    def crash(*args, **settings):
        raise ZeroDivisionError("nothing\nleft")

    def hang(*args, **settings):
        while True:
            continue

    monkeypatch.setattr(painter.studio, "run", crash)
    problem = painter.problem({"size": [1, 1]})
    assert problem.startswith("ZeroDivisionError in ") and problem.endswith(": nothing left")
    monkeypatch.setattr(runs, "SLOWEST", 0.2)
    monkeypatch.setattr(painter.studio, "run", hang)
    assert painter.problem({"size": [1, 1]}).endswith("not done after 0.2 s")
    assert painter.counts == {"failed": 2}

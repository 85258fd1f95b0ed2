"""Runs of drawers without gradients."""

import math
from pathlib import Path

import pytest
import torch

from pixray.drawers.base import Proposal
from pixray.events import Drawn, Finished, Noticed, Stepped
from pixray.optim.search import SearchOptimizer
from pixray.recorders.base import attach
from pixray.recorders.files import FileRecorder
from pixray.testing.contracts import check_drawer
from pixray.testing.fakes import ProposingDrawer


@pytest.fixture
def searching(registry, session):
    registry.add("drawer", "proposing", ProposingDrawer)

    def make(**changes):
        return session(**{"drawer": "proposing", "iterations": None, **changes})

    return make


def test_contract():
    check_drawer(ProposingDrawer)


def test_the_best_candidate_by_the_losses_is_kept(searching):
    run = searching(prompts="red")
    events = list(run.run())
    assert run.image().getpixel((0, 0)) == (255, 0, 0)
    assert len([event for event in events if isinstance(event, Stepped)]) == 3
    finished = events[-1]
    assert isinstance(finished, Finished) and finished.best[1] == 2 and finished.reason == "complete"


def test_a_drawer_may_supply_how_many_candidates_a_run_has(searching):
    assert searching().steps == 3
    assert searching(quality="draft").steps == 3
    assert searching(iterations=2).steps == 2


def test_only_better_candidates_are_saved_and_previews_are_shown(searching):
    drawn = [event for event in searching(prompts="blue").run() if isinstance(event, Drawn)]
    assert [event.save for event in drawn] == [False, True, False, False, False, False, True]
    assert all(event.show for event in drawn)


def test_what_a_drawer_has_to_say_becomes_a_notice(searching):
    notices = [event.text for event in searching().run() if isinstance(event, Noticed)]
    assert "at work on blue" in notices


def test_facts_of_the_drawer_stand_in_the_picture(searching):
    from PIL import Image

    run = searching()
    for _ in attach(run.run(), FileRecorder(run.settings)):
        pass
    (path,) = Path().rglob("output.png")
    with Image.open(path) as picture:
        assert picture.text["pixray_made_by"] == "ProposingDrawer"


def test_stopping_closes_the_proposals_and_saves_no_empty_picture(searching):
    run = searching()
    closed = []

    def wait_for_ever(step):
        try:
            while True:
                yield Proposal()
                run.stop()
        finally:
            closed.append(step)

    run.drawer.propose = wait_for_ever
    events = list(run.run())
    assert closed == [0] and not [event for event in events if isinstance(event, Drawn)]
    assert events[-1].reason == "stopped" and events[-1].best is None


def test_a_search_goes_on_where_it_was_left(searching):
    whole, first, second = searching(prompts="green"), searching(prompts="green"), searching(prompts="green")
    list(whole.run())
    events = first.run()
    for event in events:
        if isinstance(event, Stepped) and event.step == 1:
            break
    second.restore(first.state())
    list(second.run())
    assert second.image().getpixel((0, 0)) == whole.image().getpixel((0, 0)) == (0, 255, 0)


def test_candidates_are_looked_at_through_the_same_cutouts(searching):
    run = searching()
    same = torch.rand(1, 3, 16, 24, generator=torch.Generator().manual_seed(3))

    def twins(step):
        yield Proposal(same, finished=True)
        yield Proposal(same.clone(), finished=True)

    run.drawer.propose = twins
    totals = []
    run.optimizer.offer = lambda step, total: bool(totals.append(total))
    list(run.run())
    assert totals[0] == totals[1]


def test_a_loss_that_is_not_finite_never_wins():
    optimizer = SearchOptimizer()
    assert not optimizer.offer(1, math.nan) and not optimizer.ready
    assert optimizer.offer(2, 1.0) and optimizer.ready

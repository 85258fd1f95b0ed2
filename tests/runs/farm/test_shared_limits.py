"""Services keep their limits across all workers of a farm."""

import asyncio
import sys
from types import SimpleNamespace

import pytest

from pixray.providers.errors import BudgetExceeded
from pixray.providers.limits import Gate
from pixray.runs.farm.limits import Desk, SharedBudget, SharedGate


class Handle:
    """A desk behind a handle as Ray makes them; answers are there at once."""

    def __init__(self, desk):
        self._desk = desk

    def __getattr__(self, name):
        return SimpleNamespace(remote=getattr(self._desk, name))


@pytest.fixture
def desk(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(get=lambda answer: answer))
    return lambda *limits: Handle(Desk(*limits))


def test_all_workers_together_submit_so_many_at_once(desk):
    handle, inside, most = desk(), [], []

    async def submit(worker):
        async with SharedGate(handle, "stability", worker, Gate(2)):
            inside.append(worker)
            most.append(len(inside))
            await asyncio.sleep(0.01)
            inside.remove(worker)

    async def everybody():
        await asyncio.gather(*(submit(f"w{number % 3}") for number in range(9)))

    asyncio.run(everybody())
    assert max(most) == 2 and len(most) == 9


def test_all_workers_together_submit_so_many_per_period():
    desk = Desk()
    assert [desk.enter("openai", worker, 9, (2, 3600.0)) > 0 for worker in ("a", "b", "c")] == [False, False, True]
    assert desk.enter("stability", "c", 9, (2, 3600.0)) == 0


def test_what_a_lost_worker_submitted_no_longer_counts_as_going_on():
    desk = Desk()
    assert desk.enter("openai", "lost", 1, None) == 0 and desk.enter("openai", "other", 1, None) > 0
    desk.forget("lost")
    desk.leave("openai", "lost")  # a message that was still on its way
    assert desk.enter("openai", "other", 1, None) == 0 and desk.enter("openai", "third", 1, None) > 0


def test_a_budget_counts_for_all_workers_together(desk):
    handle = desk(1.0, None)
    first, second = SharedBudget(handle), SharedBudget(handle)
    first.reserve("openai", 0.6)
    with pytest.raises(BudgetExceeded, match="max_cost=1 does not allow another 0.6"):
        second.reserve("openai", 0.6)
    first.settle(0.6, 0.1)
    second.reserve("openai", 0.6)
    second.guess(0.2)
    bill = handle._desk.bill()
    assert (round(bill.spent, 6), bill.guessed, bill.requests) == (0.7, 0.2, 2)

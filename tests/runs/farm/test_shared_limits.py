"""Services keep their limits across all workers of a farm."""

import asyncio
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from pixray.providers.errors import BudgetExceeded
from pixray.providers.limits import Gate
from pixray.runs.farm.limits import LimitServer, SharedBudget, SharedGate


class Handle:
    """A limit server behind a handle as Ray makes them; answers are there at once."""

    def __init__(self, limit_server):
        self._limit_server = limit_server

    def __getattr__(self, name):
        return SimpleNamespace(remote=getattr(self._limit_server, name))


@pytest.fixture
def limit_server(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(get=lambda answer: answer))
    return lambda *limits: Handle(LimitServer(*limits))


def test_all_workers_together_submit_so_many_at_once(limit_server):
    handle, inside, most = limit_server(), [], []

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
    limit_server = LimitServer()
    waits = [limit_server.enter("openai", worker, "ticket", 9, (2, 3600.0)) for worker in ("a", "b", "c")]
    assert [wait > 0 for wait in waits] == [False, False, True]
    assert limit_server.enter("stability", "c", "ticket", 9, (2, 3600.0)) == 0


def test_what_a_lost_worker_submitted_no_longer_counts_as_going_on():
    limit_server = LimitServer()
    assert limit_server.enter("openai", "lost", "1", 1, None) == 0
    assert limit_server.enter("openai", "other", "2", 1, None) > 0
    limit_server.forget("lost")
    limit_server.leave("lost", "1")  # a message that was still on its way
    assert limit_server.enter("openai", "other", "3", 1, None) == 0
    assert limit_server.enter("openai", "third", "4", 1, None) > 0


def test_a_submission_that_is_given_up_before_it_is_let_in_takes_no_place(limit_server, monkeypatch):
    handle = limit_server()
    gate = SharedGate(handle, "openai", "w", Gate(1))

    async def submit():
        async with gate:
            await asyncio.sleep(3600)

    async def give_up():
        asked = threading.Event()
        ray = SimpleNamespace(get=lambda answer: (asked.set(), time.sleep(0.2), answer)[-1])
        monkeypatch.setitem(sys.modules, "ray", ray)
        task = asyncio.create_task(submit())
        await asyncio.to_thread(asked.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    assert handle._limit_server.enter("openai", "other", "1", 1, None) == 0


def test_a_budget_counts_for_all_workers_together(limit_server):
    handle = limit_server(1.0, None)
    first, second = SharedBudget(handle), SharedBudget(handle)
    first.reserve("openai", 0.6)
    with pytest.raises(BudgetExceeded, match="max_cost=1 does not allow another 0.6"):
        second.reserve("openai", 0.6)
    first.settle(0.6, 0.1)
    second.reserve("openai", 0.6)
    second.guess(0.2)
    bill = handle._limit_server.bill()
    assert (round(bill.spent, 6), bill.guessed, bill.requests) == (0.7, 0.2, 2)
    second.release(0.6)
    bill = handle._limit_server.bill()
    assert (round(bill.spent, 6), bill.requests) == (0.1, 1)


def test_a_closed_server_lets_nobody_in_though_a_place_is_free():
    limit_server = LimitServer()
    assert limit_server.enter("openai", "first", "1", 1, None) == 0
    limit_server.close()
    limit_server.leave("first", "1")
    assert limit_server.enter("openai", "second", "2", 1, None) > 0

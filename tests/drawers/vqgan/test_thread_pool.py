"""Strips of work on threads of their own."""

import copy
import threading

import pytest
import torch

from pixray.drawers.vqgan.thread_pool import ThreadPool


@pytest.fixture(params=[1, 3])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def test_results_come_in_the_order_of_the_jobs(threads):
    assert ThreadPool().run(lambda: lambda number: number**2, 20) == [number**2 for number in range(20)]


def test_every_job_has_one_thread_and_records_no_gradient(threads):
    x = torch.ones(3, requires_grad=True)
    # All jobs wait for one another, so that each has a thread of its own.
    together = threading.Barrier(threads)

    def hire():
        def do(number):
            together.wait(timeout=20)
            return torch.get_num_threads(), (x * 2).requires_grad, threading.get_ident()

        return do

    found = ThreadPool().run(hire, threads)
    assert [one[:2] for one in found] == [(1, False)] * threads
    assert len({one[2] for one in found}) == threads
    assert torch.get_num_threads() == threads, "torch itself keeps its threads"
    assert torch.is_grad_enabled()


def test_a_failing_job_is_heard_of(threads):
    def do(number):
        if number == 4:
            raise ValueError("job 4")

    with pytest.raises(ValueError, match="job 4"):
        ThreadPool().run(lambda: do, 9)


def test_a_crew_grows_with_torch_s_threads(threads):
    crew = ThreadPool()
    crew.run(lambda: lambda number: number, 4)
    torch.set_num_threads(4)
    seen = crew.run(lambda: lambda number: (threading.get_ident(), torch.get_num_threads()), 50)
    assert {count for _, count in seen} == {1}


def test_a_copy_works_with_threads_of_its_own(threads):
    crew = ThreadPool()
    crew.run(lambda: lambda number: number, 9)
    assert copy.deepcopy(crew).run(lambda: lambda number: number, 9) == list(range(9))

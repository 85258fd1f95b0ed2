"""The queue of a farm: every cell ends exactly once, whatever happens to those who paint it."""

import random

import pytest

from pixray.runs.cell import Cell
from pixray.runs.farm.cell_queue import MOST_LOST_NODES, MOST_TRIES, CellQueue


@pytest.fixture
def queue_of(resolve, tiny):
    def make(count=3):
        return CellQueue(
            Cell({"seed": str(n)}, resolve(**{**tiny, "seed": n, "outdir": f"out/{n}"})) for n in range(count)
        )

    return make


def states(queue):
    return {change.name: change.state for change in queue.changes(-1)}


def test_cells_in_the_same_folder_count_once(resolve, tiny):
    cell = Cell({}, resolve(**tiny, outdir="out/a"))
    assert len(CellQueue([cell, cell])) == 1


def test_a_cell_that_fails_three_times_is_a_row_with_its_reason(queue_of):
    queue = queue_of(2)
    for _ in range(MOST_TRIES):
        while queue.take().folder.name != "0":
            queue.settle("1", "done")
        queue.settle("0", "failed", "it broke")
    if queue.unfinished:
        assert queue.take().folder.name == "1"
        queue.settle("1", "done")
    assert states(queue) == {"0": "failed", "1": "done"} and queue.progress(working=False).failed == {"0": "it broke"}
    assert not queue.unfinished and queue.take() is None


def test_failures_count_anew_after_a_checkpoint(queue_of):
    queue = queue_of(1)
    for _ in range(3 * MOST_TRIES):
        queue.take()
        queue.report("0", {"kept": 5})
        queue.worker_lost("0", "the worker ended", node_gone=False)
    assert queue.count("waiting") == 1


def test_a_lost_machine_is_not_the_fault_of_its_cell_but_not_for_ever(queue_of):
    queue = queue_of(1)
    for _ in range(MOST_LOST_NODES - 1):
        queue.take()
        queue.worker_lost("0", "the machine was lost", node_gone=True)
    assert queue.count("waiting") == 1
    queue.take()
    queue.worker_lost("0", "the machine was lost", node_gone=True)
    assert queue.progress(working=False).failed == {"0": "the machine was lost"}


def test_what_was_stopped_waits_without_a_failure(queue_of):
    queue = queue_of(1)
    queue.take()
    queue.settle("0", "stopped")
    assert queue.changes(-1)[0].tries == 0 and queue.count("waiting") == 1


def test_changes_are_told_once(queue_of):
    queue = queue_of()
    version = queue.version
    queue.take("here")
    assert [(change.name, change.node) for change in queue.changes(version)] == [("0", "here")]
    assert not queue.changes(queue.version)


def test_a_report_about_a_cell_that_has_ended_changes_nothing(queue_of):
    queue = queue_of(1)
    queue.take()
    queue.settle("0", "done")
    version = queue.version
    queue.report("0", {"step": 1})
    assert queue.version == version and states(queue) == {"0": "done"}


def test_a_cell_ends_once_in_random_histories(queue_of):
    for seed in range(20):
        chance, queue, ended = random.Random(seed), queue_of(8), []
        queue.skip(["3"])
        running = []
        while queue.unfinished:
            if running and chance.random() < 0.6:
                name = running.pop(chance.randrange(len(running)))
                fate = chance.choice(["done", "failed", "stopped", "worker", "machine", "kept"])
                if fate == "kept":
                    queue.report(name, {"kept": 1})
                    running.append(name)
                elif fate in ("worker", "machine"):
                    queue.worker_lost(name, "lost", node_gone=fate == "machine")
                else:
                    queue.settle(name, fate, "it broke")
                if states(queue)[name] in ("done", "failed"):
                    ended.append(name)
            elif (cell := queue.take()) is not None:
                running.append(cell.folder.name)
        assert sorted(ended) == ["0", "1", "2", "4", "5", "6", "7"]
        assert queue.count("done") + queue.count("failed") == 8 and not queue.count("running") + queue.count("waiting")

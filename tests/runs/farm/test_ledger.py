"""The book of a farm: every cell ends exactly once, whatever happens to those who paint it."""

import random

import pytest

from pixray.runs.cell import Cell
from pixray.runs.farm.ledger import MOST_LOST_NODES, MOST_TRIES, Ledger


@pytest.fixture
def ledger(resolve, tiny):
    def make(count=3):
        return Ledger(
            Cell({"seed": str(n)}, resolve(**{**tiny, "seed": n, "outdir": f"out/{n}"})) for n in range(count)
        )

    return make


def states(ledger):
    return {change.name: change.state for change in ledger.changes(-1)}


def test_cells_in_the_same_folder_count_once(resolve, tiny):
    cell = Cell({}, resolve(**tiny, outdir="out/a"))
    assert len(Ledger([cell, cell])) == 1


def test_a_cell_that_fails_three_times_is_a_row_with_its_reason(ledger):
    book = ledger(2)
    for _ in range(MOST_TRIES):
        while book.take().folder.name != "0":
            book.settle("1", "done")
        book.settle("0", "failed", "it broke")
    if book.unfinished:
        assert book.take().folder.name == "1"
        book.settle("1", "done")
    assert states(book) == {"0": "failed", "1": "done"} and book.failed == {"0": "it broke"}
    assert not book.unfinished and book.take() is None


def test_failures_count_anew_after_a_checkpoint(ledger):
    book = ledger(1)
    for _ in range(3 * MOST_TRIES):
        book.take()
        book.tell("0", {"kept": 5})
        book.lose("0", "the worker ended", node_gone=False)
    assert book.count("waiting") == 1


def test_a_lost_machine_is_not_the_fault_of_its_cell_but_not_for_ever(ledger):
    book = ledger(1)
    for _ in range(MOST_LOST_NODES - 1):
        book.take()
        book.lose("0", "the machine was lost", node_gone=True)
    assert book.count("waiting") == 1
    book.take()
    book.lose("0", "the machine was lost", node_gone=True)
    assert book.failed == {"0": "the machine was lost"}


def test_what_was_stopped_waits_without_a_failure(ledger):
    book = ledger(1)
    book.take()
    book.settle("0", "stopped")
    assert book.changes(-1)[0].tries == 0 and book.count("waiting") == 1


def test_changes_are_told_once(ledger):
    book = ledger()
    version = book.version
    book.take("here")
    assert [(change.name, change.node) for change in book.changes(version)] == [("0", "here")]
    assert not book.changes(book.version)


def test_a_report_about_a_cell_that_has_ended_changes_nothing(ledger):
    book = ledger(1)
    book.take()
    book.settle("0", "done")
    version = book.version
    book.tell("0", {"step": 1})
    assert book.version == version and states(book) == {"0": "done"}


def test_a_cell_ends_once_in_random_histories(ledger):
    for seed in range(20):
        chance, book, ended = random.Random(seed), ledger(8), []
        book.skip(["3"])
        running = []
        while book.unfinished:
            if running and chance.random() < 0.6:
                name = running.pop(chance.randrange(len(running)))
                fate = chance.choice(["done", "failed", "stopped", "worker", "machine", "kept"])
                if fate == "kept":
                    book.tell(name, {"kept": 1})
                    running.append(name)
                elif fate in ("worker", "machine"):
                    book.lose(name, "lost", node_gone=fate == "machine")
                else:
                    book.settle(name, fate, "it broke")
                if states(book)[name] in ("done", "failed"):
                    ended.append(name)
            elif (cell := book.take()) is not None:
                running.append(cell.folder.name)
        assert sorted(ended) == ["0", "1", "2", "4", "5", "6", "7"]
        assert book.count("done") + book.count("failed") == 8 and not book.count("running") + book.count("waiting")

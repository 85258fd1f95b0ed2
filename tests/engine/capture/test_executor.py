"""When steps are recorded, how a replay is proven, and what is done when one is not."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from pixray.engine.capture.executor import MOST_SHAPES, CudaGraphExecutor, EagerExecutor
from pixray.engine.capture.transfer import StaticBuffers, moved
from pixray.engine.capture.trees import mapped, shape_of, tensors
from pixray.testing.recording import Tape


@dataclass(frozen=True)
class Inputs:
    numbers: Tensor
    kind: str = "even"
    more: tuple = ()


class Walk:
    """A step adds the input's mean to a place and tells where that was and how far it went."""

    def __init__(self):
        self.place = torch.zeros(3)

    def render(self):
        return self.place.clone()

    def update(self, canvas, inputs):
        self.place.add_(inputs.numbers.mean())
        return {"from": canvas.sum(), "far": inputs.numbers.mean()}

    def changed_tensors(self):
        return [self.place]


def stepped(executor, work, inputs):
    canvas = executor.render(work, inputs)
    return canvas, executor.step(work, canvas, inputs)


def walked(executor, kinds=("even", "odd"), steps=14):
    walk = Walk()
    inputs = [Inputs(torch.full((4,), float(step)), kinds[step % len(kinds)]) for step in range(steps)]
    return [stepped(executor, walk, one) for one in inputs], walk.place


def test_a_replayed_walk_is_the_same_and_its_results_are_kept():
    replay = CudaGraphExecutor("cpu", Tape())
    (wanted, place), (found, there) = walked(EagerExecutor()), walked(replay)
    assert replay.recordings == 2 and replay.obstacle is None
    assert torch.equal(place, there)
    for one, other in zip(wanted, found, strict=True):
        assert torch.equal(one[0], other[0]) and one[1] == other[1]


@pytest.mark.parametrize("wrong", ["nothing", "twice", "rubbish"])
def test_a_replay_that_differs_is_noticed_and_spoils_nothing(wrong, caplog):
    class Wrong(Tape):
        def record(self, work):
            again, result = super().record(work)
            others = {
                "nothing": lambda: None,
                "twice": lambda: (again(), again()),
                "rubbish": lambda: (again(), mapped(result, lambda one: one.fill_(7))),
            }
            return others[wrong], result

    replay = CudaGraphExecutor("cpu", Wrong())
    with caplog.at_level("DEBUG", "pixray"):
        found, there = walked(replay)
    wanted, place = walked(EagerExecutor())
    assert torch.equal(place, there) and [one[1] for one in found] == [one[1] for one in wanted]
    assert replay.recordings == 0 and "not the same as the direct one" in caplog.text


def test_what_cannot_be_captured_goes_on_directly_and_says_why(caplog):
    class LossValues(Walk):
        def update(self, canvas, inputs):
            return canvas * float(inputs.numbers[0])

    walk, executor = LossValues(), CudaGraphExecutor("cpu", Tape())
    with caplog.at_level("DEBUG", "pixray"):
        results = [stepped(executor, walk, Inputs(torch.ones(1))) for _ in range(6)]
    assert len(results) == 6 and "reads numbers back" in executor.obstacle
    assert caplog.text.count("run directly from here on") == 1


def test_inputs_that_cannot_be_compared_are_never_taken_for_those_of_another_step():
    """An array or a set was once known by its address, which another one may have later."""
    executor = CudaGraphExecutor("cpu", Tape())
    inputs = [Inputs(torch.full((4,), float(step)), {"a", step}) for step in range(6)]
    walk, direct = Walk(), Walk()
    for one in inputs:
        stepped(executor, walk, one), stepped(EagerExecutor(), direct, one)
    assert executor.recordings == 0 and "a set, which cannot be told from" in executor.obstacle
    assert torch.equal(walk.place, direct.place)


def test_an_update_of_another_canvas_is_not_replayed():
    executor, walk, direct = CudaGraphExecutor("cpu", Tape()), Walk(), Walk()
    for step in range(8):
        inputs, other = Inputs(torch.full((4,), float(step))), torch.full((3,), 5.0)
        executor.render(walk, inputs)
        result = executor.step(walk, other, inputs)
        assert result["from"] == 15 and result == direct.update(other, inputs)
    assert executor.recordings == 1 and torch.equal(walk.place, direct.place)


def test_ever_new_shapes_are_not_recorded_for_ever():
    replay = CudaGraphExecutor("cpu", Tape())
    _, place = walked(replay, kinds=[f"kind {number}" for number in range(MOST_SHAPES + 1)], steps=60)
    assert "too many shapes" in replay.obstacle and torch.equal(place, walked(EagerExecutor(), steps=60)[1])


def test_forgetting_begins_anew():
    replay = CudaGraphExecutor("cpu", Tape())
    walked(replay)
    replay.forget()
    assert replay.recordings == 0
    _, place = walked(EagerExecutor())
    assert torch.equal(walked(replay)[1], place) and replay.recordings == 2


def test_trees_are_taken_apart_and_put_together():
    tree = Inputs(torch.ones(2), "a", (torch.zeros(1), {"b": torch.ones(3)}, "c"))
    assert [one.numel() for one in tensors(tree)] == [2, 1, 3]
    doubled = mapped(tree, lambda one: one * 2)
    assert doubled.kind == "a" and doubled.more[1]["b"].tolist() == [2, 2, 2] and doubled.more[2] == "c"
    assert shape_of(tree) == shape_of(doubled) != shape_of(Inputs(torch.ones(2), "b", tree.more))
    assert shape_of(Inputs(torch.ones(2))) != shape_of(Inputs(torch.ones(3)))
    assert shape_of(Inputs(torch.ones(2))) != shape_of(Inputs(torch.ones(2).long()))


def test_tensors_travel_together_in_any_number_format():
    given = [torch.arange(3), torch.tensor(0.5), torch.ones(2, 3, dtype=torch.float64).t(), torch.tensor([True])]
    there = torch.device("meta")
    found = moved({"all": given}, there)["all"]
    assert {one.device.type for one in found} == {"meta"} and len({one.untyped_storage()._cdata for one in found}) == 1
    assert [(one.shape, one.dtype) for one in found] == [(one.shape, one.dtype) for one in given]
    assert moved(given, torch.device("cpu")) is given


def test_places_are_filled_where_they_are(monkeypatch):
    """As on a GPU, where nothing lies on the right device; here every tensor is taken to be elsewhere."""
    monkeypatch.setattr("pixray.engine.capture.transfer._is_there", lambda tensor, device: False)
    given = Inputs(torch.arange(5.0), "a", (torch.tensor(3), torch.tensor([[True, False]])))
    places = StaticBuffers(given, torch.device("cpu"))
    before = [one.data_ptr() for one in tensors(places.tree)]
    other = Inputs(torch.arange(5.0) + 1, "a", (torch.tensor(4), torch.tensor([[False, True]])))
    for tree in (given, other):
        places.fill(tree)
        assert all(torch.equal(*pair) for pair in zip(tensors(places.tree), tensors(tree), strict=True))
    assert [one.data_ptr() for one in tensors(places.tree)] == before

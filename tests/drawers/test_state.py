"""State for free: parameters and declared tensors are saved and put back by the base class."""

import pytest
import torch

from pixray.drawers.base import Canvas, Drawer
from pixray.errors import InvalidPart, PixrayError
from pixray.losses.base import Loss
from pixray.optim.parameter_group import ParameterGroup
from pixray.testing.fakes import FlatDrawer


class Layered(Drawer):
    tensors = ("_strength", "masks")

    def start(self, image, generator):
        self.layers = [torch.rand(1, 3, 4, 4, generator=generator).requires_grad_(True) for _ in range(2)]
        self._strength = torch.rand(2, generator=generator)
        self.masks = [torch.rand(3, generator=generator)]

    def parameters(self):
        return [ParameterGroup([layer]) for layer in self.layers]

    def render(self, step):
        return sum(layer * one for layer, one in zip(self.layers, self._strength, strict=True)).clamp(0, 1)


def started(cls, seed, *settings):
    drawer = cls(*settings or (None,), Canvas(4, 4))
    drawer.start(None, torch.Generator().manual_seed(seed))
    return drawer


def test_parameters_and_declared_tensors_are_the_state():
    drawer, other = started(Layered, 1), started(Layered, 2)
    state = drawer.state()
    assert list(state) == ["strength", "masks.0", "parameter0", "parameter1"]
    kept = other.layers[0]
    other.restore(state)
    assert torch.equal(drawer.render(0), other.render(0)) and torch.equal(drawer.masks[0], other.masks[0])
    assert other.layers[0] is kept, "optimizers keep working on the same tensors"


def test_a_saved_state_is_left_alone_by_later_steps():
    drawer = started(Layered, 1)
    state = drawer.state()
    before = state["parameter0"].clone()
    with torch.no_grad():
        drawer.layers[0].add_(1)
    assert torch.equal(state["parameter0"], before) and not state["parameter0"].requires_grad


def test_a_declared_parameter_is_saved_once_under_its_name():
    class Named(Layered):
        tensors = ("layers",)

    assert list(started(Named, 1).state()) == ["layers.0", "layers.1"]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({}, "it holds no 'parameter0'"),
        ({"parameter0": torch.zeros(2)}, r"'parameter0' is of shape \(2,\), not \(1, 3"),
    ],
)
def test_the_state_of_something_else_is_told_in_one_sentence(state, told):
    with pytest.raises(PixrayError, match=f"the saved state does not fit FlatDrawer: {told}"):
        started(FlatDrawer, 1, FlatDrawer.Settings()).restore(state)


@pytest.mark.parametrize(("name", "told"), [("nothing", "does not exist"), ("canvas", "holds a Canvas")])
def test_a_wrong_declaration_is_told_in_one_sentence(name, told):
    class Wrong(FlatDrawer):
        tensors = (name,)

    with pytest.raises(InvalidPart, match=f"Wrong declares the tensor '{name}', which {told}: expected a tensor"):
        started(Wrong, 1, FlatDrawer.Settings()).state()


def test_a_drawer_can_paint_if_it_defines_paint():
    assert started(FlatDrawer, 1, FlatDrawer.Settings()).can_paint
    assert not started(Layered, 1).can_paint


def test_a_loss_goes_on_with_what_it_learned():
    class Learning(Loss):
        tensors = ("_seen",)
        _seen = None

        def __call__(self, inputs):
            return torch.zeros(())

    one, other = Learning(), Learning()
    assert one.state() == {}
    one._seen = torch.ones(2)
    other.restore(one.state())
    assert torch.equal(other._seen, one._seen)
    other.restore({})
    assert other._seen is None

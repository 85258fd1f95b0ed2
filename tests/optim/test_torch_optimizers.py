import importlib.util

import pytest
import torch

from pixray.errors import MissingPackage, SettingsError
from pixray.optim.gradient import GradientOptimizer
from pixray.optim.parameter_group import ParameterGroup
from pixray.optim.torch_optimizers import make_optimizer
from pixray.registry import BUILT_IN


@pytest.mark.parametrize("name", sorted(BUILT_IN["optimizer"]))
def test_every_optimizer_descends(registry, name):
    if name == "DiffGrad" and importlib.util.find_spec("pytorch_optimizer") is None:
        with pytest.raises(MissingPackage, match=r"pip install 'pixray\[optimizers\]'"):
            registry.load("optimizer", name)
        return
    value = torch.full((2, 3), 2.0, requires_grad=True)
    optimizer = make_optimizer(registry.load("optimizer", name), [ParameterGroup([value], 0.1)], 0.5)
    assert optimizer.param_groups[0]["lr"] == 0.1, "a group's own rate wins"
    for _ in range(10):
        optimizer.zero_grad()
        value.square().sum().backward()
        optimizer.step()
    assert (value.abs() < 2).all()


def test_a_rate_at_which_weight_decay_lets_numbers_grow_is_refused_before_the_run(session):
    settings = {"drawer": "fft", "optimiser": "AdamW", "iterations": 40}
    with pytest.raises(SettingsError, match=r"step size of 1000: its weight decay of 0\.01 .* at most 200"):
        session(**settings, fft_lrate=1000)
    assert list(session(**settings, fft_lrate=200).run())[-1].reason == "complete"
    assert list(session(**{**settings, "optimiser": "Adam"}, fft_lrate=1e12).run())[-1].reason == "complete"


def test_a_checkpoint_with_the_older_spelling_is_still_restored():
    value = torch.zeros(3, requires_grad=True)
    optimizer = GradientOptimizer([ParameterGroup([value])])
    value.grad = torch.ones(3)
    optimizer.update()
    state = optimizer.state()
    state["optimiser"] = state.pop("optimizer")
    restored = GradientOptimizer([ParameterGroup([value])])
    restored.restore(state)
    assert torch.equal(
        restored.torch_optimizer.state[value]["exp_avg"], optimizer.torch_optimizer.state[value]["exp_avg"]
    )

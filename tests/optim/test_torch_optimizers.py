import importlib.util

import pytest
import torch

from pixray.errors import MissingPackage
from pixray.optim.parameter_group import ParameterGroup
from pixray.optim.torch_optimizers import make_optimiser
from pixray.registry import BUILT_IN


@pytest.mark.parametrize("name", sorted(BUILT_IN["optimizer"]))
def test_every_optimiser_descends(registry, name):
    if name == "DiffGrad" and importlib.util.find_spec("pytorch_optimizer") is None:
        with pytest.raises(MissingPackage, match=r"pip install 'pixray\[optimisers\]'"):
            registry.load("optimizer", name)
        return
    value = torch.full((2, 3), 2.0, requires_grad=True)
    optimiser = make_optimiser(registry.load("optimizer", name), [ParameterGroup([value], 0.1)], 0.5)
    assert optimiser.param_groups[0]["lr"] == 0.1, "a group's own rate wins"
    for _ in range(10):
        optimiser.zero_grad()
        value.square().sum().backward()
        optimiser.step()
    assert (value.abs() < 2).all()

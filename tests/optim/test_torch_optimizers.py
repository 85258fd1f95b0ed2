import importlib.util

import pytest
import torch

from pixray.errors import MissingPackage
from pixray.optim.parameter_group import ParameterGroup
from pixray.optim.torch_optimizers import make_optimiser
from pixray.settings.core import OPTIMISERS


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_descends(name):
    if name == "DiffGrad" and importlib.util.find_spec("pytorch_optimizer") is None:
        with pytest.raises(MissingPackage, match=r"pip install 'pixray\[optimisers\]'"):
            make_optimiser(name, [ParameterGroup([torch.zeros(1, requires_grad=True)])], 0.1)
        return
    value = torch.full((2, 3), 2.0, requires_grad=True)
    optimiser = make_optimiser(name, [ParameterGroup([value], 0.1)], 0.5)
    assert optimiser.param_groups[0]["lr"] == 0.1, "a group's own rate wins"
    for _ in range(10):
        optimiser.zero_grad()
        value.square().sum().backward()
        optimiser.step()
    assert (value.abs() < 2).all()

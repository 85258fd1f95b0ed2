"""Our Adam gives what torch's gives, to the last bit, and goes on from its states."""

import copy

import pytest
import torch

from pixray.optim.adam import Adam


def tensors(device="cpu"):
    generator = torch.Generator().manual_seed(3)
    shapes = [(4, 3), (7,), (2, 2, 5)]
    return [torch.randn(shape, generator=generator).to(device).requires_grad_(True) for shape in shapes]


def groups(parameters):
    return [{"params": parameters[:2], "lr": 0.05}, {"params": parameters[2:]}]


def descend(optimizer, parameters, steps, first=0):
    for step in range(first, first + steps):
        optimizer.zero_grad()
        used = parameters if step % 3 else parameters[1:]  # a tensor without gradient keeps its state
        sum((tensor - 0.3 * step).pow(2).sum() for tensor in used).backward()
        optimizer.step()


@pytest.mark.parametrize("keywords", [{}, {"betas": (0.5, 0.9), "eps": 1e-4}, {"fused": True}])
def test_it_moves_tensors_as_torchs_does(keywords):
    ours, theirs = tensors(), tensors()
    descend(Adam(groups(ours), lr=0.2, **keywords), ours, 7)
    descend(torch.optim.Adam(groups(theirs), lr=0.2, **keywords), theirs, 7)
    assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("saved_by", [Adam, torch.optim.Adam])
def test_it_goes_on_from_a_state_that_it_or_torchs_saved(saved_by):
    whole, halves = tensors(), tensors()
    descend(Adam(groups(whole), lr=0.2), whole, 8)

    before = saved_by(groups(halves), lr=0.2)
    descend(before, halves, 4)
    state = copy.deepcopy(before.state_dict())
    after = Adam(groups(halves), lr=0.2)
    after.load_state_dict(state)
    descend(after, halves, 4, first=4)
    assert all(torch.equal(one, other) for one, other in zip(whole, halves, strict=True))


def test_a_state_of_other_tensors_is_refused():
    parameters = tensors()
    optimizer = Adam(groups(parameters))
    descend(optimizer, parameters, 1)
    state = optimizer.state_dict()
    with pytest.raises(ValueError, match="other tensors"):
        Adam([{"params": parameters}]).load_state_dict(state)
    other = [torch.zeros(1, 2, requires_grad=True) for _ in range(3)]
    with pytest.raises(ValueError, match="other shapes"):
        Adam(groups(other)).load_state_dict(state)


def test_a_copy_goes_on_by_itself():
    parameters = tensors()
    optimizer = Adam(groups(parameters), lr=0.2)
    descend(optimizer, parameters, 2)
    copied, copied_parameters = copy.deepcopy((optimizer, parameters))
    descend(optimizer, parameters, 3, first=2)
    descend(copied, copied_parameters, 3, first=2)
    assert all(torch.equal(one, other) for one, other in zip(parameters, copied_parameters, strict=True))
    assert all(one is not other for one, other in zip(parameters, copied_parameters, strict=True))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_too_it_moves_tensors_as_torchs_does():
    ours, theirs = tensors("cuda"), tensors("cuda")
    keywords = {"lr": torch.tensor(0.2, device="cuda"), "fused": True, "capturable": True}
    descend(Adam([{"params": ours}], **keywords), ours, 7)
    descend(torch.optim.Adam([{"params": theirs}], **keywords), theirs, 7)
    assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))

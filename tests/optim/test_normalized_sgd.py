"""Steps of one length along the gradient."""

import copy

import pytest
import torch

from pixray.optim.normalized_sgd import NormalizedSGD


def moved(gradients, lr=0.1, momentum=0.9):
    """How far a tensor moves in each of several steps with these gradients."""
    tensor = torch.zeros_like(gradients[0]).requires_grad_(True)
    optimizer, ways = NormalizedSGD([{"params": [tensor]}], lr=lr, momentum=momentum), []
    for gradient in gradients:
        before = tensor.detach().clone()
        tensor.grad = gradient
        optimizer.step()
        ways.append(tensor.detach() - before)
    return ways


def test_a_step_has_one_length_however_large_the_gradient_is():
    gradient = torch.tensor([3.0, -4.0, 0.0, 0.0])
    for factor in (1e-6, 1.0, 1e6):
        (way,) = moved([gradient * factor])
        assert torch.allclose(way, torch.tensor([-3.0, 4.0, 0.0, 0.0]) * 0.1 / 2.5, atol=1e-7)


def test_numbers_move_in_proportion_to_their_pull():
    (way,) = moved([torch.tensor([1.0, 0.01])])
    assert way[0] / way[1] == pytest.approx(100)


def test_gradients_of_earlier_steps_count_alike_whatever_their_size():
    east, north = torch.tensor([1000.0, 0.0]), torch.tensor([0.0, 1e-3])
    *_, way = moved([east, north], momentum=0.9)
    assert way[0] / way[1] == pytest.approx(0.9)


def test_without_a_gradient_nothing_moves():
    assert not any(way.any() for way in moved([torch.zeros(3), torch.zeros(3)]))


def test_rates_may_be_tensors_that_change_between_steps():
    tensor, rate = torch.zeros(4, requires_grad=True), torch.tensor(0.1)
    optimizer = NormalizedSGD([{"params": [tensor], "lr": rate}], capturable=True, fused=True)
    tensor.grad = torch.ones(4)
    optimizer.step()
    rate.fill_(0.01)
    optimizer.step()
    assert torch.allclose(tensor, torch.full((4,), -0.11))


def test_a_copy_goes_on_by_itself():
    tensor = torch.zeros(2, requires_grad=True)
    optimizer = NormalizedSGD([{"params": [tensor]}], lr=0.1)
    tensor.grad = torch.tensor([1.0, 2.0])
    optimizer.step()
    copied, other = copy.deepcopy((optimizer, tensor))
    other.grad = tensor.grad.clone()
    optimizer.step()
    copied.step()
    assert torch.equal(tensor, other) and tensor is not other

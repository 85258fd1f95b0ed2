import torch

from pixray.ops.carry import carry


def test_a_known_gradient_goes_on_to_the_graph_before():
    start = torch.randn(3, 4, requires_grad=True)
    gradient = torch.randn(3, 4)
    (expected,) = torch.autograd.grad(start.sin(), start, gradient)
    (ours,) = torch.autograd.grad(carry(start.sin(), gradient), start)
    assert torch.equal(ours, expected)


def test_it_works_where_gradients_are_off():
    start = torch.randn(3, requires_grad=True)
    value = start.exp()
    with torch.no_grad():
        (ours,) = torch.autograd.grad(carry(value, torch.ones(3)), start)
    assert torch.equal(ours, value)

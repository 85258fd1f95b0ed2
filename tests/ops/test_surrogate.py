import torch

from pixray.ops.surrogate import clamp_inward, stop_below, straight_through


def test_the_clamp_lets_gradients_through_that_lead_inward():
    values = torch.tensor([-0.5, -0.5, 0.5, 1.5, 1.5], requires_grad=True)
    shown = clamp_inward(values)
    assert shown.tolist() == [0, 0, 0.5, 1, 1]
    shown.backward(torch.tensor([-1.0, 1.0, 1.0, 1.0, -1.0]))
    # Descent moves against the gradient: -1 raises a value that is too low, 1 lowers one that is too high.
    assert values.grad.tolist() == [-1, 0, 1, 1, 0]


def test_straight_through_shows_one_and_moves_the_other():
    shown, source = torch.tensor([3.0]), torch.tensor([1.0], requires_grad=True)
    out = straight_through(shown, source)
    out.backward()
    assert out.item() == 3 and source.grad.item() == 1


def test_values_at_or_below_the_stop_lose_their_gradient_only():
    values = torch.tensor([0.2, 0.5, 0.9], requires_grad=True)
    out = stop_below(values, 0.5)
    out.sum().backward()
    assert out.tolist() == values.tolist() and values.grad.tolist() == [0, 0, 1]

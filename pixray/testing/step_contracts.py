"""What every cutout policy and every optimizer promises."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pixray.cutouts.base import Cutouts
from pixray.optim.gradient import GradientOptimizer
from pixray.optim.parameter_group import ParameterGroup
from pixray.testing.checking import check_class, settings_keyword, untouched_randomness

_NUM_CUTS, _SIDE = 6, 16


def check_cutouts(cls: type[Cutouts], **settings: Any) -> None:
    """Number, shape, gradient and repeatability of cutouts, and that one plan takes the same from several pictures.

    Args:
        settings: values other than the defaults.
    """
    check_class("cutouts", cls)
    name = cls.__name__
    for aspect, size in ((4 / 3, (48, 64)), (0.5, (64, 32))):
        cutouts = cls(_NUM_CUTS, aspect, 0.1, "cpu", **settings_keyword(cls, **settings))
        picture = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0)).requires_grad_(True)
        for step in (0, 1):
            with untouched_randomness():
                plan, same = (cutouts.plan(torch.Generator().manual_seed(1), _SIDE, step, 0.5) for _ in range(2))
                crops = plan(picture)
            assert isinstance(crops, Tensor) and crops.shape == (_NUM_CUTS, 3, _SIDE, _SIDE), (
                f"{name} gives {tuple(getattr(crops, 'shape', ()))}, not num_cuts x 3 x input_size x input_size"
            )
            assert torch.isfinite(crops).all(), f"{name} gives numbers that are not finite"
            assert torch.equal(crops, plan(picture)), f"a plan of {name} takes other cutouts the second time"
            assert torch.equal(crops, same(picture)), f"{name} is not repeatable with the same generator"
            (gradient,) = torch.autograd.grad(crops.sum(), picture)
            assert gradient.abs().max() > 0, f"no gradient reaches the picture through {name}"
            _check_plain(plan, name)


def _check_plain(plan: Any, name: str) -> None:
    """Without colour shift and noise, a grey picture gives that grey, whatever the picture's size."""
    for size in ((48, 64), (30, 40)):
        crops = plan(torch.full((1, 3, *size), 0.5), plain=True)
        assert (crops - 0.5).abs().max() < 0.02, f"{name} changes colours although `plain` is asked for"


def check_optimizer(cls: type[torch.optim.Optimizer], **settings: Any) -> None:
    """Descent, a rate for each group of parameters, repeatability, and a state that goes on where it was.

    Args:
        settings: values other than the defaults.
    """
    check_class("optimizer", cls)
    further, name = settings_keyword(cls, **settings), cls.__name__

    def fresh() -> tuple[list[Tensor], GradientOptimizer]:
        tensors = [torch.full((2, 3), value, requires_grad=True) for value in (2.0, -2.0)]
        groups = [ParameterGroup([tensors[0]], 0.05), ParameterGroup([tensors[1]])]
        return tensors, GradientOptimizer(groups, cls, 0.1, further=further)

    def take(tensors: list[Tensor], optimizer: GradientOptimizer, steps: int) -> None:
        for _ in range(steps):
            optimizer.clear()
            sum(tensor.square().sum() for tensor in tensors).backward()  # type: ignore[union-attr]
            optimizer.update()

    tensors, optimizer = fresh()
    with untouched_randomness():
        take(tensors, optimizer, 10)
    for tensor in tensors:
        assert torch.isfinite(tensor).all() and (tensor.abs() < 2).all(), f"ten steps of {name} did not descend"
    rates = [float(group["lr"]) for group in optimizer.torch_optimizer.param_groups]
    assert rates == [0.05, 0.1], f"{name} does not keep the rates of its groups, 0.05 and 0.1, but has {rates}"
    _check_resumed(name, (tensors, optimizer), fresh(), take)


def _check_resumed(name: str, run: Any, other: Any, take: Any) -> None:
    """Restored into a new optimizer, the state goes on as if nothing had happened."""
    (tensors, optimizer), (resumed, restored) = run, other
    with torch.no_grad():
        for tensor, value in zip(resumed, tensors, strict=True):
            tensor.copy_(value)
    restored.restore(optimizer.state())
    take(tensors, optimizer, 5)
    take(resumed, restored, 5)
    for tensor, copy in zip(tensors, resumed, strict=True):
        assert torch.equal(tensor, copy), f"{name} does not go on where its saved state was"

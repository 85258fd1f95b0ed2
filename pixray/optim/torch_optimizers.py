"""Optimizers over the parameters of a drawer."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from pixray.errors import SettingsError
from pixray.optim.parameter_group import ParameterGroup


def make_optimizer(
    cls: type[torch.optim.Optimizer],
    groups: Sequence[ParameterGroup],
    rate: float,
    capturable: bool = False,
    further: Mapping[str, Any] | None = None,
) -> torch.optim.Optimizer:
    """An optimizer over a drawer's parameters.

    Args:
        cls: the class, constructed with groups of parameters and `lr`.
        groups: a group's own rate wins over `rate`.
        capturable: update in one operation that reads the rate from a tensor on the device; see `can_be_captured`.
        further: keywords of the class itself.

    Raises:
        SettingsError: a rate at which AdamW's weight decay makes parameters larger instead of smaller.
    """
    rates: list[Any] = [rate if group.rate is None else group.rate for group in groups]
    keywords: dict[str, Any] = {**(further or {})}
    if capturable:
        devices = [group.tensors[0].device for group in groups]
        rates = [torch.tensor(value, device=device) for value, device in zip(rates, devices, strict=True)]
        keywords.update(fused=True, capturable=True)
    else:
        keywords["lr"] = rate
    described = [{"params": list(group.tensors), "lr": value} for group, value in zip(groups, rates, strict=True)]
    optimizer = cls(described, **keywords)
    if issubclass(cls, torch.optim.AdamW):
        _check_decay(optimizer.param_groups)
    return optimizer


def _check_decay(param_groups: Sequence[Mapping[str, Any]]) -> None:
    """Every step multiplies the parameters by 1 - rate * decay, which must not be beyond -1."""
    for group in param_groups:
        rate, decay = float(group["lr"]), float(group["weight_decay"])
        if rate * decay > 2:
            raise SettingsError(
                f"optimiser=AdamW with a step size of {rate:g}: its weight decay of {decay:g} would let numbers grow "
                f"without bound; expected a step size of at most {2 / decay:g}, or optimiser=Adam"
            )


def can_be_captured(cls: type[torch.optim.Optimizer]) -> bool:
    """Whether a CUDA graph can hold its update: it takes `fused` and `capturable`, as Adam and NormalizedSGD do."""
    return {"fused", "capturable"} <= inspect.signature(cls).parameters.keys()

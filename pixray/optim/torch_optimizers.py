"""Optimizers by the names that old settings use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from pixray.errors import MissingPackage
from pixray.optim.parameter_group import ParameterGroup

_TORCH = {"Adam": "Adam", "AdamW": "AdamW", "Adagrad": "Adagrad", "Adamax": "Adamax"}
CAPTURABLE = ("Adam", "AdamW")
"""Those whose update a CUDA graph can hold."""


def make_optimiser(
    name: str, groups: Sequence[ParameterGroup], rate: float, capturable: bool = False
) -> torch.optim.Optimizer:
    """An optimizer over a drawer's parameters.

    Args:
        name: Adam, AdamW, Adagrad, Adamax, DiffGrad or AdamP.
        groups: a group's own rate wins over `rate`.
        capturable: in one operation on the device, which reads the rate from a tensor; for those in `CAPTURABLE`.

    Raises:
        MissingPackage: DiffGrad lives in a package of its own.
    """
    rates: list[Any] = [rate if group.rate is None else group.rate for group in groups]
    if capturable:
        devices = [group.tensors[0].device for group in groups]
        rates = [torch.tensor(one, device=device) for one, device in zip(rates, devices, strict=True)]
    described = [{"params": list(group.tensors), "lr": one} for group, one in zip(groups, rates, strict=True)]
    return _find(name)(described, fused=True, capturable=True) if capturable else _find(name)(described, lr=rate)


def _find(name: str) -> Any:
    if name in _TORCH:
        return getattr(torch.optim, _TORCH[name])
    if name == "AdamP":
        from timm.optim import AdamP  # timm comes with open_clip

        return AdamP
    try:
        from pytorch_optimizer import DiffGrad
    except ImportError:
        raise MissingPackage(f"optimiser '{name}'", "pytorch-optimizer", "optimisers") from None
    return DiffGrad

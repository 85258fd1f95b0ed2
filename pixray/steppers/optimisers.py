"""Optimizers by the names that old settings use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from pixray.drawers.base import ParameterGroup
from pixray.errors import MissingPackage

_TORCH = {"Adam": "Adam", "AdamW": "AdamW", "Adagrad": "Adagrad", "Adamax": "Adamax"}


def make_optimiser(name: str, groups: Sequence[ParameterGroup], rate: float) -> torch.optim.Optimizer:
    """An optimizer over a drawer's parameters.

    Args:
        name: Adam, AdamW, Adagrad, Adamax, DiffGrad or AdamP.
        groups: a group's own rate wins over `rate`.

    Raises:
        MissingPackage: DiffGrad lives in a package of its own.
    """
    described = [{"params": list(group.tensors), "lr": rate if group.rate is None else group.rate} for group in groups]
    return _find(name)(described, lr=rate)


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

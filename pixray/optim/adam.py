"""Adam by torch's own kernel, without what the constructor of `torch.optim.Adam` imports.

Source: Kingma and Ba, Adam: A Method for Stochastic Optimization (2015).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor
from torch.optim.adam import adam

from pixray.optim.light_optimizer import LightOptimizer


class Adam(LightOptimizer):
    """The default optimizer: steps of about the learning rate, however large or small the gradients are.

    Args:
        params: groups of tensors, each with `params` and perhaps `lr`.
        lr: learning rate of groups without one; a tensor where captured steps read it.
        betas: how much of the mean of gradients, and of their squares, a step keeps.
        eps: added to the root of the squares.
        fused: update all tensors in one operation.
        capturable: count steps on the device, where a CUDA graph can hold it.
    """

    moments = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Mapping[str, Any]],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        fused: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "fused": fused, "capturable": capturable})

    def move(self, tensors: list[Tensor], states: list[dict[str, Tensor]], group: Mapping[str, Any]) -> None:
        adam(
            tensors,
            [tensor.grad for tensor in tensors if tensor.grad is not None],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            fused=group["fused"] or None,
            capturable=group["capturable"],
            has_complex=any(tensor.is_complex() for tensor in tensors),
            amsgrad=False,
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            lr=group["lr"],
            weight_decay=0.0,
            eps=group["eps"],
            maximize=False,
        )

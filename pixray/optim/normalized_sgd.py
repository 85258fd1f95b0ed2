"""Steps of equal length along the gradient.

Source: Cutkosky and Mehta, Momentum Improves Normalized SGD (2020).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor

from pixray.optim.light_optimizer import LightOptimizer

_SMALLEST = 1e-12


class NormalizedSGD(LightOptimizer):
    """Moves each tensor along the mean of its last gradients, all scaled to one length, by steps of one length.

    Adam makes a weak pull on a number as large as a strong one, so that what a model hardly cares for moves as fast as
    what it wants; here numbers move in proportion to their pull. To choose where gradients say how far each number has
    to go, as those of the embedded guide do.

    Args:
        params: groups of tensors, each with `params` and perhaps `lr`.
        lr: the length of a step, as the root of the mean square of how far the numbers of a tensor move; a tensor
            where captured steps read it.
        momentum: how much of the mean of gradients a step keeps.
        fused, capturable: as Adam takes them; no step waits for the device in any case.
    """

    moments = ("momentum",)

    def __init__(
        self,
        params: Iterable[Mapping[str, Any]],
        lr: float | Tensor = 1e-2,
        momentum: float = 0.9,
        fused: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "fused": fused, "capturable": capturable})

    def move(self, tensors: list[Tensor], states: list[dict[str, Tensor]], group: Mapping[str, Any]) -> None:
        for tensor, state in zip(tensors, states, strict=True):
            if tensor.grad is not None:
                mean = state["momentum"]
                mean.lerp_(_of_length_1(tensor.grad), 1 - group["momentum"])
                tensor.sub_(_of_length_1(mean) * group["lr"])


def _of_length_1(values: Tensor) -> Tensor:
    """Divided by the root of the mean square; zeros stay zeros."""
    return values / values.square().mean().sqrt().clamp_min(_SMALLEST)

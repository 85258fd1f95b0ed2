"""How far the picture is from a prompt, as a perceptor sees it: the loss that everything else only corrects."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from pixray.losses.base import Loss, LossInputs
from pixray.ops.surrogate import stop_below


def half_squared_angle(one: Tensor, other: Tensor) -> Tensor:
    """Half the squared angle between unit vectors: 0 when equal, pi**2/8 at a right angle, pi**2/2 when opposite.

    The same as the 2 arcsin(|x - e| / 2)**2 of CLIP-guided tools, but accurate and smooth at both ends.

    Args:
        one, other: … D of unit length.

    Returns:
        … as they broadcast.
    """
    return 2 * torch.atan2((one - other).norm(dim=-1), (one + other).norm(dim=-1)) ** 2


def angular_distance(embeddings: Tensor, targets: Tensor) -> Tensor:
    """The same between every embedding and every target.

    Args:
        embeddings: N D; targets: M D; all of unit length.

    Returns:
        N M.
    """
    return half_squared_angle(embeddings[:, None], targets[None])


class PromptLoss(Loss):
    """Mean angular distance of the crops to a prompt.

    A negative weight pushes away. Where the signed distance of a crop is already at or below `stop`, that crop no
    longer pulls; the value that is reported stays the true one.

    Args:
        perceptor: name of the perceptor whose embeddings are compared.
        targets: M D unit vectors.
        weight, stop: of the prompt.
    """

    needs = frozenset({"embeddings"})
    capturable = True

    def __init__(self, perceptor: str, targets: Tensor, weight: float = 1.0, stop: float = -math.inf) -> None:
        super().__init__()
        self.perceptor, self.targets, self.weight, self.stop = perceptor, targets, weight, stop

    def __call__(self, inputs: LossInputs) -> Tensor:
        distances = angular_distance(inputs.embeddings[self.perceptor], self.targets)
        signed = math.copysign(1.0, self.weight) * distances
        return abs(self.weight) * stop_below(signed, self.stop).mean()

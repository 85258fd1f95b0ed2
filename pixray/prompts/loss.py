"""How far the picture is from a prompt, as a perceptor sees it: the loss that everything else only corrects."""

from __future__ import annotations

import math

from torch import Tensor

from pixray.losses.base import Loss, LossInputs
from pixray.ops.angles import angular_distance
from pixray.ops.surrogate import stop_below


class PromptLoss(Loss):
    """Mean angular distance of the crops to a prompt.

    A negative weight pushes away. Where the signed distance of a crop is already at or below `stop`, that crop no
    longer pulls; the value that is reported stays the true one.

    Args:
        perceptor: name of the perceptor whose embeddings are compared.
        targets: M D unit vectors.
        weight, stop: of the prompt.
    """

    capturable = True

    def __init__(self, perceptor: str, targets: Tensor, weight: float = 1.0, stop: float = -math.inf) -> None:
        super().__init__()
        self.perceptor, self.targets, self.weight, self.stop = perceptor, targets, weight, stop

    def __call__(self, inputs: LossInputs) -> Tensor:
        distances = angular_distance(inputs.embeddings[self.perceptor], self.targets)
        signed = math.copysign(1.0, self.weight) * distances
        return abs(self.weight) * stop_below(signed, self.stop).mean()

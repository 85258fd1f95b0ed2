"""How far the picture is from another picture, cutout by cutout."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from pixray.cutouts.base import Plan
from pixray.losses.base import Loss, LossInputs
from pixray.ops.angles import angular_distance, half_squared_angle
from pixray.ops.surrogate import stop_below
from pixray.perceptors.base import Perceptor


class ImagePromptLoss(Loss):
    """Mean angular distance between cutouts of the drawing and cutouts of a reference picture.

    The reference is cut by the same plan as the drawing in every step, so that each cutout has its counterpart and
    the drawing takes over the composition too.

    Args:
        name: of the perceptor whose embeddings are compared; perceptor: itself.
        picture: the reference, 1 3 H W in [0, 1]; it is taken to show what the canvas shows.
        weight, stop: of the prompt, as for texts.
        all_pairs: compare every cutout with every other, as the old pixray did: what is where matters less.
        own_plan: from the steps taken to cutouts of the reference's own. Then every pair is compared, so that only
            what the reference shows matters, not where.
    """

    def __init__(
        self,
        name: str,
        perceptor: Perceptor,
        picture: Tensor,
        weight: float = 1.0,
        stop: float = -math.inf,
        *,
        all_pairs: bool = False,
        own_plan: Callable[[int], Plan] | None = None,
    ) -> None:
        super().__init__()
        self.name, self.perceptor, self.picture = name, perceptor, picture
        self.weight, self.stop = weight, stop
        self.capturable = own_plan is None and perceptor.capturable
        self.all_pairs, self.own_plan = all_pairs or own_plan is not None, own_plan

    def __call__(self, inputs: LossInputs) -> Tensor:
        distance = angular_distance if self.all_pairs else half_squared_angle
        distances = distance(inputs.embeddings[self.name], self._targets(inputs))
        signed = math.copysign(1.0, self.weight) * distances
        return abs(self.weight) * stop_below(signed, self.stop).mean()

    @torch.no_grad()
    def _targets(self, inputs: LossInputs) -> Tensor:
        """What the perceptor sees of the reference in this step: N D."""
        if self.own_plan is not None:
            return self.perceptor.encode_image(self.own_plan(inputs.step)(self.picture))
        return self.perceptor.encode_image(inputs.plans[self.perceptor.input_size](self.picture, plain=True))

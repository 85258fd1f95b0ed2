"""How opaque the picture is: what `transparent_weight` pulls at."""

from __future__ import annotations

from torch import Tensor

from pixray.losses.base import Loss, LossInputs


class OpacityLoss(Loss):
    """The mean opacity of the picture, from 0 to 1.

    A positive weight pulls towards transparency, a negative one towards opacity, as in the old pixray.
    """

    needs = frozenset({"alpha"})
    capturable = True

    def __call__(self, inputs: LossInputs) -> Tensor:
        assert inputs.alpha is not None, "only pictures with transparency get this loss"
        return inputs.alpha.mean()

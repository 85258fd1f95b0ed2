"""Losses that hold on to something: to the start, in the drawer's latents or in the picture, or to encoded pictures.

The anchor is always a constant. In the old pixray it was still tied to the parameters, so that one of these losses
had no gradient at all and two pushed in a wrong direction.

Late imports keep PIL and NumPy out of start-up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from pixray.errors import SettingsError
from pixray.losses.base import Loss, LossContext, LossInputs, WeightedLoss
from pixray.ops.angles import angular_distance

if TYPE_CHECKING:
    from PIL import Image

Measure = Callable[[Tensor, Tensor], Tensor]


def spherical(values: Tensor, anchor: Tensor) -> Tensor:
    """Half the squared angle between two tensors, each taken as one vector."""
    first, second = (F.normalize(tensor.reshape(1, -1), dim=1) for tensor in (values, anchor))
    return angular_distance(first, second).squeeze()


def half_squared(values: Tensor, anchor: Tensor) -> Tensor:
    """Half the mean squared difference."""
    return F.mse_loss(values, anchor) / 2


def cosine(values: Tensor, anchor: Tensor) -> Tensor:
    """One less the cosine between two tensors, each taken as one vector."""
    return 1 - F.cosine_similarity(values.flatten(), anchor.flatten(), dim=0)


def half_absolute(values: Tensor, anchor: Tensor) -> Tensor:
    """Half the mean absolute difference."""
    return F.l1_loss(values, anchor) / 2


LATENT: dict[str, Measure] = {"init_weight": spherical, "init_weight_dist": half_squared, "init_weight_cos": cosine}
"""What each setting measures between the latents and those of the start, as in the old pixray."""
PICTURE: dict[str, Measure] = {"init_weight_pix": half_absolute}
ANCHORS: dict[str, Measure] = {**LATENT, **PICTURE}
"""Settings that hold on to the start, in the order of the log."""


class Anchor(Loss):
    """A distance to a constant.

    Args:
        measure: of two tensors of one shape.
        anchor: what to hold on to.
        part: "latent" or "canvas", whichever is held.
    """

    capturable = True

    def __init__(self, measure: Measure, anchor: Tensor, part: str) -> None:
        super().__init__()
        self._measure, self._anchor, self._part = measure, anchor.detach().clone(), part

    def __call__(self, inputs: LossInputs) -> Tensor:
        current = inputs.latent if self._part == "latent" else inputs.canvas
        assert current is not None, "the drawer had a latent at the start"
        return self._measure(current, self._anchor)


def anchor_losses(settings: Any, name: str, context: LossContext, start: Tensor | None) -> list[WeightedLoss]:
    """The loss of init_weight or one of its three relatives, if it has a weight.

    Args:
        settings: of the run.
        name: of the setting.
        context: its start.
        start: the start picture as it was given, without noise, 1 3 H W; None: it was not kept.

    Raises:
        SettingsError: the drawer has no latents to hold, or the start picture was not kept.
    """
    weight = getattr(settings, name) or 0.0
    if not weight:
        return []
    if name in PICTURE:
        if start is None:
            raise SettingsError(f"{name} can change while a run paints only where the run began with a weight of it")
        return [WeightedLoss(name, Anchor(PICTURE[name], start.to(context.device), "canvas"), weight)]
    if context.latent is None:
        raise SettingsError(
            f"{name}={weight:g} holds on to the latents of the start, and the drawer {settings.drawer} has none: "
            "use init_weight_pix, which holds on to the picture and works with every drawer"
        )
    return [WeightedLoss(name, Anchor(LATENT[name], context.latent, "latent"), weight)]


def label_loss(
    settings: Any, pictures: Sequence[Image.Image], encode: Callable[[Tensor], Tensor | None]
) -> WeightedLoss:
    """The spherical distance of the latents to the mean of encoded pictures.

    Args:
        settings: of the run.
        pictures: of the drawer's size.
        encode: a picture 1 3 H W to the drawer's latents; None if it has none.

    Raises:
        SettingsError: the drawer has no latents.
    """
    from pixray.images.io import to_tensor

    latents = []
    for picture in pictures:
        latent = encode(to_tensor(picture))
        if latent is None:
            raise SettingsError(
                f"image_labels compares latents, and the drawer {settings.drawer} has none: image_prompts and "
                "target_images work with every drawer"
            )
        latents.append(F.normalize(latent.flatten(), dim=0).view_as(latent))
    mean = torch.stack(latents).mean(0)
    return WeightedLoss("image_labels", Anchor(spherical, mean, "latent"), settings.image_label_weight)

"""Features of VGG-16 (Simonyan and Zisserman 2014, arXiv 1409.1556) at points of a picture.

Late imports keep torchvision out of start-up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

if TYPE_CHECKING:
    from pixray.models.store import ModelStore

LAYERS = (1, 3, 6, 8, 11, 13, 15, 22, 29)
"""Outputs that style is compared on: nine of the rectified convolutions, as in STROTSS."""
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class VggFeatures:
    """The convolutions of VGG-16, frozen.

    Args:
        tensors: "features.0.weight" … as torchvision names them.
    """

    def __init__(self, tensors: dict[str, Tensor], device: str) -> None:
        from torchvision.models import vgg16

        with torch.device("meta"):  # no work for weights that are replaced at once
            net = vgg16(weights=None).features[: LAYERS[-1] + 1]
        weights = {name: tensors[f"features.{name}"].float() for name in net.state_dict()}
        net.load_state_dict(weights, assign=True)
        self._net = net.requires_grad_(False).to(device)
        self._mean = torch.tensor(_MEAN, device=device).view(1, 3, 1, 1)
        self._std = torch.tensor(_STD, device=device).view(1, 3, 1, 1)

    def maps(self, image: Tensor) -> list[Tensor]:
        """The picture itself and the nine layers, fine to coarse.

        Args:
            image: 1 3 H W in [0, 1].
        """
        values = (image - self._mean) / self._std
        maps = [image]
        for number, layer in enumerate(self._net):
            values = layer(values)
            if number in LAYERS:
                maps.append(values)
        return maps


def columns(maps: list[Tensor], points: Tensor) -> Tensor:
    """Everything that the maps hold at some points, one row each: N 2179, the colour first.

    Args:
        points: N 2, across and down, from -1 to 1.
    """
    grid = points[None, None]
    at = [F.grid_sample(values, grid, padding_mode="border", align_corners=False)[0, :, 0].t() for values in maps]
    return torch.cat(at, 1)


def load_vgg(models: ModelStore, device: str) -> VggFeatures:
    """VGG-16 from the model store, loaded once.

    Raises:
        ModelUnavailable: its weights cannot be had.
    """
    from pixray.errors import ModelUnavailable
    from pixray.models.safe_load import read_tensors

    def load() -> VggFeatures:
        path = models.path("vgg16")
        tensors = read_tensors(path, keep=lambda name: name.startswith("features."))
        try:
            return VggFeatures(tensors, device)
        except KeyError as error:
            raise ModelUnavailable(f"{path} holds no VGG-16 (it lacks {error})") from None

    return models.shared(("vgg16", device), load)

"""Who judges pictures by themselves: the referee as it is, and a colour-blind one that ranks the whole vocabulary."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from pixray.perceptors.embedded import Embedded

_PLACES = ((0.0, 0.0, 1.0), (0.0, 0.0, 0.94), (0.06, 0.0, 0.94), (0.0, 0.06, 0.94), (0.06, 0.06, 0.94))
_HUES = (1 / 3, 2 / 3)
"""Turns of the colour circle."""


@torch.no_grad()
def ranks(pictures: Sequence[Image.Image], prompts: Sequence[str], among: Sequence[str], judge: Embedded) -> list[int]:
    """For each picture, how many other prompts the judge finds more fitting than its own.

    It looks at the plain picture, and at four slightly shifted and shrunk ones, whose embeddings are averaged.
    """
    texts = judge.encode_text(list(among))
    return [_rank(texts @ judge.encode_image(crops_of(picture)).mean(0), among.index(prompt))
            for picture, prompt in zip(pictures, prompts, strict=True)]  # fmt: skip


@torch.no_grad()
def colour_blind_ranks(
    pictures: Sequence[Image.Image], things: Sequence[str], among: Sequence[str], judge: Embedded
) -> list[int]:
    """The same by form alone: greys and turned hues of a picture are averaged, and no word names a colour.

    Args:
        things: what each picture shows, such as "star" for "a yellow star"; among: all things, theirs included.
    """
    texts = judge.encode_text([f"a {thing}" for thing in among])
    found = []
    for picture, thing in zip(pictures, things, strict=True):
        crops = crops_of(picture)
        looks = torch.cat([_grey(crops), *(_turned(crops, hue) for hue in _HUES)])
        found.append(_rank(texts @ judge.encode_image(looks).mean(0), list(among).index(thing)))
    return found


def _rank(scores: Tensor, own: int) -> int:
    return int((scores > scores[own]).sum())


def _grey(crops: Tensor) -> Tensor:
    weights = crops.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    return (crops * weights).sum(1, keepdim=True).expand_as(crops)


def _turned(crops: Tensor, hue: float) -> Tensor:
    """Colours turned about the axis of greys."""
    turn = torch.tensor(hue * 2 * torch.pi)
    cos, sin = float(turn.cos()), float(turn.sin())
    third, side = (1 - cos) / 3, sin / 3**0.5
    matrix = crops.new_tensor(
        [
            [cos + third, third - side, third + side],
            [third + side, cos + third, third - side],
            [third - side, third + side, cos + third],
        ]
    )
    return torch.einsum("ij,njhw->nihw", matrix, crops).clamp(0, 1)


def crops_of(picture: Image.Image) -> Tensor:
    """The picture and four slightly shifted and shrunk ones, 5 3 64 64."""
    return torch.stack([_crop(picture, *place) for place in _PLACES])


def _crop(picture: Image.Image, left: float, top: float, side: float) -> Tensor:
    width, height = picture.size
    box = (left * width, top * height, (left + side) * width, (top + side) * height)
    small = picture.resize((64, 64), Image.Resampling.BOX, box=box)
    return torch.frombuffer(bytearray(small.tobytes()), dtype=torch.uint8).view(64, 64, 3).permute(2, 0, 1) / 255

"""The pictures that a run is given: what it starts from, and what is laid over it meanwhile."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import torch

from pixray.images.glob import expand
from pixray.images.io import open_picture, resized, to_tensor
from pixray.images.noise import laid_over, noise_image
from pixray.images.overlay import Overlay

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor


def start_image(
    settings: argparse.Namespace,
    size: tuple[int, int],
    *,
    noise: bool,
    generator: torch.Generator,
    generated: Image.Image | None = None,
) -> Tensor | None:
    """The start picture over noise, 1 3 H W, or None when the drawer is to start by itself.

    Of several files the first one is taken. With `transparent`, a picture that is transparent in parts stays so: it is
    1 4 H W.

    Args:
        settings: of the run.
        size: width and height that the drawer wants.
        noise: whether the drawer wants noise at all.
        generated: a picture that was made to start from; it stands in place of the file.

    Raises:
        PixrayError: the file cannot be read.
    """
    ground = noise_image(settings.init_noise if noise else "none", size, generator)
    if generated is not None:
        image = to_tensor(resized(generated.convert("RGBA"), size, settings.image_fit), 4)
    elif settings.init_image:
        image = _fitted(settings, "init_image", size)
    else:
        return ground
    if settings.transparent and bool((image[:, 3:] < 1).any()):
        opaque = laid_over(image[:, :3], ground, settings.init_image_alpha / 255)
        return torch.cat([opaque, image[:, 3:]], 1)
    return laid_over(image, ground, settings.init_image_alpha / 255)


def overlay(settings: argparse.Namespace, size: tuple[int, int], device: str) -> Overlay | None:
    """What is laid over the drawing, or None.

    Raises:
        PixrayError: the file cannot be read.
    """
    if not settings.overlay_image:
        return None
    image = _fitted(settings, "overlay_image", size)
    if settings.overlay_alpha:
        # A constant in place of the file's own opacity, but margins that `contain` left stay empty.
        opaque = image[:, 3:] > 0 if settings.image_fit == "contain" else 1.0
        image[:, 3:] = opaque * settings.overlay_alpha / 255
    return Overlay(image.to(device), settings.overlay_every, settings.overlay_offset, settings.overlay_until)


def _fitted(settings: argparse.Namespace, name: str, size: tuple[int, int]) -> Tensor:
    """The first picture of a setting as 1 4 H W."""
    picture = open_picture(expand(getattr(settings, name), name)[0], name)
    return to_tensor(resized(picture.convert("RGBA"), size, settings.image_fit), 4)

"""Where strokes begin when there is a picture to begin from."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

PLACES = ("edges", "saliency", "random")


def begin_points(image: Tensor, count: int, place: str, generator: torch.Generator) -> Tensor:
    """Points drawn with a probability that follows a map of the picture, as CLIPasso does (Vinker et al. 2022,
    https://arxiv.org/abs/2202.05822), whose map is CLIP's attention times edges; ours needs no network.

    Args:
        image: 1 3 H W in [0, 1].
        count: how many points.
        place: "edges"; or "saliency": edges of what stands out.

    Returns:
        count x 2, x and y from 0 to 1, at most one in each pixel while there are enough of them.
    """
    height, width = image.shape[2:]
    chances = interest(image, place).flatten().cpu()
    enough = int((chances > 0).sum()) >= count
    pixel = torch.multinomial(chances, count, replacement=not enough, generator=generator)
    jitter = torch.rand(count, 2, generator=generator)
    row = torch.div(pixel, width, rounding_mode="floor")
    return (torch.stack([pixel - row * width, row], 1) + jitter) / torch.tensor([float(width), float(height)])


def interest(image: Tensor, place: str) -> Tensor:
    """H W, from 0 to 1: how much a position is worth drawing."""
    edges = _edges(image)
    chances = edges * _spectral_residual(image) if place == "saliency" else edges
    top = chances.max()
    # An empty picture has no edges: every position is then as good as another.
    return chances / top if top > 1e-6 else torch.ones_like(chances)


def _edges(image: Tensor) -> Tensor:
    """Squared length of the gradient of the blurred picture, the largest of the three channels: H W."""
    side = max(3, 2 * (min(image.shape[2:]) // 64) + 1)
    blurred = F.avg_pool2d(F.pad(image, [side // 2] * 4, mode="replicate"), side, stride=1)
    padded = F.pad(blurred, [1] * 4, mode="replicate")
    across = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
    down = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
    return (across.square() + down.square()).amax(1)[0]


def _spectral_residual(image: Tensor) -> Tensor:
    """What stands out from the average spectrum (Hou and Zhang 2007, "Saliency Detection: A Spectral Residual
    Approach"), computed on 64 pixels: H W from 0 to 1."""
    grey = F.interpolate(image.mean(1, keepdim=True), size=(64, 64), mode="bilinear", antialias=True)
    spectrum = torch.fft.fft2(grey)
    log = spectrum.abs().clamp_min(1e-8).log()
    smooth = F.avg_pool2d(F.pad(log, [1] * 4, mode="circular"), 3, stride=1)
    residual = torch.polar((log - smooth).exp(), spectrum.angle())
    energy = torch.fft.ifft2(residual).abs().square()
    energy = F.avg_pool2d(F.pad(energy, [4] * 4, mode="replicate"), 9, stride=1)
    energy = F.interpolate(energy, size=image.shape[2:], mode="bilinear")[0, 0]
    return energy / energy.max().clamp_min(1e-12)

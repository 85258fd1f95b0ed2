"""A draft in ink: what the guide for ink draws in pixels, for strokes to begin with.

Strokes feel a goal only where they nearly are, so a drawing that begins with random ones stays a tangle. Pixels find
the layout in a few steps. Several drafts are made at once, from blurred to sharp, and the one that the guide names
most surely is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from pixray.cutouts.jitter import jittered
from pixray.ops.angles import half_squared_angle
from pixray.ops.blur import blurred
from pixray.perceptors.base import Perceptor
from pixray.settings.grammar import Weighted

GUIDE = "embedded-sketch"
STEPS = 40
RATE = 1.2
"""How far a step goes, as the root of the sum of squares of what it adds to the ink of all pixels. With Adam, whose
steps are as large where the pull is weak as where it is strong, whole areas turn grey."""
COARSEST, FINEST = 2.5, 0.3
"""Blur of what is looked at, in pixels of the guide's input, at the first and at the last step."""
DRAFTS, VIEWS = 8, 4
GRAIN = 0.1
"""Most of the noise that a look adds."""
SIDE, MARGIN = 64, 3
PAPER = (242 / 255, 238 / 255, 203 / 255)


def sigma_at(progress: float) -> float:
    """The blur of the views at a share of the steps."""
    return COARSEST * (FINEST / COARSEST) ** progress


def clouds(count: int, generator: torch.Generator) -> Tensor:
    """What drafts begin with: hardly any ink, N 1 SIDE SIDE."""
    coarse = torch.rand(count, 1, SIDE // 8, SIDE // 8, generator=generator)
    return F.interpolate(0.08 * coarse, size=(SIDE, SIDE), mode="bilinear")


def stepped(ink: Tensor, pull: Tensor) -> Tensor:
    """Drafts N 1 S S after a step along the pull on each; their margins stay empty.

    Views repeat what lies on the border, which would make a line there as strong as many.
    """
    inside = F.pad(torch.ones_like(ink[..., MARGIN:-MARGIN, MARGIN:-MARGIN]), [MARGIN] * 4)
    pull = pull * inside
    return (ink * inside + RATE * pull / pull.flatten(1).norm(dim=1).view(-1, 1, 1, 1).clamp_min(1e-12)).clamp(0, 1)


def ink_draft(prompts: Sequence[Weighted], guide: Perceptor, generator: torch.Generator) -> Tensor:
    """How much ink lies where, SIDE x SIDE in [0, 1], as the prompts want it.

    Args:
        guide: the perceptor for ink; generator: the only source of chance, on the CPU.
    """
    targets = guide.encode_text([prompt.text for prompt in prompts])
    weights = targets.new_tensor([prompt.weight for prompt in prompts])
    ink = clouds(DRAFTS, generator).to(targets.device)
    for step in range(STEPS):
        ink.requires_grad_(True)
        distance = _distances(ink, guide, targets, weights, generator, step).sum()
        (slope,) = torch.autograd.grad(distance, ink)
        ink = stepped(ink.detach(), -slope)
    with torch.no_grad():
        dark = ((ink - 0.35) * 8).clamp(0, 1)  # as dark as strokes will be
        distances = [_distances(dark, guide, targets, weights, generator, STEPS) for _ in range(4)]
    return ink.detach()[int(torch.stack(distances).mean(0).argmin()), 0]


def _distances(
    ink: Tensor, guide: Perceptor, targets: Tensor, weights: Tensor, generator: torch.Generator, step: int
) -> Tensor:
    """How far drafts N 1 S S are from the prompts, as the mean over several views of each: N."""
    drawn = ink.new_tensor(PAPER).view(1, 3, 1, 1) * (1 - ink)
    views = jittered(drawn.repeat_interleave(VIEWS, 0), generator)
    views = blurred(views, views.new_full((len(views),), sigma_at(step / STEPS)))
    strength = GRAIN * torch.rand(len(views), 1, 1, 1, generator=generator)
    views = views + (strength * torch.randn(views.shape, generator=generator)).to(views)
    distances = half_squared_angle(guide.encode_image(views)[:, None], targets) * weights
    return distances.sum(1).view(-1, VIEWS).mean(1)

"""A draft in colours: what the pixel drawer paints with its own guide, for a drawer that finds forms less easily.

The guide knows squares with the thing in the middle, so that is what the draft is; on a wide or high canvas its
outermost cells go on to the edge, which continues seas, skies and plain grounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from pixray.registry import Registry
from pixray.settings.grammar import Weighted
from pixray.settings.namespace import Settings
from pixray.settings.resolve import resolve

if TYPE_CHECKING:
    from pixray.engine.session import Session

CELLS = 40
PIXELS = 4
"""Per side of a cell, while the draft is painted."""


def pixel_draft(
    prompts: Sequence[Weighted],
    size: tuple[int, int],
    seed: int,
    device: str,
    deterministic: bool,
    registry: Registry,
    build: Callable[[Settings], Session],
) -> Tensor:
    """A picture to start from, 1 3 H W in [0, 1].

    Args:
        prompts: what it shows.
        size: width and height in pixels.
        seed: of all chance; device: where it is painted; deterministic: whether with deterministic kernels alone.
        registry: parts of the run; build: makes a session of settings.
    """
    settings = {
        "prompts": [str(prompt).replace("|", r"\|") for prompt in prompts],
        "drawer": "pixel",
        "perceptors": "embedded",
        "size": (CELLS * PIXELS, CELLS * PIXELS),
        "pixel_size": (CELLS, CELLS),
        "seed": seed,
        "device": device,
        "cudnn_determinism": deterministic and device.startswith("cuda"),
    }
    session = build(resolve(registry, settings))
    for _ in session.run():
        pass
    with torch.no_grad():
        cells = F.avg_pool2d(session.drawer.render(session.step), PIXELS)
    return spread(cells, size)


def spread(cells: Tensor, size: tuple[int, int]) -> Tensor:
    """Square cells, 1 3 N N, in the middle of a canvas of a size; the outermost ones go on to its edge."""
    width, height = size
    shorter = min(size)
    across, down = (round((side - shorter) * cells.shape[-1] / shorter / 2) for side in size)
    wide = F.pad(cells, (across, across, down, down), mode="replicate")
    return F.interpolate(wide, size=(height, width), mode="bicubic", align_corners=False).clamp(0, 1)

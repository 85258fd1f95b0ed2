"""The random numbers of a step, all drawn before its work begins.

The work itself is then a function of tensors, which a GPU can replay with other numbers without asking the host.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pixray.cutouts.base import Cutouts, Plan
from pixray.filters.base import Filter
from pixray.runtime.rng import Generators


@dataclass(frozen=True)
class CutoutBatch:
    """One batch of cutouts.

    Attributes:
        fill: the grey behind transparent parts and around the canvas, in [0, 1], no dimensions.
        plans: where the cutouts lie, by perceptor input size.
    """

    fill: Tensor
    plans: Mapping[int, Plan]


@dataclass(frozen=True)
class StepRandomness:
    """The random numbers of one step: its batches of cutouts, and what each filter drew, in the filters' order."""

    views: Sequence[CutoutBatch]
    filters: Sequence[Any]


def draw(
    generators: Generators,
    cutouts: Cutouts,
    input_sizes: Iterable[int],
    filters: Iterable[Filter],
    size: tuple[int, int],
    batches: int,
    step: int,
) -> StepRandomness:
    """Draw the random numbers of one step, on the CPU.

    Args:
        input_sizes: of the perceptors, each once.
        size: width and height of the canvas.
        batches: how many batches of cutouts to plan.
        step: steps taken so far.
    """
    cuts, views = generators.get("cuts"), []
    for _ in range(batches):
        fill = torch.rand((), generator=cuts)
        plans = {side: cutouts.plan(cuts, side, step, float(fill)) for side in input_sizes}
        views.append(CutoutBatch(fill, plans))
    return StepRandomness(views, [filter_.draw(size, generators.get("filters")) for filter_ in filters])

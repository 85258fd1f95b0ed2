"""Everything random about a step, drawn before the step begins and apart from what is done with it.

So a step itself is a function of tensors, which a GPU can do again with other numbers without asking the host.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pixray.cutouts.base import Cutouts, Plan
from pixray.filters.base import Filter
from pixray.rng import Generators


@dataclass(frozen=True)
class View:
    """One look at the picture.

    Attributes:
        fill: the grey behind transparent parts and around the picture, in [0, 1], no dimensions.
        plans: where to look, by perceptor input size.
    """

    fill: Tensor
    plans: Mapping[int, Plan]


@dataclass(frozen=True)
class Chance:
    """One step: its looks, and what each filter drew for it."""

    views: Sequence[View]
    filters: Sequence[Any]


def draw(
    generators: Generators,
    cutouts: Cutouts,
    input_sizes: Iterable[int],
    filters: Iterable[Filter],
    size: tuple[int, int],
    views: int,
    step: int,
) -> Chance:
    """Draw for one step, all of it on the CPU.

    Args:
        input_sizes: of the perceptors, each once.
        size: width and height of the picture.
        views: how many looks there are.
        step: steps taken so far.
    """
    cuts, chosen = generators.get("cuts"), []
    for _ in range(views):
        fill = torch.rand((), generator=cuts)
        plans = {side: cutouts.plan(cuts, side, step, float(fill)) for side in input_sizes}
        chosen.append(View(fill, plans))
    return Chance(chosen, [one.draw(size, generators.get("filters")) for one in filters])

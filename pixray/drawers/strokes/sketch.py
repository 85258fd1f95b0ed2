"""A drawing of strokes as tensors that can be optimised, and random walks to begin one with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pixray.drawers.strokes.scene import Scene


@dataclass
class Sketch:
    """Paths whose neighbouring segments share control points.

    Attributes:
        points: N 2, (x, y) in pixels.
        index: C 4, the control points of each cubic segment.
        path: C, the path of each segment, in ascending order.
        widths: P, in pixels.
        colours: P 3, and opacity: P, from 0 to 1.
        filled: P, whether a path is filled instead of stroked.
        paper: 3, the colour beneath; None: nothing.
        evenodd: P, whether a filled path is filled by the even-odd rule; None: all by the non-zero rule.
    """

    points: Tensor
    index: Tensor
    path: Tensor
    widths: Tensor
    colours: Tensor
    opacity: Tensor
    filled: Tensor
    paper: Tensor | None
    evenodd: Tensor | None = None

    def __len__(self) -> int:
        """The number of paths."""
        return self.widths.shape[0]

    def scene(self) -> Scene:
        """What the renderer takes, differentiable."""
        colours = torch.cat([self.colours, self.opacity[:, None]], 1)
        filled = self.filled if bool(self.filled.any()) else None
        return Scene(self.points[self.index], self.path, self.widths, colours, filled, self.evenodd)

    def tensors(self) -> dict[str, Tensor]:
        """All numbers by name."""
        named = {name: getattr(self, name) for name in ("points", "widths", "colours", "opacity")}
        return named if self.paper is None else {**named, "paper": self.paper}

    def to(self, device: str) -> Sketch:
        """The same on another device."""
        moved = {name: value.to(device) for name, value in vars(self).items() if value is not None}
        return Sketch(**{"paper": None, **moved})


def open_paths(lengths: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Numbering for open paths.

    Args:
        lengths: how many segments each path has.

    Returns:
        index: C 4, the control points of each segment, and path: C.
    """
    count = torch.tensor(list(lengths), dtype=torch.long)
    path = torch.repeat_interleave(count)
    begin = 3 * torch.arange(path.shape[0]) + path  # every path has one point more than three per segment
    return begin[:, None] + torch.arange(4), path


def wander(begin: Tensor, most: int, radius: Tensor, size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Random walks in the manner of CLIPDraw (Frans, Soros, Witkowski 2021, https://arxiv.org/abs/2106.14843).

    Each control point lies within half a radius of the one before, along both axes; a segment that left the canvas
    lets the next one start from its border.

    Args:
        begin: P 2, where the paths begin, from 0 to 1.
        most: segments of the longest path.
        radius: P, as a share of the canvas' height.
        size: width and height of the canvas in pixels.

    Returns:
        P x (3 most + 1) x 2 in pixels.
    """
    width, height = size
    reach = radius[:, None] * torch.tensor([height / width, 1.0])
    points, point = [begin], begin
    for number in range(3 * most):
        point = point + reach * (torch.rand(begin.shape, generator=generator) - 0.5)
        points.append(point)
        if number % 3 == 2:
            point = point.clamp(0, 1)
    return torch.stack(points, 1) * torch.tensor([float(width), float(height)])

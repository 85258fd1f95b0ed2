"""Taking cutouts: one bilinear sampling per cutout, then its colour matrix, its grey and its noise.

Two implementations with one result. The plain one is ordinary torch and runs anywhere. On a CPU half of its time goes
into copies between layouts, so there the matrices read and write grid_sample's own layout, with a backward by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

_PADDING = {"zeros": 0, "border": 1, "reflection": 2}


@dataclass(frozen=True)
class Sampling:
    """Some cutouts with the same kind of border.

    Attributes:
        source: 1 x 3 x h x w, what is sampled.
        maps: n x 3 x 3, from the cutout to the source, both in [-1, 1].
        padding: "zeros", "border" or "reflection".
        offset: added to everything that was sampled, a number without dimensions; None: nothing.
    """

    source: Tensor
    maps: Tensor
    padding: str
    offset: Tensor | None = None

    def grid(self, size: int) -> Tensor:
        """n x size*size x 2, where to sample."""
        positions = self.maps @ points(size, self.source.device, self.source.dtype)
        grid = positions.new_empty(len(positions), positions.shape[2], 2)
        torch.div(positions[:, 0], positions[:, 2], out=grid[..., 0])
        torch.div(positions[:, 1], positions[:, 2], out=grid[..., 1])
        return grid


@dataclass(frozen=True)
class Tint:
    """What a camera would add.

    Attributes:
        colours: N x 3 x 3, to multiply RGB columns with.
        noise: N x 3 x S*S of unit strength, or None; strength: N, of the noise.
    """

    colours: Tensor
    noise: Tensor | None
    strength: Tensor

    def to(self, like: Tensor) -> Tint:
        """The same where a tensor is, in its number format."""
        noise = None if self.noise is None else self.noise.to(like)
        return Tint(self.colours.to(like), noise, self.strength.to(like))

    def part(self, first: int, last: int) -> Tint:
        """That of some of the cutouts."""
        noise = None if self.noise is None else self.noise[first:last]
        return Tint(self.colours[first:last], noise, self.strength[first:last])


def take(samplings: list[Sampling], size: int, tint: Tint | None) -> Tensor:
    """N x 3 x size*size cutouts, those of the first sampling first."""
    samplings = [sampling for sampling in samplings if len(sampling.maps)]
    if samplings[0].source.device.type != "cpu":
        return take_plainly(samplings, size, tint)
    return _TakeOnCpu.apply(samplings, size, tint, *(sampling.source for sampling in samplings))


def take_plainly(samplings: list[Sampling], size: int, tint: Tint | None) -> Tensor:
    """The same in ordinary torch, for any device."""
    crops = []
    for sampling in samplings:
        grid = sampling.grid(size)
        # The cutouts stand below each other in one long picture: the gradient of the source is then summed in place.
        long = F.grid_sample(sampling.source, grid[None], "bilinear", sampling.padding, align_corners=False)
        sampled = long[0].transpose(0, 1)
        crops.append(sampled if sampling.offset is None else sampled + sampling.offset)
    flat = torch.cat(crops)
    if tint is None:
        return flat
    tinted = tint.colours @ flat
    return tinted if tint.noise is None else torch.addcmul(tinted, tint.noise, tint.strength[:, None, None])


class _TakeOnCpu(torch.autograd.Function):
    """`take_plainly`, without copies. Only the sources have a gradient."""

    @staticmethod
    def forward(ctx: Any, samplings: list[Sampling], size: int, tint: Tint | None, *sources: Tensor) -> Tensor:
        count = sum(len(sampling.maps) for sampling in samplings)
        out = sources[0].new_empty(count, 3, size * size)
        if tint is not None and tint.noise is not None:
            torch.mul(tint.noise, tint.strength[:, None, None], out=out)
        ctx.grids, first = [], 0
        for sampling in samplings:
            images, grid = _grouped(sampling, size)
            crops = torch.grid_sampler_2d(images, grid, 0, _PADDING[sampling.padding], False)
            if sampling.offset is not None:
                crops += sampling.offset
            for rows, piece in _pieces(crops, first):
                if tint is None:
                    out[rows] = piece
                elif tint.noise is None:
                    torch.bmm(tint.colours[rows], piece, out=out[rows])
                else:
                    out[rows].baddbmm_(tint.colours[rows], piece)
            first += len(sampling.maps)
            ctx.grids.append(grid)
        ctx.tint, ctx.paddings = tint, [_PADDING[sampling.padding] for sampling in samplings]
        ctx.save_for_backward(*sources)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        gradients, first = [], 0
        for source, grid, padding in zip(ctx.saved_tensors, ctx.grids, ctx.paddings, strict=True):
            groups, each = grid.shape[:2]
            back = gradient.new_empty(groups, 3, *grid.shape[1:3])
            for rows, piece in _pieces(back, first):
                if ctx.tint is None:
                    piece.copy_(gradient[rows])
                else:
                    torch.bmm(ctx.tint.colours[rows].transpose(1, 2), gradient[rows], out=piece)
            images = source.expand(groups, -1, -1, -1)
            needs_gradient = [True, False]
            summed = torch.ops.aten.grid_sampler_2d_backward(back, images, grid, 0, padding, False, needs_gradient)[0]
            gradients.append(summed.sum(0, keepdim=True))
            first += groups * each
        return None, None, None, *gradients


def _grouped(sampling: Sampling, size: int) -> tuple[Tensor, Tensor]:
    """The source once per group of cutouts, and each group's grid: a CPU works in parallel over the batch only."""
    grid = sampling.grid(size)
    groups = max(divisor for divisor in range(1, 9) if len(grid) % divisor == 0)
    return sampling.source.expand(groups, -1, -1, -1), grid.view(groups, len(grid) // groups, -1, 2)


def _pieces(grouped: Tensor, first: int) -> list[tuple[slice, Tensor]]:
    """Of G x 3 x n x P: for each group its index among all cutouts, and a view of it as n x 3 x P."""
    groups, each = grouped.shape[0], grouped.shape[2]
    if each == 1:  # the layouts are the same
        return [(slice(first, first + groups), grouped[:, :, 0])]
    return [
        (slice(first + number * each, first + (number + 1) * each), group.transpose(0, 1))
        for number, group in enumerate(grouped)
    ]


@cache  # never emptied: a CUDA graph may read from it
def points(size: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Homogeneous coordinates of every pixel centre of a cutout: 3 x size*size."""
    centres = (torch.arange(size, device=device, dtype=dtype) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(centres, centres, indexing="ij")
    return torch.stack([x.reshape(-1), y.reshape(-1), torch.ones_like(x).reshape(-1)])

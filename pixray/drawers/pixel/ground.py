"""The ground of a finished pixel picture: what reaches its border in much the same colour."""

from __future__ import annotations

import torch
from torch import Tensor

from pixray.drawers.pixel.cells import Coverage

ALIKE = (0.2, 0.1, 0.05)
"""Distances of two colours of sRGB, each from 0 to 1, up to which neighbours belong together: the first one with which
something is left and most of the border is gone."""
_SHARE_OF_BORDER = 1 / 3
"""How much of the border another colour than the commonest has to hold to be ground, too: a thing may touch it."""
_SPECK = 0.002
"""Share of the cells; what is left standing in the ground and is not larger is removed with it."""
_LEAST_LEFT = 0.03
"""Share of the cells that a picture shows at least; where less would be left, nothing is ground."""
_LEAST_OF_BORDER = 0.5
"""Share of the border that is ground at least: with less, a strip would be cut off a scene."""


@torch.no_grad()
def ground_cells(colours: Tensor, cover: Coverage, width: int) -> Tensor:
    """Which cells are ground: from the border inwards, from neighbour to neighbour, as long as colours change little.

    A ground of two colours, such as sky and grass, may be removed whole. What encloses ground, such as a ring, keeps
    it. To choose for pictures of one thing; a landscape has no ground and stays as it is.

    Args:
        colours: cells x 3 in [0, 1]; cover: on the CPU; width: of the canvas in pixels.

    Returns:
        cells, bool; all False where hardly anything would be left or most of the border stays.
    """
    owner = _owners(cover).view(-1, width)
    pairs, border = _neighbours(owner, len(colours)), _along_border(owner)
    distance = (colours[pairs[0]] - colours[pairs[1]]).norm(dim=1)
    for alike in ALIKE:
        starts = border[_commonest(colours[border], alike)]
        patches = _patches(pairs[:, distance <= alike], len(colours))
        ground = torch.isin(patches, patches[starts])
        ground |= _specks(~ground, pairs)
        if (~ground).float().mean() >= _LEAST_LEFT and ground[border].float().mean() >= _LEAST_OF_BORDER:
            return ground
    return torch.zeros(len(colours), dtype=torch.bool)


def border_cells(cover: Coverage, width: int) -> Tensor:
    """The numbers of the cells along the border of the canvas; see `ground_cells`."""
    return _along_border(_owners(cover).view(-1, width))


def _owners(cover: Coverage) -> Tensor:
    """The number of the cell that each pixel shows most of; -1: of none."""
    sizes = torch.diff(cover.offsets.long(), append=torch.tensor([len(cover.cell_of)]))
    pixel = torch.repeat_interleave(torch.arange(len(sizes)), sizes)
    most = torch.zeros(len(sizes)).scatter_reduce(0, pixel, cover.share, "amax")
    clearest = (cover.share >= most[pixel]).nonzero()[:, 0]
    owner = torch.full((len(sizes),), -1)
    owner[pixel[clearest]] = cover.cell_of[clearest].long()
    return owner


def _neighbours(owner: Tensor, count: int) -> Tensor:
    """Pairs 2 x P of cells, of `count`, that meet, the lower number first."""
    sides = ((owner[:, :-1], owner[:, 1:]), (owner[:-1], owner[1:]))
    meeting = torch.cat([torch.stack([a.reshape(-1), b.reshape(-1)]) for a, b in sides], 1)
    meeting = meeting[:, (meeting >= 0).all(0) & (meeting[0] != meeting[1])]
    codes = torch.unique(meeting.amin(0) * count + meeting.amax(0))
    return torch.stack([codes // count, codes % count])


def _along_border(owner: Tensor) -> Tensor:
    border = torch.unique(torch.cat([owner[0], owner[-1], owner[:, 0], owner[:, -1]]))
    return border[border >= 0]


def _commonest(colours: Tensor, alike: float) -> Tensor:
    """Which of the border's cells show its commonest colour, or another one that holds a third of it."""
    near = torch.cdist(colours, colours) <= alike
    chosen = torch.zeros(len(colours), dtype=torch.bool)
    left = ~chosen
    while left.any():
        support = (near & left).sum(1) * left
        if chosen.any() and support.max() < _SHARE_OF_BORDER * len(colours):
            break
        chosen |= near[support.argmax()] & left
        left &= ~chosen
    return chosen


def _specks(things: Tensor, pairs: Tensor) -> Tensor:
    """Those of the cells that are not ground which hang together with few others."""
    patches = _patches(pairs[:, things[pairs[0]] & things[pairs[1]]], len(things))
    sizes = torch.bincount(patches[things], minlength=len(things))
    return things & (sizes[patches] <= _SPECK * len(things))


def _patches(pairs: Tensor, count: int) -> Tensor:
    """For each cell, of `count`, the lowest number among those that it hangs together with along pairs."""
    lowest = torch.arange(count)
    while True:
        meeting = lowest[pairs].amin(0)
        lower = lowest.clone()
        for ends in pairs:  # a cell tells what its patch has met to the patch's lowest cell, too
            lower.scatter_reduce_(0, ends, meeting, "amin").scatter_reduce_(0, lowest[ends], meeting, "amin")
        lower = lower[lower]
        if torch.equal(lower, lowest):
            return lowest
        lowest = lower

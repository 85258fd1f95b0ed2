"""The ground of pixel pictures that are painted opaque and lose it at the end: what reaches the border in much the
same colour."""

from __future__ import annotations

import torch
from torch import Tensor

from pixray.drawers.pixel.coverage import Coverage
from pixray.images.color import read_color

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
_AROUND = 0.7
"""How much of what lies along the border hangs together where that is a ground of another colour than the border's."""
_NOISE = 0.3
"""Range of the noise on a ground of a chosen colour, with which a picture begins."""


class Ground:
    """What a picture is painted on, and how it is removed.

    A border of one colour keeps things off it, and makes the ground easy to tell. Where that colour was chosen, the
    picture begins as this colour, and what is enclosed in it, such as the inside of a ring, is removed as well.

    Args:
        cover: on the CPU; width: of the canvas in pixels.
        colour: as people write it; "none": the mean of what is painted along the border.
        device: where colours are held; nothing is copied there in a step, which a CUDA graph could not hold.
    """

    def __init__(self, cover: Coverage, width: int, colour: str, device: str = "cpu") -> None:
        self._cover, self._width = cover, width
        self._border = border_cells(cover, width)
        self._colour = None if colour == "none" else torch.tensor(read_color(colour))
        self._held = self._border.to(device), None if self._colour is None else self._colour.to(device)

    def begun(self, noise: Tensor) -> Tensor:
        """The first colours, cells x channels, from noise in [0, 1] on the CPU."""
        if self._colour is None:
            return noise
        return torch.cat([(self._colour + _NOISE * (noise[:, :3] - 0.5)).clamp(0, 1), noise[:, 3:]], 1)

    def hold(self, colours: Tensor) -> None:
        """Give the border its one colour; colours: cells x channels, changed in place."""
        border, colour = self._held
        colours[border, :3] = colours[border, :3].mean(0) if colour is None else colour

    def opacity(self, colours: Tensor) -> Tensor:
        """cells x 1: 0 for the ground of a finished picture and 1 for all else."""
        shown = colours[:, :3].detach().cpu()
        ground = ground_cells(shown, self._cover, self._width)
        border = shown[self._border].mean(0)
        # A palette without that colour shows another one in its place, which the thing may have, too.
        if self._colour is not None and ground.any() and (border - self._colour).norm() <= ALIKE[0]:
            ground |= (shown - border).norm(dim=1) <= ALIKE[0]
        return (~ground).to(colours)[:, None]


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
        ground |= _inner_ground(ground, border, pairs, patches)
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


def _inner_ground(ground: Tensor, border: Tensor, pairs: Tensor, patches: Tensor) -> Tensor:
    """A patch that lies all around along the border: the ground of a picture whose border is held at another colour."""
    at_border = torch.zeros_like(ground)
    at_border[border] = ground[border]
    meeting = torch.cat([pairs, pairs.flip(0)], 1)
    ring = meeting[1, at_border[meeting[0]] & ~ground[meeting[1]]].unique()
    if len(ring) < _AROUND * len(border):
        return torch.zeros_like(ground)
    around = patches[ring].mode().values
    found = patches == around
    return found if found[ring].float().mean() >= _AROUND else torch.zeros_like(ground)


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

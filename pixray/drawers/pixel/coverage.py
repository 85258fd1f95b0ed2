"""Which share of each canvas pixel the cells of a pixel grid cover, as a sparse matrix."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pixray.drawers.pixel.cells import Cells, topmost_cell

SAMPLES = 4
"""Points per side of a pixel: an edge is placed within an eighth of a pixel, and a start takes a quarter second."""


@dataclass(frozen=True)
class Coverage:
    """A sparse matrix, pixels x cells, as one bag of (cell, share) per pixel, and its transpose.

    Attributes:
        cell_of, share, offsets: cells and shares of pixel p stand from offsets[p] on, row-major pixels.
        pixel_of, share_back, offsets_back: the transpose, one bag of pixels per cell.
    """

    cell_of: Tensor
    share: Tensor
    offsets: Tensor
    pixel_of: Tensor
    share_back: Tensor
    offsets_back: Tensor

    def clearest_pixels(self) -> tuple[Tensor, Tensor]:
        """For each cell, the pixel that shows most of it (of several the middle one; -1: none), and which share."""
        sizes = torch.diff(self.offsets_back.long(), append=torch.tensor([len(self.pixel_of)]))
        cell = torch.repeat_interleave(torch.arange(len(sizes)), sizes)
        most = torch.zeros(len(sizes)).scatter_reduce(0, cell, self.share_back, "amax")
        clearest = (self.share_back >= most[cell]).nonzero()[:, 0]
        counts = torch.bincount(cell[clearest], minlength=len(sizes))
        middle = counts.cumsum(0) - counts + counts // 2
        pixel = torch.full((len(sizes),), -1)
        pixel[counts > 0] = self.pixel_of[clearest[middle[counts > 0]]].long()
        return pixel, most

    def to(self, device: str) -> Coverage:
        return Coverage(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


def coverage(cells: Cells) -> Coverage:
    """Share of each canvas pixel that each cell shows through, counted at 4 x 4 points.

    Counting the topmost cell per point, rather than blending antialiased polygons, leaves no seams between
    neighbours and lets overlapping stitches hide each other properly.
    """
    pixels, cell, count = [], [], []
    samples = SAMPLES
    band = max(1, 4_000_000 // (cells.width * samples * samples))  # bounds the memory of large canvases
    x = (torch.arange(cells.width * samples, dtype=torch.float64) + 0.5) / samples
    for top in range(0, cells.height, band):
        bottom = min(cells.height, top + band)
        y = (torch.arange(top * samples, bottom * samples, dtype=torch.float64) + 0.5) / samples
        shown = topmost_cell(cells, x, y).view(bottom - top, samples, cells.width, samples)
        shown = shown.transpose(1, 2).reshape(-1, samples * samples)
        for part in _count(shown, len(cells)):
            pixels.append(part[0] + top * cells.width)
            cell.append(part[1])
            count.append(part[2])
    return _both_ways(torch.cat(pixels), torch.cat(cell), torch.cat(count) / samples**2, cells)


def _count(shown: Tensor, num_cells: int) -> list[tuple[Tensor, Tensor, Tensor]]:
    """(pixel, cell, number of points) triples of a band; most pixels lie inside one cell and need no sorting."""
    plain = (shown == shown[:, :1]).all(1)
    uncut = (plain & (shown[:, 0] >= 0)).nonzero()[:, 0]
    triples = [(uncut, shown[uncut, 0].long(), torch.full((len(uncut),), shown.shape[1], dtype=torch.float32))]
    mixed = (~plain).nonzero()[:, 0]
    if len(mixed):
        cell = shown[mixed].long()
        keys = (mixed[:, None] * num_cells + cell)[cell >= 0]
        unique, counts = keys.unique(return_counts=True)
        triples.append((unique // num_cells, unique % num_cells, counts.float()))
    return triples


def _both_ways(pixel: Tensor, cell: Tensor, share: Tensor, cells: Cells) -> Coverage:
    def bags(by: Tensor, other: Tensor, num_bags: int) -> tuple[Tensor, Tensor, Tensor]:
        order = torch.argsort(by, stable=True)
        sizes = torch.bincount(by, minlength=num_bags)
        return other[order].int(), share[order].contiguous(), (sizes.cumsum(0) - sizes).int()

    order = torch.argsort(pixel * len(cells) + cell)  # one fixed order, so that sums are the same every time
    pixel, cell, share = pixel[order], cell[order], share[order]
    forward = bags(pixel, cell, cells.width * cells.height)
    return Coverage(*forward, *bags(cell, pixel, len(cells)))

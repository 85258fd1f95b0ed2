"""3 x 3 convolutions with a quarter of the multiplications, strip by strip so that everything stays in the cache.

Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015), arXiv 1509.09308: F(4x4, 3x3). A 6 x 6 tile
of the input makes a 4 x 4 tile of the output by 36 products per pair of channels instead of 144. In full precision the
result differs from a direct convolution by about 1e-5 of its range.

A strip is a few rows of tiles. Its rows are supplied and taken over by functions of the caller, who so joins other
work (normalising, activating, upsampling, adding) to the convolution without another trip through memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from pixray.drawers.vqgan.thread_pool import ThreadPool

TILE, WINDOW = 4, 6
STRIP_BYTES = 6 << 20
"""Size of the transformed input of one strip: a few such buffers are at work at a time. With smaller ones, threads that
share the interpreter get in each other's way."""

Fill = Callable[[Tensor, int, int], None]
"""`fill(target, first, last)` writes input rows first..last-1, rows x width x channels."""
Kept = TypeVar("Kept")
Emit = Callable[[Tensor, int, int], Kept]
"""`emit(strip, first, last)` takes over output rows first..last-1 before the strip is reused. Where tiles fit exactly
it is a view, tile rows x 4 x tile columns x 4 x channels, which saves a copy; else rows x width x channels. Strips come
in any order, several at the same time."""
Parts = Sequence[Tensor]

_KERNEL = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)


def kernel_transform(weight: Tensor) -> Tensor:
    """The kernel of a convolution in the transformed domain.

    Args:
        weight: out x in x 3 x 3.

    Returns:
        36 x in x out.
    """
    matrix = torch.tensor(_KERNEL, dtype=torch.float64)
    outs, ins = weight.shape[:2]
    transformed = torch.einsum("ia,jb,ocab->ijco", matrix, matrix, weight.double())
    return transformed.reshape(WINDOW * WINDOW, ins, outs).float().contiguous()


def backward_weight(weight: Tensor) -> Tensor:
    """The kernel whose convolution is the gradient with respect to the input: in x out x 3 x 3, turned around."""
    return weight.flip(2, 3).transpose(0, 1)


def convolve(kernel: Tensor, height: int, width: int, fill: Fill, emit: Emit[Kept], crew: ThreadPool) -> list[Kept]:
    """A 3 x 3 convolution with a border of zeros.

    Args:
        kernel: of `kernel_transform`.
        height, width: of the picture.
        fill, emit: where its rows come from and go to; called on several threads at once.
        threads: does the strips.

    Returns:
        What `emit` returned, from the top strip to the bottom one.
    """
    down, across = -(-height // TILE), -(-width // TILE)
    rows = STRIP_BYTES // (4 * WINDOW * WINDOW * across * max(kernel.shape[1:]))
    rows = max(1, min(rows, -(-down // torch.get_num_threads())))

    def hire() -> Callable[[int], Kept]:
        strip = _Strip(kernel, rows, across)

        def do(number: int) -> Kept:
            top = number * TILE * rows
            bottom = min(height, top + TILE * rows)
            strip.load(fill, top, bottom, height, width)
            return emit(strip.result(bottom - top, width), top, bottom)

        return do

    return crew.run(hire, -(-down // rows))


class _Strip:
    """Memory for one strip at a time, and the steps of the algorithm on it: down, across, products, down, across."""

    def __init__(self, kernel: Tensor, rows: int, across: int) -> None:
        _, ins, outs = kernel.shape
        self.kernel, self.shape = kernel, (rows, across, outs)
        self.padded = torch.zeros(TILE * rows + 2, TILE * across + 2, ins)
        down, right, _ = self.padded.stride()
        half = torch.empty(WINDOW, rows, TILE * across + 2, ins)
        self.rows = list(self.padded.as_strided((WINDOW, *half.shape[1:]), (down, TILE * down, right, 1)))
        self.half, self.spare_row = list(half), torch.empty_like(half[0])
        columns = (WINDOW, WINDOW, rows, across, ins)
        self.columns = list(half.as_strided(columns, (ins, half.stride(0), half.stride(1), TILE * ins, 1)))
        self.factors = torch.empty(WINDOW * WINDOW, rows * across, ins)
        self.factor_columns = list(self.factors.view(columns).transpose(0, 1))
        self.spare_column = torch.empty(columns[1:])
        self.products = torch.empty(WINDOW * WINDOW, rows * across, outs)
        folded = torch.empty(TILE, WINDOW, rows * across * outs)
        self.product_rows = list(self.products.view(WINDOW, WINDOW, -1))
        self.folded, self.folded_columns = list(folded), list(folded.transpose(0, 1))
        self.finished = torch.empty(TILE, TILE, rows * across * outs)
        self.finished_columns = list(self.finished.transpose(0, 1))
        self.spares = torch.empty_like(folded[0]), torch.empty_like(self.finished[0])

    def load(self, fill: Fill, top: int, bottom: int, height: int, width: int) -> None:
        """Have rows top..bottom-1 and their neighbours filled in; what lies outside the picture is zero."""
        first, last = max(0, top - 1), min(height, bottom + 1)
        begin, end = first - top + 1, last - top + 1
        self.padded[:begin].zero_()
        self.padded[end:].zero_()
        fill(self.padded[begin:end, 1 : width + 1], first, last)

    def result(self, height: int, width: int) -> Tensor:
        """The convolution of what was loaded; see `Emit` for its shape."""
        _factors(self.rows, self.half, self.spare_row)
        _factors(self.columns, self.factor_columns, self.spare_column)
        torch.bmm(self.factors, self.kernel, out=self.products)
        _results(self.product_rows, self.folded, self.spares[0])
        _results(self.folded_columns, self.finished_columns, self.spares[1])
        rows, across, outs = self.shape
        strip = self.finished.view(TILE, TILE, rows, across, outs).permute(2, 0, 3, 1, 4)
        if width == TILE * across and height == TILE * rows:
            return strip
        return strip.reshape(TILE * rows, TILE * across, outs)[:height, :width]


def _factors(d: Parts, out: Parts, spare: Tensor) -> None:
    """What six neighbours are multiplied as. By rows of the matrix: 4 0 -5 0 1 0, 0 -4 -4 1 1 0, 0 4 -4 -1 1 0,
    0 -2 -1 2 1 0, 0 2 -1 -2 1 0, 0 4 0 -5 0 1; as additions, since these run at the speed of the cache."""
    torch.sub(d[4], d[2], out=out[3])
    torch.sub(d[3], d[1], out=spare)
    torch.sub(d[0], d[2], out=out[0])
    torch.add(out[3], out[0], alpha=4, out=out[0])
    torch.sub(d[5], d[3], out=out[5])
    out[5].sub_(spare, alpha=4)
    torch.sub(out[3], spare, alpha=2, out=out[4])
    out[3].add_(spare, alpha=2)
    torch.sub(d[4], d[2], alpha=4, out=out[1])
    torch.sub(d[3], d[1], alpha=4, out=spare)
    torch.sub(out[1], spare, out=out[2])
    out[1].add_(spare)


def _results(p: Parts, out: Parts, spare: Tensor) -> None:
    """Four results of six products. By rows of the matrix: 1 1 1 1 1 0, 0 1 -1 2 -2 0, 0 1 1 4 4 0, 0 1 -1 8 -8 1."""
    torch.add(p[1], p[2], out=out[2])
    torch.sub(p[1], p[2], out=out[3])
    torch.add(p[3], p[4], out=spare)
    torch.add(p[0], out[2], out=out[0])
    out[0].add_(spare)
    out[2].add_(spare, alpha=4)
    torch.sub(p[3], p[4], out=spare)
    torch.add(out[3], spare, alpha=2, out=out[1])
    out[3].add_(spare, alpha=8).add_(p[5])


def rows_like(strip: Tensor, picture: Tensor, first: int, last: int) -> Tensor:
    """Rows first..last-1 of a picture, in the shape of a strip of them."""
    return picture[first:last].view(*strip.shape[:-1], -1) if strip.ndim == 5 else picture[first:last]

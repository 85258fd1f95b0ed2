"""What the stroke renderer draws: paths of cubic Bezier segments, and their flattening to straight ones."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

TOLERANCE = 0.125
"""How far, in pixels, the straight pieces may leave the curve: a bound; on average it is a tenth of that."""
MOST_PIECES = 256
"""Straight pieces per cubic, at most."""


@dataclass(frozen=True)
class Scene:
    """Paths in drawing order, the first at the bottom.

    A path is a set of cubic segments. A stroke covers every point that is at most half its width away from any of
    them, which makes caps and joins round, and covers it once however often it crosses itself. A filled path covers
    every point that its segments wind around (the non-zero rule), or wind around an odd number of times (the even-odd
    rule); its segments have to form closed loops. Nothing is closed by itself: whoever makes a closed path gives it the
    segment back to its beginning.

    Attributes:
        cubics: C 4 2, control points (x, y) in pixels; the centre of the first pixel is (0.5, 0.5).
        path: C whole numbers, the path of each segment, in ascending order.
        widths: P, full widths of the strokes in pixels; unused for filled paths.
        colours: P 4, red, green, blue and opacity from 0 to 1, not multiplied with one another.
        filled: P, whether a path is filled instead of stroked; None: all are strokes.
        evenodd: P, whether a filled path follows the even-odd rule; None: none does.
    """

    cubics: Tensor
    path: Tensor
    widths: Tensor
    colours: Tensor
    filled: Tensor | None = None
    evenodd: Tensor | None = None

    def __len__(self) -> int:
        """The number of paths."""
        return self.widths.shape[0]


def flatten(cubics: Tensor, longest: float, tolerance: float = TOLERANCE) -> tuple[Tensor, Tensor]:
    """Cubic segments as straight pieces, as many as each needs.

    A cubic that is cut into n pieces of equal parameter leaves its chords by at most 3/4 m / n^2, where m is the
    larger of its two second differences of control points (the bound on the second derivative, times 1/8).

    Args:
        cubics: C 4 2 in pixels.
        longest: about how long a piece may be in pixels; a long straight one would lie in too large a box of tiles.
        tolerance: the largest allowed distance in pixels.

    Returns:
        ends: N 2 2, begin and end of each piece, differentiable; and owner: N, its cubic, in ascending order.
    """
    with torch.no_grad():
        steps = cubics.diff(dim=1)
        bend = steps.diff(dim=1).norm(dim=2).amax(1)
        count = torch.maximum((0.75 / tolerance * bend).sqrt(), steps.norm(dim=2).sum(1) / longest)
        count = count.ceil().clamp(1, MOST_PIECES).long()
        owner = torch.repeat_interleave(count)
        first = count.cumsum(0) - count
        piece = torch.arange(owner.shape[0], device=cubics.device) - first[owner]
        # The same division for the end of one piece and the begin of the next, so that they meet to the last bit.
        t = torch.stack([piece, piece + 1], 1).to(cubics.dtype) / count[owner][:, None]
        s = 1 - t
        weights = torch.stack([s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t], 2)
    return torch.bmm(weights, cubics[owner]), owner

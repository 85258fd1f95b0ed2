"""Which sizes a service makes, and the nearest of them to a size that was asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class SizeRule:
    """Sizes as a list, or as bounds.

    Attributes:
        fixed: the only sizes, width and height in pixels; empty: bounds apply.
        multiple: both edges are multiples of this.
        minimum, maximum: bounds of an edge.
        minimum_pixels, maximum_pixels: bounds of the area.
        longest: maximum aspect ratio, the longer edge divided by the shorter one.
    """

    fixed: tuple[tuple[int, int], ...] = ()
    multiple: int = 1
    minimum: int = 1
    maximum: int = 16384
    minimum_pixels: int = 0
    maximum_pixels: int = 1 << 40
    longest: float = math.inf

    def allows(self, width: int, height: int) -> bool:
        """Whether the service makes this size."""
        if self.fixed:
            return (width, height) in self.fixed
        edges_fit = all(edge % self.multiple == 0 and self.minimum <= edge <= self.maximum for edge in (width, height))
        return (
            edges_fit
            and self.minimum_pixels <= width * height <= self.maximum_pixels
            and max(width, height) <= self.longest * min(width, height)
        )

    def nearest(self, width: int, height: int) -> tuple[int, int]:
        """The allowed size of the most similar proportions, as large as asked for if it can be.

        >>> SizeRule(fixed=((512, 512), (1024, 1024), (1344, 768))).nearest(192, 108)
        (1344, 768)
        >>> SizeRule(multiple=64, minimum=320, maximum=1536).nearest(400, 400)
        (384, 384)
        """
        if self.allows(width, height):
            return width, height
        if self.fixed:
            return min(self.fixed, key=lambda size: _difference(size, (width, height)))
        candidates = [(columns, rows) for columns, rows in self._grid(width / height) if self.allows(columns, rows)]
        if not candidates:
            raise ValueError("no size fits the rule")
        return min(candidates, key=lambda size: _difference(size, (width, height)))

    def _grid(self, proportion: float) -> list[tuple[int, int]]:
        """Sizes of about a proportion: for every height the two or three nearest widths."""
        step = self.multiple
        proportion = min(max(proportion, 1 / self.longest), self.longest)
        sizes = []
        top = min(self.maximum, math.isqrt(self.maximum_pixels) * 8)
        for rows in range(max(step, -(-self.minimum // step) * step), top + 1, step):
            middle = round(rows * proportion / step) * step
            sizes += [(columns, rows) for columns in (middle - step, middle, middle + step) if columns > 0]
            low, high = -(-self.minimum // step) * step, self.maximum // step * step
            sizes += [(low, rows), (high, rows)]
        return sizes


def _difference(size: tuple[int, int], target: tuple[int, int]) -> tuple[float, float]:
    """First how much the proportions differ, in rough steps, then the size, too small being worse than too large."""
    proportions = abs(math.log(size[0] / size[1]) - math.log(target[0] / target[1]))
    larger = math.log(size[0] * size[1]) - math.log(target[0] * target[1])
    return round(proportions, 1), abs(larger) + proportions + (0.5 if larger < -0.2 else 0.0)

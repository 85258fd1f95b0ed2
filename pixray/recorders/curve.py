"""The loss curve of a run as a small SVG, which notebooks and pages show without any plotting library."""

from __future__ import annotations

import math
from collections.abc import Sequence

WIDTH, HEIGHT = 360, 84
_LEFT, _TOP, _RIGHT, _BOTTOM = 46, 6, 6, 16
_MOST_POINTS = 300


def loss_curve(points: Sequence[tuple[int, float]]) -> str:
    """An SVG element, `WIDTH` x `HEIGHT`, with the largest and smallest loss at its left and the steps below.

    Args:
        points: step and loss, in order; numbers that are not finite are left out. Fewer than two give "".
    """
    points = _thinned([point for point in points if math.isfinite(point[1])])
    if len(points) < 2:
        return ""
    first, last = points[0][0], points[-1][0]
    low, high = min(value for _, value in points), max(value for _, value in points)
    across = (WIDTH - _LEFT - _RIGHT) / max(1, last - first)
    down = (HEIGHT - _TOP - _BOTTOM) / ((high - low) or 1.0)
    line = " ".join(
        f"{_LEFT + (step - first) * across:.1f},{_TOP + (high - value) * down:.1f}" for step, value in points
    )
    floor = HEIGHT - _BOTTOM
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="10" fill="#777">'
        f'<path d="M{_LEFT} {_TOP}V{floor}H{WIDTH - _RIGHT}" fill="none" stroke="#aaa"/>'
        f'<polyline points="{line}" fill="none" stroke="#2a66c8" stroke-width="1.5"/>'
        f'<text x="{_LEFT - 4}" y="{_TOP + 8}" text-anchor="end">{high:.3g}</text>'
        f'<text x="{_LEFT - 4}" y="{floor}" text-anchor="end">{low:.3g}</text>'
        f'<text x="{_LEFT}" y="{HEIGHT - 4}">{first}</text>'
        f'<text x="{(WIDTH + _LEFT) / 2}" y="{HEIGHT - 4}" text-anchor="middle">loss over steps</text>'
        f'<text x="{WIDTH - _RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{last}</text></svg>'
    )


def _thinned(points: Sequence[tuple[int, float]]) -> Sequence[tuple[int, float]]:
    """At most `_MOST_POINTS` of them and the last, evenly chosen: more than the chart has pixels for."""
    stride = math.ceil(len(points) / _MOST_POINTS)
    return points if stride <= 1 else [*points[:-1:stride], points[-1]]

"""The order in which a plotter's pen draws strokes with little travel in the air."""

from __future__ import annotations

import numpy as np


def pen_order(first: np.ndarray, last: np.ndarray, pen: np.ndarray) -> tuple[np.ndarray, list[bool], np.ndarray]:
    """Go on with the stroke whose nearer end is nearest, and draw it from there.

    Args:
        first, last: P 2, where strokes begin and end; pen: 2, where the pen is.

    Returns:
        order: P; whether each is drawn backwards; and where the pen is afterwards.
    """
    ends = np.stack([first, last], 1).astype(np.float64)
    waiting = np.ones(len(ends), dtype=bool)
    order, backwards = np.empty(len(ends), dtype=np.int64), []
    for position in range(len(ends)):
        away = np.square(ends - pen).sum(2)
        away[~waiting] = np.inf
        stroke, end = divmod(int(away.argmin()), 2)
        waiting[stroke] = False
        order[position] = stroke
        backwards.append(end == 1)
        pen = ends[stroke, 1 - end]
    return order, backwards, pen


def travelled(first: np.ndarray, last: np.ndarray, pen: np.ndarray) -> float:
    """How far the pen moves in the air when strokes are drawn in this order."""
    stops = np.concatenate([pen[None], last[:-1]])
    return float(np.sqrt(np.square(first - stops).sum(1)).sum())

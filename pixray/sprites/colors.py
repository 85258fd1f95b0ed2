"""Few colours for a picture of many, and the nearest of them: distances are those of Oklab.

Oklab after Ottosson (2020, https://bottosson.github.io/posts/oklab): equal distances look about equally different.
"""

from __future__ import annotations

import numpy as np

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_ROUNDS = 30
_AT_ONCE = 1 << 22


def to_oklab(rgb: np.ndarray) -> np.ndarray:
    """N 3 of sRGB in [0, 1] to Oklab."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ _TO_CONES.T) @ _TO_LAB.T


def from_oklab(lab: np.ndarray) -> np.ndarray:
    """N 3 of Oklab to sRGB, cut off at [0, 1]."""
    linear = ((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T).clip(0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def nearest(lab: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """The number of the nearest palette colour for each colour, both in Oklab; of equals the first."""
    step = max(1, _AT_ONCE // len(palette))
    parts = [lab[begin : begin + step] for begin in range(0, len(lab), step)]
    numbers = [((part[:, None] - palette) ** 2).sum(-1).argmin(1) for part in parts]
    return np.concatenate(numbers) if numbers else np.zeros(0, np.int64)


def choose_colors(rgb: np.ndarray, count: int, weights: np.ndarray | None = None) -> np.ndarray:
    """At most so many colours that stand for all: k-means in Oklab, begun far apart. Without chance.

    A picture that has no more colours keeps them as they are.

    Args:
        rgb: N 3 in [0, 1], at least one.
        weights: how much each counts.

    Returns:
        K 3 in [0, 1], the darkest first.
    """
    unique, which = np.unique(rgb, axis=0, return_inverse=True)
    share = np.bincount(which.ravel(), weights, minlength=len(unique))
    kept = share > 0
    unique, share = (unique[kept], share[kept]) if kept.any() else (unique, share + 1)
    if len(unique) <= count:
        return unique[np.argsort(to_oklab(unique)[:, 0], kind="stable")]
    lab = to_oklab(unique)
    centres = _spread(lab, share, count)
    for _ in range(_ROUNDS):
        label = nearest(lab, centres)
        mass = np.bincount(label, share, minlength=count)
        means = np.stack([np.bincount(label, share * axis, minlength=count) for axis in lab.T], 1)
        moved = np.where(mass[:, None] > 0, means / np.maximum(mass, 1e-12)[:, None], centres)
        if np.abs(moved - centres).max() < 1e-5:
            break
        centres = moved
    return from_oklab(centres[np.argsort(centres[:, 0], kind="stable")])


def _spread(lab: np.ndarray, share: np.ndarray, count: int) -> np.ndarray:
    """Beginnings of groups: the heaviest colour, then again and again the one that is far and heavy."""
    chosen = [int(share.argmax())]
    away = ((lab - lab[chosen[0]]) ** 2).sum(1)
    for _ in range(count - 1):
        chosen.append(int((away * np.sqrt(share)).argmax()))
        away = np.minimum(away, ((lab - lab[chosen[-1]]) ** 2).sum(1))
    return lab[chosen]

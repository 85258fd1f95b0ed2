"""Whether the ground of a picture became as transparent as somebody asked for."""

from __future__ import annotations

import numpy as np

_HALF = 128


def opaque_ground(image_u8: np.ndarray, weight: float) -> str | None:
    """What to say about a picture whose ground is still opaque; None: it is transparent, or shall not be.

    The ground is what lies along the border: it counts as opaque where less than half of it is transparent.

    Args:
        image_u8: H W 4, of a run with `transparent`; without a fourth channel there is nothing to say.
        weight: the `transparent_weight` of the run; a negative one asks for opacity.
    """
    if image_u8.shape[2] < 4 or weight < 0:
        return None
    alpha = image_u8[..., 3]
    border = np.concatenate([alpha[0], alpha[-1], alpha[1:-1, 0], alpha[1:-1, -1]])
    opaque = float((border >= _HALF).mean())
    if opaque <= 0.5:
        return None
    weights = "transparent_weight=0.1" if weight < 0.1 else f"a transparent_weight above {weight:g}"
    return (
        f"transparency was asked for, but {opaque:.0%} of the border of the picture is opaque: more iterations help, "
        f"or {weights}"
    )

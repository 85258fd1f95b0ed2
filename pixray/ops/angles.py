"""Angles between embeddings on the unit sphere, accurate and smooth from 0 to pi."""

from __future__ import annotations

import torch
from torch import Tensor


def half_squared_angle(first: Tensor, second: Tensor) -> Tensor:
    """Half the squared angle between unit vectors: 0 when equal, pi**2/8 at a right angle, pi**2/2 when opposite.

    The same as the 2 arcsin(|x - e| / 2)**2 of CLIP-guided tools, but accurate and smooth at both ends.

    Args:
        first, second: … D of unit length.

    Returns:
        … as they broadcast.
    """
    return 2 * torch.atan2((first - second).norm(dim=-1), (first + second).norm(dim=-1)) ** 2


def angular_distance(embeddings: Tensor, targets: Tensor) -> Tensor:
    """The same between every embedding and every target.

    Args:
        embeddings: N D; targets: M D; all of unit length.

    Returns:
        N M.
    """
    return half_squared_angle(embeddings[:, None], targets[None])

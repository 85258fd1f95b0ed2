"""Encoding a few cutouts at a time when memory is short: the same gradient, at the price of encoding them twice."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from pixray.perceptors.base import Perceptor


class Microbatcher:
    """How many cutouts are encoded at once.

    Args:
        at_once: at most so many; None: all of them.
    """

    def __init__(self, at_once: int | None = None) -> None:
        self.at_once = at_once
        self._most_encoded = 0

    def encode(self, perceptor: Perceptor, crops: Tensor) -> Tensor:
        """Embed cutouts.

        Args:
            crops: N 3 S S.

        Returns:
            N D. Encoded in pieces, only the crops of all and the activations of one piece are held at a time: those of
            the others are computed again in the backward pass (Chen et al. 2016, https://arxiv.org/abs/1604.06174).
        """
        self._most_encoded = max(self._most_encoded, len(crops))
        if self.at_once is None or self.at_once >= len(crops):
            return perceptor.encode_image(crops)
        return torch.cat(
            [
                checkpoint(perceptor.encode_image, piece, use_reentrant=False, preserve_rng_state=False)
                for piece in crops.split(self.at_once)
            ]
        )

    def halve(self) -> bool:
        """Encode half as many at once from now on. False: it was one at a time already, or nothing was encoded yet."""
        now = self.at_once or self._most_encoded
        if now <= 1:
            return False
        self.at_once = (now + 1) // 2
        return True

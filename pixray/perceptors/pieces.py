"""Encoding cutouts a few at a time when memory is short: the same gradient, at the price of encoding them twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from pixray.perceptors.base import Perceptor
from pixray.rng import Generators

T = TypeVar("T")


class Pieces:
    """How many cutouts are encoded at once. Shrinks by itself when a device runs out of memory.

    Args:
        at_once: so many; None: all of them.
    """

    def __init__(self, at_once: int | None = None) -> None:
        self.at_once = at_once
        self._most = 0

    def encode(self, perceptor: Perceptor, crops: Tensor) -> Tensor:
        """Embed cutouts.

        Args:
            crops: N 3 S S.

        Returns:
            N D. Taken in pieces, only the crops of all and the activations of one piece are held at a time: those of
            the others are worked out again in the backward pass (Chen et al. 2016, https://arxiv.org/abs/1604.06174).
        """
        self._most = max(self._most, len(crops))
        if self.at_once is None or self.at_once >= len(crops):
            return perceptor.encode_image(crops)
        return torch.cat(
            [
                checkpoint(perceptor.encode_image, piece, use_reentrant=False, preserve_rng_state=False)
                for piece in crops.split(self.at_once)
            ]
        )

    def fit(self, attempt: Callable[[], T], again: Callable[[], T], generators: Generators) -> T:
        """Do something that encodes, and do it again with smaller pieces when the device runs out of memory.

        Args:
            attempt: the first try; again: every further one, which starts afresh.
            generators: set back before each further try, so that it draws the same numbers.

        Raises:
            torch.OutOfMemoryError: one cutout at a time is still too much.
        """
        before = generators.state()
        do = attempt
        while True:
            try:
                return do()
            except torch.OutOfMemoryError:
                if not self._halve():
                    raise
            # Outside of the except block, where the error no longer holds on to the tensors of the failed try.
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            generators.restore(before)
            do = again

    def _halve(self) -> bool:
        now = self.at_once or self._most
        if now <= 1:
            return False
        self.at_once = (now + 1) // 2
        return True

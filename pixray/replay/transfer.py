"""Many small tensors from the host to a device in one copy that nothing waits for."""

from __future__ import annotations

from typing import Any, TypeVar

import torch
from torch import Tensor

from pixray.replay.trees import mapped, tensors

T = TypeVar("T")

_ALIGNED = 16
"""Every tensor begins at a multiple of so many bytes, as any number format may ask for."""


def moved(tree: T, device: torch.device) -> T:
    """The same tree with all of its tensors on a device, those that were elsewhere as views of one buffer."""
    given = [tensor for tensor in tensors(tree) if not _is_there(tensor, device)]
    if not given:
        return tree
    there = iter(_views(_packed(given).to(device, non_blocking=True), given))
    return mapped(tree, lambda tensor: tensor if _is_there(tensor, device) else next(there))


class Places:
    """Where a tree's tensors lie on a device, always the same, so that recorded work finds them there.

    Args:
        tree: what it looks like; its tensors are copied.
    """

    def __init__(self, tree: Any, device: torch.device) -> None:
        self._device = device
        given = [tensor for tensor in tensors(tree) if not _is_there(tensor, device)]
        self._buffer = _packed(given).to(device) if given else None
        there = iter(_views(self._buffer, given) if self._buffer is not None else ())
        self.tree = mapped(tree, lambda tensor: tensor.clone() if _is_there(tensor, device) else next(there))

    def fill(self, tree: Any) -> None:
        """Put the numbers of another tree of the same shape there."""
        given = tensors(tree)
        elsewhere = [tensor for tensor in given if not _is_there(tensor, self._device)]
        if self._buffer is not None:
            self._buffer.copy_(_packed(elsewhere), non_blocking=True)
        for place, tensor in zip(tensors(self.tree), given, strict=True):
            if _is_there(tensor, self._device):
                place.copy_(tensor)


def _is_there(tensor: Tensor, device: torch.device) -> bool:
    return tensor.device == device


def _packed(given: list[Tensor]) -> Tensor:
    """The bytes of tensors on the host one behind the other, where a GPU can fetch them by itself."""
    parts = []
    for tensor in given:
        flat = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        parts += [flat, flat.new_zeros(-len(flat) % _ALIGNED)]
    together = torch.cat(parts)
    # PyTorch keeps pinned memory that was handed out this way until the copy from it is over.
    return together.pin_memory() if torch.cuda.is_available() else together


def _views(buffer: Tensor, given: list[Tensor]) -> list[Tensor]:
    views, begin = [], 0
    for tensor in given:
        size = tensor.numel() * tensor.element_size()
        views.append(buffer[begin : begin + size].view(tensor.dtype).view(tensor.shape))
        begin += size + -size % _ALIGNED
    return views

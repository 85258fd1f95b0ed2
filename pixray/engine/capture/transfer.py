"""Many small tensors from the host to a device in one asynchronous copy."""

from __future__ import annotations

from typing import Any, TypeVar

import torch
from torch import Tensor

from pixray.engine.capture.trees import mapped, tensors

T = TypeVar("T")

_ALIGNED = 16
"""Every tensor starts at a multiple of this many bytes, which suits every number format."""


def moved(tree: T, device: torch.device) -> T:
    """The same tree with all of its tensors on a device, those that were elsewhere as views of one buffer."""
    host_tensors = [tensor for tensor in tensors(tree) if not _is_there(tensor, device)]
    if not host_tensors:
        return tree
    views = iter(_views(_packed(host_tensors).to(device, non_blocking=True), host_tensors))
    return mapped(tree, lambda tensor: tensor if _is_there(tensor, device) else next(views))


class StaticBuffers:
    """Fixed memory on a device for the tensors of a tree, where captured work reads them.

    Args:
        tree: gives the layout; its tensors are copied.
    """

    def __init__(self, tree: Any, device: torch.device) -> None:
        self._device = device
        host_tensors = [tensor for tensor in tensors(tree) if not _is_there(tensor, device)]
        self._buffer = _packed(host_tensors).to(device) if host_tensors else None
        views = iter(_views(self._buffer, host_tensors) if self._buffer is not None else ())
        self.tree = mapped(tree, lambda tensor: tensor.clone() if _is_there(tensor, device) else next(views))

    def fill(self, tree: Any) -> None:
        """Copy the tensors of another tree of the same shape there."""
        sources = tensors(tree)
        host_tensors = [tensor for tensor in sources if not _is_there(tensor, self._device)]
        if self._buffer is not None:
            self._buffer.copy_(_packed(host_tensors), non_blocking=True)
        for target, source in zip(tensors(self.tree), sources, strict=True):
            if _is_there(source, self._device):
                target.copy_(source)


def _is_there(tensor: Tensor, device: torch.device) -> bool:
    return tensor.device == device


def _packed(host_tensors: list[Tensor]) -> Tensor:
    """The bytes of tensors one behind the other, in pinned memory if there is a GPU."""
    parts = []
    for tensor in host_tensors:
        flat = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        parts += [flat, flat.new_zeros(-len(flat) % _ALIGNED)]
    packed = torch.cat(parts)
    # PyTorch keeps pinned memory that was allocated this way until the copy from it is over.
    return packed.pin_memory() if torch.cuda.is_available() else packed


def _views(buffer: Tensor, host_tensors: list[Tensor]) -> list[Tensor]:
    views, begin = [], 0
    for tensor in host_tensors:
        size = tensor.numel() * tensor.element_size()
        views.append(buffer[begin : begin + size].view(tensor.dtype).view(tensor.shape))
        begin += size + -size % _ALIGNED
    return views

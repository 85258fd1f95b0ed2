"""Whether what a run asks for can fit into the memory of this machine at all.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import os

from pixray.errors import SettingsError

LEAST_BYTES_PER_PIXEL = 100
"""What the canvas, its gradient and the state of the optimizer need at least. Measured per pixel: 127 bytes with the
drawer fft, between 256 and 4096 pixels a side; 170 with pixel, between 256 and 2048."""
_BYTES_PER_CUTOUT_PIXEL = 3 * 4
"""Three colours in single precision; what a perceptor keeps for the gradient comes on top."""
_GIB = 1 << 30


def refuse_more_than_memory(size: tuple[int, int], device: str) -> None:
    """Refuse a size that this device can never hold, before anything is loaded for it.

    Args:
        size: width and height in pixels; device: as torch names it.

    Raises:
        SettingsError: with what it needs and what is there.
    """
    needed, available = size[0] * size[1] * LEAST_BYTES_PER_PIXEL, _bytes_of(device)
    if available is not None and needed > available:
        raise SettingsError(
            f"a picture of {size[0]}x{size[1]} pixels needs more than {needed / _GIB:.0f} GiB of memory while it is "
            f"painted, and {device} has {available / _GIB:.0f} GiB: choose a smaller size or scale"
        )


def refuse_more_cutouts_than_memory(count: int, side: int, device: str) -> None:
    """Refuse batches of cutouts that this device can never hold.

    Args:
        count: cutouts of one batch; side: of each, in pixels; device: as torch names it.

    Raises:
        SettingsError: with what they need and what is there.
    """
    needed, available = count * side * side * _BYTES_PER_CUTOUT_PIXEL, _bytes_of(device)
    if available is not None and needed > available:
        raise SettingsError(
            f"num_cuts={count}: cutouts of {side}x{side} pixels need more than {needed / _GIB:.0f} GiB of memory, "
            f"and {device} has {available / _GIB:.0f} GiB: choose fewer, or more batches of fewer"
        )


def _bytes_of(device: str) -> int | None:
    """All memory of a device, free or not; None where nobody can tell."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.get_device_properties(device).total_memory)
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None

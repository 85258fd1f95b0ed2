"""Which device a run uses."""

from __future__ import annotations

from pixray.errors import SettingsError


def choose_device(wanted: str) -> str:
    """ "auto" takes CUDA, then MPS, then the CPU; a device that was named must exist.

    Raises:
        SettingsError: a device that this machine or this torch does not have.
    """
    import torch

    name = wanted.strip().lower()
    if name == "auto":
        if torch.cuda.is_available():
            return "cuda:0"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise SettingsError(f"device='{wanted}': expected auto, cpu, cuda, cuda:1 or mps") from None
    if device.type == "cuda" and (not torch.cuda.is_available() or (device.index or 0) >= torch.cuda.device_count()):
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        raise SettingsError(f"device='{wanted}': this machine shows torch {count} CUDA devices (device=auto adapts)")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise SettingsError(f"device='{wanted}': this torch has no MPS here (device=auto adapts)")
    if device.type not in ("cpu", "cuda", "mps"):
        raise SettingsError(f"device='{wanted}': expected auto, cpu, cuda, cuda:1 or mps")
    return str(device)


def multiplies_bf16() -> bool:
    """Whether this CPU has units for products of bfloat16 matrices (AMX).

    AVX-512's bfloat16 instructions alone do not count: with them B/32 took longer than in float32.
    """
    import torch

    known = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(known and known())

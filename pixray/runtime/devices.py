"""Which device a run uses, and in which number format models compute there.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pixray.errors import SettingsError

if TYPE_CHECKING:
    import torch


def choose_device(text: str) -> str:
    """ "auto" takes CUDA, then MPS, then the CPU; a device that was named must exist.

    Raises:
        SettingsError: a device that this machine or this torch does not have.
    """
    import torch

    name = text.strip().lower()
    if name == "auto":
        if torch.cuda.is_available():
            return "cuda:0"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise SettingsError(f"device='{text}': expected auto, cpu, cuda, cuda:1 or mps") from None
    if device.type == "cuda" and (not torch.cuda.is_available() or (device.index or 0) >= torch.cuda.device_count()):
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        raise SettingsError(f"device='{text}': this machine shows torch {count} CUDA devices (device=auto adapts)")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise SettingsError(f"device='{text}': this torch has no MPS here (device=auto adapts)")
    if device.type not in ("cpu", "cuda", "mps"):
        raise SettingsError(f"device='{text}': expected auto, cpu, cuda, cuda:1 or mps")
    return str(device)


def choose_dtype(precision: str, device: str) -> torch.dtype:
    """The number format of a model on a device.

    Args:
        precision: "fp32", "bf16" or "fp16"; "auto": bfloat16 where the device multiplies faster in it, else float32.
            Never float16 by itself: its range is too small for the values of some decoders.
    """
    import torch

    formats: Mapping[str, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    if precision in formats:
        return formats[precision]
    kind = torch.device(device).type
    # Cards before Ampere (compute capability 8) emulate bfloat16, slowly, and torch counts that as support.
    fast_gpu = kind == "cuda" and torch.cuda.get_device_capability(device)[0] >= 8
    fast_cpu = kind == "cpu" and multiplies_bf16()
    return torch.bfloat16 if fast_gpu or fast_cpu else torch.float32


@contextmanager
def deterministic_kernels() -> Iterator[None]:
    """Inside, cuDNN takes deterministic kernels only. The process-wide switches are as before afterwards."""
    import torch

    switches = torch.backends.cudnn
    before = switches.deterministic, switches.benchmark
    switches.deterministic, switches.benchmark = True, False
    try:
        yield
    finally:
        switches.deterministic, switches.benchmark = before


def multiplies_bf16() -> bool:
    """Whether this CPU multiplies bfloat16 matrices well faster than float32 ones.

    True of matrix units (AMX), and of AMD's AVX-512 instructions for bfloat16, which do twice the work of a float32
    one in the same time (a 1024 x 1024 product: 206 against 82 GFLOP/s on one core of an EPYC of 2022). Intel's give
    no gain: there ViT-B/32 took longer in bfloat16 than in float32.
    """
    return has_matrix_units() or (has_bf16_instructions() and "AMD" in str(_capabilities().get("cpu_name", "")))


def has_matrix_units() -> bool:
    """Whether this CPU has AMX."""
    import torch

    probe = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(probe and probe())


def has_bf16_instructions() -> bool:
    """Whether this CPU has AVX-512's instructions for bfloat16."""
    import torch

    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(probe and probe())


def _capabilities() -> Mapping[str, object]:
    """What torch knows of this CPU; empty before torch could tell."""
    import torch

    probe = getattr(torch.cpu, "get_capabilities", None)
    return probe() if probe else {}

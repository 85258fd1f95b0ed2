"""Three parametrizations of a picture: by its frequencies, its wavelets, or pixel by pixel.

Each owns `tensors`, makes values 1 3 H W of them, and takes given values over in place. Sizes of values are free: the
drawer brings them to one contrast.

Late imports: ptwt and pywt are optional packages.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor

from pixray.errors import MissingPackage, did_you_mean

STRENGTH = 3.0
"""Root mean square of tensors that hold a given picture: a step of 0.3 then changes a tenth of it."""


GREATEST, RANGE = 1e12, 1e24
"""Parts are scaled up by no more than this, and the others by no less than this share of it: their squares are still
numbers of float32. The common factor means nothing, because the drawer brings values to one contrast."""


class Parametrization(ABC):
    """A picture in some form."""

    tensors: list[Tensor]

    @abstractmethod
    def values(self) -> Tensor:
        """1 3 H W."""

    @abstractmethod
    def _given(self, values: Tensor) -> list[Tensor]:
        """What the tensors would have to be for these values."""

    @torch.no_grad()
    def take(self, values: Tensor) -> None:
        """Hold these values, 1 3 H W, up to a common factor."""
        spectra = self._given(values)
        count = sum(spectrum.numel() for spectrum in spectra)
        strength = (torch.stack([spectrum.square().sum() for spectrum in spectra]).sum() / count).sqrt()
        for tensor, spectrum in zip(self.tensors, spectra, strict=True):
            tensor.copy_(spectrum * (STRENGTH / strength.clamp_min(1e-6)))


class Frequencies(Parametrization):
    """Real and imaginary parts of the spectrum, low frequencies scaled up as they are in natural pictures.

    Args:
        decay: power of the frequency by which a part is scaled down.
    """

    def __init__(self, width: int, height: int, decay: float, generator: torch.Generator, device: str) -> None:
        self._size = (height, width)
        spectrum = 0.01 * torch.randn(1, 3, height, width // 2 + 1, 2, generator=generator)
        down, across = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None]
        frequency = (down.square() + across.square()).sqrt().clamp_min(4 / max(width, height))
        scale = (width * height) ** 0.5 / frequency**decay
        if not scale.max() < GREATEST:
            scale = GREATEST * ((frequency.min() / frequency).double() ** decay).clamp_min(1 / RANGE).float()
        self._scale = scale[..., None].to(device)
        self.tensors = [spectrum.to(device).requires_grad_(True)]

    def values(self) -> Tensor:
        spectrum = torch.view_as_complex((self.tensors[0] * self._scale).contiguous())
        return torch.fft.irfft2(spectrum, s=self._size, norm="ortho")

    def _given(self, values: Tensor) -> list[Tensor]:
        return [torch.view_as_real(torch.fft.rfft2(values, norm="ortho")) / self._scale]


class Wavelets(Parametrization):
    """Coefficients of a wavelet pyramid (ptwt), coarse levels scaled up.

    Args:
        wave: a wavelet by PyWavelets' names. sharp: 1 scales all levels alike, 0 fine ones down the most.

    Raises:
        MissingPackage, ValueError.
    """

    def __init__(
        self, width: int, height: int, wave: str, sharp: float, generator: torch.Generator, device: str
    ) -> None:
        self._ptwt, wavelets = _import_ptwt()
        names = wavelets.wavelist(kind="discrete")
        if wave not in names:
            raise ValueError(
                f"fft_wave={wave!r}: expected a discrete wavelet such as coif2.{did_you_mean(wave, names)}"
            )
        self._wave, self._size = wavelets.Wavelet(wave), (height, width)
        coarsest, *details = self._ptwt.wavedec2(torch.zeros(3, height, width), self._wave)
        shapes = [coarsest.shape, *(part.shape for level in details for part in level)]
        least = shapes[0][-1] * shapes[0][-2]
        self._scales = _level_scales([least / (shape[-1] * shape[-2]) for shape in shapes], 1 - sharp)
        self.tensors = [torch.randn(shape, generator=generator).to(device).requires_grad_(True) for shape in shapes]

    def values(self) -> Tensor:
        coarsest, *parts = (tensor * scale for tensor, scale in zip(self.tensors, self._scales, strict=True))
        levels = [tuple(parts[first : first + 3]) for first in range(0, len(parts), 3)]
        height, width = self._size
        return self._ptwt.waverec2((coarsest, *levels), self._wave)[None, :, :height, :width]

    def _given(self, values: Tensor) -> list[Tensor]:
        coarsest, *details = self._ptwt.wavedec2(values[0], self._wave)
        parts = [coarsest, *(part for level in details for part in level)]
        return [part / scale for part, scale in zip(parts, self._scales, strict=True)]


class Pixels(Parametrization):
    """Every pixel by itself."""

    def __init__(self, width: int, height: int, generator: torch.Generator, device: str) -> None:
        self.tensors = [torch.randn(1, 3, height, width, generator=generator).to(device).requires_grad_(True)]

    def values(self) -> Tensor:
        return self.tensors[0]

    def _given(self, values: Tensor) -> list[Tensor]:
        return [values]


def _level_scales(shares: list[float], power: float) -> list[float]:
    """Each share to a power, within what squares of float32 hold."""
    logs = [power * math.log(share) for share in shares]
    top = max(logs)
    if top < math.log(GREATEST):
        return [max(share**power, GREATEST / RANGE) for share in shares]
    return [GREATEST * math.exp(max(log - top, -math.log(RANGE))) for log in logs]


def _import_ptwt() -> tuple[Any, Any]:
    try:
        import ptwt
        import pywt
    except ModuleNotFoundError as error:
        raise MissingPackage("fft_use=dwt", "ptwt", "wavelets") from error
    return ptwt, pywt

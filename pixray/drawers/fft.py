"""A picture held by its frequencies, its wavelets or its pixels, in decorrelated colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from pixray.drawers.base import Canvas, Drawer
from pixray.drawers.spectra import Frequencies, Parametrization, Pixels, Wavelets
from pixray.errors import SettingsError
from pixray.ops.color_space import Decorrelated
from pixray.optim.parameter_group import ParameterGroup
from pixray.settings.declare import setting
from pixray.settings.grammar import parse_weighted

if TYPE_CHECKING:
    from pixray.settings.namespace import Settings as RunSettings

CONTRAST = 0.9
"""Root mean square of the values behind a picture that begins at random."""


class FftDrawer(Drawer):
    """Optimises frequencies ("fft"), wavelet coefficients ("dwt") or pixels ("pixel").

    Fourier parametrisation after Mordvintsev, Pezzotti, Schubert and Olah, "Differentiable Image Parameterizations",
    Distill 2018, doi 10.23915/distill.00012; constants as in the old pixray. The values are always brought to one
    contrast, which makes large steps safe; a picture to begin from, or to paint, brings its own.
    """

    wants_noise = False

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Frequencies"""

        fft_use: str = setting(
            "fft", "what is optimised: frequencies, wavelet coefficients or pixels", choices=("fft", "dwt", "pixel")
        )
        fft_decay: float = setting(1.5, "decay of high frequencies", minimum=0)
        fft_wave: str = setting("coif2", "wavelet of dwt, a name of PyWavelets")
        fft_sharp: float = setting(0.3, "strength of the fine levels of dwt", minimum=0)
        fft_colors: float = setting(1.5, "colourfulness", minimum=0.01)
        fft_lrate: float = setting(0.3, "step size", minimum=0)

    settings: Settings
    tensors = ("_contrast",)

    def __init__(self, settings: Settings, canvas: Canvas) -> None:
        super().__init__(settings, canvas)
        self.capturable = settings.fft_use != "dwt"  # ptwt brings its filters to the device in every step
        self._colours = Decorrelated(settings.fft_colors, canvas.device)
        self._contrast = torch.tensor(CONTRAST, device=canvas.device)
        self._held: Parametrization | None = None

    def configure(self, settings: RunSettings, seed: int) -> None:
        models = [parse_weighted(name).text for name in settings.clip_models]
        if self.settings.fft_use == "dwt" and models == ["embedded"]:
            self.canvas.notice(
                "the small embedded perceptor paints hardly more than noise with fft_use=dwt, which wants a larger "
                "one; fft_use=fft and the drawers pixel, multires and vqgan suit it"
            )

    def start(self, image: Tensor | None, generator: torch.Generator) -> None:
        settings, (width, height), device = self.settings, self.size, self.canvas.device
        if settings.fft_use == "dwt":
            try:
                self._held = Wavelets(width, height, settings.fft_wave, settings.fft_sharp, generator, device)
            except ValueError as error:
                raise SettingsError(str(error)) from None
        elif settings.fft_use == "pixel":
            self._held = Pixels(width, height, generator, device)
        else:
            self._held = Frequencies(width, height, settings.fft_decay, generator, device)
        if image is not None:
            self.paint(image[:, :3])

    @property
    def held(self) -> Parametrization:
        """The form that the picture is held in."""
        assert self._held is not None, "start() comes first"
        return self._held

    def parameters(self) -> list[ParameterGroup]:
        return [ParameterGroup(self.held.tensors, self.settings.fft_lrate)]

    def render(self, step: int) -> Tensor:
        values = self.held.values()
        return self._colours.colours(values * (self._contrast / _size_of(values)))

    @torch.no_grad()
    def paint(self, image: Tensor) -> None:
        values = self._colours.values(image.to(self._contrast.device))
        self.held.take(values)
        self._contrast.copy_(_size_of(values))


def _size_of(values: Tensor) -> Tensor:
    """Root mean square, never quite zero."""
    return (values.square().mean() + 1e-12).sqrt()

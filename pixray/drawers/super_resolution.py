"""A small picture, enlarged by a network that knows what pictures look like.

Late imports: spandrel is an optional package.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from pixray.drawers.base import Canvas, Drawer
from pixray.errors import MissingPackage, ModelUnavailable
from pixray.images.noise import fitted
from pixray.ops.surrogate import clamp_inward
from pixray.optim.parameter_group import ParameterGroup
from pixray.settings.declare import Refers, setting
from pixray.settings.named_files import model_files

if TYPE_CHECKING:
    from pixray.models.store import ModelStore


class SuperResolutionDrawer(Drawer):
    """Optimises a picture of a quarter of the size (or of what else the network enlarges) through the network.

    Works best with a start picture. The network is loaded by spandrel, which knows many kinds by their weights alone;
    the default is Real-ESRGAN (Wang, Xie, Dong and Shan 2021, arXiv 2107.10833).
    """

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Super resolution"""

        super_resolution_model: str = setting(
            "RealESRGAN_x4plus",
            "upscaling network: a name listed by `pixray models list`, or a weights file",
            refers=Refers.FILE,
            references=model_files,
        )

    settings: Settings
    tensors = ("_small",)

    def __init__(self, settings: Settings, canvas: Canvas) -> None:
        super().__init__(settings, canvas)
        self._network: Any = None
        self._scale = 4
        self._small: Tensor | None = None

    @property
    def size(self) -> tuple[int, int]:
        width, height = (max(1, side // self._scale) * self._scale for side in (self.canvas.width, self.canvas.height))
        return width, height

    def load(self, models: ModelStore) -> None:
        name, device = self.settings.super_resolution_model, self.canvas.device
        file = Path(name).expanduser()
        path = file if file.is_file() else models.path(name)
        self._scale, self._network = models.shared(("super_resolution", path, device), lambda: _load(path, device))

    @property
    def small(self) -> Tensor:
        """1 3 h w in [0, 1]: the only parameter."""
        assert self._small is not None, "start() comes first"
        return self._small

    def start(self, image: Tensor | None, generator: torch.Generator) -> None:
        width, height = (side // self._scale for side in self.size)
        small = torch.rand(1, 3, height, width, generator=generator)
        if image is not None:
            small = fitted(image[:, :3], (width, height)).clone()
        self._small = small.to(self.canvas.device).requires_grad_(True)

    def parameters(self) -> list[ParameterGroup]:
        return [ParameterGroup([self.small])]

    def render(self, step: int) -> Tensor:
        return clamp_inward(self._network(self.small).float())

    @torch.no_grad()
    def paint(self, image: Tensor) -> None:
        self.small.copy_(fitted(image, (self.small.shape[3], self.small.shape[2])))

    @torch.no_grad()
    def project(self) -> None:
        self.small.clamp_(0, 1)


def _load(path: Path, device: str) -> tuple[int, torch.nn.Module]:
    """How many times the network enlarges, and the network, frozen."""
    from pixray.models.safe_load import read_tensors

    try:
        from spandrel import ImageModelDescriptor, ModelLoader
        from spandrel import UnsupportedModelError as Unknown
    except ModuleNotFoundError as error:
        raise MissingPackage("drawer 'super_resolution'", "spandrel", "super-resolution") from error
    try:
        descriptor = ModelLoader(device=device).load_from_state_dict(read_tensors(path))
    except Unknown:
        raise ModelUnavailable(f"{path} holds no super-resolution network that spandrel knows") from None
    if (
        not isinstance(descriptor, ImageModelDescriptor)
        or descriptor.input_channels != 3
        or descriptor.output_channels != 3
    ):
        raise ModelUnavailable(f"{path} holds a network that does not enlarge colour pictures")
    network = descriptor.model.eval().requires_grad_(False)
    return descriptor.scale, network

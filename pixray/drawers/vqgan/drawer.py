"""VQGAN: the picture is what a trained decoder makes of a small grid of codes, and the grid is optimised.

The method is Katherine Crowson's VQGAN+CLIP (2021): codes are looked up as the nearest rows of the codebook, and the
gradient is copied straight through that look-up.

Late imports keep PyYAML out of start-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from pixray.drawers.base import Canvas, Draft, Drawer
from pixray.drawers.vqgan.coarse import Coarse
from pixray.drawers.vqgan.files import EMBEDDED, VqganFiles, choose
from pixray.ops.surrogate import clamp_inward, straight_through
from pixray.optim.parameter_group import ParameterGroup
from pixray.runtime.devices import choose_dtype
from pixray.settings.declare import Refers, setting
from pixray.settings.named_files import model_files

if TYPE_CHECKING:
    from pixray.drawers.vqgan.model import Vqgan
    from pixray.models.store import ModelStore
    from pixray.settings.namespace import Settings as RunSettings


STAND_IN_FACTOR = 16
"""The embedded model covers the same canvas as the one it stands in for, so that pictures have one size everywhere."""
EMBEDDED_RATE = 0.3
"""What the rate is multiplied with for the embedded model: its codes lie closer together, and at the usual rate nearly
all of them would change in every step (of 0.1, 0.3 and 1, this reached the lowest loss in 60 steps)."""


class VqganDrawer(Drawer):
    """A grid of latent vectors before the decoder of a VQGAN."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """VQGAN"""

        vqgan_model: str = setting(
            "auto",
            "name of the model; auto: imagenet_f16_16384 if available, else the embedded model",
            refers=Refers.FILE,
            references=model_files,
        )
        vqgan_config: str | None = setting(
            None, "YAML configuration of a model of your own, in the format of taming-transformers", refers=Refers.FILE
        )
        vqgan_checkpoint: str | None = setting(
            None, "weights of a model of your own: .ckpt or .safetensors", refers=Refers.FILE
        )
        vqgan_precision: str = setting(
            "auto",
            "number format of the decoder; auto: bf16 where it is faster",
            choices=("auto", "fp32", "bf16", "fp16"),
        )
        vqgan_recompute: bool = setting(
            False, "recompute the decoder for the gradient: less memory, more time, for large canvases"
        )
        vqgan_start: str = setting(
            "random",
            "what codes begin with without a start image; draft: a picture in square cells by the embedded guide",
            choices=("random", "draft"),
        )
        vqgan_coarse: float = setting(
            0.0,
            "share of the steps that paint a smaller picture first, where the grid of codes is large enough and there "
            "is no start image",
            minimum=0,
            maximum=1,
        )

    settings: Settings
    tensors = ("_z",)
    capturable = True

    def __init__(self, settings: Settings, canvas: Canvas) -> None:
        super().__init__(settings, canvas)
        self.wants_noise = self.wants_draft is None
        self._files: VqganFiles | None = None
        self._model: Vqgan | None = None
        self._rate: float | None = None
        self._z: Tensor | None = None
        self._range: tuple[Tensor, Tensor] | None = None
        self._coarse: Coarse | None = None
        self._step = 0

    @property
    def model(self) -> Vqgan:
        assert self._model is not None, "load() comes first"
        return self._model

    @property
    def z(self) -> Tensor:
        """1 x dim x rows x columns: the only parameter."""
        assert self._z is not None, "start() comes first"
        return self._z

    @property
    def size(self) -> tuple[int, int]:
        """The canvas rounded down to whole codes, at least one each way."""
        if self._model is None:
            return self.canvas.width, self.canvas.height
        factor = self._model.config.factor
        if self._is_embedded:
            factor = max(factor, STAND_IN_FACTOR)
        return max(1, self.canvas.width // factor) * factor, max(1, self.canvas.height // factor) * factor

    def load(self, models: ModelStore) -> None:
        from pixray.drawers.vqgan.model import load_vqgan

        settings = self.settings
        files = choose(settings.vqgan_model, settings.vqgan_config, settings.vqgan_checkpoint, models)
        if files.notice:
            self.canvas.notice(files.notice)
        device = self.canvas.device
        dtype = choose_dtype(settings.vqgan_precision, device)
        key = ("vqgan", str(files.config), str(files.weights), device, str(dtype))
        self._model = models.shared(key, lambda: load_vqgan(files.config, files.weights, device, dtype))
        self._files = files
        self._range = self._model.code_range()

    @property
    def _grid(self) -> tuple[int, int]:
        """Rows and columns of codes."""
        width, height = self.size
        return height // self.model.config.factor, width // self.model.config.factor

    @property
    def _is_embedded(self) -> bool:
        return self._files is not None and self._files.name == EMBEDDED

    def configure(self, settings: RunSettings, seed: int) -> None:
        """Set the pace of the embedded model, whose codes lie closer together than the rate expects, and how many
        steps paint a small picture first."""
        self._rate = settings.learning_rate * EMBEDDED_RATE if self._is_embedded else None
        if self.settings.vqgan_coarse and not settings.init_image and not settings.init_from:
            rows, columns = self._grid
            coarse = Coarse(rows, columns, int(self.settings.vqgan_coarse * settings.iterations))
            if coarse.active:
                self._coarse, self.capturable = coarse, False  # a step depends on its number

    @property
    def wants_draft(self) -> Draft | None:
        return Draft.COLOURS if self.settings.vqgan_start == "draft" else None

    def chosen(self) -> Mapping[str, Any]:
        return {} if self._files is None or self._files.name is None else {"vqgan_model": self._files.name}

    def start(self, image: Tensor | None, generator: torch.Generator) -> None:
        coarse = self._coarse
        if coarse is not None and image is not None:
            z = coarse.spread(self.encode(coarse.cropped(image) if self.wants_noise else coarse.shrunk(image)))
        elif image is None:
            rows, columns = self._grid
            picked = torch.randint(self.model.config.num_codes, (1, rows, columns), generator=generator)
            z = self.model.codebook[picked.to(self.canvas.device)].permute(0, 3, 1, 2).contiguous()
        else:
            z = self.encode(image)
        self._z = z.clone().requires_grad_(True)

    def parameters(self) -> list[ParameterGroup]:
        return [ParameterGroup([self.z], self._rate)]

    def render(self, step: int) -> Tensor:
        self._step = step
        if self._coarse is not None and self._coarse.active:
            return self._coarse.enlarged(self._decoded(self._coarse.pooled(self.z)))
        return self._decoded(self.z)

    def _decoded(self, z: Tensor) -> Tensor:
        codes = straight_through(self.model.nearest(z), z)
        return clamp_inward((self.model.decode(codes, self.settings.vqgan_recompute) + 1) / 2)

    def encode(self, image: Tensor) -> Tensor:
        return self.model.encode(image[:, :3].to(self.canvas.device))

    @torch.no_grad()
    def paint(self, image: Tensor) -> None:
        self.z.copy_(self.encode(image))

    @torch.no_grad()
    def project(self) -> None:
        assert self._range is not None, "load() comes first"
        self.z.clamp_(*self._range)
        if self._coarse is not None and self._coarse.active and self._step + 1 >= self._coarse.until:
            self.z.copy_(self.encode(self.render(self._step)))
            self._coarse.done.fill_(True)

    def latent(self) -> Tensor:
        return self.z

    def _saved_tensors(self) -> dict[str, Tensor]:
        stage = {} if self._coarse is None else {"coarse_done": self._coarse.done}
        return {**super()._saved_tensors(), **stage}

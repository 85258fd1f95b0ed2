"""Stand-ins without weights: a perceptor that knows colours, a drawer of one colour, a recorder that counts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from pixray.drawers.base import Canvas, Drawer, Proposal
from pixray.events import Event
from pixray.optim.parameter_group import ParameterGroup
from pixray.perceptors.base import Perceptor
from pixray.settings.declare import setting

COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (1.0, 0.0, 0.0),
    "green": (0.0, 1.0, 0.0),
    "blue": (0.0, 0.0, 1.0),
    "white": (1.0, 1.0, 1.0),
    "black": (0.0, 0.0, 0.0),
}


class ToyPerceptor(Perceptor):
    """Sees 4 x 4 blurred patches, and knows five colours; any other text is a fixed random direction.

    Args:
        device, dtype, contrast: as every perceptor is constructed; only the device is used.
    """

    name = "toy"
    input_size = 16
    dim = 24
    capturable = True

    def __init__(
        self, device: str = "cpu", dtype: torch.dtype = torch.float32, contrast: str = "plain", **_: Any
    ) -> None:
        self._device = device
        self._mix = torch.randn(4 * 4 * 3, self.dim, generator=torch.Generator().manual_seed(0)).to(device)

    def encode_image(self, crops: Tensor) -> Tensor:
        patches = F.adaptive_avg_pool2d(crops, 4).flatten(1)
        return F.normalize((patches - 0.4) @ self._mix, dim=-1)

    def encode_text(self, texts: Sequence[str]) -> Tensor:
        return torch.cat([self._text(text) for text in texts])

    def _text(self, text: str) -> Tensor:
        for name, colour in COLOURS.items():
            if name in text.lower():
                flat = torch.tensor(colour, device=self._device).view(1, 3, 1, 1)
                return self.encode_image(flat.expand(1, 3, self.input_size, self.input_size))
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
        direction = torch.randn(1, self.dim, generator=torch.Generator().manual_seed(seed))
        return F.normalize(direction, dim=-1).to(self._device)


class FlatDrawer(Drawer):
    """A picture of a single colour: the smallest complete drawer, and a pattern for plugin authors."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """One flat colour"""

        flat_rate: float = setting(0.05, "how fast the colour changes", minimum=0)

    settings: Settings
    capturable = True

    def __init__(self, settings: Settings, canvas: Canvas) -> None:
        super().__init__(settings, canvas)
        self.colour = torch.zeros(1, 3, 1, 1)

    def start(self, image: Tensor | None, generator: torch.Generator) -> None:
        colour = torch.rand(1, 3, 1, 1, generator=generator)
        if image is not None:
            colour = image[:, :3].mean((2, 3), keepdim=True)
        self.colour = colour.to(self.canvas.device).requires_grad_(True)

    def parameters(self) -> list[ParameterGroup]:
        return [ParameterGroup([self.colour], self.settings.flat_rate)]

    def render(self, step: int) -> Tensor:
        return self.colour.expand(1, 3, self.canvas.height, self.canvas.width)

    @torch.no_grad()
    def paint(self, image: Tensor) -> None:
        self.colour.copy_(image.mean((2, 3), keepdim=True))

    @torch.no_grad()
    def project(self) -> None:
        self.colour.clamp_(0, 1)


class ProposingDrawer(Drawer):
    """Proposes one flat colour per step, in a fixed order: the smallest drawer without gradients."""

    tensors = ("best",)
    colours = ("blue", "red", "green")
    supplies = {"iterations": 3}

    def start(self, image: Tensor | None, generator: torch.Generator) -> None:
        self.best = torch.full((1, 3, self.canvas.height, self.canvas.width), 0.5)

    def parameters(self) -> list[ParameterGroup]:
        return []

    def render(self, step: int) -> Tensor:
        return self.best

    def propose(self, step: int) -> Iterator[Proposal]:
        yield Proposal()
        yield Proposal(self.best, notice=f"at work on {self.colours[step]}")
        colour = torch.tensor(COLOURS[self.colours[step]]).view(1, 3, 1, 1)
        yield Proposal(colour.expand_as(self.best).clone(), finished=True)

    def accept(self, proposal: Proposal) -> None:
        assert proposal.image is not None
        self.best = proposal.image

    def facts(self) -> Mapping[str, str]:
        return {"pixray_made_by": "ProposingDrawer"}


class CountingRecorder:
    """Counts events by kind, keeps them, and remembers that it was closed."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.events: list[Event] = []
        self.closed = 0

    def __call__(self, event: Event) -> None:
        self.counts[type(event).__name__] += 1
        self.events.append(event)

    def close(self) -> None:
        self.closed += 1

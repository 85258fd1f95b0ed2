"""What drawers of strokes share: parameters with their rates, rendering, painting over, and state."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from pixray.drawers.base import Canvas, Drawer, ParameterGroup
from pixray.steppers.gradient import GradientStepper
from pixray.strokes.render import render
from pixray.strokes.sketch import Sketch

POINT_RATE, WIDTH_RATE, COLOUR_RATE = 1.0, 0.1, 0.01
"""Adam's steps in pixels, in pixels of width, and in shares of colour: the old pixray's and CLIPDraw's."""
PAINT_STEPS = 40
"""Steps that `paint` takes; with the rates above a point moves up to 40 pixels."""


class StrokeDrawer(Drawer):
    """Strokes as parameters. A subclass says how a drawing begins and which of its numbers are free."""

    wants_noise = False

    def __init__(self, settings: Any, canvas: Canvas) -> None:
        super().__init__(settings, canvas)
        self._sketch: Sketch | None = None
        self._groups: list[ParameterGroup] = []

    @abstractmethod
    def begin(self, image: Tensor | None, generator: torch.Generator) -> Sketch:
        """The first drawing, on the CPU."""

    @abstractmethod
    def free(self, sketch: Sketch) -> dict[str, float]:
        """Which of `Sketch.tensors()` are optimised, with their rates."""

    @abstractmethod
    def width_range(self) -> tuple[float, float]:
        """Smallest and largest width in pixels."""

    @property
    def sketch(self) -> Sketch:
        """The drawing as it is now."""
        assert self._sketch is not None, "start() comes first"
        return self._sketch

    def start(self, image: Tensor | None, generator: torch.Generator) -> None:
        with torch.no_grad():
            self._sketch = sketch = self.begin(image, generator).to(self.canvas.device)
        tensors = sketch.tensors()
        rates = self.free(sketch)
        self._groups = [ParameterGroup([tensors[name].requires_grad_(True)], rate) for name, rate in rates.items()]

    def parameters(self) -> list[ParameterGroup]:
        return self._groups

    def render(self, step: int) -> Tensor:
        return render(self.sketch.scene(), self.size, self.sketch.paper)

    @torch.no_grad()
    def project(self) -> None:
        sketch, names = self.sketch, self.free(self.sketch)
        if "widths" in names:
            sketch.widths.clamp_(*self.width_range())
        for name in ("colours", "opacity", "paper"):
            if name in names:
                sketch.tensors()[name].clamp_(0, 1)

    def paint(self, image: Tensor) -> None:
        """Move the strokes towards a picture by descending on the difference, coarse structure first."""
        before = self.state()
        image = image.to(self.canvas.device)
        own = GradientStepper(self._groups)  # the run's optimizer keeps its own momentum
        with torch.no_grad():
            wanted = _difference(self._flat(), image)
        for _ in range(PAINT_STEPS):
            own.clear()
            with torch.enable_grad():
                _difference(self._flat(), image).backward()
            own.update()
            self.project()
        own.clear()
        with torch.no_grad():
            if _difference(self._flat(), image) > wanted:
                self.restore(before)

    def _flat(self) -> Tensor:
        """The picture, over white where it is transparent."""
        picture = self.render(0)
        return picture if picture.shape[1] == 3 else picture[:, :3] * picture[:, 3:] + 1 - picture[:, 3:]

    def state(self) -> dict[str, Tensor]:
        return {name: tensor.detach().cpu().clone() for name, tensor in self.sketch.tensors().items()}

    @torch.no_grad()
    def restore(self, state: Mapping[str, Tensor]) -> None:
        for name, tensor in self.sketch.tensors().items():
            tensor.copy_(state[name])


def _difference(picture: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference, of the pixels and of three coarser versions, which draw strokes from further away."""
    total = (picture - target).abs().mean()
    for size in (2, 4, 8):
        if min(picture.shape[2:]) >= size:
            total = total + torch.nn.functional.avg_pool2d(picture - target, size).abs().mean()
    return total

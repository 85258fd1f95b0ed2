"""A camera over the drawing: with every move it looks at a slightly different part of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

_CUBIC = ("cpu", "cuda")
"""Kinds of devices on which torch samples with cubic interpolation."""


@dataclass(frozen=True)
class Camera:
    """How the camera moves, and when.

    Attributes:
        zoom: how many times larger the picture is after a move.
        right, down: how far it goes, as a share of width and height.
        degrees: how far it turns clockwise, so that the picture turns the other way.
        every: it moves before every step that is a multiple of this, but the first; 0 or less: never.
    """

    zoom: float = 1.0
    right: float = 0.0
    down: float = 0.0
    degrees: float = 0.0
    every: int = 1

    @property
    def moves(self) -> bool:
        """Whether it ever shows anything else."""
        return self.every > 0 and (self.zoom, self.right, self.down, self.degrees) != (1.0, 0.0, 0.0, 0.0)

    def due(self, step: int) -> bool:
        """Whether it is to move before this step."""
        return self.moves and step > 0 and step % self.every == 0

    def moved(self, canvas: Tensor) -> Tensor:
        """What it sees of the drawing after one move; beyond the borders the drawing is reflected.

        Args:
            canvas: 1 C H W in [0, 1].

        Returns:
            1 C H W in [0, 1].
        """
        height, width = canvas.shape[-2:]
        across, along = math.sin(math.radians(self.degrees)), math.cos(math.radians(self.degrees))
        # Where each pixel is looked up, in coordinates from -1 to 1 over either side, so that turning keeps circles.
        matrix = [
            [along / self.zoom, -across / self.zoom * height / width, 2 * self.right],
            [across / self.zoom * width / height, along / self.zoom, 2 * self.down],
        ]
        source = canvas if canvas.device.type in _CUBIC else canvas.cpu()
        grid = F.affine_grid(source.new_tensor(matrix)[None], [1, 1, height, width], align_corners=False)
        view = F.grid_sample(source, grid, mode="bicubic", padding_mode="reflection", align_corners=False)
        return view.clamp(0, 1).to(canvas.device)

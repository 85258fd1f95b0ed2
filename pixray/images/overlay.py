"""A picture that is laid over the drawing again and again while it is being made."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from pixray.images.noise import laid_over


@dataclass(frozen=True)
class Overlay:
    """What is laid over the drawing, and when.

    Attributes:
        image: 1 4 H W in [0, 1], its fourth channel the opacity.
        every, offset: it is due at steps whose remainder by `every` is `offset`; 0 or less: never.
        until: the step from which on it is due no longer; None: to the end.
    """

    image: Tensor
    every: int = 10
    offset: int = 0
    until: int | None = None

    def due(self, step: int) -> bool:
        """Whether it is to be laid over the drawing before this step."""
        return self.every > 0 and step % self.every == self.offset and (self.until is None or step < self.until)

    def over(self, canvas: Tensor) -> Tensor:
        """The overlay on the drawing.

        Args:
            canvas: 1 C H W in [0, 1], C 3 or 4.

        Returns:
            1 3 H W.
        """
        return laid_over(self.image, canvas[:, :3], 1.0)

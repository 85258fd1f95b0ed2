"""What a perceptor is: a frozen pair of encoders that place pictures and texts in one space."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from torch import Tensor


class Perceptor(ABC):
    """Looks at pictures. Never changes after it was made, so that sessions can share it.

    Constructed with the keywords `device` ("cpu", "cuda:0"), `dtype` (of its weights), `contrast` ("plain" or
    "minmax"), with `settings` if it declares some in a nested frozen dataclass `Settings`, and with `variant` if it is
    a family: `clip_models=mine/large` makes the one registered as "mine" with `variant="large"`.

    Attributes:
        name: what users call it, such as "ViT-B/32".
        input_size: side of the square pictures it takes, in pixels.
        dim: length of its embeddings.
        vocabulary: how many words it learned; 0 for models that know all letters.
    """

    Settings: ClassVar[type | None] = None
    name: str
    input_size: int
    dim: int
    vocabulary: int = 0
    capturable: bool = False
    """Whether a CUDA graph can hold `encode_image` and its gradient: see `pixray.testing.recording`."""

    @abstractmethod
    def encode_image(self, crops: Tensor) -> Tensor:
        """Embed pictures.

        Args:
            crops: N 3 S S, about [0, 1] (noise may leave the range); normalisation happens inside.

        Returns:
            N D, float32, unit length, differentiable with respect to the crops.
        """

    @abstractmethod
    def encode_text(self, texts: Sequence[str]) -> Tensor:
        """Embed texts: N D, float32, unit length, without gradient."""

    def unread(self, text: str) -> str:
        """The end of a text that this perceptor cuts off, because it is too long; empty if all of it is read."""
        return ""

    def unknown_words(self, text: str) -> list[str]:
        """Words of a prompt that this perceptor never learned; empty for models that know all letters."""
        return []

"""What came of a request: decoded pictures, what they cost, and what there is to say about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pixray.providers.base import Status
from pixray.providers.decode import open_safely
from pixray.providers.errors import ProviderError

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True)
class ImageResult:
    """One picture, or the news that there is none.

    Attributes:
        content: the bytes as they came; None unless there is a picture.
        mime: by magic bytes; width, height: as they came, which may differ from what was asked for.
        seed: what was used, as far as anybody knows.
        status: "ok", "filtered", "blurred" or "error"; refusal: the service's words for it.
        beside: other pictures by name, such as the pose that a control found.
        facts: request id, engine …
    """

    content: bytes | None = field(repr=False)
    mime: str | None = None
    width: int = 0
    height: int = 0
    seed: int | None = None
    status: Status = "ok"
    refusal: str = ""
    revised_prompt: str | None = None
    beside: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def usable(self) -> bool:
        """Whether there is a picture as it was meant."""
        return self.status == "ok" and self.content is not None

    def picture(self) -> Image.Image:
        """For Pillow: RGB or RGBA, without the metadata that came with it."""
        assert self.content is not None, "there is no picture"
        return open_safely(self.content)


@dataclass(frozen=True)
class Cost:
    """What something cost.

    Attributes:
        amount: in `unit`; None: nobody knows.
        source: "reported" by the service, "estimated" from the user's prices, "guessed" from the service's own list,
            "free", "cached" (nothing), "unknown".
        as_of: the day of the list, where it is a guess.
    """

    amount: float | None = None
    unit: str = ""
    source: Literal["reported", "estimated", "guessed", "free", "cached", "unknown"] = "unknown"
    as_of: str = ""

    @classmethod
    def sum(cls, costs: Sequence[Cost]) -> Cost:
        """The whole of several costs, as far as they are known."""
        priced = [cost for cost in costs if cost.amount is not None]
        if not priced:
            return cls()
        sources = {cost.source for cost in priced}
        mixed = "guessed" if "guessed" in sources else "estimated"
        source: Any = next(iter(sources)) if len(sources) == 1 else mixed
        as_of = next((cost.as_of for cost in priced if cost.as_of), "")
        unit = next((cost.unit for cost in priced if cost.unit), "")
        return cls(round(sum(cost.amount or 0.0 for cost in priced), 9), unit, source, as_of)

    def __str__(self) -> str:
        if self.amount is None:
            return "unknown"
        amount = f"{self.amount:g}{' ' + self.unit if self.unit else ''}"
        if self.source == "guessed":
            return f"about {amount} (list of {self.as_of}, unverified)"
        return f"{amount} ({self.source})"


@dataclass(frozen=True)
class GenerateResult:
    """Everything that came of one request.

    Attributes:
        images: in the order of their seeds; refused ones included.
        error: why some are missing, if some are.
        cost: of all of them; attempts: submissions that were made.
        seconds: from the start to the last picture.
        cached: nothing was submitted, the result was known.
        warnings: what the user should know.
    """

    images: tuple[ImageResult, ...]
    error: ProviderError | None = None
    cost: Cost = Cost()
    attempts: int = 0
    seconds: float = 0.0
    cached: bool = False
    warnings: tuple[str, ...] = ()

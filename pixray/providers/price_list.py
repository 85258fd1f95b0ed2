"""What a picture of a service costs, as far as anybody wrote it down, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PriceList:
    """Prices of one picture by model.

    Attributes:
        pictures: by the name of the model; "" is for all others.
        as_of: the day on which it was written; prices change.
        certain: nobody needs to check it, as of what runs on one's own machine.
        unit: of the amounts.
    """

    pictures: Mapping[str, float]
    as_of: str = ""
    certain: bool = False
    unit: str = "USD"

    @classmethod
    def free(cls) -> PriceList:
        """Of what runs on a machine of one's own."""
        return cls({"": 0.0}, certain=True, unit="")

    def price_of(self, model: str | None) -> float | None:
        """What a picture by a model costs; None if the list does not say."""
        return self.pictures.get(model or "", self.pictures.get(""))

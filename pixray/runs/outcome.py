"""How the painting of a run ended, for whoever paints one after the other and goes on after a failure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pixray.errors import PixrayError
from pixray.providers.errors import ProviderError


@dataclass(frozen=True)
class Outcome:
    """How one run ended.

    Attributes:
        state: "stopped": it was asked to end before its last step.
        reason: of a failure, as a sentence.
        broken_device: the failure left a GPU unusable for this process, which therefore has to end.
        paid: it was one of a remote service, which was tried as often as its settings say and may have cost money.
    """

    state: Literal["done", "stopped", "failed"]
    reason: str = ""
    broken_device: bool = False
    paid: bool = False


def outcome_of(paint: Callable[[], bool]) -> Outcome:
    """Paint; say how that ended, whatever went wrong.

    Args:
        paint: takes a run to its end; whether it was stopped before.
    """
    try:
        return Outcome("stopped" if paint() else "done")
    except PixrayError as error:
        return Outcome("failed", str(error), paid=isinstance(error, ProviderError))
    except MemoryError:
        return Outcome("failed", "there is not enough memory on this machine for what was asked")
    except Exception as error:  # any other mistake is ours, and the next run shall be painted all the same
        return Outcome("failed", f"the run failed: {type(error).__name__}: {error}", "CUDA" in str(error))

"""What the checks of all kinds of parts have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from pixray.parts.kinds import check_part
from pixray.settings.declare import declarations


@contextmanager
def untouched_randomness() -> Iterator[None]:
    """Fail if something inside draws from torch's global generator."""
    before = torch.get_rng_state()
    yield
    assert torch.equal(before, torch.get_rng_state()), "it draws from torch's global generator, not from the given one"


def check_class(kind: str, cls: Any) -> None:
    """Make sure that a class can be registered.

    Raises:
        InvalidPart: one sentence that says what is wrong with it.
    """
    check_part(kind, getattr(cls, "__name__", str(cls)), cls, "as given to this check")


def settings_of(cls: type, **changes: Any) -> Any:
    """An instance of a part's settings with its defaults, checked to be declared properly; None if it has none."""
    group = getattr(cls, "Settings", None)
    if group is None:
        return None
    declared = declarations(group, cls.__name__)
    check_title(cls)
    assert all(declaration.help for declaration in declared), f"every setting of {cls.__name__} needs a help text"
    return group(**changes)


def check_title(cls: Any) -> None:
    """Make sure that the settings have a docstring of their own; a dataclass without one is given its signature."""
    text = (cls.Settings.__doc__ or "").strip()
    title = "" if text.startswith(f"{cls.Settings.__name__}(") else text
    assert title, f"{cls.__name__}.Settings needs a docstring: it is the title in the help"


def settings_keyword(cls: type, **changes: Any) -> dict[str, Any]:
    """The keyword `settings`, for the kinds that get it only if they declare some."""
    settings = settings_of(cls, **changes)
    return {} if settings is None else {"settings": settings}

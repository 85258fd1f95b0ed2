"""The kinds of parts that people can add, and what a class of each kind must be."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass
from typing import Any

from pixray.errors import InvalidPart


@dataclass(frozen=True)
class Kind:
    """What the parts of one kind have in common.

    Attributes:
        group: the group of entry points in which packages announce them.
        base: the class they derive from, as module:Class, and `shown`, its public name.
        positional, keywords: what they are constructed with.
        optional_settings: they get the keyword `settings` only if they declare `Settings`.
    """

    group: str
    base: str
    shown: str
    positional: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    optional_settings: bool = False


KINDS: dict[str, Kind] = {
    "drawer": Kind("pixray.drawers", "pixray.drawers.base:Drawer", "pixray.Drawer", ("settings", "canvas")),
    "filter": Kind("pixray.filters", "pixray.filters.base:Filter", "pixray.Filter", ("settings", "palette", "device")),
    "loss": Kind("pixray.losses", "pixray.losses.base:Loss", "pixray.Loss", ("settings", "arguments")),
    "perceptor": Kind(
        "pixray.perceptors",
        "pixray.perceptors.base:Perceptor",
        "pixray.Perceptor",
        keywords=("device", "dtype", "contrast"),
        optional_settings=True,
    ),
    "provider": Kind("pixray.providers", "pixray.providers.base:Provider", "pixray.Provider", ("settings", "key")),
    "cutouts": Kind(
        "pixray.cutouts",
        "pixray.cutouts.base:Cutouts",
        "pixray.Cutouts",
        ("num_cuts", "aspect", "noise", "device"),
        optional_settings=True,
    ),
    "optimizer": Kind(
        "pixray.optimizers", "torch.optim:Optimizer", "torch.optim.Optimizer", ("params", "lr"), optional_settings=True
    ),
    "recorder": Kind(
        "pixray.recorders",
        "pixray.recorders.base:Recorder",
        "pixray.Recorder",
        keywords=("files",),
        optional_settings=True,
    ),
}
"""Every kind of part by its name."""


def check_part(kind: str, name: str, part: Any, source: str) -> None:
    """Make sure that something is a complete class of its kind.

    Args:
        source: where it came from, in words.

    Raises:
        InvalidPart: one sentence that says what it is and what is right.
    """
    facts, label = KINDS[kind], f"{kind} '{name}', {source}"
    base = import_attribute(facts.base)
    if not inspect.isclass(part):
        raise InvalidPart(f"{label}: expected a subclass of {facts.shown}, and this is {_described(part)}")
    if not issubclass(part, base):
        raise InvalidPart(f"{label}: expected a subclass of {facts.shown}, and {part.__qualname__} is none")
    missing = sorted(getattr(part, "__abstractmethods__", ()))
    if missing:
        methods = " and ".join(f"`{method}`" for method in missing)
        raise InvalidPart(f"{label}: {part.__qualname__} has no {methods}, which every {kind} needs")
    _check_construction(facts, part, label)


def _check_construction(facts: Kind, part: type, label: str) -> None:
    """Whether the class takes what it will be constructed with."""
    keywords = [*facts.keywords]
    if facts.optional_settings and getattr(part, "Settings", None) is not None:
        keywords.append("settings")
    try:
        signature = inspect.signature(part)
    except ValueError:  # some classes written in C do not say what they take
        return
    try:
        signature.bind(*facts.positional, **dict.fromkeys(keywords))
    except TypeError as error:
        words = ", ".join([*facts.positional, *(f"{word}=" for word in keywords)])
        raise InvalidPart(f"{label}: {part.__qualname__} must be constructed with ({words}), but {error}") from None


def _described(part: Any) -> str:
    article = "an" if type(part).__name__[0] in "aeiou" else "a"
    return f"{article} {type(part).__name__}"


def import_attribute(path: str) -> Any:
    """What "module:Class" names, imported now."""
    module, _, attribute = path.partition(":")
    value = importlib.import_module(module)
    for name in attribute.split("."):
        value = getattr(value, name)
    return value

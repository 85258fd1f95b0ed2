"""Which perceptors a run gets: those it names, or for `perceptors=auto` the real ones if they can be had.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pixray.errors import ModelUnavailable, SettingsError
from pixray.models.store import ModelStore
from pixray.perceptors.base import Perceptor
from pixray.registry import Registry
from pixray.runtime.devices import choose_device, choose_dtype
from pixray.settings.embedded import ASKED, EMBEDDED_FOLLOWS, embedded_layers
from pixray.settings.grammar import parse_weighted
from pixray.settings.namespace import Settings
from pixray.settings.schema import Schema

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Perception:
    """The perceptors of a run, and what follows from them.

    Attributes:
        settings: of the run, completed by what follows from the choice of perceptors.
        device: where the perceptors are, and the run will be.
        perceptors, weights: by name.
        notice: what to tell the user, or None.
    """

    settings: Settings
    device: str
    perceptors: dict[str, Perceptor]
    weights: dict[str, float]
    notice: str | None = None


def open_perceptors(settings: Settings, registry: Registry, store: ModelStore) -> Perception:
    """Choose between real and embedded perceptors, fetching the real ones if need be, and load them.

    Models that somebody named are never replaced.

    Args:
        settings: resolved and not changed since.

    Raises:
        ModelUnavailable: one clear sentence with the ways to get it.
        SettingsError: a perceptor named twice, or a device that is not there.
    """
    notice = None if settings.origins["clip_models"].settled else _fetch_or_explain(settings, registry, store)
    if notice is not None:
        chosen = {name: getattr(settings, name, None) for name in EMBEDDED_FOLLOWS}
        asked = {name: chosen[name] for name in ASKED if name in settings.origins and settings.origins[name].asked_for}
        supplied = embedded_layers(chosen, asked)
        schema = Schema.for_choice(registry, [*settings.layers, *supplied])
        for layer in supplied:
            settings = schema.supply(settings, layer)
    device = choose_device(settings.device)
    perceptors, weights = load_perceptors(settings.clip_models, settings, registry, store, device)
    return Perception(settings, device, perceptors, weights, notice)


def _fetch_or_explain(settings: Settings, registry: Registry, store: ModelStore) -> str | None:
    """Fetch the models that `perceptors=auto` prefers; if they cannot be had, what to tell the user about it."""
    if settings.perceptors != "auto":
        return None
    from pixray.perceptors.sources import fetch, read_name

    names = [parse_weighted(name).text for name in settings.clip_models]
    try:
        for name in names:
            if not _is_family(name, registry):
                fetch(read_name(name), store)
    except ModelUnavailable:
        be, them = ("is", "it") if len(names) == 1 else ("are", "them")
        insisting = "robust" if settings.ladder == "robust" else "clip"
        return (
            f"using the built-in small model; {' and '.join(names)} {be} not on this machine and the model "
            f"hub cannot be reached (perceptors={insisting} insists on {them})"
        )
    return None


def load_perceptors(
    names: Sequence[str], settings: Settings, registry: Registry, store: ModelStore, device: str
) -> tuple[dict[str, Perceptor], dict[str, float]]:
    """Perceptors by name, and their weights. Loaded at most once per store.

    Raises:
        ModelUnavailable: one clear sentence with the ways to get it.
        SettingsError: a perceptor named twice.
    """
    dtype = choose_dtype(settings.precision, device)
    perceptors: dict[str, Perceptor] = {}
    weights: dict[str, float] = {}
    for text in names:
        choice = parse_weighted(text)
        if choice.text in perceptors:
            raise SettingsError(f"clip_models names '{choice.text}' twice; give it a weight instead")
        family = (
            registry.load("perceptor", choice.text.partition("/")[0]) if _is_family(choice.text, registry) else None
        )
        section = None if family is None else settings.section_of(family)
        key = ("perceptor", choice.text, device, str(dtype), settings.cut_contrast, section)
        load = partial(_load, choice.text, settings, registry, store, device, dtype)
        perceptors[choice.text] = store.shared(key, load)
        weights[choice.text] = choice.weight
    return perceptors, weights


def _load(
    name: str, settings: Settings, registry: Registry, store: ModelStore, device: str, dtype: torch.dtype
) -> Perceptor:
    import torch

    if _is_family(name, registry):
        if settings.precision == "auto" and device == "cpu":
            # bfloat16 is a fifth faster with small perceptors, and their pictures are as good. But its sums depend more
            # on the number of threads, and with them the bytes of a picture: 3.1 % of the values instead of 1.3 %.
            dtype = torch.float32
        family, _, variant = name.partition("/")
        cls = registry.load("perceptor", family)
        keywords = {**settings.section_keyword(cls), **({"variant": variant} if variant else {})}
        if variant and "variant" not in inspect.signature(cls).parameters:
            raise SettingsError(f"clip_models='{name}': the perceptor {family} has no variants; expected '{family}'")
        return cls(device=device, dtype=dtype, contrast=settings.cut_contrast, **keywords)
    from pixray.perceptors.openclip import load_openclip
    from pixray.perceptors.sources import fetch, read_name

    return load_openclip(fetch(read_name(name), store), device, dtype, settings.cut_contrast)


def _is_family(name: str, registry: Registry) -> bool:
    """Whether a registered class makes this perceptor; all others are models of open_clip."""
    return name.partition("/")[0] in registry.names("perceptor")

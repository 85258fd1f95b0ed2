"""What the page can offer, told from the declarations: parts with their settings, presets, palettes, defaults.

Nothing here knows a setting by name. What a page's visitor may not name (files and places of this machine, paid
services) is left out by the same facts that `pixray.settings.policy` judges by.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from typing import Any

from pixray.errors import PixrayError
from pixray.images.color import hex_of
from pixray.images.palette import Palette, read_palette
from pixray.registry import Registry
from pixray.runtime.version import __version__
from pixray.runtime.yaml_io import parse_yaml, to_plain
from pixray.settings.convert import describe
from pixray.settings.core import ALWAYS
from pixray.settings.declare import Declaration, Refers, Role, declarations
from pixray.settings.grammar import Amount
from pixray.settings.help import title_of
from pixray.settings.indexed import about, indexed_part
from pixray.settings.layers import Leave
from pixray.settings.presets import preset_names, preset_title, read_preset
from pixray.settings.tables import ASPECT, QUALITY

_TYPES: dict[Any, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    Amount: "amount",
    Any: "text",
    list[str]: "texts",
}
_OF_THE_SERVER = Refers.DESTINATION | Refers.INSTALLATION | Refers.ENDPOINT


def options(registry: Registry, leave: Leave = Leave()) -> dict[str, Any]:
    """Everything that a page can offer, as JSON.

    Args:
        registry: whose plugins take part, which are imported.
        leave: what visitors may name.
    """
    return {
        "version": __version__,
        "drawers": _parts(registry, "drawer", leave),
        "filters": _parts(registry, "filter", leave),
        "losses": _parts(registry, "loss", leave),
        "general": [
            row
            for group in ALWAYS
            for row in _rows(declarations(group, "the engine"), title_of(group), registry, leave)
        ],
        "presets": [
            {"name": name, "title": preset_title(name), "settings": to_plain(read_preset(name))}
            for name in preset_names()
        ],
        "qualities": [{"name": name, **values} for name, values in QUALITY.items()],
        "aspects": [{"name": name, "width": width, "height": height} for name, (width, height) in ASPECT.items()],
        "palettes": palettes(),
        "starts": [{"name": name, "settings": settings} for name, settings in _data("starts").items()],
        "nudges": [{"name": name, **nudge} for name, nudge in _data("nudges").items()],
        "settled": [{"name": name, **rule} for name, rule in _data("settled").items()],
        "defaults": dict(_data("first")),
    }


def palettes() -> list[dict[str, Any]]:
    """The palettes that the page shows: name, text as the setting `palette` takes it, and colours as #rrggbb."""
    return [
        {"name": name, "text": text, "colours": hex_colours(read_palette(text))}
        for name, text in _data("palettes").items()
    ]


def hex_colours(colours: Palette) -> list[str]:
    """Colours in the notation of style sheets."""
    return [hex_of(colour) for colour in colours]


@cache
def _data(name: str) -> dict[str, Any]:
    text = resources.files("pixray.studio").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return parse_yaml(text, f"{name}.yaml")


def _parts(registry: Registry, kind: str, leave: Leave) -> list[dict[str, Any]]:
    """The parts of one kind that can be used here: name, what it is, and its settings."""
    parts = []
    for name in registry.names(kind):
        if not leave.services and name in registry.names("provider"):
            continue
        owner = f"{kind} {name}"
        try:
            help_text, declared = _facts(registry, kind, name, owner)
        except PixrayError:
            continue  # a plugin that cannot be loaded: `pixray doctor` says why
        parts.append({"name": name, "help": help_text, "settings": _rows(declared, owner, registry, leave)})
    return parts


def _facts(registry: Registry, kind: str, name: str, owner: str) -> tuple[str, Sequence[Declaration]]:
    if registry.is_built_in(kind, name) or registry.is_built_in("provider", name):
        part = indexed_part(owner)
        return part.about, part.declared
    plugin = registry.load(kind, name)
    group = getattr(plugin, "Settings", None)
    return about(plugin), () if group is None else declarations(group, owner)


def _rows(declared: Iterable[Declaration], group: str, registry: Registry, leave: Leave) -> list[dict[str, Any]]:
    return [
        _row(declaration, group, registry)
        for declaration in declared
        if not declaration.internal and _may_name(declaration, leave)
    ]


def _row(declaration: Declaration, group: str, registry: Registry) -> dict[str, Any]:
    kind = declaration.kind
    several = typing.get_args(kind) if typing.get_origin(kind) in (tuple, list) and kind != list[str] else ()
    known = declaration.part is not None and declaration.parse is None
    choices = registry.names(str(declaration.part)) if known else declaration.choices
    return {
        "name": declaration.name,
        "help": declaration.help,
        "type": _TYPES[several[0] if several else kind],
        "count": 0 if not several else None if several[-1] is Ellipsis or len(several) == 1 else len(several),
        "choices": None if choices is None else list(choices),
        "minimum": declaration.minimum,
        "maximum": declaration.maximum,
        "unit": declaration.unit,
        "steerable": Role.STEERABLE in declaration.role,
        "default": to_plain(declaration.default),
        "expects": describe(declaration),
        "common": declaration.common,
        "group": group,
    }


def _may_name(declaration: Declaration, leave: Leave) -> bool:
    """Whether a visitor can use a setting at all; values that only might name a file are judged when they come."""
    refers = declaration.refers
    if refers & _OF_THE_SERVER or Role.UNRECORDED in declaration.role:
        return False
    if not refers & Refers.PICTURE or declaration.references is not None:
        return True
    return bool(leave.folders != () or (Refers.ADDRESS in refers and leave.addresses))

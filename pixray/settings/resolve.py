"""Complete and checked settings from all sources: files, Python, flags."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pixray.errors import SettingsError
from pixray.registry import Registry
from pixray.runtime.yaml_io import read_json, read_yaml
from pixray.settings.core import engine_declarations
from pixray.settings.flags import peek_flags, read_flags
from pixray.settings.layers import Layer, LayerKind, flags_layer, python_layer
from pixray.settings.namespace import Settings
from pixray.settings.presets import preset_names, read_preset
from pixray.settings.raw import is_empty
from pixray.settings.reference import owner_of
from pixray.settings.schema import Schema


def resolve(
    registry: Registry,
    added: Mapping[str, Any],
    argv: Sequence[str] = (),
    base: Layer | None = None,
    caller: str = "add_settings",
    further: Callable[[Schema, Sequence[Layer]], Iterable[str]] | None = None,
) -> Settings:
    """Settings from the three sources that people write: a YAML file, Python, and the command line.

    Args:
        base: settings below all of these, such as those of an earlier picture, and where they come from.

        caller: the function that was given `added`, as messages call it.
        further: what else is wrong, asked where settings are wrong, to be reported with them.

    Raises:
        SettingsError: all mistakes at once, a line each.
    """
    peeked = peek_flags(engine_declarations(), argv)
    layers = [python_layer(added, caller)] if added else []
    if base is not None:
        layers.insert(0, base)
    file = peeked.get("config_file") or added.get("config_file")
    if isinstance(file, str | os.PathLike) and not is_empty(file):
        layers.insert(0 if base is None else 1, _read_file(os.fspath(file)))
    schema = Schema.for_choice(registry, [*layers, flags_layer(peeked)])
    flags, problems = read_flags(schema.declared.values(), argv, lambda name: owner_of(name, registry))
    if flags:
        layers.append(flags_layer(flags))
    try:
        settings = schema.resolve(layers)
    except SettingsError as error:
        problems += error.problems
    if problems:
        raise SettingsError([*problems, *(further(schema, layers) if further else ())])
    return settings


def _read_file(file: str) -> Layer:
    """A YAML or JSON file, or a preset of that name when there is no such file."""
    if file in preset_names() and not Path(file).exists():
        return Layer(LayerKind.PRESET, f"preset {file}", read_preset(file))
    read = read_json if file.lower().endswith(".json") else read_yaml
    return Layer(LayerKind.FILE, Path(file).name, read(file), folder=Path(file).parent)

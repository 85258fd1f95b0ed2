"""What a request asks for: its inputs as layers of settings, and everything that is wrong with them, a sentence each.

Nothing is written, made or loaded here, and nothing is shared, so that many requests are looked at side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixray.errors import SettingsError, did_you_mean
from pixray.registry import Registry
from pixray.runtime.yaml_io import parse_yaml
from pixray.serve.inputs import Field, fields
from pixray.settings.layers import Layer, LayerKind, Leave
from pixray.settings.namespace import Settings
from pixray.settings.presets import read_preset
from pixray.settings.schema import Schema
from pixray.settings.subject import NO_SUBJECT, require_subject

LONGEST_SETTINGS = 16_384
"""Characters of the YAML of a request; all settings there are need half of them."""
LONGEST_TEXT = 4_096
"""Characters of any other input."""
DEEPEST = 8
"""Lists and objects within each other in settings that come as an object."""


def checked_layers(registry: Registry, inputs: Any, leave: Leave) -> tuple[Layer, ...]:
    """The layers of a request, weakest first.

    Args:
        inputs: as they came.
        leave: what requests may name.

    Raises:
        SettingsError: all mistakes at once.
    """
    if not isinstance(inputs, dict):
        raise SettingsError("input: expected an object of names and values")
    known_fields = {field.name: field for field in fields()}
    problems = [
        f"unknown input {_short(name)}.{did_you_mean(name[:80], known_fields)}"
        for name in inputs
        if name not in known_fields
    ]
    values = {name: value for name, value in inputs.items() if name in known_fields}
    for name, value in list(values.items()):
        expected = _expected(known_fields[name], value)
        if expected is not None:
            problems.append(f"{name}={_short(values.pop(name))} (from the inputs): expected {expected}")
    layers, further = layers_of(values.pop("preset", None), values.pop("settings", None), values, leave)
    try:
        check_settings(registry, layers)
    except SettingsError as error:
        further += error.problems
    # A prompt under a wrong name is no prompt, but that is not what has to be said then.
    problems += [problem for problem in further if not (problems and problem.startswith(NO_SUBJECT))]
    if problems:
        raise SettingsError(problems)
    return tuple(layers)


def layers_of(
    preset: str | None,
    settings: str | Mapping[str, Any] | None,
    inputs: Mapping[str, Any],
    leave: Leave,
    folder: Path | None = None,
) -> tuple[list[Layer], list[str]]:
    """The settings of a request by the input they came from, weakest first, and what is wrong already.

    Args:
        folder: below which the pictures are that the client sent.
    """
    layers: list[Layer] = []
    problems: list[str] = []
    try:
        layers += [Layer(LayerKind.PRESET, f"preset {preset}", read_preset(preset))] if preset else []
    except SettingsError as error:
        problems += error.problems
    values = {name: value for name, value in inputs.items() if value is not None}
    layers.append(Layer(LayerKind.CLIENT, "the inputs", values, leave, folder=folder))
    further: dict[str, Any] = {}
    try:
        further = dict(settings) if isinstance(settings, Mapping) else parse_yaml(settings or "", "settings")
    except SettingsError as error:
        problems += error.problems
    layers.append(Layer(LayerKind.CLIENT, "settings", further, leave, folder=folder))
    return layers, problems


def check_settings(registry: Registry, layers: list[Layer]) -> Settings:
    """The complete settings of a request.

    Raises:
        SettingsError: all mistakes at once, each with the input it came from; nothing says what to paint.
    """
    schema = Schema.for_choice(registry, layers)
    chosen = schema.resolve(layers)
    require_subject(chosen)
    return chosen


def _expected(field: Field, value: Any) -> str | None:
    """What is right, or None when the value can be looked at; a number may stand for a text that is one."""
    if value is None:
        return None
    if field.kind == "int":
        is_whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 53
        return None if is_whole else "a whole number"
    if field.name == "settings" and isinstance(value, dict):
        return None if is_small(value) else f"at most {LONGEST_SETTINGS:,} characters, nested {DEEPEST} deep at most"
    if field.name != "settings" and isinstance(value, int | float) and not isinstance(value, bool):
        return None
    longest = LONGEST_SETTINGS if field.name == "settings" else LONGEST_TEXT
    if not isinstance(value, str):
        return "a text"
    return None if len(value) <= longest else f"a text of at most {longest:,} characters"


def is_small(value: Any, depth: int = 0) -> bool:
    """Whether settings that came as an object are within the limits of those that come as text."""
    if depth > DEEPEST:
        return False
    if isinstance(value, dict | list):
        items = [*value, *value.values()] if isinstance(value, dict) else value
        return len(items) <= LONGEST_SETTINGS and all(is_small(item, depth + 1) for item in items)
    return not isinstance(value, str) or len(value) <= LONGEST_SETTINGS


def _short(value: Any) -> str:
    text = repr(value if not isinstance(value, str) else value[:200])
    return text if len(text) <= 80 else f"{text[:60]}…"

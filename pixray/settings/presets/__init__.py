"""Named sets of settings, as YAML files beside this one (`configs/` at the top of the repository links to them).

python -m pixray --config_file text2pixel --prompts "a red heart"

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

from pixray.errors import SettingsError, did_you_mean


def preset_names() -> list[str]:
    """Every preset, sorted."""
    files = resources.files("pixray.settings.presets").iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def read_preset(name: str) -> dict[str, Any]:
    """The settings of a preset.

    Raises:
        SettingsError: no preset of this name.
    """
    from pixray.runtime.yaml_io import parse_yaml

    return parse_yaml(_text_of(name), f"preset {name}")


def preset_title(name: str) -> str:
    """The first sentence about a preset, from the comment at its beginning.

    Raises:
        SettingsError: no preset of this name.
    """
    return _text_of(name).partition("\n")[0].lstrip("# ").partition(". ")[0].rstrip(".")


def _text_of(name: str) -> str:
    if name not in preset_names():
        hint = did_you_mean(name, preset_names())
        raise SettingsError(f"unknown preset '{name}': expected one of {', '.join(preset_names())}.{hint}")
    return resources.files("pixray.settings.presets").joinpath(f"{name}.yaml").read_text(encoding="utf-8")

"""Layers: who brought a value decides how far it is trusted, never what its source is called."""

from typing import Any

import pytest

from pixray.errors import SettingsError
from pixray.settings.core import ALWAYS
from pixray.settings.declare import Refers, Role, declarations
from pixray.settings.layers import LayerKind


@pytest.mark.parametrize("name", ["add_settings", "the command line", "default", "the namespace"])
def test_a_file_named_like_a_trusted_source_does_not_say_where_keys_are_sent(registry, tmp_path, name):
    from pixray.drawers.remote.order import client_for
    from pixray.models.store import ModelStore
    from pixray.settings.resolve import resolve

    (tmp_path / name).write_text("openai_url: https://stranger.example\n")
    settings = resolve(registry, {"drawer": "openai", "prompts": "a", "config_file": str(tmp_path / name)})
    assert settings.origin("openai_url") == name and settings.origin_kind("openai_url") is LayerKind.FILE
    service = registry.load("provider", "openai")
    provider = service(settings.section(service.Settings), None)
    with pytest.raises(SettingsError, match=r"openai_url \(from .*a key would be sent there"):
        client_for(provider, settings, ModelStore())


def test_a_file_with_an_equals_sign_in_its_name_is_recorded(registry, tmp_path):
    from pixray.settings.resolve import resolve

    (tmp_path / "run=1.yaml").write_text("iterations: 7\nezsize: large\nscale: 1.5\n")
    settings = resolve(registry, {"drawer": "pixel", "prompts": "a", "config_file": str(tmp_path / "run=1.yaml")})
    assert settings.given()["iterations"] == 7
    assert settings.scale == 1.5, "what a person's file says wins over the size in a word"


def test_what_a_quality_implies_is_not_asked_for(resolve):
    settings = resolve(drawer="pixel", quality="draft", prompts="a")
    assert settings.origin_kind("iterations") is LayerKind.SUPPLIED and "iterations" not in settings.given()


def _declared():
    """Every setting of the engine and of every built-in part."""
    from pixray.registry import BUILT_IN, Registry

    groups = [(group, "the engine") for group in ALWAYS]
    for kind in ("drawer", "loss", "filter"):
        groups += [(cls.Settings, f"{kind} {name}") for name, cls in Registry(BUILT_IN).classes(kind)]
    return [one for group, owner in groups if group is not None for one in declarations(group, owner)]


def test_settings_named_like_files_folders_and_addresses_say_so():
    endings = ("_file", "_dir", "_image", "_images", "_mask", "_svg", "_url", "_config", "_checkpoint", "outdir")
    textual = [one for one in _declared() if one.kind in (str, list[str], Any)]
    silent = [one.name for one in textual if one.name.endswith(endings) and not one.refers]
    assert not silent, f"{silent}: say what they name, refers=Refers…"
    wordy = (
        "a file",
        "file, glob",
        "path of a",
        "a glob",
        "glob of",
        "URL",
        "base address",
        "folder",
        "YAML",
    )
    quiet = [one.name for one in textual if any(word in one.help for word in wordy) and not one.refers]
    assert not quiet, f"{quiet}: say what they name, refers=Refers…"


def test_some_setting_has_each_role_and_names_each_kind_of_thing():
    declared = _declared()
    assert all(any(kind in one.refers for one in declared) for kind in Refers)
    assert all(any(role in one.role for one in declared) for role in Role)

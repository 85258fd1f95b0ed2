"""The list of the old pixray's settings, walked: what it says of each is what the program does."""

import importlib.util
from pathlib import Path

import pytest

from pixray.errors import SettingsError
from pixray.registry import ALIASES, BUILT_IN, GONE, Registry
from pixray.settings.convert import convert
from pixray.settings.core import engine_declarations
from pixray.settings.declare import declarations
from pixray.settings.flags import read_flags
from pixray.settings.layers import Layer, LayerKind
from pixray.settings.schema import Schema

_SPEC = importlib.util.spec_from_file_location("old_settings", Path(__file__).parents[2] / "docs" / "old_settings.py")
old_settings = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(old_settings)
ROWS = [row for group in old_settings.groups() for row in group["settings"]]
KEPT = [row for row in ROWS if "gone" not in row]

PARTS = {
    "drawer": ("vqgan", "vdiff", "fast_pixel", "super_resolution", "fft", "line_sketch", "pixel", "clipdraw"),
    "loss": ("palette", "saturation", "symmetry", "smoothness", "edge", "style", "resmem", "aesthetic", "gaussian"),
    "filter": ("lookup", "tiler", "wallpaper"),
}


def called(row):
    return f"{row.get('of', 'engine')} {row['name']}"


def declared_for(row):
    declared = [*engine_declarations()]
    if "of" in row:
        kind, _, name = row["of"].partition(" ")
        declared += declarations(Registry(BUILT_IN).load(kind, name).Settings, row["of"])
    return declared


def find(row):
    wanted = row.get("is", row["name"])
    return next((one for one in declared_for(row) if wanted in one.python_names), None)


def wrong(row):
    """What the program does otherwise than the list says of one setting."""
    one = find(row)
    if one is None:
        return "nobody declares it"
    if "is" not in row and one.name != row["name"]:
        return f"it is called {one.name}"
    declared = declared_for(row)
    for flag in [f"--{row['name']}", *row.get("flags", [])]:
        values, problems = read_flags(declared, [flag, "1"])
        if problems or list(values) != [one.name]:
            return f"{flag} does not lead to it: {problems}"
    old = None if row["default"] is None else convert(one, row["default"])
    ours = None if one.default is None else convert(one, one.default)
    if old != ours and (old is not None or ours not in ([], None)) and "differs" not in row:
        return f"its default was {old} and is {ours}"
    return None


def test_every_old_setting_has_its_name_flags_and_default_or_the_list_says_otherwise():
    assert {called(row): wrong(row) for row in KEPT if wrong(row)} == {}


def test_a_wrong_line_of_the_list_is_noticed():
    (row,) = (row for row in KEPT if row["name"] == "iterations")
    assert wrong({**row, "name": "iteratons"}) == "nobody declares it"
    assert wrong({**row, "flags": ["-it"]}).startswith("-it does not lead to it")
    assert "its default was 3" in wrong({**row, "default": 3})


def test_what_is_gone_is_answered_with_what_replaces_it():
    silent = []
    for row in (row for row in ROWS if "gone" in row):
        registry = Registry(BUILT_IN)
        given = {"prompts": "x", row["name"]: "1", "drawer": row["of"].split()[1] if "of" in row else "pixel"}
        layers = [Layer(LayerKind.FILE, "old.yaml", given)]
        with pytest.raises(SettingsError, match="gone") as caught:
            Schema.for_choice(registry, layers).resolve(layers)
        _, problems = read_flags(engine_declarations(), [f"--{row['name']}", "1"])
        if not any("use" in problem for problem in caught.value.problems) or "gone: use" not in problems[0]:
            silent.append(called(row))
    assert silent == []


def test_every_old_part_is_there_or_says_what_replaces_it():
    registry = Registry(BUILT_IN)
    known = {kind: {*registry.names(kind), *ALIASES.get(kind, {}), *GONE.get(kind, {})} for kind in PARTS}
    assert {name for kind, names in PARTS.items() for name in names if name not in known[kind]} == set()


@pytest.mark.parametrize("name", ["slip", "mixed"])
def test_old_sets_of_perceptors_are_answered_with_what_replaces_them(resolve, name):
    with pytest.raises(SettingsError, match="SLIP models are gone"):
        resolve(drawer="pixel", perceptors=name)


def test_the_page_is_written_from_the_list():
    assert old_settings.PAGE.read_text(encoding="utf-8") == "\n".join(old_settings.page())


def test_the_list_is_complete():
    """As many rows as the old parser had settings, and none twice."""
    names = [called(row) for row in ROWS]
    assert len(names) == len(set(names)) and len(ROWS) == 124

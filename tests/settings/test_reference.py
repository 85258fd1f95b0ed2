import dataclasses
import subprocess
import sys
from pathlib import Path

from pixray.registry import BUILT_IN, Registry
from pixray.runtime.yaml_io import to_plain
from pixray.settings import docs as page
from pixray.settings import reference
from pixray.settings.declare import declarations
from pixray.settings.indexed import indexed_part

ROOT = Path(__file__).parents[2]


def test_the_index_of_parts_is_up_to_date():
    assert reference.main(["--check"]) == 0, "run: python -m pixray.settings.reference"


def test_the_index_knows_owners():
    assert reference.owner_of("pixel_type") == "drawer pixel"
    assert reference.owner_of("no_such_setting") is None


def test_the_page_of_settings_is_up_to_date():
    assert page.main([str(ROOT / "docs" / "settings.md"), "--check"]) == 0, (
        "run: python -m pixray.settings.docs docs/settings.md"
    )


def test_built_in_parts_are_declared_in_the_index_as_they_are():
    registry = Registry(BUILT_IN)
    for kind in ("drawer", "loss", "filter", "perceptor", "cutouts", "recorder"):
        for name in registry.names(kind):
            part, owner = registry.load(kind, name), f"{kind} {name}"
            group = getattr(part, "Settings", None)
            declared = () if group is None else declarations(group, owner)
            shown = [dataclasses.replace(one, default=to_plain(one.default)) for one in declared]
            assert list(indexed_part(owner).declared) == shown
            assert dict(indexed_part(owner).supplies) == dict(getattr(part, "supplies", None) or {})


def test_settings_of_every_built_in_part_are_checked_without_torch():
    code = """
import sys
from pixray.registry import BUILT_IN, Registry
from pixray.settings.resolve import resolve
from pixray.errors import SettingsError
registry = Registry(BUILT_IN)
losses = "edge,gaussian,palette,saturation,smoothness,style,symmetry,tv"
for drawer in registry.names("drawer"):
    settings = resolve(registry, {"drawer": drawer, "custom_loss": losses, "filters": "lookup,tiler,wallpaper"})
    assert settings.edge_color == "white"
wrong = {"drawer": "line_sketch", "ink": "nocolour", "init_image": "no.png", "quality": "drat", "prompts": "x:nan",
         "custom_loss": "edge,smoothness", "smoothness_gaussian_kernel": 4, "spot_file": "neither.png"}
try:
    resolve(registry, wrong)
except SettingsError as error:
    print(*error.problems, sep="\\n")
assert "torch" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = done.stdout
    for words in ("ink='nocolour'", "init_image='no.png'", "quality='drat'", "kernel=4", "spot_file='neither.png'"):
        assert words in told

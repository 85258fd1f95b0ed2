"""A part of somebody else is a part like any other: by entry point, by `pixray.register`, by PIXRAY_PLUGINS."""

import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

import pixray
from pixray.api import Studio
from pixray.cli.main import main
from pixray.errors import InvalidPart, SettingsError
from pixray.registry import KINDS, Registry
from pixray.runs.grid import make_cells
from pixray.settings.docs import settings_page
from tests.processes import run_python

PARTS = """
from collections.abc import AsyncIterator
from dataclasses import dataclass

import torch

import pixray
from pixray.cutouts.direct import ZoomWide
from pixray.providers.base import Capabilities
from pixray.testing.fakes import FlatDrawer, ToyPerceptor


class Clay(FlatDrawer):
    @dataclass(frozen=True, kw_only=True)
    class Settings(FlatDrawer.Settings):
        "Soft clay"

        clay_softness: float = pixray.setting(0.5, "how soft the clay is", minimum=0, maximum=1)


class Calm(pixray.Loss):
    @dataclass(frozen=True, kw_only=True)
    class Settings:
        "Calm"

        calm_level: float = pixray.setting(0.5, "the grey to come near")

    def __call__(self, inputs):
        return (inputs.canvas - self.settings.calm_level).square().mean()


class Dim(pixray.Filter):
    @dataclass(frozen=True, kw_only=True)
    class Settings:
        "Dim"

        dim_factor: float = pixray.setting(0.5, "what colours are multiplied with")

    def __call__(self, canvas, randomness):
        return pixray.Filtered(canvas * self.settings.dim_factor)


class Eye(ToyPerceptor):
    @dataclass(frozen=True, kw_only=True)
    class Settings:
        "Eye"

        eye_blur: float = pixray.setting(0.0, "how blurred it sees")

    def __init__(self, *, settings, variant="", **facts):
        super().__init__(**facts)
        self.name, self.settings = f"eye/{variant}" if variant else "eye", settings


class Service(pixray.Provider):
    name = "clay_service"
    capabilities = Capabilities()

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        "Clay service"

        clay_service_style: str = pixray.setting("plain", "what it looks like")

    async def generate(self, request) -> AsyncIterator:
        yield


class Close(ZoomWide):
    @dataclass(frozen=True, kw_only=True)
    class Settings:
        "Close"

        close_share: float = pixray.setting(0.5, "how close")


class Slow(torch.optim.SGD):
    @dataclass(frozen=True, kw_only=True)
    class Settings:
        "Slow"

        slow_momentum: float = pixray.setting(0.5, "momentum", minimum=0)

    def __init__(self, params, lr, settings=None):
        super().__init__(params, lr=lr, momentum=settings.slow_momentum)


class Notes(pixray.Recorder):
    @dataclass(frozen=True, kw_only=True)
    class Settings:
        "Notes"

        notes_name: str = pixray.setting("notes.txt", "file of the notes")

    def __call__(self, event):
        path = self.files.folder / self.settings.notes_name
        with path.open("a") as file:
            file.write(type(event).__name__ + "\\n")
"""
CLASSES = {
    "drawer": ("clay", "Clay", "clay_softness"),
    "loss": ("calm", "Calm", "calm_level"),
    "filter": ("dim", "Dim", "dim_factor"),
    "perceptor": ("eye", "Eye", "eye_blur"),
    "provider": ("clay_service", "Service", "clay_service_style"),
    "cutouts": ("close", "Close", "close_share"),
    "optimizer": ("slow", "Slow", "slow_momentum"),
    "recorder": ("notes", "Notes", "notes_name"),
}
CHOSEN = {
    "prompts": "red",
    "drawer": "clay",
    "custom_loss": "calm",
    "filters": "dim",
    "clip_models": "eye/left,toy",
    "cutouts": "close",
    "optimiser": "slow",
    "recorders": "notes",
    "size": "24 16",
    "iterations": "2",
    "num_cuts": "4",
    "seed": "1",
    "outdir": "run",
}
REGISTERING = "\n".join(f"pixray.register({kind!r}, {name!r}, {cls})" for kind, (name, cls, _) in CLASSES.items())
TOY = ",perceptor:toy=pixray.testing.fakes:ToyPerceptor"


@pytest.fixture
def module(tmp_path, monkeypatch):
    """The module of parts, where Python finds it."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "somebodys_parts.py").write_text(PARTS)
    (tmp_path / "somebodys_registering.py").write_text(f"from somebodys_parts import *\nimport pixray\n{REGISTERING}\n")
    yield tmp_path
    for name in ("somebodys_parts", "somebodys_registering"):
        sys.modules.pop(name, None)


def install(folder):
    """What pip leaves behind of a package with entry points."""
    info = folder / "pixray_clay-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pixray-clay\nVersion: 1.2\n")
    lines = [f"[{KINDS[kind].group}]\n{name} = somebodys_parts:{cls}\n" for kind, (name, cls, _) in CLASSES.items()]
    (info / "entry_points.txt").write_text("\n".join(lines))


@pytest.fixture(params=["entry point", "module", "single parts"])
def announced(request, module, monkeypatch):
    """The parts made known in each way that needs no code of the caller."""
    if request.param == "entry point":
        install(module)
        monkeypatch.setenv("PIXRAY_PLUGINS", TOY)
    elif request.param == "module":
        monkeypatch.setenv("PIXRAY_PLUGINS", "somebodys_registering" + TOY)
    else:
        parts = [f"{kind}:{name}=somebodys_parts:{cls}" for kind, (name, cls, _) in CLASSES.items()]
        monkeypatch.setenv("PIXRAY_PLUGINS", ",".join(parts) + TOY)


def words_of(settings):
    return [word for name, value in settings.items() for word in (f"--{name}", *value.split(" "))]


def test_a_run_takes_a_part_of_every_kind_from_a_plugin(announced, capsys):
    words = words_of({**CHOSEN, "slow_momentum": "0.25", "notes_name": "mine.txt", "calm_level": "0.1"})
    assert main([*words, "--quiet"]) == 0, capsys.readouterr().err
    assert Path("run/mine.txt").read_text().split()[0] == "Started"
    assert "calm_level: 0.1" in Path("run/settings.yaml").read_text()


def test_settings_of_every_plugin_stand_in_the_help(announced, capsys):
    assert main(["--help-all"]) == 0
    page = capsys.readouterr().out
    assert [setting for _, _, setting in CLASSES.values() if f"--{setting}" not in page] == []
    assert "with drawer clay:" in page and "how soft the clay is [0.5]" in page
    assert main(["--help"]) == 0 and "clay_softness" not in capsys.readouterr().out


def test_settings_of_a_plugin_are_checked_as_ours(announced, capsys):
    assert main([*words_of({**CHOSEN, "clay_softness": "2", "slow_momentun": "1"})]) == 2
    errors = capsys.readouterr().err
    assert "clay_softness='2' (from the command line): expected at most 1" in errors
    assert "unknown flag '--slow_momentun' (from the command line). Did you mean '--slow_momentum'?" in errors
    assert main(["--drawer", "pixel", "--clay-softness", "1"]) == 2
    told = "'--clay-softness' (from the command line) is a flag of drawer clay, which this run does not use"
    assert told in capsys.readouterr().err


def test_a_yaml_file_may_hold_settings_of_a_plugin(announced, module):
    (module / "clay.yaml").write_text("drawer: clay\nclay_softness: 0.25\n")
    studio = Studio()
    studio.add_settings(config_file="clay.yaml", clip_models="toy")
    assert studio.apply_settings().clay_softness == 0.25
    studio.add_settings(drawer="pixel")
    with pytest.raises(SettingsError, match=r"'clay_softness' \(from clay.yaml\) is a setting of drawer clay"):
        studio.apply_settings()


def test_a_grid_of_ours_and_theirs_takes_the_settings_of_both(announced):
    given = {"drawer": "pixel,clay", "clay_softness": "0.1,0.2", "pixel_type": "hex", "clip_models": "toy"}
    cells = make_cells(given, Studio().registry, "grid")
    assert [getattr(cell.settings, "clay_softness", None) for cell in cells] == [None, None, 0.1, 0.2]
    assert [hasattr(cell.settings, "pixel_type") for cell in cells] == [True, True, False, False]


def test_settings_of_plugins_can_stand_in_the_page_of_settings(announced):
    page = settings_page(Studio().registry)
    assert [setting for _, _, setting in CLASSES.values() if f"`--{setting}`" not in page] == []


def test_the_package_knows_what_was_registered_in_it_and_so_does_every_new_studio(module):
    import somebodys_parts

    for kind, (name, cls, _) in CLASSES.items():
        pixray.register(kind, name, getattr(somebodys_parts, cls))
        assert Studio().registry.load(kind, name) is getattr(somebodys_parts, cls)
    mine = Studio()
    mine.register("loss", "mine", somebodys_parts.Calm)
    assert "mine" not in pixray.api.studio.registry.names("loss"), "a studio keeps its own parts to itself"


def test_a_family_without_variants_says_so(session):
    with pytest.raises(SettingsError, match="clip_models='toy/large': the perceptor toy has no variants"):
        session(clip_models="toy/large")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_class_of_its_kind_is_one_sentence_at_once(kind):
    for part, told in ((len, "a builtin_function_or_method"), (3, "an int"), (dict, "dict is none")):
        with pytest.raises(InvalidPart) as caught:
            pixray.register(kind, "mine", part)
        text = str(caught.value)
        assert text.startswith(f"{kind} 'mine', ") and KINDS[kind].shown in text and told in text and "\n" not in text


BROKEN = {
    "class Clay: pass": "expected a subclass of pixray.Drawer, and Clay is none",
    "def Clay(): pass": "expected a subclass of pixray.Drawer, and this is a function",
    "Klay = 1": "the module 'broken_parts' has no 'Clay'. Did you mean 'Klay'?",
    "import pixray\nclass Clay(pixray.Drawer): pass": "Clay has no `parameters` and `render` and `start`",
    "def": "which cannot be imported (SyntaxError: ",
    "1 / 0": "which cannot be imported (ZeroDivisionError: division by zero)",
    "from pixray.testing.fakes import FlatDrawer\nclass Clay(FlatDrawer):\n    def __init__(self): pass": (
        "Clay must be constructed with (settings, canvas), but "
    ),
    "from pixray.testing.fakes import FlatDrawer\nclass Clay(FlatDrawer):\n    class Settings: pass": (
        "drawer clay: expected its Settings to be a dataclass"
    ),
}


@pytest.mark.parametrize("source", BROKEN)
def test_a_broken_plugin_is_one_sentence_that_says_what_is_right(source, module, monkeypatch, capsys):
    (module / "broken_parts.py").write_text(source)
    monkeypatch.setenv("PIXRAY_PLUGINS", "drawer:clay=broken_parts:Clay")
    monkeypatch.delitem(sys.modules, "broken_parts", raising=False)
    assert main(["--drawer", "clay", "--prompts", "red"]) == 1
    errors = capsys.readouterr().err
    assert BROKEN[source] in errors and errors.count("\n") == 1, errors
    assert "broken_parts:Clay (from PIXRAY_PLUGINS)" in errors or "drawer clay" in errors
    assert main(["--help-all"]) == 0 and BROKEN[source][:20] in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("nowhere_to_be_found", "PIXRAY_PLUGINS names the module 'nowhere_to_be_found', which cannot be imported"),
        ("drawer:clay=nowhere_at_all:Clay", "drawer 'clay', nowhere_at_all:Clay (from PIXRAY_PLUGINS): there is no"),
        ("drawer:clay", "PIXRAY_PLUGINS names the module 'drawer:clay', which cannot be imported"),
        ("drower:clay=a:B", "unknown kind of part 'drower': expected one of drawer"),
        ("drawer=a:B", "PIXRAY_PLUGINS holds 'drawer=a:B': expected a module, or kind:name=module:Class"),
        ("drawer:pixel=a:B", "two parts want to be called drawer 'pixel': "),
    ],
)
def test_a_wrong_word_in_the_variable_is_one_sentence(monkeypatch, capsys, named, told):
    monkeypatch.setenv("PIXRAY_PLUGINS", named)
    drawer = "pixel" if "pixel" in named else "clay"
    assert main(["--drawer", drawer, "--prompts", "red"]) in (1, 2)
    assert told in capsys.readouterr().err


def test_a_plugin_that_takes_a_taken_name_troubles_only_those_who_use_the_name(module, capsys):
    info = module / "pixray_clay-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pixray-clay\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[pixray.drawers]\npixel = somebodys_parts:Clay\n")
    registry = Registry.discover()
    assert registry.problem("drawer", "fft", "here") is None
    told = (
        "drawer 'pixel': pixray.drawers.pixel.drawer:PixelDrawer (built in) and somebodys_parts:Clay (from the package "
    )
    assert told + "pixray-clay 1.2)" in registry.problem("drawer", "pixel", "here")


def test_a_default_that_is_wrong_is_the_mistake_of_the_part(registry):
    source = """
        from dataclasses import dataclass
        import pixray
        from pixray.testing.fakes import FlatDrawer

        class Clay(FlatDrawer):
            @dataclass(frozen=True, kw_only=True)
            class Settings(FlatDrawer.Settings):
                "Clay"
                clay_softness: float = pixray.setting(3.0, "how soft", maximum=1)
        """
    names = {"__name__": __name__}
    exec(textwrap.dedent(source), names)
    registry.add("drawer", "clay", names["Clay"])
    with pytest.raises(
        InvalidPart, match=r"drawer clay: the default of its setting clay_softness=3.0: expected at most 1"
    ):
        Studio(registry).run("red", "clay", clip_models="toy")


def test_an_installed_package_brings_a_part_of_every_kind(tmp_path):
    """A real wheel, built by setuptools and unpacked as pip does, and a process that only finds it on its path."""
    source, site = tmp_path / "source", tmp_path / "site"
    source.mkdir()
    (source / "somebodys_parts.py").write_text(PARTS)
    groups = [
        f'[project.entry-points."{KINDS[kind].group}"]\n{name} = "somebodys_parts:{cls}"\n'
        for kind, (name, cls, _) in CLASSES.items()
    ]
    toy = '"pixray.perceptors"]\ntoy = "pixray.testing.fakes:ToyPerceptor"\n'
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "pixray-clay"\nversion = "1.2"\n[tool.setuptools]\npy-modules = ["somebodys_parts"]\n'
        + "".join(groups).replace('"pixray.perceptors"]\n', toy)
    )
    build = "from setuptools import build_meta; build_meta.build_wheel('.')"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    with zipfile.ZipFile(next(source.glob("*.whl"))) as wheel:
        wheel.extractall(site)
    paths = os.pathsep.join([str(site), os.environ["PYTHONPATH"]])
    done = run_python("-m", "pixray", *words_of(CHOSEN), env={**os.environ, "PYTHONPATH": paths})
    assert done.returncode == 0, done.stderr
    assert Path("run/notes.txt").read_text().split()[-1] == "Finished" and Path("run/output.png").is_file()
    help_page = subprocess.run(
        [sys.executable, "-m", "pixray", "--help-all"], env={**os.environ, "PYTHONPATH": paths}, capture_output=True
    ).stdout.decode()
    assert [setting for _, _, setting in CLASSES.values() if f"--{setting}" not in help_page] == []


def test_an_old_name_is_suggested_but_not_offered():
    problem = Registry.discover().problem("drawer", "fast_pixl", "the command line")
    offered, _, suggested = problem.partition("Did you mean")
    assert "fast_pixel" not in offered and "fast_pixel" in suggested

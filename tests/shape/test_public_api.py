"""What others build on is neither lost nor added by accident, and type checkers see it."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("public_api", Path(__file__).parents[1] / "public_api.py")
CACHE = Path(__file__).parents[2] / ".mypy_cache" / "plugin"
"""What mypy found out about PyTorch takes most of its time, and stays true."""
public_api = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(public_api)

CLIENT = '''
from dataclasses import dataclass

import torch

import pixray
from pixray import Canvas, Drawer, ParameterGroup, add_settings, register, run, setting
from pixray.testing import check_drawer


class Clay(Drawer):
    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Clay"""

        clay_softness: float = setting(0.5, "how soft")

    settings: Settings

    def start(self, image: torch.Tensor | None, generator: torch.Generator) -> None:
        self.colour = torch.rand(1, 3, 1, 1, generator=generator).requires_grad_(True)

    def parameters(self) -> list[ParameterGroup]:
        return [ParameterGroup([self.colour], self.settings.clay_softness)]

    def render(self, step: int) -> torch.Tensor:
        width, height = self.size
        return self.colour.expand(1, 3, height, width)


class Calm(pixray.Loss):
    def __call__(self, inputs: pixray.LossInputs) -> torch.Tensor:
        return inputs.canvas.square().mean()


register("drawer", "clay", Clay)
register("loss", "calm", Calm)
add_settings(prompts="red", drawer="clay")
check_drawer(Clay)
picture = run("red", drawer="clay", iterations=2)
canvas: Canvas = Canvas(8, 8)
reveal_type(picture)
'''


def test_the_inventory_of_public_names_is_up_to_date():
    difference = public_api.difference()
    assert not difference, f"{difference}\n\npython -m tests.public_api --update (and a line in the CHANGELOG)"


def test_a_name_that_comes_or_goes_is_noticed(monkeypatch):
    kept = public_api.lines()
    monkeypatch.setattr(public_api, "lines", lambda: [*kept[1:], "pixray.something_new()"])
    assert f"-{kept[0]}" in public_api.difference() and "+pixray.something_new()" in public_api.difference()


def test_every_public_name_is_there():
    import pixray

    assert [name for name in pixray.__all__ if not hasattr(pixray, name)] == []


def test_a_strictly_typed_plugin_is_checked_against_our_types(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "client.py").write_text(CLIENT)
    words = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(CACHE), "--python-version", "3.11"]
    words += ["--follow-imports", "silent", "--config-file", "", "client.py"]
    told = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True).stdout
    assert "Success: no issues found" in told and 'Revealed type is "PIL.Image.Image | None"' in told.replace(
        "Union[PIL.Image.Image, None]", "PIL.Image.Image | None"
    ), told

"""Damaged SVG files, without end: each must be read to finite numbers, or refused with one sentence."""

from __future__ import annotations

import random
import re
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from pixray.drawers.strokes.render import render
from pixray.drawers.strokes.svg_read import read_svg
from pixray.errors import PixrayError

_SOUND = runpy.run_path(str(Path(__file__).parents[1] / "drawers" / "strokes" / "svg_cases.py"))["DRAWN"]
_VALUE = re.compile(r'(?<!xmlns)(?<!xlink)(?<!version)(?<!encoding)="([^"]*)"')
_PIECES = (
    *("nan", "inf", "1e400", "-1e308", "1e-320", "0", "-0", "1e9", "99999999999999999999", "%", "em", "#", "(", ")"),
    *("url(#a)", "url(#c)", "inherit", "initial", "currentColor", "none", "rgb(", "!important", "/*", "*/", "{", "}"),
    *("matrix(0,0,0,0,0,0)", "scale(0)", "rotate(1e308)", "A0 0 0 0 0 0 0", "A9 1e-9 0 1 1 5 5", "Z", "M", ":", ";"),
)
_ATTRIBUTES = ('opacity=".5"', 'stroke="red"', 'clip-path="url(#c)"', 'mask="url(#m)"', 'transform="scale(1e8)"')
_SIZES = ((1, 1), (64, 9), (120, 80))


@dataclass(frozen=True)
class Case:
    """One file, written when it is checked."""

    label: str
    content: bytes
    path: Path
    size: tuple[int, int]

    def check(self) -> None:
        """Read and draw it.

        Raises:
            AssertionError: it was refused with anything but one short sentence, or holds numbers that are none.
        """
        self.path.write_bytes(self.content)
        try:
            sketch = read_svg(self.path, self.size)
        except PixrayError as error:
            said = str(error)
            assert said.isprintable() and len(said) < 700, said
            return
        finally:
            self.path.unlink()
        assert all(torch.isfinite(tensor).all() for tensor in sketch.tensors().values())
        assert torch.isfinite(render(sketch.scene(), self.size, torch.ones(3))).all()


def cases(seed: int, count: int, folder: Path) -> Iterator[Case]:
    """So many cases, the same for a seed.

    Args:
        folder: an existing one, for the files.
    """
    chance = random.Random(seed)
    for number in range(count):
        name = chance.choice(sorted(_SOUND))
        content = _changed(_SOUND[name], chance).encode()
        if number % 10 == 0:
            place = chance.randrange(len(content))
            content = content[:place] + chance.randbytes(chance.randint(0, 3)) + content[place + 1 :]
        yield Case(f"{name} #{number}", content, folder / f"{number}.svg", chance.choice(_SIZES))


def _changed(text: str, chance: random.Random) -> str:
    """The text with a few of its attributes changed, or others beside them."""
    for _ in range(chance.randint(1, 4)):
        values = list(_VALUE.finditer(text))
        begin, end = chance.choice(values).span(1)
        value = text[begin:end]
        place = chance.randrange(len(value) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            value = chance.choice(_PIECES)
        elif kind == 1:
            value = chance.choice(values).group(1)
        elif kind == 2:
            value = value[:place] + value[place + chance.randint(1, 9) :]
        elif kind == 3:
            value = value[:place] + chance.choice("0123456789.-eE,;:#()% aMLCQTAZhvst") + value[place:]
        else:
            value = value[:place] + chance.choice(_PIECES) + value[place:]
        more = f" {chance.choice(_ATTRIBUTES)}" if chance.random() < 0.1 else ""
        text = f'{text[:begin]}{value}"{more}{text[end + 1 :]}'
    return text

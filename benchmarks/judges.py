"""Who judges pictures by themselves: the embedded referee, and a colour-blind one that knows forms and layouts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from benchmarks import forms, layouts
from pixray.perceptors.embedded import Embedded

_PLACES = ((0.0, 0.0, 1.0), (0.0, 0.0, 0.94), (0.06, 0.0, 0.94), (0.0, 0.06, 0.94), (0.06, 0.06, 0.94))


class ColourBlind:
    """Tells whether somebody would name a picture: its thing by the form (benchmarks/forms.py), a scene or a pattern by
    the layout (benchmarks/layouts.py).

    Args:
        data: folder of atlases; None: only the things that are drawn by formula are known, and no layouts.
    """

    def __init__(self, data: Path | None = None) -> None:
        self.forms = forms.Forms(data)
        self.layouts = None if data is None else layouts.Layouts(data)

    def named(self, picture: Image.Image, prompt: str) -> bool | None:
        """Whether the thing or the scene of a prompt is among the likeliest; None: it knows none like it."""
        thing = self.thing_of(prompt)
        if thing is not None and thing not in ("sun", "moon"):
            return self.forms.rank(picture, thing) < forms.NAMED
        if self.layouts is not None and layouts.kind_of(prompt) in self.layouts.kinds:
            return self.layouts.rank(picture, prompt) < layouts.NAMED
        return None

    def thing_of(self, prompt: str) -> str | None:
        """The longest name of a thing in a prompt; with two things, the first."""
        asked = re.split(r"\bto the left of\b", prompt)[0]
        names = [name for name in self.forms.things if re.search(rf"\b{name}\b", asked)]
        return max(names, key=len, default=None)


@torch.no_grad()
def ranks(pictures: Sequence[Image.Image], prompts: Sequence[str], among: Sequence[str], judge: Embedded) -> list[int]:
    """For each picture, how many other prompts the judge finds more fitting than its own.

    It looks at the plain picture, and at four slightly shifted and shrunk ones, whose embeddings are averaged.
    """
    texts = judge.encode_text(list(among))
    return [_rank(texts @ judge.encode_image(crops_of(picture)).mean(0), among.index(prompt))
            for picture, prompt in zip(pictures, prompts, strict=True)]  # fmt: skip


def _rank(scores: Tensor, own: int) -> int:
    return int((scores > scores[own]).sum())


def crops_of(picture: Image.Image) -> Tensor:
    """The picture and four slightly shifted and shrunk ones, 5 3 64 64."""
    return torch.stack([_crop(picture, *place) for place in _PLACES])


def _crop(picture: Image.Image, left: float, top: float, side: float) -> Tensor:
    width, height = picture.size
    box = (left * width, top * height, (left + side) * width, (top + side) * height)
    small = picture.resize((64, 64), Image.Resampling.BOX, box=box)
    return torch.frombuffer(bytearray(small.tobytes()), dtype=torch.uint8).view(64, 64, 3).permute(2, 0, 1) / 255

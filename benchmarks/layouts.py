"""A colour-blind referee of scenes and patterns: where a picture is light and dark, compared with composed pictures.

Forms (benchmarks/forms.py) cut a thing out of its ground; a sunset or a checkerboard is nothing but ground.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from training.captions import Captions
from training.pictures import Painter
from training.sprites import load_sprites

CELLS = 16
COMPOSED = 900
LEAST = 6
"""Composed pictures that a kind of scene has at least."""
NAMED = 9
"""Below this rank a scene counts as named; fitted as that of forms is."""
_KEYS = {
    "sunset": r"sunset|sunrise|setting", "sun": r"sun", "moon": r"moon|crescent", "stars": r"starry|stars",
    "sea": r"sea|ocean|water|seascape", "hills": r"hills", "mountains": r"mountains", "desert": r"desert",
    "snow": r"snow|snowy", "field": r"field", "beach": r"beach", "rain": r"rain|rainy", "stripes": r"stripes",
    "checkerboard": r"checkerboard", "gradient": r"gradient", "dots": r"dots",
    "plain": r"plain|color",
}  # fmt: skip


def kind_of(caption: str) -> frozenset[str]:
    """What belongs to the layout of a caption; empty: nothing that layouts know."""
    return frozenset(key for key, words in _KEYS.items() if re.search(rf"\b({words})\b", caption))


class Layouts:
    """Composed scenes and patterns, to compare pictures with.

    Args:
        data: folder of atlases.
    """

    def __init__(self, data: Path) -> None:
        sprites = load_sprites(data)
        captions, painter = Captions(sprites, 11), Painter(sprites, 11)
        pictures = [captions.picture(ugly=0.0) for _ in range(6 * COMPOSED)]
        by_kind = defaultdict(list)
        for picture in pictures:
            if kind_of(picture.caption) and not picture.grid:
                by_kind[kind_of(picture.caption)].append(picture)
        kept = {kind: some[:60] for kind, some in by_kind.items() if len(some) >= LEAST}
        self.kinds = list(kept)
        listed = [(number, one) for number, kind in enumerate(self.kinds) for one in kept[kind]]
        self._kind = torch.tensor([number for number, _ in listed])
        drawn = [
            painter.draw([one for _, one in listed[first : first + 64]]).images for first in range(0, len(listed), 64)
        ]
        self._maps = torch.stack([_layout(image) for image in torch.cat(drawn)])

    def rank(self, picture: Image.Image, caption: str) -> int:
        """How many other kinds of scenes the picture is more like.

        Raises:
            ValueError: none like it is composed.
        """
        own = kind_of(caption)
        if own not in self.kinds:
            raise ValueError(f"no composed picture of {caption!r}")
        small = picture.convert("RGB").resize((64, 64), Image.Resampling.BOX)
        colours = torch.from_numpy(np.array(small)).float().permute(2, 0, 1) / 255
        likeness = self._maps @ _layout(colours)
        best = torch.full((len(self.kinds),), -torch.inf).scatter_reduce(0, self._kind, likeness, "amax")
        return int((best > best[self.kinds.index(own)]).sum())


def _layout(colours: Tensor) -> Tensor:
    grey = (colours * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(0)
    small = F.interpolate(grey[None, None], size=(CELLS, CELLS), mode="area")[0, 0]
    small = small - small.mean()
    return (small / (small.norm() + 0.5)).flatten()

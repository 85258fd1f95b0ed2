"""The small CLIP inside the package: paints recognisable pictures on a machine that reaches no model hub.

It sees 64 x 64 pixels and was trained against pictures that its own gradients paint, so that they cannot fool it
(see training/README.md). It knows a few hundred common things and says so when a prompt holds other words.

Late imports keep safetensors out of start-up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixray.perceptors.clip import Clip
from pixray.perceptors.frozen.resnet import FrozenResNet
from pixray.perceptors.frozen.resnet_parts import resnet_from_weights
from pixray.perceptors.frozen.tower import freeze
from pixray.perceptors.normalization import OPENAI_MEAN, OPENAI_STD
from pixray.perceptors.text_tower import TextTower
from pixray.perceptors.tokenizer import Tokenizer

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable  # where it is since Python 3.11

_FOLDER = resources.files("pixray.embedded")
_WORD = re.compile(r"[a-z][a-z'-]*")
_ACTIVATIONS = {"relu": nn.ReLU, "silu": nn.SiLU}  # SiLU is smooth: with kinks in its place a model steers in steps
_EXPANSION = 32
"""How many times wider than its stem the last stage of CLIP's ResNet is."""
# Words that carry no picture; a prompt may use them freely.
_SMALL_WORDS = frozenset("a an and are as at be by for from in is it its of on or over the this to under with".split())


class Embedded(Clip):
    """The embedded guide: steers pictures.

    Args:
        device, dtype, contrast: as every CLIP takes them.
        folder: where else to read the model from, such as one that was just trained.
    """

    stem: ClassVar[str] = "guide"
    words: ClassVar[str] = "words.txt"

    def __init__(
        self,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        contrast: str = "plain",
        folder: Path | None = None,
    ) -> None:
        source: Traversable = folder or _FOLDER
        config = json.loads(source.joinpath(f"{self.stem}.json").read_text(encoding="utf-8"))
        text, vision = config["text_cfg"], config["vision_cfg"]
        weights = _read_weights(source.joinpath(f"{self.stem}.safetensors"), text["vocab_size"])
        shared = weights.pop("text_shared", None)
        self._shared = None if shared is None else shared.to(device)
        super().__init__(
            "embedded" if self.stem == "guide" else f"embedded-{self.stem}",
            _image_tower(weights, config, dtype, device),
            TextTower(weights, text["heads"]).to(device),
            Tokenizer(text["context_length"]),
            vision["image_size"],
            device,
            dtype,
            contrast,
        )
        self._words = known_words(self.words)
        self.vocabulary = len(self._words)

    @torch.no_grad()
    def encode_text(self, texts: Sequence[str]) -> Tensor:
        """N x D, normalised, with less of what all texts share, if the weights say how much.

        What is left tells one thing from the others, and pictures show more of it: classifier-free guidance (Ho and
        Salimans 2022), where the mean of all texts stands for no text.
        """
        embeds = super().encode_text(texts)
        return embeds if self._shared is None else F.normalize(embeds - self._shared, dim=-1)

    def unknown_words(self, text: str) -> list[str]:
        words = [word.strip("-'") for word in _WORD.findall(text.lower())]
        return [word for word in dict.fromkeys(words) if word and not self._knows(word)]

    def _knows(self, word: str) -> bool:
        stems = {word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("'s")}
        return word in _SMALL_WORDS or bool(stems & self._words)


class Referee(Embedded):
    """The embedded referee: another seed, architecture and training than the guide. It judges what was painted with
    the guide, so it only steers when somebody names it."""

    stem = "referee"


class PixelGuide(Embedded):
    """The embedded guide for pixel grids: trained on with pictures that steps along its own gradients paint, as
    `NormalizedSGD` takes them. Other drawers, which move by Adam, paint better with the general guide."""

    stem = "pixel"


class SketchGuide(Embedded):
    """The embedded guide for ink: it knows dark strokes on light paper and nothing else."""

    stem = "sketch"
    words = "sketch-words.txt"


def known_words(file: str = "words.txt") -> frozenset[str]:
    """The words that an embedded guide learned, the one for pictures or that for ink."""
    text = _FOLDER.joinpath(file).read_text(encoding="utf-8")
    return frozenset(text.split())


def _image_tower(
    weights: Mapping[str, Tensor], config: Mapping[str, Any], dtype: torch.dtype, device: str
) -> nn.Module:
    vision = config["vision_cfg"]
    num_heads = vision["width"] * _EXPANSION // vision["head_width"]
    own = {name.removeprefix("visual."): value for name, value in weights.items() if name.startswith("visual.")}
    parts = resnet_from_weights(own, num_heads, _ACTIVATIONS[config.get("activation", "relu")]())
    return freeze(FrozenResNet(parts, OPENAI_MEAN, OPENAI_STD, dtype), device)


def _read_weights(file: Traversable, vocab_size: int) -> dict[str, Tensor]:
    """The state dict, with the trained rows of the token embedding scattered to where the tokenizer expects them."""
    from safetensors.torch import load

    weights = load(file.read_bytes())
    token_ids = weights.pop("token_ids").long()
    trained = weights["token_embedding.weight"].float()
    # Of 25 MB a prompt reads a few rows; numpy leaves the others untouched until then, which saves 30 ms.
    embedding = torch.from_numpy(np.zeros((vocab_size, trained.shape[1]), np.float32))
    embedding[token_ids] = trained
    return {**{key: value.float() for key, value in weights.items()}, "token_embedding.weight": embedding}

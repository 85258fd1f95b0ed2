"""The small CLIP inside the package: paints recognisable pictures on a machine that reaches no model hub.

It sees 64 x 64 pixels and was trained against pictures that its own gradients paint, so that they cannot fool it
(see training/README.md). It knows a few hundred common things and says so when a prompt holds other words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from pixray.perceptors.library import import_open_clip
from pixray.perceptors.openclip import OpenClip

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable  # where it is since Python 3.11

_FOLDER = resources.files("pixray.embedded")
_WORD = re.compile(r"[a-z][a-z'-]*")
# Words that carry no picture; a prompt may use them freely.
_SMALL_WORDS = frozenset("a an and are as at be by for from in is it its of on or over the this to under with".split())


class Embedded(OpenClip):
    """The embedded guide: steers pictures.

    Args:
        device, dtype, contrast: as every open_clip perceptor takes them.
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
        with torch.random.fork_rng(devices=[]):
            model = make_clip(config)
        model.load_state_dict(_read_weights(source.joinpath(f"{self.stem}.safetensors"), config))
        tokenizer = import_open_clip().SimpleTokenizer(context_length=config["text_cfg"]["context_length"])
        name = "embedded" if self.stem == "guide" else f"embedded-{self.stem}"
        super().__init__(name, model, tokenizer, device, dtype, contrast)
        self._words = known_words(self.words)
        self.vocabulary = len(self._words)

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


class SketchGuide(Embedded):
    """The embedded guide for ink: it knows dark strokes on light paper and nothing else."""

    stem = "sketch"
    words = "sketch-words.txt"


def make_clip(config: Mapping[str, Any]) -> nn.Module:
    """An untrained open_clip CLIP with a convolutional tower.

    Args:
        config: as open_clip's model configs, and `activation`: "relu" as in open_clip, or "silu", whose gradients
            are smooth: with kinks in its place a model steers in steps.
    """
    config = dict(config)
    activation = config.pop("activation", "relu")
    model = import_open_clip().CLIP(**config)
    if activation == "silu":
        for block in list(model.visual.modules()):
            for name, part in list(block.named_children()):
                if isinstance(part, nn.ReLU):
                    setattr(block, name, nn.SiLU())
    return model


def known_words(file: str = "words.txt") -> frozenset[str]:
    """The words that an embedded guide learned, the one for pictures or that for ink."""
    text = _FOLDER.joinpath(file).read_text(encoding="utf-8")
    return frozenset(text.split())


def _read_weights(file: Traversable, config: dict) -> dict[str, Tensor]:
    """The state dict, with the trained rows of the token embedding scattered to where the tokenizer expects them."""
    from safetensors.torch import load

    weights = load(file.read_bytes())
    token_ids = weights.pop("token_ids").long()
    trained = weights["token_embedding.weight"].float()
    embedding = torch.zeros(config["text_cfg"]["vocab_size"], trained.shape[1])
    embedding[token_ids] = trained
    return {**{key: value.float() for key, value in weights.items()}, "token_embedding.weight": embedding}

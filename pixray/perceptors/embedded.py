"""The small CLIP inside the package: paints recognisable pictures on a machine that reaches no model hub.

It sees 64 x 64 pixels and was trained against pictures that its own gradients paint, so that they cannot fool it
(see training/README.md). It knows a few hundred common things and says so when a prompt holds other words.
"""

from __future__ import annotations

import json
import re
from importlib import resources

import torch
from torch import Tensor

from pixray.perceptors.library import import_open_clip
from pixray.perceptors.openclip import OpenClip

_FOLDER = resources.files("pixray.embedded")
_WORD = re.compile(r"[a-z][a-z'-]*")
# Words that carry no picture; a prompt may use them freely.
_SMALL_WORDS = frozenset("a an and are as at be by for from in is it its of on or over the this to under with".split())


class Embedded(OpenClip):
    """The embedded guide, or another model stored the same way.

    Args:
        stem: which of the package's models: "guide" steers pictures, "referee" only judges them.
    """

    def __init__(
        self,
        stem: str = "guide",
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        contrast: str = "plain",
    ) -> None:
        open_clip = import_open_clip()
        config = json.loads(_FOLDER.joinpath(f"{stem}.json").read_text(encoding="utf-8"))
        with torch.random.fork_rng(devices=[]):
            model = open_clip.CLIP(**config)
        model.load_state_dict(_read_weights(stem, config))
        tokenizer = open_clip.SimpleTokenizer(context_length=config["text_cfg"]["context_length"])
        name = "embedded" if stem == "guide" else f"embedded-{stem}"
        super().__init__(name, model, tokenizer, device, dtype, contrast)
        self._words = known_words()

    def unknown_words(self, text: str) -> list[str]:
        words = [word.strip("-'") for word in _WORD.findall(text.lower())]
        return [word for word in dict.fromkeys(words) if word and not self._knows(word)]

    def _knows(self, word: str) -> bool:
        stems = {word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("'s")}
        return word in _SMALL_WORDS or bool(stems & self._words)


def known_words() -> frozenset[str]:
    """The words that the embedded guide learned."""
    text = _FOLDER.joinpath("words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def _read_weights(stem: str, config: dict) -> dict[str, Tensor]:
    """The state dict, with the trained rows of the token embedding scattered to where the tokenizer expects them."""
    from safetensors.torch import load

    weights = load(_FOLDER.joinpath(f"{stem}.safetensors").read_bytes())
    token_ids = weights.pop("token_ids").long()
    trained = weights["token_embedding.weight"].float()
    embedding = torch.zeros(config["text_cfg"]["vocab_size"], trained.shape[1])
    embedding[token_ids] = trained
    return {**{key: value.float() for key, value in weights.items()}, "token_embedding.weight": embedding}

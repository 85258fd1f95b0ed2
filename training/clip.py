"""The CLIP that is trained here: open_clip's own classes with a vocabulary cut down to the words in use."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import open_clip
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixray.perceptors.normalization import OPENAI_MEAN, OPENAI_STD
from training import vocabulary as words
from training.captions import Captions
from training.loop import Average
from training.sprites import Sprites

CONTEXT = 16
FULL_VOCABULARY = 49408
_UNKNOWN_TEXT = "~"
_SAMPLE = 20_000
MOST_SCALE = 3.9
"""Upper bound of the logarithm of the logit scale."""


def config(layers: list[int], width: int, head_width: int, embed: int = 256, text_width: int = 128) -> dict[str, Any]:
    """An open_clip model config of a small ModifiedResNet and a text transformer."""
    return {
        "embed_dim": embed,
        "vision_cfg": {"layers": layers, "width": width, "head_width": head_width, "image_size": 64},
        "text_cfg": {
            "context_length": CONTEXT,
            "vocab_size": FULL_VOCABULARY,
            "width": text_width,
            "heads": text_width // 64,
            "layers": 2,
        },
    }


def make_clip(config: Mapping[str, Any]) -> nn.Module:
    """An untrained open_clip CLIP with a convolutional tower.

    Args:
        config: as open_clip's model configs, and `activation`: "relu" as in open_clip, or "silu", whose gradients
            are smooth: with kinks in its place a model steers in steps.
    """
    config = dict(config)
    activation = config.pop("activation", "relu")
    model = open_clip.CLIP(**config)
    if activation == "silu":
        for block in list(model.visual.modules()):
            for name, part in list(block.named_children()):
                if isinstance(part, nn.ReLU):
                    setattr(block, name, nn.SiLU())
    return model


def used_tokens(sprites: Sprites) -> list[int]:
    """Ids of all tokens that captions use, in order; the same for everybody."""
    captions = Captions(sprites, 0)
    texts = [captions.picture().caption for _ in range(_SAMPLE)]
    texts += [about.thing for about in sprites.about] + [*words.COLOURS, *words.SHAPES]
    tokens = open_clip.SimpleTokenizer(context_length=CONTEXT)(sorted(set(texts)))
    return sorted(set(tokens.flatten().tolist()))


class SmallClip(nn.Module):
    """A CLIP over the used tokens only; row 0 of its embedding stands for all others and stays zero.

    Args:
        settings: an open_clip config, as `config` gives.
        token_ids: the used tokens, rising. open_clip finds the end of a text as the largest number in it, which the
            rising order keeps true.
        bf16: multiply pictures in bfloat16, which pays on processors with fast products of it.
    """

    def __init__(self, settings: Mapping[str, Any], token_ids: list[int], bf16: bool = False) -> None:
        super().__init__()
        self.bf16 = bf16
        self.settings, self.token_ids = dict(settings), list(token_ids)
        text = {**settings["text_cfg"], "vocab_size": len(token_ids) + 1}
        self.model = make_clip({**settings, "text_cfg": text})
        with torch.no_grad():
            self.model.token_embedding.weight[0] = 0
        self.model.token_embedding.padding_idx = 0  # no gradient reaches it
        self.model.visual.to(memory_format=torch.channels_last)
        _join_norms(self.model.visual)
        self._tokenizer = open_clip.SimpleTokenizer(context_length=CONTEXT)
        lookup = torch.zeros(FULL_VOCABULARY, dtype=torch.long)
        lookup[torch.tensor(token_ids)] = torch.arange(1, len(token_ids) + 1)
        self.register_buffer("lookup", lookup, persistent=False)
        for name, values in (("mean", OPENAI_MEAN), ("std", OPENAI_STD)):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1), persistent=False)

    @property
    def scale(self) -> Tensor:
        return self.model.logit_scale.exp()

    def images(self, images: Tensor) -> Tensor:
        """Embeddings of unit length of pictures in [0, 1]."""
        normalised = ((images - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.bf16):
            embeds = self.model.encode_image(normalised)
        return F.normalize(embeds.float(), dim=-1)

    def texts(self, texts: Iterable[str]) -> Tensor:
        tokens = self._tokenizer(list(texts)).to(self.lookup.device)
        return F.normalize(self.model.encode_text(self.lookup[tokens]).float(), dim=-1)

    @torch.no_grad()
    def shared(self, share: float) -> Tensor:
        """What perceptors take off every text, D: a share of the mean over the common things and shapes."""
        named = [f"a {thing}" for thing in words.COMMON] + [f"a red {shape}" for shape in words.SHAPES]
        return share * self.texts(named).mean(0)

    def restore(self, weights: Mapping[str, Tensor]) -> None:
        """Take over weights that were exported. Words that were not known then keep the values they have."""
        state = self.model.state_dict()
        rows = self.lookup[weights["token_ids"].long()]
        known = rows > 0
        embedding = state["token_embedding.weight"].clone()
        embedding[rows[known]] = weights["token_embedding.weight"][known].float()
        kept = {name: value for name, value in weights.items() if name not in ("token_ids", "text_shared")}
        self.model.load_state_dict({**state, **kept, "token_embedding.weight": embedding})

    def exported(self) -> dict[str, Tensor]:
        """Half-precision weights under open_clip's names; `token_ids` says which rows of the embedding these are."""
        state = {name: value.detach().cpu() for name, value in self.model.state_dict().items()}
        state = {name: v.half() if v.is_floating_point() else v for name, v in state.items()}
        state["token_embedding.weight"] = state["token_embedding.weight"][1:].clone()
        state["token_ids"] = torch.tensor(self.token_ids, dtype=torch.int32)
        # A buffer that open_clip builds anew.
        state.pop("attn_mask", None)
        return {name: value.contiguous() for name, value in state.items()}


def _join_norms(visual: nn.Module) -> None:
    """Let every convolution do what the norm behind it would, while the norm's statistics stand still.

    The same function of the same parameters, but the norm's passes over the pictures, and those of its first and
    second derivatives, become products of small kernels: an eighth of the time of a step that differentiates twice.
    """

    def convolve(convolution: nn.Conv2d, norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
        weight, bias = convolution.weight, None
        if not norm.training:
            factor = norm.weight * (norm.running_var + norm.eps).rsqrt()
            weight, bias = weight * factor.view(-1, 1, 1, 1), norm.bias - norm.running_mean * factor
        return F.conv2d(x, weight, bias, convolution.stride, convolution.padding)

    def normalise(norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
        return nn.BatchNorm2d.forward(norm, x) if norm.training else x

    for block in visual.modules():
        parts = list(block.children())
        for before, after in pairwise(parts):
            if isinstance(before, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
                before.forward = partial(convolve, before, after)  # type: ignore[method-assign]
                after.forward = partial(normalise, after)  # type: ignore[method-assign]


def with_unknown(caption: str, chance: random.Random, share: float = 0.08) -> str:
    """Now and then a caption with words that mean nothing to the model, so that it learns to pass over them."""
    if chance.random() >= share:
        return caption
    words_ = " ".join([_UNKNOWN_TEXT] * chance.randint(1, 3))
    return chance.choice(
        [f"{words_} of {caption}", f"{caption}, {words_}", f"{caption} {words_}", f"{words_} {caption}"]
    )


def make_optimizer(model: nn.Module, rate: float) -> torch.optim.AdamW:
    """AdamW that leaves biases and norms undecayed."""
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=True)


def same_topic(topics: list[str], captions: list[str]) -> Tensor:
    """Pairs B x B that are not to be told apart: equal captions, equal topics; never the diagonal."""
    numbers: dict[str, int] = {}
    by_caption = torch.tensor([numbers.setdefault(f"c {c}", len(numbers)) for c in captions])
    by_topic = torch.tensor(
        [numbers.setdefault(f"t {t}" if t else f"#{k}", len(numbers)) for k, t in enumerate(topics)]
    )
    same = (by_caption[:, None] == by_caption) | (by_topic[:, None] == by_topic)
    return same & ~torch.eye(len(captions), dtype=torch.bool)


def descend(loss: Tensor, clip: SmallClip, optimizer: torch.optim.Optimizer, average: Average) -> None:
    """One step against a loss: gradients clipped, the scale of the logits bounded, the mean of the weights kept."""
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(clip.parameters(), 1.0)
    optimizer.step()
    with torch.no_grad():
        clip.model.logit_scale.clamp_(0, MOST_SCALE)
    average.update()

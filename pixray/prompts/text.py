"""Prompts: what the user wrote, and the losses it becomes for each perceptor.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from pixray.losses.base import WeightedLoss
from pixray.perceptors.base import Perceptor
from pixray.runtime.redact import without_secrets
from pixray.settings.grammar import Weighted

if TYPE_CHECKING:
    from torch import Tensor


def encoded(
    prompts: Sequence[Weighted],
    encode: Callable[[Perceptor, Weighted], Tensor | None],
    perceptors: Mapping[str, Perceptor],
    weights: Mapping[str, float],
    kind: str = "",
    spot: str = "",
) -> list[WeightedLoss]:
    """One loss per perceptor and prompt; everything is encoded here, once.

    Args:
        encode: a prompt to M D unit vectors of a perceptor, or None when this perceptor has nothing to say about it.
        perceptors: by name; weights: how much each of them counts.
        kind: the setting that the prompts came from, for the log; plain prompts have none.
        spot: the part of the picture that is compared alone (see `Session.spots`); "" is all of it.
    """
    from pixray.prompts.loss import PromptLoss

    losses = []
    for name, perceptor in perceptors.items():
        for prompt in prompts:
            targets = encode(perceptor, prompt)
            if targets is None:
                continue
            loss = PromptLoss(f"{name}/{spot}" if spot else name, targets, prompt.weight, prompt.stop)
            losses.append(WeightedLoss(label(prompt.text, kind, name, perceptors), loss, weights[name]))
    return losses


def as_text(perceptor: Perceptor, prompt: Weighted) -> Tensor:
    """A text as it is."""
    return perceptor.encode_text([prompt.text])


TEMPLATES = (
    "itap of a {}.",
    "a bad photo of the {}.",
    "a origami {}.",
    "a photo of the large {}.",
    "a {} in a video game.",
    "art of the {}.",
    "a photo of the small {}.",
)
"""The seven sentences that OpenAI's CLIP found to be enough for naming things (Radford et al. 2021)."""
LONGEST_BEGINNING = "a photo of the large "
"""Maximum length of the text before the name in one of them."""


def as_label(perceptor: Perceptor, prompt: Weighted) -> Tensor:
    """The name of a thing: the mean of it in seven sentences, of unit length again."""
    sentences = perceptor.encode_text([template.format(prompt.text) for template in TEMPLATES])
    mean = sentences.mean(0, keepdim=True)
    return mean / mean.norm(dim=-1, keepdim=True)


def label(text: str, kind: str, perceptor: str, perceptors: Collection[str]) -> str:
    """What the log calls a prompt: "red", "spot: red", "labels: cat (ViT-B/32)"."""
    named = f"{kind}: {without_secrets(text)}" if kind else without_secrets(text)
    return named + (f" ({perceptor})" if len(perceptors) > 1 else "")

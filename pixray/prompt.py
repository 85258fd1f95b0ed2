"""Prompts: what the user wrote, and the losses it becomes for each perceptor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pixray.errors import SettingsError
from pixray.losses.base import WeightedLoss
from pixray.perceptors.base import Perceptor
from pixray.settings.text import Weighted, parse_weighted


def read_prompts(texts: Sequence[str], setting: str = "prompts") -> list[Weighted]:
    """Prompts from their text form.

    A leading `=` (an unfinished experiment of the old pixray) is dropped. Prompts of weight 0 are left out.

    Raises:
        SettingsError: a weight or stop that is not finite, or a prompt without words; all of them together.
    """
    prompts, problems = [], []
    for text in texts:
        try:
            prompt = parse_weighted(text.lstrip("= "))
        except ValueError as error:
            problems.append(f"{setting}={text!r}: {error}")
            continue
        if not prompt.text:
            problems.append(f"{setting}={text!r}: expected some words before the weight")
        elif prompt.weight != 0:
            prompts.append(prompt)
    if problems:
        raise SettingsError(problems)
    return prompts


def text_losses(
    prompts: Sequence[Weighted], perceptors: Mapping[str, Perceptor], weights: Mapping[str, float]
) -> list[WeightedLoss]:
    """One loss per perceptor and prompt; every text is encoded here, once.

    Args:
        perceptors: by name; weights: how much each of them counts.
    """
    from pixray.losses.prompt import PromptLoss

    losses = []
    for name, perceptor in perceptors.items():
        if not prompts:
            break
        targets = perceptor.encode_text([prompt.text for prompt in prompts])
        for prompt, target in zip(prompts, targets, strict=True):
            loss = PromptLoss(name, target[None], prompt.weight, prompt.stop)
            label = f"{prompt.text} ({name})" if len(perceptors) > 1 else prompt.text
            losses.append(WeightedLoss(label, loss, weights[name]))
    return losses

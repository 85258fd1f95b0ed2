"""The two ladders of perceptors: which models a quality means, and how many looks a step.

`classic` are the models of the old pixray with many looks; `robust` are CLIPs that were fine-tuned against adversaries,
with few. Sizes and iterations come from the quality alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pixray.models.ladder import Rung, read_ladder
from pixray.settings.layers import Layer, LayerKind
from pixray.settings.tables import CLIP_MODELS, QUALITY

LADDERS = ("classic", "robust")
LADDER_FOLLOWS = ("quality", "ladder", "perceptors", "clip_models")
"""The settings whose values tell what the robust ladder supplies."""


def rung(ladder: str, quality: str) -> Rung:
    """What a quality means on a ladder, both by name."""
    if ladder == "robust":
        return read_ladder().rungs[quality]
    facts = QUALITY[quality]
    return Rung(CLIP_MODELS[quality], facts["num_cuts"], facts["batches"], 1.0)


def rungs() -> Iterator[tuple[str, str, Rung]]:
    """(ladder, quality, rung) of all of them, lowest first."""
    for ladder in LADDERS:
        for quality in QUALITY:
            yield ladder, quality, rung(ladder, quality)


def is_robust(ladder: Any, perceptors: Any) -> bool:
    """Whether two settings together ask for the robust ladder."""
    return perceptors == "robust" or (ladder == "robust" and perceptors != "embedded")


def robust_layer(quality: str) -> Layer:
    """What the robust ladder supplies at a quality, above what the quality alone does."""
    chosen = rung("robust", quality)
    values = {
        "clip_models": list(chosen.models),
        "num_cuts": chosen.looks,
        "batches": chosen.batches,
        "learning_rate_factor": chosen.rate,
    }
    return Layer(LayerKind.SUPPLIED, "ladder=robust", values, follows=LADDER_FOLLOWS)


def missing_rung(quality: str) -> str | None:
    """Why the robust ladder has nothing to paint with at a quality, as a sentence; None: it has."""
    models = read_ladder().models
    refused = next((models[name] for name in rung("robust", quality).models if models[name].refused), None)
    if refused is None:
        return None
    usable = [name for name in QUALITY if not any(models[model].refused for model in rung("robust", name).models)]
    return (
        f"quality={quality!r}: its rung of ladder=robust is {refused.name}, which cannot be used: {refused.refused}. "
        f"Expected {', '.join(usable)}, or clip_models with other models"
    )

"""How beautiful the picture is, to a linear layer that was trained on pictures rated by people.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from pixray.errors import ModelUnavailable, SettingsError
from pixray.losses.base import Loss, LossContext, LossInputs
from pixray.losses.scales import OLD_SCALE
from pixray.perceptors.base import Perceptor
from pixray.settings.declare import Role, setting

HEADS: dict[str, str] = {
    "ViT-B/16": "aesthetic_vit_b_16",
    "ViT-B/32": "aesthetic_vit_b_32",
    "ViT-L/14": "aesthetic_vit_l_14",
}
"""The known model with the head of each perceptor. A head fits the embeddings of its own perceptor only."""


class AestheticLoss(Loss):
    """Squared difference of the score and the one that is wished for, for each perceptor that a head is known of.

    Heads: LAION-Aesthetics V1, scores from about 1 to 10. The mean over perceptors, however many there are.
    """

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Loss aesthetic"""

        aesthetic_target: float = setting(10.0, "target score, from 1 to 10", role=Role.STEERABLE)

    settings: Settings
    capturable = True
    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})

    def unusable(self, context: LossContext) -> str | None:
        if any(not name.startswith("embedded") for name in context.perceptors):
            return None
        scored = ", ".join(HEADS)
        return f"the loss aesthetic is left out: it scores what {scored} see, and this run has the built-in model"

    def prepare(self, context: LossContext) -> None:
        scored = [name for name in context.perceptors if name in HEADS]
        if not scored:
            raise SettingsError(
                f"custom_loss=aesthetic can score what {', '.join(HEADS)} see; this run uses "
                f"{', '.join(context.perceptors)}: add one of them to clip_models"
            )
        self._heads = {
            name: _read_head(context.models.path(HEADS[name]), context.perceptors[name], context.device)
            for name in scored
        }

    def __call__(self, inputs: LossInputs) -> Tensor:
        target = self.settings.aesthetic_target
        scores = [inputs.embeddings[name] @ weight + bias for name, (weight, bias) in self._heads.items()]
        return OLD_SCALE["aesthetic"] * torch.stack([(score - target).square().mean() for score in scores]).mean()


def _read_head(path: Path, perceptor: Perceptor, device: str) -> tuple[Tensor, Tensor]:
    """Weight D and bias of a head."""
    from pixray.models.safe_load import read_tensors

    tensors = read_tensors(path)
    weight, bias = tensors.get("weight"), tensors.get("bias")
    if weight is None or bias is None or weight.numel() != perceptor.dim:
        raise ModelUnavailable(f"{path} is no aesthetic head for {perceptor.name}, which gives {perceptor.dim} numbers")
    return weight.flatten().float().to(device), bias.flatten().float().to(device)

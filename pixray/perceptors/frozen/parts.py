"""A vision transformer as plain tensors, whichever library its modules came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor, nn


class CannotFold(Exception):
    """This network has something that the frozen one does not know; it can run as it is."""


@dataclass(frozen=True)
class Affine:
    """y = W x + b, W: out x in. The bias may be missing."""

    weight: Tensor
    bias: Tensor | None


@dataclass(frozen=True)
class Norm:
    """LayerNorm over the last dimension: its affine part may be missing."""

    weight: Tensor | None
    bias: Tensor | None
    eps: float


@dataclass(frozen=True)
class BlockParts:
    """One pre-norm residual block.

    Attributes:
        norm_1, norm_2: before attention and before the MLP.
        qkv: to queries, keys and values, one below the other; out: after attention.
        fc_1, fc_2: of the MLP, with the activation between them.
        activation: "gelu", "gelu_tanh" or "quick_gelu".
        scale_1, scale_2: factors per channel on the two branches (LayerScale), or None.
    """

    norm_1: Norm
    qkv: Affine
    out: Affine
    scale_1: Tensor | None
    norm_2: Norm
    fc_1: Affine
    activation: str
    fc_2: Affine
    scale_2: Tensor | None
    num_heads: int


@dataclass(frozen=True)
class TransformerParts:
    """A whole image tower.

    Attributes:
        patch: E x 3 x P x P with its bias, a convolution that moves by its own size.
        prefix: 1 x E, the class token with its position added, or None.
        positions: G x E, added to the patches.
        norm_pre: before the first block, or None.
        blocks: in order.
        token_head: with a class token and nothing else looked at: the norm and the projection after it.
        head: otherwise: all tokens after the last block, N T E, to N D.
    """

    patch: Affine
    prefix: Tensor | None
    positions: Tensor
    norm_pre: Norm | None
    blocks: Sequence[BlockParts]
    token_head: tuple[Norm, Affine] | None = None
    head: nn.Module | Callable[[Tensor], Tensor] | None = None

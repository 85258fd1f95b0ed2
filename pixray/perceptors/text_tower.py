"""CLIP's text tower, read from weights under open_clip's names. It gives what open_clip's gives, to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class TextTower(nn.Module):
    """A causal transformer; the output at the end of the text, projected.

    Args:
        weights: under open_clip's names, such as "transformer.resblocks.0.ln_1.weight"; others are passed over.
        num_heads: of every block.
    """

    embedding: Tensor
    positions: Tensor
    projection: Tensor
    mask: Tensor

    def __init__(self, weights: Mapping[str, Tensor], num_heads: int) -> None:
        super().__init__()
        length, width = weights["positional_embedding"].shape
        self.register_buffer("embedding", weights["token_embedding.weight"])
        self.register_buffer("positions", weights["positional_embedding"])
        self.register_buffer("projection", weights["text_projection"])
        self.register_buffer("mask", torch.full((length, length), -torch.inf).triu(1))
        self.blocks = nn.ModuleList()
        for number in count():
            block = _below(weights, f"transformer.resblocks.{number}.")
            if not block:
                break
            self.blocks.append(_Block(block, width, num_heads))
        self.norm = _norm(_below(weights, "ln_final."))
        self.eval().requires_grad_(False)

    def forward(self, tokens: Tensor) -> Tensor:
        """N x context numbers of tokens to N x D, not normalised. The end of a text is its largest number."""
        x = F.embedding(tokens, self.embedding) + self.positions
        for block in self.blocks:
            x = block(x, self.mask)
        ends = x.new_tensor(range(len(x)), dtype=torch.long), tokens.argmax(-1)
        return self.norm(x)[ends] @ self.projection


class _Block(nn.Module):
    """Attention to what stands before, and an MLP, each behind a norm and beside a shortcut."""

    def __init__(self, weights: Mapping[str, Tensor], width: int, num_heads: int) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = _norm(_below(weights, "ln_1.")), _norm(_below(weights, "ln_2."))
        with torch.device("meta"):  # its own weights are replaced, and must draw no random numbers
            self.attention = nn.MultiheadAttention(width, num_heads, batch_first=True)
        self.attention.load_state_dict(_below(weights, "attn."), assign=True)
        self.mlp = nn.Sequential(
            _linear(_below(weights, "mlp.c_fc.")), nn.GELU(), _linear(_below(weights, "mlp.c_proj."))
        )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        inner = self.norm_1(x)
        x = x + self.attention(inner, inner, inner, need_weights=False, attn_mask=mask)[0]
        return x + self.mlp(self.norm_2(x))


def _below(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}


def _norm(weights: Mapping[str, Tensor]) -> nn.LayerNorm:
    with torch.device("meta"):
        norm = nn.LayerNorm(len(weights["weight"]))
    norm.load_state_dict(weights, assign=True)
    return norm


def _linear(weights: Mapping[str, Tensor]) -> nn.Linear:
    with torch.device("meta"):
        outputs, inputs = weights["weight"].shape
        linear = nn.Linear(inputs, outputs)
    linear.load_state_dict(weights, assign=True)
    return linear

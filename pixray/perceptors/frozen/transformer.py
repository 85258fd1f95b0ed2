"""A vision transformer that only has to run: everything that does not depend on the picture is folded away.

- the input's mean and deviation go into the patch weights, and the patches meet them in one matrix product;
- the affine part of each LayerNorm goes into the linear map behind it;
- 1 / sqrt(d) goes into the queries' weights;
- x sigmoid(1.702 x), CLIP's quick GELU, is silu(1.702 x) / 1.702: one factor goes before, its inverse behind;
- factors per channel (LayerScale) go into the map before them;
- in the last block only the class token's query, output and MLP are worked out, when nothing else is looked at.

All of this is exact. The folding is done in float64.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixray.perceptors.frozen.attention import attend
from pixray.perceptors.frozen.folds import QUICK, FullNorm, Linear, behind, normalising, patches, scaled
from pixray.perceptors.frozen.parts import Affine, BlockParts, Norm, TransformerParts


class FrozenTransformer(nn.Module):
    """The image tower.

    Args:
        parts: its weights.
        mean, std: what the input is normalised with.
        dtype: number format of weights and activations.
    """

    positions: Tensor
    prefix: Tensor | None

    def __init__(
        self, parts: TransformerParts, mean: Sequence[float], std: Sequence[float], dtype: torch.dtype
    ) -> None:
        super().__init__()
        self.dtype = dtype
        self.patch_size = parts.patch.weight.shape[-1]
        patch = normalising(parts.patch, mean, std)
        self.patch = Linear(patch, dtype)
        # The patch's bias is the same everywhere, so it is added together with the positions.
        positions = parts.positions.double() + (0 if patch.bias is None else patch.bias)
        self.patch.bias = None
        self.register_buffer("positions", positions.to(dtype))
        self.register_buffer("prefix", None if parts.prefix is None else parts.prefix.to(dtype))
        self.norm_pre = None if parts.norm_pre is None else FullNorm(parts.norm_pre, dtype)
        only_first = parts.token_head is not None
        last = len(parts.blocks) - 1
        self.blocks = nn.ModuleList(
            FrozenBlock(block, dtype, first_only=only_first and number == last)
            for number, block in enumerate(parts.blocks)
        )
        self.head: nn.Module
        if parts.token_head is not None:
            self.head = _TokenHead(*parts.token_head, dtype)
        else:
            assert isinstance(parts.head, nn.Module)
            self.head = parts.head.to(dtype)

    def forward(self, crops: Tensor) -> Tensor:
        """N 3 S S in about [0, 1] to N D, not normalised."""
        x = self.patch(patches(crops, self.patch_size, self.dtype)) + self.positions
        if self.prefix is not None:
            x = torch.cat([self.prefix.expand(len(x), 1, -1), x], 1)
        if self.norm_pre is not None:
            x = self.norm_pre(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


class FrozenBlock(nn.Module):
    """One pre-norm residual block.

    Args:
        first_only: give the first token alone, N 1 E.
    """

    def __init__(self, parts: BlockParts, dtype: torch.dtype, first_only: bool = False) -> None:
        super().__init__()
        self.num_heads, self.first_only = parts.num_heads, first_only
        self.eps_1, self.eps_2 = parts.norm_1.eps, parts.norm_2.eps
        width = parts.qkv.weight.shape[1]
        qkv = behind(parts.norm_1, parts.qkv)
        size = qkv.weight.shape[0] // 3
        queries = torch.ones(3 * size, dtype=torch.float64, device=qkv.weight.device)
        queries[:size] = (size / self.num_heads) ** -0.5
        self.qkv = Linear(scaled(qkv, queries), dtype)
        self.out = Linear(scaled(parts.out, parts.scale_1), dtype)
        fc_1, fc_2 = behind(parts.norm_2, parts.fc_1), scaled(parts.fc_2, parts.scale_2)
        self.activation = parts.activation
        if parts.activation == "quick_gelu":
            fc_1 = Affine(fc_1.weight * QUICK, None if fc_1.bias is None else fc_1.bias * QUICK)
            fc_2 = Affine(fc_2.weight / QUICK, fc_2.bias)
        self.fc_1, self.fc_2 = Linear(fc_1, dtype), Linear(fc_2, dtype)
        self.width, self.size = width, size

    def forward(self, x: Tensor) -> Tensor:
        """N T E to N T E, or to N 1 E."""
        normed = F.layer_norm(x, (self.width,), eps=self.eps_1)
        if self.first_only:
            # The keys and values of all tokens, the query of the first.
            query = F.linear(normed[:, :1], *self.qkv.rows(0, self.size))
            keys, values = self._heads(F.linear(normed, *self.qkv.rows(self.size, None)), 2)
            (query,) = self._heads(query, 1)
            x = x[:, :1]
        else:
            query, keys, values = self._heads(self.qkv(normed), 3)
        mixed = attend(query, keys, values).transpose(1, 2).flatten(2)
        x = x + self.out(mixed)
        inner = self.fc_1(F.layer_norm(x, (self.width,), eps=self.eps_2))
        if self.activation == "quick_gelu":
            inner = F.silu(inner)
        else:
            inner = F.gelu(inner, approximate="tanh" if self.activation == "gelu_tanh" else "none")
        return x + self.fc_2(inner)

    def _heads(self, x: Tensor, count: int) -> tuple[Tensor, ...]:
        """N T (count * size) to `count` times N heads T d."""
        return x.view(*x.shape[:2], count, self.num_heads, -1).permute(2, 0, 3, 1, 4).unbind(0)


class _TokenHead(nn.Module):
    """The first token, normalised and projected."""

    def __init__(self, norm: Norm, projection: Affine, dtype: torch.dtype) -> None:
        super().__init__()
        self.eps = norm.eps
        self.projection = Linear(behind(norm, projection), dtype)

    def forward(self, x: Tensor) -> Tensor:
        return self.projection(F.layer_norm(x[:, 0], (x.shape[-1],), eps=self.eps))

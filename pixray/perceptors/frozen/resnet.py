"""CLIP's ResNet that only has to run: batch norms folded into the convolutions, channels last.

The input's deviation goes into the first convolution as well. Its mean does not: the convolution pads with zeros after
the mean was taken out, so that the picture's border would change. The pooling at the end has one query, the mean.

A rectifier is a gate, and rounding to 16 bits opens and closes some: in bfloat16 the gradient's cosine with float32 was
0.994 in a shallow network and 0.983 in one as deep as RN50, most of it lost by rounding the weights alone. So networks
with rectifiers run forward in float32, where gates are decided, and only their gradients in 16 bits: cosine 0.9999.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixray.perceptors.frozen.attention import attend
from pixray.perceptors.frozen.convolution import convolved


class FrozenResNet(nn.Module):
    """The image tower.

    Args:
        visual: open_clip's ModifiedResNet.
        mean, std: what the input is normalised with.
        dtype: number format of weights and activations; behind rectifiers, of their gradients alone.
    """

    mean: Tensor

    def __init__(self, visual: Any, mean: Sequence[float], std: Sequence[float], dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = torch.float32 if isinstance(visual.act1, nn.ReLU) else dtype
        self.act = _activation(visual.act1)
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).view(1, 3, 1, 1))
        stem = [(visual.conv1, visual.bn1), (visual.conv2, visual.bn2), (visual.conv3, visual.bn3)]
        self.stem = nn.ModuleList(
            _Convolution(convolution, norm, self.dtype, dtype, None if number else std)
            for number, (convolution, norm) in enumerate(stem)
        )
        stages = (visual.layer1, visual.layer2, visual.layer3, visual.layer4)
        self.blocks = nn.ModuleList(_Bottleneck(block, self.dtype, dtype) for stage in stages for block in stage)
        self.pool = _MeanQuery(visual.attnpool, dtype)

    @staticmethod
    def fits(visual: Any) -> bool:
        """Whether it is such a network."""
        return type(visual).__name__ == "ModifiedResNet"

    def forward(self, crops: Tensor) -> Tensor:
        """N 3 S S in about [0, 1] to N D, not normalised."""
        x = (crops - self.mean).to(self.dtype, memory_format=torch.channels_last)
        for convolution in self.stem:
            x = self.act(convolution(x))
        x = F.avg_pool2d(x, 2)
        for block in self.blocks:
            x = block(x)
        return self.pool(x)


def _activation(module: nn.Module) -> Callable[[Tensor], Tensor]:
    """What stands between the convolutions; a rectifier may work in place."""
    return F.relu_ if isinstance(module, nn.ReLU) else module


class _Convolution(nn.Module):
    """A convolution with the batch norm behind it, and its gradient; `std` divides its inputs beforehand."""

    weight: Tensor
    bias: Tensor
    back: Tensor | None

    def __init__(
        self, convolution: Any, norm: Any, dtype: torch.dtype, back: torch.dtype, std: Sequence[float] | None = None
    ) -> None:
        super().__init__()
        self.stride, self.padding = convolution.stride, convolution.padding
        factor = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
        weight = convolution.weight.double() * factor[:, None, None, None]
        if std is not None:
            weight = weight / torch.tensor(std, dtype=torch.float64, device=weight.device).view(1, 3, 1, 1)
        bias = norm.bias.double() - norm.running_mean.double() * factor
        self.register_buffer("weight", weight.to(dtype).contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", bias.to(dtype))
        short = None if back == dtype else weight.to(back).contiguous(memory_format=torch.channels_last)
        self.register_buffer("back", short)

    def forward(self, x: Tensor) -> Tensor:
        return convolved(x, self.weight, self.bias, self.back, self.stride, self.padding)


class _Bottleneck(nn.Module):
    """1 x 1, 3 x 3, 1 x 1 with a shortcut; shrinks by averaging."""

    def __init__(self, block: Any, dtype: torch.dtype, back: torch.dtype) -> None:
        super().__init__()
        self.stride = int(block.stride)
        self.act = _activation(block.act1)
        self.first = _Convolution(block.conv1, block.bn1, dtype, back)
        self.second = _Convolution(block.conv2, block.bn2, dtype, back)
        self.third = _Convolution(block.conv3, block.bn3, dtype, back)
        shortcut = block.downsample
        self.shortcut = None if shortcut is None else _Convolution(shortcut[1], shortcut[2], dtype, back)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.act(self.second(self.act(self.first(x))))
        if self.stride > 1:
            inner, x = F.avg_pool2d(inner, self.stride), F.avg_pool2d(x, self.stride)
        if self.shortcut is not None:
            x = self.shortcut(x)
        return self.act(self.third(inner) + x)


class _MeanQuery(nn.Module):
    """Attention whose only query is the mean of all places."""

    positions: Tensor
    query: Tensor
    query_bias: Tensor
    both: Tensor
    both_bias: Tensor
    out: Tensor
    out_bias: Tensor

    def __init__(self, pool: Any, dtype: torch.dtype) -> None:
        super().__init__()
        self.num_heads = pool.num_heads
        scale = (pool.q_proj.out_features / pool.num_heads) ** -0.5
        key_value = torch.cat([pool.k_proj.weight, pool.v_proj.weight])
        tensors = {
            "positions": pool.positional_embedding,
            "query": pool.q_proj.weight * scale,
            "query_bias": pool.q_proj.bias * scale,
            "both": key_value,
            "both_bias": torch.cat([pool.k_proj.bias, pool.v_proj.bias]),
            "out": pool.c_proj.weight,
            "out_bias": pool.c_proj.bias,
        }
        for name, tensor in tensors.items():
            self.register_buffer(name, tensor.detach().to(dtype).contiguous())

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.flatten(2).transpose(1, 2).to(self.positions.dtype)
        tokens = torch.cat([tokens.mean(1, keepdim=True), tokens], 1) + self.positions
        query = self._heads(F.linear(tokens[:, :1], self.query, self.query_bias), 1)[0]
        keys, values = self._heads(F.linear(tokens, self.both, self.both_bias), 2)
        mixed = attend(query, keys, values).transpose(1, 2).flatten(2)[:, 0]
        return F.linear(mixed, self.out, self.out_bias)

    def _heads(self, x: Tensor, count: int) -> tuple[Tensor, ...]:
        return x.view(*x.shape[:2], count, self.num_heads, -1).permute(2, 0, 3, 1, 4).unbind(0)

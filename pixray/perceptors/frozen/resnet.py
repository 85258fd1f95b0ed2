"""CLIP's ResNet that only has to run: batch norms folded into the convolutions, channels last.

The input's deviation goes into the first convolution as well. Its mean does not: the convolution pads with zeros after
the mean was taken out, so that the picture's border would change. The pooling at the end has one query, the mean.

A rectifier is a gate, and rounding to 16 bits opens and closes some: in bfloat16 the gradient's cosine with float32 was
0.994 in a shallow network and 0.983 in one as deep as RN50, most of it lost by rounding the weights alone. So networks
with rectifiers run forward in float32, where gates are decided, and only their gradients in 16 bits: cosine 0.9999.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixray.perceptors.frozen.convolution import convolved
from pixray.perceptors.frozen.parts import Affine
from pixray.perceptors.frozen.resnet_parts import BottleneckParts, ConvolutionParts, PoolParts, ResNetParts


class FrozenResNet(nn.Module):
    """The image tower.

    Args:
        parts: its weights.
        mean, std: what the input is normalised with.
        dtype: number format of weights and activations; behind rectifiers, of their gradients alone.
    """

    mean: Tensor

    def __init__(self, parts: ResNetParts, mean: Sequence[float], std: Sequence[float], dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = torch.float32 if isinstance(parts.activation, nn.ReLU) else dtype
        self.act = _activation(parts.activation)
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).view(1, 3, 1, 1))
        first, *others = parts.stem
        self.stem = nn.ModuleList(
            [
                _Convolution(first, self.dtype, dtype, stride=2, std=std),
                *(_Convolution(convolution, self.dtype, dtype) for convolution in others),
            ]
        )
        self.blocks = nn.ModuleList(_Bottleneck(block, self.act, self.dtype, dtype) for block in parts.blocks)
        self.pool = _MeanQuery(parts.pool, dtype)

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
    product: Tensor | None

    def __init__(
        self,
        parts: ConvolutionParts,
        dtype: torch.dtype,
        back: torch.dtype,
        stride: int = 1,
        std: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        side = parts.weight.shape[-1]
        self.stride, self.padding = (stride, stride), (side // 2, side // 2)
        factor = parts.scale.double() / (parts.variance.double() + parts.eps).sqrt()
        weight = parts.weight.double() * factor[:, None, None, None]
        if std is not None:
            weight = weight / torch.tensor(std, dtype=torch.float64, device=weight.device).view(1, 3, 1, 1)
        bias = parts.shift.double() - parts.mean.double() * factor
        self.register_buffer("weight", weight.to(dtype).contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", bias.to(dtype))
        short = None if back == dtype else weight.to(back).contiguous(memory_format=torch.channels_last)
        self.register_buffer("back", short)
        point = side == 1 and stride == 1 and short is None
        self.register_buffer("product", self.weight[:, :, 0, 0] if point else None)

    def forward(self, x: Tensor) -> Tensor:
        if self.product is not None:  # of rows of channels: half the time of a convolution as small as these
            return F.linear(x.permute(0, 2, 3, 1), self.product, self.bias).permute(0, 3, 1, 2)
        return convolved(x, self.weight, self.bias, self.back, self.stride, self.padding)


class _Bottleneck(nn.Module):
    """1 x 1, 3 x 3, 1 x 1 with a shortcut; shrinks by averaging."""

    def __init__(
        self,
        parts: BottleneckParts,
        activation: Callable[[Tensor], Tensor],
        dtype: torch.dtype,
        back: torch.dtype,
    ) -> None:
        super().__init__()
        self.stride, self.act = parts.stride, activation
        self.first, self.second, self.third = (_Convolution(each, dtype, back) for each in parts.convolutions)
        self.shortcut = None if parts.shortcut is None else _Convolution(parts.shortcut, dtype, back)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.act(self.second(self.act(self.first(x))))
        if self.stride > 1:
            inner, x = F.avg_pool2d(inner, self.stride), F.avg_pool2d(x, self.stride)
        if self.shortcut is not None:
            x = self.shortcut(x)
        return self.act(self.third(inner) + x)


class _MeanQuery(nn.Module):
    """Attention whose only query is the mean of all positions.

    With one query, keys and values need not be worked out: each head's query is taken back through the weights of the
    keys and compared with the positions themselves, and the positions are mixed before the weights of the values are
    applied. The bias of the keys adds the same to all scores, so that it has no effect.
    """

    positions: Tensor
    query: Tensor
    query_bias: Tensor
    key: Tensor
    value: Tensor
    out: Tensor
    out_bias: Tensor

    def __init__(self, parts: PoolParts, dtype: torch.dtype) -> None:
        super().__init__()
        self.num_heads = parts.num_heads
        query, key, value, out = parts.query, parts.key, parts.value, parts.out
        width = query.weight.shape[0] // parts.num_heads
        scale = width**-0.5
        tensors = {
            "positions": parts.positions,
            "query": query.weight * scale,
            "query_bias": _bias(query) * scale,
            "key": key.weight.view(self.num_heads, width, -1),
            "value": value.weight.view(self.num_heads, width, -1).transpose(1, 2),
            "out": out.weight,
            "out_bias": _bias(out) + out.weight @ _bias(value),
        }
        for name, tensor in tensors.items():
            self.register_buffer(name, tensor.detach().to(dtype).contiguous())

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.flatten(2).transpose(1, 2).to(self.positions.dtype)
        tokens = torch.cat([tokens.mean(1, keepdim=True), tokens], 1) + self.positions
        query = F.linear(tokens[:, 0], self.query, self.query_bias).view(len(x), self.num_heads, -1)
        sought = torch.bmm(query.transpose(0, 1), self.key).transpose(0, 1)  # N H E
        shares = torch.bmm(sought, tokens.transpose(1, 2)).softmax(-1)
        mixed = torch.bmm(shares, tokens).transpose(0, 1)
        values = torch.bmm(mixed, self.value).transpose(0, 1).flatten(1)
        return F.linear(values, self.out, self.out_bias)


def _bias(affine: Affine) -> Tensor:
    return affine.weight.new_zeros(len(affine.weight)) if affine.bias is None else affine.bias

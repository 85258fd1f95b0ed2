"""Reading the transformers of open_clip and timm into plain tensors. Anything unknown is refused, never guessed."""

from __future__ import annotations

import copy
from typing import Any

from torch import Tensor, nn

from pixray.perceptors.frozen.parts import Affine, BlockParts, CannotFold, Norm, TransformerParts


def read_transformer(visual: Any) -> TransformerParts:
    """The parts of an image tower: open_clip's own transformer, or one of timm's behind open_clip's adapter.

    Raises:
        CannotFold: it is another network, or has something that would be lost.
    """
    kind = type(visual).__name__
    if kind == "VisionTransformer":
        return _read_openclip(visual)
    if kind == "TimmModel" and type(visual.trunk).__name__ == "VisionTransformer":
        return _read_timm(visual)
    raise CannotFold(f"a {kind} is no transformer that is known")


def _read_openclip(visual: Any) -> TransformerParts:
    require(visual.attn_pool is None, "it pools by attention")
    require(visual.pool_type in ("tok", "avg"), f"it pools by '{visual.pool_type}'")
    require(not visual.output_tokens, "it gives tokens as well")
    positions = visual.positional_embedding
    norm_post, projection = read_norm(visual.ln_post), Affine(visual.proj.t(), None)
    by_token = visual.pool_type == "tok"
    head = None if by_token else _MeanHead(copy.deepcopy(visual.ln_post), visual.proj, visual.final_ln_after_pool)
    return TransformerParts(
        patch=_patch(visual.conv1),
        prefix=(visual.class_embedding + positions[0])[None],
        positions=positions[1:],
        norm_pre=None if isinstance(visual.ln_pre, nn.Identity) else read_norm(visual.ln_pre),
        blocks=[_openclip_block(block) for block in visual.transformer.resblocks],
        token_head=(norm_post, projection) if by_token else None,
        head=head,
    )


def _openclip_block(block: Any) -> BlockParts:
    require(type(block).__name__ == "ResidualAttentionBlock", f"its blocks are {type(block).__name__}")
    require(isinstance(block.attn, nn.MultiheadAttention), "its attention is of its own kind")
    require(not hasattr(block, "ln_1_kv"), "it attends to something else")
    attention = block.attn
    require(attention.in_proj_weight is not None and attention.bias_k is None, "its attention has separate weights")
    return BlockParts(
        norm_1=read_norm(block.ln_1),
        qkv=Affine(attention.in_proj_weight, attention.in_proj_bias),
        out=read_linear(attention.out_proj),
        scale_1=_layer_scale(block.ls_1),
        norm_2=read_norm(block.ln_2),
        fc_1=read_linear(block.mlp.c_fc),
        activation=read_activation(block.mlp.gelu),
        fc_2=read_linear(block.mlp.c_proj),
        scale_2=_layer_scale(block.ls_2),
        num_heads=attention.num_heads,
    )


def _read_timm(visual: Any) -> TransformerParts:
    trunk = visual.trunk
    require(getattr(trunk, "reg_token", None) is None, "it has register tokens")
    require(trunk.pos_embed is not None, "its positions are not learned")
    require(not getattr(trunk, "dynamic_img_size", False), "its size may change")
    require(isinstance(trunk.patch_embed.norm, nn.Identity), "it normalises its patches")
    require(not trunk.patch_embed.proj.padding[0] if trunk.patch_embed.proj.padding else True, "its patches overlap")
    positions, prefix = trunk.pos_embed[0], None
    if trunk.cls_token is not None:
        if trunk.no_embed_class:
            prefix = trunk.cls_token[0]
        else:
            prefix, positions = trunk.cls_token[0] + positions[:1], positions[1:]
    return TransformerParts(
        patch=_patch(trunk.patch_embed.proj),
        prefix=prefix,
        positions=positions,
        norm_pre=None if isinstance(trunk.norm_pre, nn.Identity) else read_norm(trunk.norm_pre),
        blocks=[_timm_block(block) for block in trunk.blocks],
        head=_TimmHead(visual),
    )


def _timm_block(block: Any) -> BlockParts:
    require(type(block).__name__ == "Block", f"its blocks are {type(block).__name__}")
    attention, mlp = block.attn, block.mlp
    require(type(attention).__name__ == "Attention" and type(mlp).__name__ == "Mlp", "its attention is of its own kind")
    plain = [attention.q_norm, attention.k_norm, getattr(attention, "norm", nn.Identity()), mlp.norm]
    require(all(isinstance(module, nn.Identity) for module in plain), "it normalises inside its branches")
    require(getattr(attention, "gate", None) is None, "its attention is gated")
    require(isinstance(mlp.fc1, nn.Linear), "its MLP is a convolution")
    return BlockParts(
        norm_1=read_norm(block.norm1),
        qkv=read_linear(attention.qkv),
        out=read_linear(attention.proj),
        scale_1=_layer_scale(block.ls1),
        norm_2=read_norm(block.norm2),
        fc_1=read_linear(mlp.fc1),
        activation=read_activation(mlp.act),
        fc_2=read_linear(mlp.fc2),
        scale_2=_layer_scale(block.ls2),
        num_heads=attention.num_heads,
    )


class _MeanHead(nn.Module):
    """The mean of all patches, normalised before or after taking it, and projected."""

    projection: Tensor

    def __init__(self, norm: nn.Module, projection: Tensor, norm_last: bool) -> None:
        super().__init__()
        self.norm, self.norm_last = norm, norm_last
        self.register_buffer("projection", projection.detach().clone())

    def forward(self, tokens: Tensor) -> Tensor:
        if self.norm_last:
            return self.norm(tokens[:, 1:].mean(1)) @ self.projection
        return self.norm(tokens)[:, 1:].mean(1) @ self.projection


class _TimmHead(nn.Module):
    """What timm and open_clip's adapter do after the last block; it is a small share, and stays as it is."""

    def __init__(self, visual: Any) -> None:
        super().__init__()
        blocks, visual.trunk.blocks = visual.trunk.blocks, nn.Sequential()
        try:
            self.visual = copy.deepcopy(visual)
        finally:
            visual.trunk.blocks = blocks

    def forward(self, tokens: Tensor) -> Tensor:
        trunk = self.visual.trunk
        return self.visual.head(trunk.forward_head(trunk.norm(tokens)))


def require(holds: bool, otherwise: str) -> None:
    """Refuse a network that lacks what the frozen one relies on.

    Raises:
        CannotFold: with `otherwise`, what it has instead.
    """
    if not holds:
        raise CannotFold(otherwise)


def _patch(convolution: Any) -> Affine:
    require(tuple(convolution.stride) == tuple(convolution.kernel_size), "its patches overlap")
    return Affine(convolution.weight, convolution.bias)


def read_linear(linear: Any) -> Affine:
    """A linear map of torch."""
    require(isinstance(linear, nn.Linear), f"{type(linear).__name__} stands where a linear map was expected")
    return Affine(linear.weight, linear.bias)


def read_norm(norm: Any) -> Norm:
    """A LayerNorm over channels, in either of timm's layouts."""
    require(isinstance(norm, nn.LayerNorm), f"it normalises with {type(norm).__name__}")
    return Norm(norm.weight, norm.bias, norm.eps)


def _layer_scale(scale: Any) -> Tensor | None:
    if isinstance(scale, nn.Identity):
        return None
    require(type(scale).__name__ == "LayerScale", f"{type(scale).__name__} scales its branches")
    return scale.gamma


def read_activation(activation: Any) -> str:
    """The name that the frozen networks have for an activation."""
    kind = type(activation).__name__
    if kind == "QuickGELU":
        return "quick_gelu"
    if kind == "GELUTanh":
        return "gelu_tanh"
    require(kind == "GELU", f"its activation is {kind}")
    return "gelu_tanh" if getattr(activation, "approximate", "none") == "tanh" else "gelu"

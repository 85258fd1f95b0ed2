"""A frozen VQGAN: picture to codes and codes to picture.

Esser, Rombach and Ommer, "Taming Transformers for High-Resolution Image Synthesis" (2021), arXiv 2012.09841. The
networks have the layers of taming-transformers, so published weights fit by name (networks.py); decode.py runs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pixray.drawers.vqgan.config import VqganConfig, read_config
from pixray.drawers.vqgan.decode import FusedLayers, HalfLayers, PlainLayers, decode, encode
from pixray.drawers.vqgan.names import NamedWeights, match_names
from pixray.drawers.vqgan.networks import Codebook, Decoder, Encoder, GumbelCodebook
from pixray.errors import ModelUnavailable, shown
from pixray.models.safe_load import read_tensors, tensor_names


class Vqgan(nn.Module):
    """Holds the weights under their published names. Never changes after loading, so sessions may share one.

    Args:
        config: of the checkpoint.
    """

    def __init__(self, config: VqganConfig) -> None:
        super().__init__()
        self.config = config
        network = dict(config.network)
        channels = network["z_channels"]
        self.encoder, self.decoder = Encoder(network), Decoder(network)
        self.quantize: Any = (
            GumbelCodebook(config.num_codes, config.code_dim, channels)
            if config.gumbel
            else Codebook(config.num_codes, config.code_dim)
        )
        self.quant_conv = nn.Conv2d((2 if network.get("double_z", True) else 1) * channels, config.code_dim, 1)
        self.post_quant_conv = nn.Conv2d(config.code_dim, channels, 1)

    def prepare(self, dtype: torch.dtype, device: str) -> Vqgan:
        """Freeze it, move it, and get ready for decoding in a number format; encoding stays in full precision."""
        self.eval().requires_grad_(False).to(device)
        self._layers = _layers(self.decoder, dtype, device)
        for part in (self.encoder, self.decoder, self.post_quant_conv):
            part.to(memory_format=torch.channels_last)
        self.decoder.to(dtype)
        self.post_quant_conv.to(dtype)
        self._dtype = dtype
        self._norms = self.codebook.square().sum(1)
        return self

    @property
    def codebook(self) -> Tensor:
        """codes x dim."""
        return self.quantize.embed.weight if self.config.gumbel else self.quantize.embedding.weight

    def code_range(self) -> tuple[Tensor, Tensor]:
        """Least and greatest value of every channel over the codebook, each 1 dim 1 1."""
        low, high = self.codebook.aminmax(dim=0)
        return low.view(1, -1, 1, 1), high.view(1, -1, 1, 1)

    @torch.no_grad()
    def encode(self, image: Tensor) -> Tensor:
        """The codes of a picture.

        Args:
            image: B 3 H W in [0, 1]; sides divisible by `config.factor`.

        Returns:
            B dim H/factor W/factor, every vector a row of the codebook.
        """
        hidden = self.quant_conv(encode(self.encoder, image * 2 - 1))
        if self.config.gumbel:
            # The likeliest code; the training code adds Gumbel noise here, so it encodes a picture anew each time.
            chosen = self.quantize.proj(hidden).argmax(1)
            return self.codebook[chosen].permute(0, 3, 1, 2).contiguous()
        return self.nearest(hidden)

    @torch.no_grad()
    def nearest(self, z: Tensor) -> Tensor:
        """The row of the codebook nearest to every vector.

        Args:
            z: B dim h w.
        """
        flat = z.permute(0, 2, 3, 1).reshape(-1, z.shape[1])
        # |z - e|^2 without |z|^2, which is the same for every row.
        distances = torch.addmm(self._norms, flat, self.codebook.t(), alpha=-2)
        chosen = self.codebook[distances.argmin(1)]
        return chosen.view(z.shape[0], z.shape[2], z.shape[3], -1).permute(0, 3, 1, 2).contiguous()

    def decode(self, codes: Tensor, recompute: bool = False) -> Tensor:
        """The picture of codes, B 3 H W, about [-1, 1]; differentiable with respect to them.

        Args:
            codes: B dim h w.
            recompute: take less memory and more time.
        """
        hidden = self.post_quant_conv(codes.to(self._dtype))
        return decode(self._layers, self.decoder, hidden, recompute).float()


def _layers(decoder: nn.Module, dtype: torch.dtype, device: str) -> PlainLayers:
    if torch.device(device).type != "cpu":
        return PlainLayers()
    return FusedLayers(decoder) if dtype == torch.float32 else HalfLayers(decoder, dtype)


def load_vqgan(config_path: Path, weights_path: Path, device: str, dtype: torch.dtype = torch.float32) -> Vqgan:
    """Build a model from its two files. Nothing in them is ever run.

    Raises:
        UnsafeFile: the checkpoint asks for what only an attack needs.
        ModelUnavailable: the files are damaged or do not belong together.
    """
    config = read_config(config_path)
    # Without memory and without random numbers: every weight comes from the file.
    with torch.device("meta"), torch.random.fork_rng(devices=[]):
        model = Vqgan(config)
    expected = model.state_dict()
    matched = match_names(tensor_names(weights_path), expected, config.prefix)
    _check_complete(matched, expected, weights_path, config_path)
    stored = read_tensors(weights_path, matched.names.__contains__)
    tensors = {matched.names[name]: value.float() for name, value in stored.items()}
    _check_fit(expected, tensors, weights_path, config_path)
    model.load_state_dict(tensors, strict=False, assign=True)
    return model.prepare(dtype, device)


def _check_complete(matched: NamedWeights, expected: Mapping[str, Tensor], weights: Path, config: Path) -> None:
    present = set(matched.names.values())
    missing = [name for name in expected if name not in present]
    if not missing:
        return
    if present:
        begin = f"begin with '{matched.prefix}'" if matched.prefix else "have no prefix"
        where = f"the {len(present)} that are there {begin}"
    elif matched.elsewhere:
        where = f"the prefix found is {shown(matched.elsewhere[0])}, which is not known here"
    else:
        where = "it holds none of them, under any prefix"
    raise ModelUnavailable(
        f"{weights} lacks {len(missing)} weights that {config.name} asks for, first {missing[0]}; {where}"
    )


def _check_fit(expected: Mapping[str, Tensor], stored: Mapping[str, Tensor], weights: Path, config: Path) -> None:
    for name, tensor in expected.items():
        if stored[name].shape != tensor.shape:
            raise ModelUnavailable(
                f"{weights} does not belong to {config.name}: {name} is {tuple(stored[name].shape)}, "
                f"expected {tuple(tensor.shape)}"
            )

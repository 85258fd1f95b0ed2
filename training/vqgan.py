"""Train the small VQGAN: 4 x 4 pixels become one of 1024 codes, and a decoder makes pictures of them again.

The networks are those of taming-transformers (Esser, Rombach, Ommer, arXiv 2012.09841), in the layout of its published
checkpoints. Codes have few dimensions and unit length (ViT-VQGAN, arXiv 2110.04627), which keeps many of them in use;
codes that nobody chose for a while start again at a vector that the encoder just gave. For the first tenth of the
training nothing is quantised. There is no discriminator: the decoder is to be calm rather than crisp.

    python -m training.vqgan --data DIR --out DIR --minutes 40 [--side 64] [--start pixray/embedded]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from pixray.drawers.vqgan.decode import PlainLayers, decode, encode
from pixray.drawers.vqgan.networks import Decoder, Encoder, ResidualBlock
from training import loop as loops
from training.captions import Captions
from training.pictures import Painter
from training.sprites import load_sprites

NETWORK: dict[str, Any] = {
    "double_z": False,
    "z_channels": 32,
    "resolution": 128,
    "in_channels": 3,
    "out_ch": 3,
    "ch": 32,
    "ch_mult": [1, 1, 2],
    "num_res_blocks": 1,
    "attn_resolutions": [],
    "dropout": 0.0,
    "norm_groups": 1,
}
CODES, DIM = 1024, 8
PLAIN_SHARE = 0.1
"""Share of the training in which nothing is quantised."""
CROP_SHARE = 0.7
"""Share of the training that sees quarters of pictures: a quarter of the work, so four times as many steps."""
UNSEEN = 256
"""How many fresh compositions the PSNR is measured on."""
_PATIENCE = 60
_COMMITMENT = 0.25


class Vqgan(nn.Module):
    """Encoder, codebook and decoder under the names of published checkpoints."""

    def __init__(self) -> None:
        super().__init__()
        # With 32 groups, as published models have, so few channels would each lose their mean: flat colours.
        self.encoder, self.decoder = Encoder(NETWORK), Decoder(NETWORK)
        for module in self.modules():
            if isinstance(module, ResidualBlock):
                nn.init.zeros_(module.conv2.weight)  # to begin with, the network is nearly linear
        channels = NETWORK["z_channels"]
        self.quant_conv, self.post_quant_conv = nn.Conv2d(channels, DIM, 1), nn.Conv2d(DIM, channels, 1)
        self.quantize = nn.Module()
        self.quantize.embedding = nn.Embedding(CODES, DIM)

    @property
    def codes(self) -> Tensor:
        """The codebook, CODES x DIM, of unit length."""
        return F.normalize(self.quantize.embedding.weight, dim=1)

    def encode(self, images: Tensor) -> Tensor:
        """Vectors of unit length, B DIM h w, before they become codes."""
        return F.normalize(self.quant_conv(encode(self.encoder, images * 2 - 1)), dim=1)

    def nearest(self, z: Tensor) -> Tensor:
        """Numbers of the codes nearest to vectors: B h w."""
        return torch.einsum("bdhw,cd->bhwc", z, self.codes).argmax(-1)

    def lookup(self, chosen: Tensor) -> Tensor:
        return self.codes[chosen].permute(0, 3, 1, 2)

    def decode(self, z: Tensor) -> Tensor:
        """Pictures, about [0, 1]."""
        return (decode(PlainLayers(), self.decoder, self.post_quant_conv(z)) + 1) / 2


class Trainer:
    """The VQGAN with everything that training it needs."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        sprites = load_sprites(options.data)
        self.model = Vqgan()
        if options.start:
            start = load_file(options.start / "vqgan.safetensors")
            self.model.load_state_dict({name: value.float() for name, value in start.items()})
        self.model = self.model.to(options.device).to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), options.rate, (0.9, 0.98), weight_decay=0.0, fused=True
        )
        self.captions = Captions(sprites, options.seed)
        self.painter = Painter(sprites, options.seed, options.side, options.device)
        self.generator = torch.Generator().manual_seed(options.seed)
        self.idle = Idle(torch.zeros(CODES), options.start is not None)
        self.plain_share = 0.0 if options.start else PLAIN_SHARE

    def parts(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "optimizer": self.optimizer,
            "captions": loops.Chance(self.captions.chance),
            "painter": loops.Numbers(self.painter.generator),
            "generator": loops.Numbers(self.generator),
            "idle": self.idle,
        }

    def step(self, rate: float, progress: float) -> dict[str, float]:
        """One step of the optimizer; the terms of the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        images = self.images(self.options.batch)
        if progress < CROP_SHARE:
            images = self._quarters(images)
        z = self.model.encode(images)
        codes, commitment = z, z.new_zeros(())
        if progress >= self.plain_share:
            codes, commitment = self._quantised(z)
        made = self.model.decode(codes)
        error = F.mse_loss(made, images)
        edges = sum(F.l1_loss(made.diff(dim=dim), images.diff(dim=dim)) for dim in (-1, -2))
        loss = F.l1_loss(made, images) + 4 * error + 0.5 * edges + commitment
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        used = float((self.idle.steps < 100).float().mean()) if self.idle.begun else 0.0
        return {"psnr": -10 * float(error.detach().log10()), "commitment": float(commitment.detach()), "used": used}

    def images(self, count: int) -> Tensor:
        """Fresh pictures, lightly moved and toned; few of them ugly."""
        pictures = [self.captions.picture(ugly=0.01) for _ in range(count)]
        drawn = self.painter.draw(pictures).images
        return self.painter.toned(self.painter.moved(drawn)).clamp(0, 1)

    def _quarters(self, images: Tensor) -> Tensor:
        """Two random pieces of half the side of each picture."""
        side = images.shape[-1] // 2
        places = torch.randint(side // 4 + 1, (2, 2), generator=self.generator).tolist()
        return torch.cat([images[..., 4 * y : 4 * y + side, 4 * x : 4 * x + side] for y, x in places])

    def _quantised(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The codes with the gradient handed through, and what holds vectors and codes together."""
        vectors = z.detach().permute(0, 2, 3, 1).reshape(-1, DIM)
        if not self.idle.begun:
            self._replace(torch.arange(CODES), vectors)
            self.idle.begun = True
        chosen = self.model.nearest(z.detach())
        self._revive(chosen, vectors)
        codes = self.model.lookup(chosen)
        commitment = F.mse_loss(codes, z.detach()) + _COMMITMENT * F.mse_loss(z, codes.detach())
        return z + (codes - z).detach(), DIM * commitment

    def _revive(self, chosen: Tensor, vectors: Tensor) -> None:
        """Restart codes that were not chosen for some time."""
        used = torch.zeros(CODES, dtype=torch.bool)
        used[chosen.flatten().cpu()] = True
        self.idle.steps = torch.where(used, 0.0, self.idle.steps + 1)
        dead = (self.idle.steps > _PATIENCE).nonzero()[:, 0]
        if len(dead):
            self._replace(dead, vectors)

    @torch.no_grad()
    def _replace(self, numbers: Tensor, vectors: Tensor) -> None:
        picked = torch.randint(len(vectors), (len(numbers),), generator=self.generator)
        fresh = vectors[picked.to(vectors.device)]
        jitter = 0.05 * torch.randn(fresh.shape, generator=self.generator).to(fresh)
        self.model.quantize.embedding.weight[numbers] = F.normalize(fresh + jitter, dim=1)
        self.idle.steps[numbers] = 0

    @torch.no_grad()
    def sheet(self, path: Path) -> None:
        """Pictures nobody trained on, above what comes back."""
        images, made, psnr, used = unseen(self.model, self.captions.sprites, self.options.device, self.options.side)
        pairs = torch.cat([torch.cat([a, b]) for a, b in zip(images[:48].split(16), made[:48].split(16), strict=True)])
        loops.save_sheet(pairs, path, 16)
        path.with_suffix(".txt").write_text(f"PSNR {psnr:.2f} dB, {100 * used:.0f} % of codes used\n", encoding="utf-8")


class Idle:
    """For how many steps each code has not been chosen."""

    def __init__(self, steps: Tensor, begun: bool) -> None:
        self.steps, self.begun = steps, begun

    def state_dict(self) -> dict[str, Any]:
        return {"steps": self.steps, "begun": self.begun}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.steps, self.begun = state["steps"].cpu(), state["begun"]


@torch.no_grad()
def unseen(model: Vqgan, sprites: Any, device: str, side: int = 128) -> tuple[Tensor, Tensor, float, float]:
    """Fresh compositions, what the model makes of them, mean PSNR in dB, and the share of the codes they use."""
    captions, painter = Captions(sprites, 987654), Painter(sprites, 987654, side, device)
    images = painter.draw([captions.picture(ugly=0.0) for _ in range(UNSEEN)]).images
    made, used = [], set()
    for part in images.split(16):
        chosen = model.nearest(model.encode(part))
        used |= set(chosen.flatten().tolist())
        made.append(model.decode(model.lookup(chosen)).clamp(0, 1))
    pictures = torch.cat(made)
    psnr = -10 * (pictures - images).square().flatten(1).mean(1).clamp(min=1e-5).log10()
    return images, pictures, float(psnr.mean()), len(used) / CODES


def export_vqgan(checkpoint: Path, folder: Path) -> None:
    """Write vqgan.yaml and vqgan.safetensors in the layout of published checkpoints."""
    import yaml

    from training.export import half, write

    model = Vqgan()
    model.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["parts"]["model"])
    with torch.no_grad():
        model.quantize.embedding.weight.copy_(model.codes)
    params = {"embed_dim": DIM, "n_embed": CODES, "ddconfig": NETWORK}
    write(half(model.state_dict()), folder / "vqgan.safetensors")
    described = {"model": {"target": "taming.models.vqgan.VQModel", "params": params}}
    (folder / "vqgan.yaml").write_text(yaml.safe_dump(described, sort_keys=False), encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    parser = loops.arguments(__doc__, rate=2e-3, batch=8)
    parser.set_defaults(seed=2002)
    parser.add_argument("--side", type=int, default=128, help="of the pictures, in pixels: 64 or 128")
    parser.add_argument("--start", type=Path, help="folder with an exported VQGAN to begin with")
    return parser


def main(argv: list[str] | None = None) -> None:
    options = parser().parse_args(argv)
    loops.prepare(options)
    trainer = Trainer(options)
    loop = loops.Loop(options, trainer.parts(), trainer.sheet)
    while loop.going():
        loop.stepped(options.batch, **trainer.step(loop.rate, loop.progress))
    loop.finish()


if __name__ == "__main__":
    main()

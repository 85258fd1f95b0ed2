"""Decoding a VQGAN: ours against taming-transformers' own modules, on the architecture of imagenet_f16_16384.

python -m benchmarks.vqgan [--rounds 5] [--size 384 208] [--device cpu]
python -m benchmarks.vqgan --formats float32 --threads 1 --cpu_time      on a machine that others use too

One step is the nearest codes, the decoder, and the gradient back to the latents. Both sides hold the same random
weights, frozen; theirs quantises by a one-hot product in float32, as VectorQuantizer does.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import time

import torch
from torch import nn

from benchmarks.common import interleaved, machine, median, ratio, table
from pixray.drawers.vqgan.config import VqganConfig
from pixray.drawers.vqgan.model import Vqgan
from pixray.ops.surrogate import straight_through

F16_16384 = VqganConfig(
    {
        "double_z": False,
        "z_channels": 256,
        "resolution": 256,
        "in_channels": 3,
        "out_ch": 3,
        "ch": 128,
        "ch_mult": (1, 1, 2, 2, 4),
        "num_res_blocks": 2,
        "attn_resolutions": (16,),
        "dropout": 0.0,
    },
    16384,
    256,
)


class Taming(nn.Module):
    """Quantiser, one convolution and decoder of taming-transformers, as its VQModel ties them together."""

    def __init__(self, config: VqganConfig) -> None:
        super().__init__()
        from taming.modules.diffusionmodules.model import Decoder
        from taming.modules.vqvae.quantize import VectorQuantizer

        self.quantize = VectorQuantizer(config.num_codes, config.code_dim, beta=0.25)
        self.post_quant_conv = nn.Conv2d(config.code_dim, config.network["z_channels"], 1)
        self.decoder = Decoder(**config.network)

    def forward(self, z):
        return self.decoder(self.post_quant_conv(self.quantize(z)[0]))


def variants(config, dtypes, device):
    """Theirs and ours in each number format, by name, with the same weights."""
    with contextlib.redirect_stdout(io.StringIO()):
        torch.manual_seed(0)
        taming = Taming(config)
        nn.init.normal_(taming.quantize.embedding.weight)
        models = {}
        for dtype in dtypes:
            model = Vqgan(config)
            model.load_state_dict(taming.state_dict(), strict=False)
            model.prepare(dtype, device)
            models[f"ours, {str(dtype).removeprefix('torch.')}"] = lambda z, model=model: model.decode(
                straight_through(model.nearest(z), z)
            )
    return {"taming, float32": taming.eval().requires_grad_(False).to(device), **models}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, nargs=2, default=(384, 208))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--formats", nargs="*", default=("float32", "bfloat16"))
    parser.add_argument("--cpu_time", action="store_true", help="count the processor's seconds, not the wall's")
    wanted = parser.parse_args()
    if wanted.threads:
        torch.set_num_threads(wanted.threads)
    width, height = wanted.size
    models = variants(F16_16384, [getattr(torch, name) for name in wanted.formats], wanted.device)
    z = torch.randn(1, F16_16384.code_dim, height // 16, width // 16, device=wanted.device).requires_grad_(True)
    seed = torch.randn(1, 3, height, width, device=wanted.device)
    results = {}

    def step(name):
        picture = models[name](z)
        (gradient,) = torch.autograd.grad(picture, z, seed)
        results[name] = (picture.detach(), gradient)

    clock = time.process_time if wanted.cpu_time else time.perf_counter
    times = interleaved({name: lambda name=name: step(name) for name in models}, wanted.rounds, clock=clock)
    base, rows = "taming, float32", []
    for name in models:
        apart = [
            float((mine - theirs).norm() / theirs.norm())
            for mine, theirs in zip(results[name], results[base], strict=True)
        ]
        quicker = f"**{ratio(times[base], times[name]):.2f}x**"
        rows.append([name, f"{median(times[name]):.0f}", quicker, f"{apart[0]:.1e}", f"{apart[1]:.1e}"])
    print(machine())
    header = ["", "CPU ms" if wanted.cpu_time else "ms", "ratio", "picture differs by", "gradient differs by"]
    print(table(f"Decode and backward, f16_16384, {width}x{height}", header, rows))


if __name__ == "__main__":
    main()

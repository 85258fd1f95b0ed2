"""One table: the old loop and ours, interleaved, by parts and whole, for each drawer and set of perceptors.

    python -m benchmarks.run [--rounds 3] [--only pixel,B/32] [--threads 2] [--device cpu] [--cuts 30]

The old loop is re-expressed with today's libraries: the picture is pooled anew for each cutout, bent, cropped and
recoloured in turn by kornia, stretched batch by batch, and seen by open_clip's modules in float32; VQGAN decodes with
the modules of taming-transformers in float32. Weights are random: speed does not depend on them. line_sketch draws
with our renderer on both sides, since the old one (diffvg) has no package; its row shows the rest of the step.

    python -m benchmarks.run --whole [--prompts 4]

tells what a user feels instead: seconds from the command to a picture of equal score, whole processes
(benchmarks/whole.py).

"of work" is the ratio of the processor times of this process, which other work on the machine changes less.
"floor" is the time that the step's products would take at the rate of a 1024 x 1024 product, measured just before.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
import warnings
from importlib import resources

import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import whole
from benchmarks.common import interleaved, machine, median, milliseconds, ratio, table
from benchmarks.cutouts import OldCutouts
from pixray.cutouts.direct import ZoomWide
from pixray.drawers.base import Canvas
from pixray.ops.angles import angular_distance
from pixray.ops.surrogate import clamp_inward
from pixray.perceptors.frozen.tower import PlainTower, compile_tower
from pixray.perceptors.normalization import OPENAI_MEAN, OPENAI_STD
from pixray.runtime.devices import choose_dtype

PARTS = ("render", "cutouts", "encode", "backward", "update")
PERCEPTORS = {"B/32": ("ViT-B-32-quickgelu",), "B/32+B/16": ("ViT-B-32-quickgelu", "ViT-B-16-quickgelu")}
PERCEPTORS["embedded"] = ("embedded",)
DRAWERS = ("pixel", "vqgan", "line_sketch")


class Old:
    """An image tower as the old loop used it: open_clip's module in float32, each batch stretched to 0..1."""

    def __init__(self, visual, device):
        self.tower = PlainTower(copy.deepcopy(visual), OPENAI_MEAN, OPENAI_STD, torch.float32).to(device)
        self.size = side_of(visual)

    def __call__(self, crops):
        low, high = crops.min(), crops.max()
        return F.normalize(self.tower((crops - low) / (high - low)), dim=-1)


class Ours:
    """The frozen tower, in the number format that this machine gets."""

    def __init__(self, visual, device):
        self.tower = compile_tower(visual, OPENAI_MEAN, OPENAI_STD, choose_dtype("auto", device), device)
        self.size = side_of(visual)

    def __call__(self, crops):
        return F.normalize(self.tower(crops).float(), dim=-1)


def side_of(visual):
    return visual.image_size[0] if isinstance(visual.image_size, tuple) else visual.image_size


def visual_of(name):
    """An image tower with random weights."""
    if name == "embedded":
        config = json.loads(resources.files("pixray.embedded").joinpath("guide.json").read_text())
        from training.clip import make_clip

        return make_clip(config).visual.eval().requires_grad_(False)
    import open_clip

    return open_clip.create_model(name).visual.eval().requires_grad_(False)


def canvas_of(drawer, old, size, device):
    """A function that renders, and the parameters behind it."""
    if drawer == "vqgan":
        from benchmarks.vqgan import F16_16384, variants

        models = variants(F16_16384, () if old else (choose_dtype("auto", device),), device)
        decode = models["taming, float32"] if old else next(iter(reversed(models.values())))
        z = torch.randn(1, F16_16384.code_dim, size[1] // 16, size[0] // 16, device=device).requires_grad_(True)
        return lambda: clamp_inward((decode(z) + 1) / 2), [z]
    from pixray.models.store import ModelStore
    from pixray.registry import Registry

    cls = Registry.discover("").load("drawer", drawer)
    made = cls(cls.Settings(), Canvas(*size, device))
    made.load(ModelStore(offline=True))
    made.start(None, torch.Generator().manual_seed(0))
    return lambda: made.render(0)[:, :3], [tensor for group in made.parameters() for tensor in group.tensors]


class Step:
    """One step of one side, whose parts can be timed."""

    def __init__(self, drawer, visuals, old, size, cuts, device):
        self.draw, parameters = canvas_of(drawer, old, size, device)
        self.optimizer = torch.optim.Adam(parameters, lr=0.01)
        self.encoders = [(Old if old else Ours)(visual, device) for visual in visuals]
        self.cutouts = OldCutouts(cuts, size[0] / size[1]) if old else ZoomWide(cuts, size[0] / size[1], device=device)
        self.generator = torch.Generator().manual_seed(0)
        self.targets = None
        self.number = 0

    def render(self):
        self.optimizer.zero_grad(set_to_none=True)
        self.canvas = self.draw()

    def cut(self):
        sizes = dict.fromkeys(encoder.size for encoder in self.encoders)
        self.crops = {side: self.cutouts.plan(self.generator, side, self.number, 0.5)(self.canvas) for side in sizes}

    def encode(self):
        embeds = [encoder(self.crops[encoder.size]) for encoder in self.encoders]
        if self.targets is None:
            self.targets = [F.normalize(torch.randn_like(one[:1]), dim=-1) for one in embeds]
        terms = zip(embeds, self.targets, strict=True)
        self.loss = sum(angular_distance(one, target).mean() for one, target in terms)

    def backward(self):
        self.loss.backward()

    def update(self):
        self.optimizer.step()
        self.number += 1

    def parts(self):
        return dict(zip(PARTS, (self.render, self.cut, self.encode, self.backward, self.update), strict=True))

    def __call__(self):
        for part in self.parts().values():
            part()


def rate_of(dtype, device):
    """GFLOP a second of a 1024 x 1024 product."""
    one = torch.randn(1024, 1024, device=device).to(dtype)
    return 2 * 1024**3 / min(milliseconds(lambda: one @ one) for _ in range(5)) / 1e6


def counted(call, spent):
    """The same call, noting the processor time of all its threads: other work on the machine counts less there."""

    def once():
        begun = time.process_time()
        call()
        spent.append(time.process_time() - begun)

    return once


def measure(drawer, names, wanted, size):
    """A row of each table."""
    visuals = [visual_of(name) for name in PERCEPTORS[names]]
    cuts = 12 if names == "embedded" and wanted.cuts == 30 else wanted.cuts
    old, ours = (Step(drawer, visuals, side, size, cuts, wanted.device) for side in (True, False))
    parts = interleaved(ours.parts(), 1, warm_up=1)
    rate = rate_of(choose_dtype("auto", wanted.device), wanted.device)
    work: dict[str, list[float]] = {"old": [], "ours": []}
    calls = {name: counted(call, work[name]) for name, call in (("old", old), ("ours", ours))}
    times = interleaved(calls, wanted.rounds, warm_up=1)
    work = {name: spent[1:] for name, spent in work.items()}
    with FlopCounterMode(display=False) as counter:
        ours()
    floor = counter.get_total_flops() / 1e9 / rate * 1000
    spent = median(times["ours"])
    row = [drawer, names, str(cuts), f"{median(times['old']):.0f}", f"{spent:.0f}"]
    row += [
        f"**{ratio(times['old'], times['ours']):.1f}x**",
        f"**{ratio(work['old'], work['ours']):.1f}x**",
        f"{rate:.0f}",
        f"{floor:.0f}",
        f"{100 * floor / spent:.0f} %",
    ]
    return row, [drawer, names, *(f"{median(parts[part]):.1f}" for part in PARTS)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help="drawer,perceptors; either may be left out, as in ',B/32'")
    parser.add_argument("--cuts", type=int, default=30, help="the embedded perceptor gets 12 unless this is given")
    parser.add_argument("--size", type=int, nargs=2, default=(384, 208))
    parser.add_argument("--threads", type=int)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--whole", action="store_true", help="seconds from the command to a picture of equal score")
    parser.add_argument("--prompts", type=int, help="how many pictures with --whole")
    wanted = parser.parse_args()
    if wanted.whole:
        whole.compare(wanted.prompts)
        return
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    if wanted.threads:
        torch.set_num_threads(wanted.threads)
    drawer, _, names = (wanted.only or ",").partition(",")
    print(f"{time.strftime('%Y-%m-%d')}: {machine()}", flush=True)
    steps, parts = [], []
    for one in DRAWERS:
        for other in PERCEPTORS:
            if drawer in ("", one) and names in ("", other):
                row, by_parts = measure(one, other, wanted, tuple(wanted.size))
                steps.append(row)
                parts.append(by_parts)
                print("| " + " | ".join(row) + " |", flush=True)
    header = [
        "drawer",
        "perceptors",
        "cuts",
        "old, ms",
        "ours, ms",
        "ratio",
        "of work",
        "GFLOP/s",
        "floor, ms",
        "reached",
    ]
    print(table(f"A step at {wanted.size[0]}x{wanted.size[1]}, {wanted.rounds} interleaved pairs", header, steps))
    print(table("Our step by its parts, ms", ["drawer", "perceptors", *PARTS], parts))


if __name__ == "__main__":
    main()

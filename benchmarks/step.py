"""A step by its parts, and the same step in the old loop's manner, interleaved.

    python -m benchmarks.step [--rounds 5]

ViT-B/32 has random weights here: its speed does not depend on them.
"""

from __future__ import annotations

import argparse
import copy

import torch

from benchmarks.common import interleaved, machine, median, ratio, table
from benchmarks.cutouts import OldCutouts
from pixray.cutouts.direct import ZoomWide
from pixray.drawers.base import Canvas
from pixray.drawers.pixel.drawer import PixelDrawer
from pixray.ops.angles import angular_distance
from pixray.ops.surrogate import clamp_inward
from pixray.optim.gradient import GradientOptimizer
from pixray.perceptors.embedded import Embedded
from pixray.perceptors.openclip import OpenClip

PARTS = ("render", "cutouts", "encode", "backward", "update")


def random_b32(contrast):
    import open_clip

    model = open_clip.create_model("ViT-B-32-quickgelu")
    return OpenClip("ViT-B/32", model, open_clip.get_tokenizer("ViT-B-32-quickgelu"), contrast=contrast)


class Step:
    """One step, whose parts can be timed by themselves.

    Args:
        old: pool, bend and shift one after the other, and stretch each batch, as the old loop did.
    """

    def __init__(self, perceptor, cutouts, size):
        self.perceptor = perceptor
        drawer = PixelDrawer(PixelDrawer.Settings(), Canvas(*size))
        drawer.start(None, torch.Generator().manual_seed(0))
        self.drawer, self.optimizer = drawer, GradientOptimizer(drawer.parameters())
        self.cutouts, self.generator = cutouts, torch.Generator().manual_seed(0)
        self.target = perceptor.encode_text(["a red circle"])

    def render(self):
        self.optimizer.clear()
        self.canvas = clamp_inward(self.drawer.render(0))

    def cut(self):
        self.crops = self.cutouts.plan(self.generator, self.perceptor.input_size, 0, 0.5)(self.canvas)

    def encode(self):
        self.loss = angular_distance(self.perceptor.encode_image(self.crops), self.target).mean()

    def backward(self):
        self.loss.backward()

    def update(self):
        self.optimizer.update()
        self.drawer.project()

    def parts(self):
        return dict(zip(PARTS, (self.render, self.cut, self.encode, self.backward, self.update), strict=True))

    def __call__(self):
        for part in self.parts().values():
            part()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    parts, against = [], []
    b32 = {contrast: random_b32(contrast) for contrast in ("plain", "minmax")}
    embedded = {"plain": Embedded()}
    embedded["minmax"] = copy.copy(embedded["plain"])
    embedded["minmax"]._contrast = "minmax"
    for name, kinds, size, cuts in (("ViT-B/32", b32, (384, 208), 30), ("embedded", embedded, (288, 288), 12)):
        facts = (cuts, size[0] / size[1])
        step = Step(kinds["plain"], ZoomWide(*facts), size)
        times = interleaved(step.parts(), rounds, warm_up=2)
        parts.append([f"{name}, {cuts} cuts, {size[0]}x{size[1]}", *(f"{median(times[part]):.1f}" for part in PARTS)])
        old = Step(kinds["minmax"], OldCutouts(*facts), size)
        times = interleaved({"old": old, "ours": step}, rounds)
        ratios = f"**{ratio(times['old'], times['ours']):.1f}x**"
        against.append([name, f"{median(times['old']):.0f}", f"{median(times['ours']):.0f}", ratios])
    print(machine())
    print(table("The step by its parts, ms", ["perceptor", *PARTS], parts))
    print(table("The whole step, pixel drawer", ["perceptor", "old manner, ms", "ours, ms", "ratio"], against))


if __name__ == "__main__":
    main()

"""Cutouts: one resampling against the old chain, forward and backward, interleaved.

python -m benchmarks.cutouts [--rounds 7]
"""

from __future__ import annotations

import argparse

import torch

from benchmarks.common import interleaved, machine, median, ratio, table
from pixray.cutouts.classic import ClassicCutouts
from pixray.cutouts.direct import ZoomWide


class OldCutouts(ClassicCutouts):
    """The old loop pooled the whole picture anew for every cutout."""

    def stretched(self, image, input_size):
        for _ in range(self.num_cuts - 1):
            super().stretched(image, input_size)
        return super().stretched(image, input_size)


def forward_backward(cutouts, canvas, input_size):
    generator = torch.Generator().manual_seed(0)

    def once():
        canvas.grad = None
        cutouts.plan(generator, input_size, 0, 0.5)(canvas).sum().backward()

    return once


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    rows = []
    for width, height, input_size, num_cuts in ((384, 208, 224, 30), (288, 288, 64, 12), (1920, 1080, 224, 30)):
        canvas = torch.rand(1, 3, height, width).requires_grad_(True)
        facts = (num_cuts, width / height)
        calls = {
            name: forward_backward(cls(*facts), canvas, input_size)
            for name, cls in (("old", OldCutouts), ("pooled once", ClassicCutouts), ("ours", ZoomWide))
        }
        times = interleaved(calls, rounds)
        shape = f"{width}x{height}, {num_cuts} x {input_size} px"
        rows.append(
            [shape]
            + [f"{median(times[name]):.1f}" for name in calls]
            + [f"**{ratio(times['old'], times['ours']):.1f}x**", f"{ratio(times['pooled once'], times['ours']):.1f}x"]
        )
    header = ["canvas, cutouts", "old, ms", "old, pooled once, ms", "ours, ms", "old / ours", "pooled once / ours"]
    print(machine())
    print(table("Cutouts, forward and backward", header, rows))


if __name__ == "__main__":
    main()

"""The pixel drawer by cell type and size, and against one tensor per cell, as the old pixray had it.

python -m benchmarks.pixel [--rounds 20]
"""

from __future__ import annotations

import argparse

import torch

from benchmarks.common import interleaved, machine, median, ratio, table
from pixray.drawers.base import Canvas
from pixray.drawers.pixel import PixelDrawer
from pixray.drawers.pixel_cells import CELL_TYPES
from pixray.steppers.gradient import GradientStepper


def ours(cell_type, size):
    """Render, backward, Adam and projection of one step."""
    drawer = PixelDrawer(PixelDrawer.Settings(pixel_type=cell_type), Canvas(*size))
    drawer.start(None, torch.Generator().manual_seed(0))
    stepper = GradientStepper(drawer.parameters())
    target = torch.rand(1, 3, size[1], size[0])

    def once():
        stepper.clear()
        drawer.render(0).backward(target)
        stepper.update()
        drawer.project()

    return drawer, once


def one_tensor_per_cell(drawer):
    """The same picture from a leaf tensor per cell: each polygon's mask times its colour, added at its place."""
    cover, cells = drawer._cover, drawer.cells
    sizes = torch.diff(cover.offsets_back, append=torch.tensor([len(cover.pixel_of)]))
    pixels = cover.pixel_of.long().split(sizes.tolist())
    masks = cover.share_back.split(sizes.tolist())
    colours = [colour.clone().requires_grad_(True) for colour in drawer.colours.detach()]
    adam = torch.optim.Adam(colours, lr=0.03)
    target = torch.rand(cells.width * cells.height, 3)

    def once():
        adam.zero_grad()
        picture = torch.zeros(cells.width * cells.height, 3)
        for pixel, mask, colour in zip(pixels, masks, colours, strict=True):
            picture = picture.index_add_(0, pixel, mask[:, None] * colour)
        picture.backward(target)
        adam.step()
        with torch.no_grad():
            for colour in colours:
                colour.clamp_(0, 1)

    return once


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    rows = []
    for size in ((384, 216), (960, 540), (1920, 1080)):
        for cell_type in CELL_TYPES:
            drawer, once = ours(cell_type, size)
            times = interleaved({"ours": once}, rounds, warm_up=3)["ours"]
            rows.append([f"{size[0]}x{size[1]}", cell_type, str(len(drawer.cells)), f"{median(times):.2f}"])
    print(machine())
    print(table("Pixel drawer, one step (render, backward, Adam)", ["canvas", "cells", "count", "ms"], rows))
    drawer, once = ours("hex", (384, 216))
    times = interleaved({"per cell": one_tensor_per_cell(drawer), "ours": once}, 3)
    rows = [[f"{median(times['per cell']):.0f}", f"{median(times['ours']):.2f}", f"**{ratio(*times.values()):.0f}x**"]]
    print(table("hex, 384x216, 5071 cells", ["one tensor per cell, ms", "ours, ms", "ratio"], rows))


if __name__ == "__main__":
    main()

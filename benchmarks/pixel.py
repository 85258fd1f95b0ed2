"""The pixel drawer by cell type and size, and against one tensor per cell, as the old pixray had it.

python -m benchmarks.pixel [--rounds 20]
"""

from __future__ import annotations

import argparse

import torch

from benchmarks.common import interleaved, machine, median, ratio, table
from pixray.drawers.base import Canvas
from pixray.drawers.pixel.cells import CELL_TYPES
from pixray.drawers.pixel.drawer import PixelDrawer
from pixray.optim.gradient import GradientOptimizer


def ours(cell_type, size):
    """Render, backward, Adam and projection of one step."""
    drawer = PixelDrawer(PixelDrawer.Settings(pixel_type=cell_type), Canvas(*size))
    drawer.start(None, torch.Generator().manual_seed(0))
    optimizer = GradientOptimizer(drawer.parameters())
    target = torch.rand(1, 3, size[1], size[0])

    def once():
        optimizer.clear()
        drawer.render(0).backward(target)
        optimizer.update()
        drawer.project()

    return drawer, once


def one_tensor_per_cell(drawer):
    """The same picture as the old loop made it: every step draws every polygon, each with a colour tensor of its own.

    A polygon's mask is taken from 2 x 2 points a pixel within its box, as the old rasterizer took them.
    """
    cells = drawer.cells
    outlines = [torch.tensor(polygon) for polygon in cells.polygons()]
    colours = [colour.clone().requires_grad_(True) for colour in drawer.colours.detach()]
    adam = torch.optim.Adam(colours, lr=0.03)
    target = torch.rand(3, cells.height, cells.width)

    def once():
        adam.zero_grad()
        picture = torch.zeros(3, cells.height, cells.width)
        for outline, colour in zip(outlines, colours, strict=True):
            rows, columns, mask = polygon_mask(outline, cells.width, cells.height)
            picture[:, rows, columns] += mask * colour[:3, None, None]
        picture.backward(target)
        adam.step()
        with torch.no_grad():
            for colour in colours:
                colour.clamp_(0, 1)

    return once


def polygon_mask(outline, width, height):
    """Rows and columns of a convex polygon's box, and the share of each pixel that it covers."""
    low, high = outline.amin(0).floor().int().clamp(min=0), outline.amax(0).ceil().int()
    left, top, right, bottom = int(low[0]), int(low[1]), min(int(high[0]), width), min(int(high[1]), height)
    x = torch.arange(left * 2, right * 2) / 2 + 0.25
    y = torch.arange(top * 2, bottom * 2)[:, None] / 2 + 0.25
    edge = outline.roll(-1, 0) - outline
    sides = [ex * (y - py) - ey * (x - px) for (px, py), (ex, ey) in zip(outline, edge, strict=True)]
    sides = torch.stack(sides)
    inside = ((sides >= 0).all(0) | (sides <= 0).all(0)).float()
    share = torch.nn.functional.avg_pool2d(inside[None], 2)[0]
    return slice(top, bottom), slice(left, right), share


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
    print(table("hex, 384x216, 5071 cells", ["a polygon and a tensor per cell, ms", "ours, ms", "ratio"], rows))


if __name__ == "__main__":
    main()

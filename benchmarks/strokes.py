"""The stroke renderer, forward plus backward: growth over strokes and over size, beside a matrix product.

python -m benchmarks.strokes [--rounds 9] [--targets] [--dense] [--memory]

Every turn times one product of two 1024 x 1024 float32 matrices as well, so that figures of another machine, or of a
busy one, can be compared. The last two columns count the processor's time on one thread instead of the clock's, which
a busy machine distorts much less.

--targets takes only the four scenes that have a target. --dense adds a renderer that looks at every pixel for every
piece of every stroke, as a plain implementation would. --memory prints the peak memory of large scenes under several
budgets.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

import torch

from benchmarks.common import interleaved, machine, median, ratio, table
from pixray.drawers.base import Canvas
from pixray.drawers.strokes.clipdraw import ClipDrawDrawer
from pixray.drawers.strokes.line_sketch import LineSketchDrawer
from pixray.drawers.strokes.render import BUDGET, render
from pixray.drawers.strokes.scene import flatten
from pixray.drawers.strokes.tiles import EDGE

STROKES = (24, 96, 256, 1024)
SIZES = ((192, 108), (384, 216), (768, 432), (1920, 1080))


def sketch_of(kind, strokes, size):
    """A drawing as it begins, its widths spread over the whole range, as they are later."""
    cls = ClipDrawDrawer if kind == "clipdraw" else LineSketchDrawer
    drawer = cls(cls.Settings(strokes=strokes), Canvas(*size))
    generator = torch.Generator().manual_seed(0)
    drawer.start(None, generator)
    low, high = drawer.width_range()
    if kind != "clipdraw":
        with torch.no_grad():
            drawer.sketch.widths.copy_(low + (high - low) * torch.rand(strokes, generator=generator))
    return drawer.sketch


def stepped(sketch, size, budget=BUDGET):
    """One call: render and backward."""
    gradient = torch.rand(1, 3, size[1], size[0])

    def once():
        render(sketch.scene(), size, sketch.paper, budget).backward(gradient)

    return once


def dense(sketch, size):
    """Every piece against every pixel, stroke by stroke, differentiated by autograd."""
    x, y = torch.meshgrid(torch.arange(size[0]) + 0.5, torch.arange(size[1]) + 0.5, indexing="xy")
    pixels = torch.stack([x, y], 2).view(-1, 1, 2)
    gradient = torch.rand(size[1] * size[0], 3)

    def once():
        scene = sketch.scene()
        ends, owner = flatten(scene.cubics, 64)
        picture = sketch.paper.expand(len(pixels), 3)
        for number in range(len(scene)):
            begin, end = ends[scene.path[owner] == number].unbind(1)
            along = end - begin
            t = (((pixels - begin) * along).sum(2) / along.square().sum(1).clamp_min(1e-9)).clamp(0, 1)
            gap = ((pixels - begin - t[..., None] * along).square().sum(2) + 1e-12).amin(1).sqrt()
            u = ((scene.widths[number] / 2 - gap) / (2 * EDGE) + 0.5).clamp(0, 1)
            alpha = (u * u * (3 - 2 * u) * scene.colours[number, 3])[:, None]
            picture = picture * (1 - alpha) + alpha * scene.colours[number, :3]
        picture.backward(gradient)

    return once


TARGETS = {
    ("line_sketch", 24, (384, 216)): 18,
    ("line_sketch", 256, (384, 216)): 180,
    ("clipdraw", 1024, (384, 216)): 600,
    ("line_sketch", 24, (1920, 1080)): 600,
}
"""Milliseconds on two cores whose matrix product takes about 9 ms."""


def growing():
    """Scenes of more and more strokes, then of larger and larger canvases."""
    scenes = {("line_sketch", strokes, (384, 216)): None for strokes in STROKES}
    scenes |= {("line_sketch", 24, size): None for size in SIZES}
    return [*scenes, *(("clipdraw", 1024, size) for size in SIZES[:3])]


def timed(scenes, rounds):
    """Medians of scenes, each taken in turn with the product."""
    one, other = torch.rand(2, 1024, 1024)
    rows = []
    for kind, strokes, size in scenes:
        calls = {"draw": stepped(sketch_of(kind, strokes, size), size), "product": lambda: one @ other}
        times = interleaved(calls, rounds, warm_up=2)
        figures = [median(times["draw"]), median(times["product"]), ratio(*times.values())]
        figures += [processor_time(call, rounds) for call in calls.values()]
        rows.append([f"{kind}, {strokes} strokes", f"{size[0]}x{size[1]}", *(f"{figure:.1f}" for figure in figures)])
    head = ["scene", "canvas", "median ms", "product, ms", "draw / product", "one thread, CPU ms", "product, CPU ms"]
    return table("Strokes, forward plus backward", head, rows)


def processor_time(call, rounds):
    """Median milliseconds of processor time on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    spent = []
    for _ in range(rounds):
        begun = time.process_time()
        call()
        spent.append((time.process_time() - begun) * 1000)
    torch.set_num_threads(threads)
    return median(spent)


def against_dense():
    size = (384, 216)
    sketch = sketch_of("line_sketch", 24, size)
    times = interleaved({"dense": dense(sketch, size), "ours": stepped(sketch, size)}, 3)
    row = [f"{median(times['dense']):.0f}", f"{median(times['ours']):.1f}", f"**{ratio(*times.values()):.0f}x**"]
    return table("24 strokes of 8 segments, 384x216", ["every pixel, ms", "ours, ms", "ratio"], [row])


_PEAK = """
import resource, sys, torch
from benchmarks.strokes import sketch_of, stepped
kind, strokes, width, height, mebibytes = sys.argv[1], *map(int, sys.argv[2:])
once = stepped(sketch_of(kind, strokes, (width, height)), (width, height), mebibytes * 2**20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
once()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def memory():
    """What one step adds to the peak of a fresh process, for several budgets."""
    rows = []
    for mebibytes in (16, 64, 256, 4096):
        words = ["clipdraw", 1024, 960, 540, mebibytes]
        command = [sys.executable, "-c", _PEAK, *map(str, words)]
        result = subprocess.run(command, capture_output=True, text=True, check=True)
        rows.append(["clipdraw, 1024 strokes", "960x540", str(mebibytes), result.stdout.strip()])
    return table("Peak memory of one step", ["scene", "canvas", "budget, MiB", "grew by, MiB"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--targets", action="store_true")
    parser.add_argument("--dense", action="store_true")
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    print(machine())
    print(timed(TARGETS if options.targets else growing(), options.rounds))
    if options.dense:
        print(against_dense())
    if options.memory:
        print(memory())


if __name__ == "__main__":
    main()

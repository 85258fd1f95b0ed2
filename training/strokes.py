"""Pictures of pen strokes that the model paints while it is trained, with the renderer of the stroke drawers."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from pixray.drawers.strokes.render import render
from pixray.drawers.strokes.sketch import Sketch, open_paths, wander

SIZE = 64
SEGMENTS = 4
RATES = {"points": 0.8, "widths": 0.06, "colours": 0.04}
"""How far a step moves each kind of number: pixels, pixels, and shares of full colour, as root mean squares."""
WIDTHS = (0.5, 4.0)


def begin_strokes(generator: torch.Generator) -> Sketch:
    """Random strokes on light or dark paper: a pen's few thin ones or a brush's, black or of any colour."""
    count = int(torch.randint(12, 40, (), generator=generator))
    one, other, shade = torch.rand(3, generator=generator).tolist()
    begin = 0.5 + 0.7 * (torch.rand(count, 2, generator=generator) - 0.5)
    points = wander(begin, SEGMENTS, torch.full((count,), 0.25), (SIZE, SIZE), generator)
    index, path = open_paths([SEGMENTS] * count)
    colours = torch.rand(count, 3, generator=generator) if one < 0.6 else torch.zeros(count, 3)
    paper = torch.ones(3) * (0.9 + 0.1 * shade) if one >= 0.6 or other < 0.7 else torch.rand(3, generator=generator)
    return Sketch(
        points=points.reshape(-1, 2),
        index=index,
        path=path,
        widths=torch.full((count,), 0.7 + 2.0 * other),
        colours=colours,
        opacity=torch.ones(count),
        filled=torch.zeros(count, dtype=torch.bool),
        paper=paper,
    )


def drawn(sketch: Sketch) -> Tensor:
    """The strokes as a picture, 3 64 64 in [0, 1]."""
    with torch.no_grad():
        return render(sketch.scene(), (SIZE, SIZE), sketch.paper)[0]


def moved(sketch: Sketch, gradient: Tensor) -> Sketch:
    """The strokes after a step uphill.

    Args:
        gradient: 3 64 64, of what is to grow, by the picture's pixels.
    """
    black = not bool(sketch.colours.any())
    free = [name for name in RATES if not (black and name == "colours")]
    leaves = {name: getattr(sketch, name).detach().requires_grad_(True) for name in free}
    picture = render(replace(sketch, **leaves).scene(), (SIZE, SIZE), sketch.paper)
    slopes = torch.autograd.grad(picture, list(leaves.values()), gradient[None], allow_unused=True)
    steps = {name: _after(leaves[name], slope, RATES[name]) for name, slope in zip(free, slopes, strict=True)}
    steps["points"] = steps["points"].clamp(0, SIZE)
    steps["widths"] = steps["widths"].clamp(*WIDTHS)
    if "colours" in steps:
        steps["colours"] = steps["colours"].clamp(0, 1)
    return replace(sketch, **steps)


def _after(value: Tensor, slope: Tensor | None, rate: float) -> Tensor:
    value = value.detach()
    if slope is None:
        return value
    return value + rate * slope / slope.square().mean().sqrt().clamp_min(1e-12)

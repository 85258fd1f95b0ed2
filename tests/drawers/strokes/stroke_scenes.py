"""Scenes for the renderer's tests, and an SVG of any scene."""

import math

import torch

from pixray.drawers.strokes.scene import Scene

KAPPA = 0.5522847


def line(begin, end):
    begin, end = torch.tensor(begin), torch.tensor(end)
    return torch.stack([begin, begin + (end - begin) / 3, begin + (end - begin) * 2 / 3, end])


def polyline(points, *, closed=False):
    pairs = list(zip(points, [*points[1:], points[0]], strict=True))
    return torch.stack([line(*pair) for pair in (pairs if closed else pairs[:-1])])


def circle(x, y, radius):
    k = KAPPA
    points = [(1, 0), (1, k), (k, 1), (0, 1), (-k, 1), (-1, k), (-1, 0), (-1, -k), (-k, -1), (0, -1), (k, -1), (1, -k)]
    points = torch.tensor([*points, (1, 0)]) * radius + torch.tensor([x, y])
    return torch.stack([points[start : start + 4] for start in (0, 3, 6, 9)])


def star(x, y, radius):
    """A pentagram drawn in one go: its middle is wound around twice."""
    corners = [
        (x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in (math.pi * 0.8 * n for n in range(5))
    ]
    return polyline(corners, closed=True)


def scribble(segments, size, seed):
    """A long random curve that crosses itself and bends sharply."""
    generator = torch.Generator().manual_seed(seed)
    points = torch.rand(3 * segments + 1, 2, generator=generator) * torch.tensor([float(size[0]), float(size[1])])
    return torch.stack([points[3 * n : 3 * n + 4] for n in range(segments)])


def scene_of(*parts, filled=()):
    """A Scene from (cubics, width, (red, green, blue, opacity)) in drawing order; `filled`: which are filled."""
    path = torch.cat([torch.full((len(cubics),), number) for number, (cubics, _, _) in enumerate(parts)])
    return Scene(
        torch.cat([cubics for cubics, _, _ in parts]),
        path,
        torch.tensor([float(width) for _, width, _ in parts]),
        torch.tensor([colour for _, _, colour in parts]),
        torch.tensor([number in filled for number in range(len(parts))]) if filled else None,
    )


def svg_of(scene, size, paper="#ffffff"):
    """The scene as an SVG of its own making, not by the writer under test."""
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}">']
    lines.append(f'<rect width="100%" height="100%" fill="{paper}"/>')
    for number in range(len(scene)):
        data, here = "", None
        for begin, *rest in scene.cubics[scene.path == number].tolist():
            data += "" if here == begin else "M{} {}".format(*begin)
            data += "C" + " ".join(f"{x} {y}" for x, y in rest)
            here = rest[-1]
        red, green, blue = (round(level * 255) for level in scene.colours[number, :3].tolist())
        opacity, colour = float(scene.colours[number, 3]), f"rgb({red},{green},{blue})"
        look = f'fill="none" stroke="{colour}" stroke-opacity="{opacity}" stroke-width="{float(scene.widths[number])}"'
        if scene.filled is not None and bool(scene.filled[number]):
            look = f'fill="{colour}" fill-opacity="{opacity}"'
        lines.append(f'<path d="{data}" {look} stroke-linecap="round" stroke-linejoin="round"/>')
    return "\n".join([*lines, "</svg>"])

import dataclasses
import io
import itertools

import numpy as np
import pytest
import torch
from PIL import Image
from stroke_scenes import circle, polyline, scene_of, scribble, star, svg_of

from pixray.drawers.strokes.render import render
from pixray.drawers.strokes.scene import Scene, flatten

SIZE = (96, 64)
WHITE = torch.ones(3)
BLACK_INK = (0.0, 0.0, 0.0, 1.0)

SCENES = {
    "a straight line": scene_of((polyline([(10.0, 50.0), (80.0, 12.3)]), 5, BLACK_INK)),
    "hair lines": scene_of(
        (scribble(3, SIZE, 1), 0.4, BLACK_INK), (circle(50.0, 30.0, 20.0), 0.9, (0.8, 0.0, 0.0, 1.0))
    ),
    "a stroke that crosses itself": scene_of((scribble(8, SIZE, 2), 4.5, (0.1, 0.2, 0.7, 0.5))),
    "sharp bends": scene_of(
        (polyline([(8.0, 8.0), (85.0, 14.0), (12.0, 22.0), (80.0, 55.0), (77.0, 20.0)]), 6, BLACK_INK)
    ),
    "a cusp": scene_of((torch.tensor([[[10.0, 50.0], [90.0, 0.0], [5.0, 0.0], [85.0, 50.0]]]), 3, BLACK_INK)),
    "fat strokes over one another": scene_of(
        (scribble(2, SIZE, 3), 22, (0.9, 0.4, 0.1, 0.7)), (scribble(2, SIZE, 4), 13, (0.1, 0.6, 0.3, 0.6))
    ),
    "a dot": scene_of((polyline([(30.0, 30.0), (30.0, 30.0)]), 9, BLACK_INK)),
    "beyond the canvas": scene_of((polyline([(-500.0, -40.0), (40.0, 30.0), (900.0, 400.0)]), 7, BLACK_INK)),
    "filled": scene_of(
        (circle(30.0, 30.0, 20.0), 1, (0.9, 0.1, 0.1, 1.0)),
        (star(60.0, 32.0, 28.0), 1, (0.1, 0.1, 0.9, 0.6)),
        (scribble(4, SIZE, 5), 3, (0.0, 0.0, 0.0, 0.8)),
        filled=(0, 1),
    ),
    "a sliver": scene_of((polyline([(5.0, 9.8), (90.0, 9.6), (90.0, 10.3)], closed=True), 1, BLACK_INK), filled=(0,)),
    "a hole": scene_of(
        (torch.cat([circle(48.0, 32.0, 28.0), circle(48.0, 32.0, 14.0).flip(0, 1)]), 1, BLACK_INK), filled=(0,)
    ),
}


def picture_of(scene, size=SIZE, **more):
    return render(scene, size, WHITE, **more)[0].permute(1, 2, 0).detach().numpy()


def grown(scene, factor):
    return Scene(scene.cubics * factor, scene.path, scene.widths * factor, scene.colours, scene.filled)


@pytest.mark.parametrize("name", SCENES)
def test_it_agrees_with_an_independent_svg_renderer(name):
    resvg = pytest.importorskip("resvg_py")
    data = bytes(resvg.svg_to_bytes(svg_string=svg_of(SCENES[name], SIZE)))
    wanted = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) / 255
    difference = np.abs(picture_of(SCENES[name]) - wanted)
    assert difference.mean() < 0.005
    assert np.quantile(difference, 0.99) < 0.15


def nearest_on_curve(scene, number, size, factor):
    """factor H x factor W distances from a path, by brute force over many points of the true curve."""
    cubics = scene.cubics[scene.path == number].double()
    t = torch.linspace(0, 1, 600, dtype=torch.float64)[:, None]
    s = 1 - t
    weights = torch.cat([s**3, 3 * s * s * t, 3 * s * t * t, t**3], 1)
    curve = (weights @ cubics).reshape(-1, 2)
    x = (torch.arange(size[0] * factor, dtype=torch.float64) + 0.5) / factor
    y = (torch.arange(size[1] * factor, dtype=torch.float64) + 0.5) / factor
    grid = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], 2).reshape(-1, 2)
    return torch.cat([torch.cdist(part, curve).amin(1) for part in grid.split(4096)]).view(len(y), len(x))


@pytest.mark.parametrize("name", ["a stroke that crosses itself", "a cusp", "hair lines"])
def test_it_agrees_with_points_sampled_many_to_a_pixel(name):
    size, factor = (48, 32), 8
    scene = grown(SCENES[name], 0.5)
    picture = torch.ones(size[1], size[0], 3, dtype=torch.float64)
    for number in range(len(scene)):
        inside = nearest_on_curve(scene, number, size, factor) <= scene.widths[number] / 2
        coverage = inside.double().view(size[1], factor, size[0], factor).mean((1, 3))[..., None]
        alpha = coverage * scene.colours[number, 3]
        picture = picture * (1 - alpha) + alpha * scene.colours[number, :3]
    difference = np.abs(picture_of(scene, size) - picture.numpy())
    assert difference.mean() < 0.004 and np.quantile(difference, 0.99) < 0.07 and difference.max() < 0.13


def free_scene():
    """A scene in float64 with crossing strokes, a filled path and transparency: a function, its free numbers, size.

    Neighbouring segments share their control points: the distance from two ends in one place has a kink where only
    one of them moves.
    """
    size = (40, 32)
    parts = (
        (scribble(3, size, 6), 3.1, (0.8, 0.3, 0.2, 0.9)),
        (circle(20.13, 16.27, 9.3), 1, (0.2, 0.5, 0.9, 0.6)),
        (scribble(2, size, 7), 0.7, (0.1, 0.9, 0.4, 0.7)),
        (scribble(2, size, 8), 9.7, (0.4, 0.1, 0.4, 0.5)),
    )
    scene = scene_of(*parts, filled=(1,))
    points, index = torch.unique(scene.cubics.double().view(-1, 2), dim=0, return_inverse=True)
    free = {"points": points, "widths": scene.widths.double(), "colours": scene.colours.double()}
    free = {name: tensor.requires_grad_(True) for name, tensor in free.items()}

    def make():
        cubics = free["points"][index.view(-1, 4)]
        return dataclasses.replace(scene, cubics=cubics, widths=free["widths"], colours=free["colours"])

    return make, free, size


@pytest.mark.parametrize("transparent", [False, True])
def test_gradients_agree_with_finite_differences(transparent):
    make, free, size = free_scene()
    paper = None if transparent else torch.tensor([0.9, 0.8, 0.3], dtype=torch.float64, requires_grad=True)
    weights = torch.rand(4, size[1], size[0], dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def value():
        picture = render(make(), size, paper)
        return (picture * weights[: picture.shape[1]]).sum()

    if paper is not None:
        free["paper"] = paper
    gradients = torch.autograd.grad(value(), list(free.values()))
    for (name, tensor), gradient in zip(free.items(), gradients, strict=True):
        flat, wanted = tensor.detach().view(-1), torch.empty(tensor.numel(), dtype=torch.float64)
        for number in range(tensor.numel()):
            kept, step = float(flat[number]), 1e-6
            flat[number] = kept + step
            above = float(value().detach())
            flat[number] = kept - step
            below = float(value().detach())
            flat[number] = kept
            wanted[number] = (above - below) / (2 * step)
        error = (gradient.view(-1) - wanted).norm() / wanted.norm()
        assert error < 1e-5, f"{name}: relative error {error:.1e}"


def hatching(width, gap, angle, crossed):
    """A scene with one path of parallel lines, crossed by others or not, around the middle of SIZE."""
    offsets = torch.arange(-30, 30, gap)
    lines = torch.stack([torch.stack([offsets * 0 + side, offsets], 1) for side in (-30.0, 30.0)], 1)
    lines = torch.cat([lines, lines.flip(2)]) if crossed else lines
    turn = torch.tensor(np.deg2rad(angle))
    lines = lines @ torch.tensor([[turn.cos(), turn.sin()], [-turn.sin(), turn.cos()]], dtype=torch.float32)
    lines = lines + torch.tensor([48.3, 32.4])
    return scene_of((torch.cat([polyline(line.tolist()) for line in lines]), width, BLACK_INK))


@pytest.mark.parametrize("crossed", [False, True])
@pytest.mark.parametrize(("width", "gap"), [(0.5, 0.8), (0.8, 1.3), (1.0, 1.6), (1.5, 2.0), (0.6, 0.5)])
@pytest.mark.parametrize("angle", [0, 20, 45])
def test_dense_hatching_in_one_path_is_as_dark_as_its_ink_covers(width, gap, angle, crossed):
    inked = min(1, width / gap)
    wanted = (1 - inked) ** (2 if crossed else 1) * 255
    seen = picture_of(hatching(width, gap, angle, crossed))[22:42, 38:58].mean() * 255
    assert seen == pytest.approx(wanted, abs=12 if crossed else 5)


def test_what_hatching_covers_can_be_differentiated():
    scene = hatching(0.7, 1.3, 20, True)
    scene = dataclasses.replace(scene, cubics=scene.cubics.double(), colours=scene.colours.double())
    weights = torch.rand(24, 24, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def value(shift, width):
        moved = scene.cubics + shift * torch.linspace(-1, 1, scene.cubics.shape[0] * 8).view(-1, 4, 2).double()
        part = dataclasses.replace(scene, cubics=moved - 36, widths=width.expand(1))
        return (render(part, (24, 24), torch.ones(3, dtype=torch.float64))[0, 0] * weights).sum()

    free = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in (0.013, 0.7)]
    assert torch.autograd.gradcheck(value, free, eps=1e-7, atol=1e-4, rtol=1e-4)


def test_a_closed_path_is_no_darker_where_it_ends():
    start = torch.tensor([[20.0, 20.0], [70.0, 20.0], [70.0, 50.0], [20.0, 50.0]])
    pictures = [
        picture_of(scene_of((polyline(start.roll(turn, 0).tolist(), closed=True), width, BLACK_INK)))
        for width in (0.6, 1.0, 2.5)
        for turn in (0, 1)
    ]
    for one, other in zip(pictures[::2], pictures[1::2], strict=True):
        assert np.abs(one - other).max() < 0.05


def test_a_stroke_over_itself_is_no_darker_than_once():
    loop = polyline([(10.0, 32.0), (80.0, 32.0), (45.0, 5.0), (45.0, 60.0)])
    picture = picture_of(scene_of((loop, 8, (0.0, 0.0, 0.0, 0.5))))
    assert picture[32, 45] == pytest.approx(picture[32, 20]) and picture[32, 45] == pytest.approx(0.5)


def test_strokes_lie_over_one_another_in_their_order():
    across = polyline([(5.0, 32.0), (90.0, 32.0)])
    red, blue = (1.0, 0.0, 0.0, 1.0), (0.0, 0.0, 1.0, 0.75)
    assert picture_of(scene_of((across, 9, red), (across, 9, blue)))[32, 40] == pytest.approx([0.25, 0, 0.75])
    assert picture_of(scene_of((across, 9, blue), (across, 9, red)))[32, 40] == pytest.approx([1, 0, 0])


def test_without_paper_the_opacity_is_a_fourth_channel_and_colours_are_whole():
    scene = scene_of((circle(48.0, 32.0, 20.0), 8, (0.2, 0.4, 0.6, 0.5)))
    picture = render(scene, SIZE)[0]
    assert picture.shape == (4, 64, 96)
    assert picture[:, 12, 48].tolist() == pytest.approx([0.2, 0.4, 0.6, 0.5], abs=1e-5)
    assert float(picture[3, 32, 48]) == 0
    over_white = picture[:3] * picture[3:] + 1 - picture[3:]
    assert torch.allclose(over_white, render(scene, SIZE, WHITE)[0], atol=1e-6)


def test_bands_change_neither_picture_nor_gradient():
    make, free, size = free_scene()
    results = {}
    for budget in (2**30, 60_000, 8_000):
        picture = render(make(), size, WHITE.double(), budget=budget)
        results[budget] = picture, torch.autograd.grad(picture.square().sum(), list(free.values()))
    whole, gradients = results.pop(2**30)
    for banded, again in results.values():
        assert torch.allclose(whole, banded, rtol=0, atol=1e-12)
        for one, other in zip(gradients, again, strict=True):
            assert torch.allclose(one, other, rtol=1e-9, atol=1e-12)


def test_the_budget_decides_how_many_bands_there_are():
    from pixray.drawers.strokes.plan import Shapes
    from pixray.drawers.strokes.render import bands
    from pixray.drawers.strokes.tiles import Grid

    scene, grid = SCENES["fat strokes over one another"], Grid(*SIZE, side=8)
    ends, owner = flatten(scene.cubics, 100)
    shapes = Shapes(torch.cat([ends, ends[:1]]), scene.path[owner], scene.widths / 2, None)
    counts = []
    for budget in (2**30, 1_000_000, 100_000, 1):
        spans = bands(shapes, grid, budget)
        assert spans[0][0] == 0 and spans[-1][1] == grid.rows * grid.columns
        assert all(one[1] == other[0] for one, other in itertools.pairwise(spans))
        counts.append(len(spans))
    assert counts[0] == 1 and counts == sorted(counts) and counts[-1] > grid.rows


def test_the_cost_follows_the_covered_area_not_strokes_times_pixels():
    """Counted, not timed: pixels looked at for short strokes on a canvas sixteen times as large."""
    from pixray.drawers.strokes.plan import Shapes, make_plan
    from pixray.drawers.strokes.tiles import Grid

    scene = scene_of(*((scribble(2, (40, 40), seed), 2, BLACK_INK) for seed in range(20)))
    ends, owner = flatten(scene.cubics, 64)
    shapes = Shapes(torch.cat([ends, ends[:1] + 1e6]), scene.path[owner], scene.widths / 2, None)
    counts = []
    for size in ((64, 64), (256, 256)):
        grid = Grid(*size, side=4)
        plan = make_plan(shapes, grid, (0, grid.rows * grid.columns))
        counts.append((len(plan.slot_path), len(plan.place)))
    assert counts[0] == counts[1]


def test_pieces_stay_within_the_tolerance_of_the_curve_and_meet():
    cubics = torch.cat(
        [scribble(6, (300, 300), 9), scribble(2, (8, 8), 10), polyline([(0.0, 0.0), (300.0, 0.0)])]
    ).double()
    ends, owner = flatten(cubics, 1000, tolerance=0.1)
    t = torch.linspace(0, 1, 400, dtype=torch.float64)[:, None]
    weights = torch.cat([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3], 1)
    for number, cubic in enumerate(cubics):
        pieces = ends[owner == number]
        assert torch.equal(pieces[1:, 0], pieces[:-1, 1])
        begin, along = pieces[:, 0], pieces[:, 1] - pieces[:, 0]
        away = (weights @ cubic)[:, None] - begin
        share = ((away * along).sum(2) / along.square().sum(1)).clamp(0, 1)
        gap = (away - share[..., None] * along).norm(dim=2).amin(1)
        assert gap.max() <= 0.1
    assert int((owner == len(cubics) - 1).sum()) == 1, "a straight line needs one piece"


def test_an_empty_picture_is_paper():
    scene = scene_of((polyline([(500.0, 500.0), (600.0, 600.0)]), 5, BLACK_INK))
    scene.cubics.requires_grad_(True)
    picture = render(scene, SIZE, WHITE)
    assert torch.equal(picture, torch.ones(1, 3, 64, 96))
    assert torch.equal(torch.autograd.grad(picture.sum(), scene.cubics)[0], torch.zeros_like(scene.cubics))

import pytest
import torch
from torch.nn import functional as F

from pixray.cutouts import geometry
from pixray.cutouts.direct import ZoomWide, count_zoom
from pixray.cutouts.sampling import take, take_plainly


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def ramp(width, height):
    """A picture whose red is x and whose green is y, both from 0 to 1, so that a crop tells where it was taken."""
    x = ((torch.arange(width) + 0.5) / width).expand(height, width)
    y = ((torch.arange(height) + 0.5) / height)[:, None].expand(height, width)
    return torch.stack([x, y, torch.zeros_like(x)])[None]


@pytest.mark.parametrize(("num_cuts", "zoom"), [(24, 14), (30, 18), (36, 21), (12, 7), (8, 4), (1, 0)])
def test_three_fifths_zoom_in(num_cuts, zoom):
    assert count_zoom(num_cuts) == zoom
    assert ZoomWide(num_cuts, 1.5).plan(generator(), 16, 0, 0.5).num_zoom == zoom


@pytest.mark.parametrize("aspect", [1.0, 16 / 9, 0.8])
def test_zooms_cover_a_quarter_to_most_of_the_picture_in_a_squarish_shape(aspect):
    maps = geometry.random_crops(4000, aspect, (0.25, 0.95), (0.85, 1.2), generator())
    width, height = maps[:, 0, 0], maps[:, 1, 1]
    area, shape = width * height, width / height * aspect
    assert area.min() > 0.249 and area.max() < 0.951
    assert shape.min() > 0.849 and shape.max() < 1.201
    assert (maps[:, 0, 2].abs() + width).max() < 1.0001 and (maps[:, 1, 2].abs() + height).max() < 1.0001


@pytest.mark.parametrize("size", [(224, 224), (398, 224), (224, 280)])
def test_zooms_are_distributed_as_those_of_kornia(size):
    """kornia's own sampler of crops is the reference: same means and spreads of size and place."""
    from kornia.augmentation.random_generator import ResizedCropGenerator

    width, height = size
    with torch.random.fork_rng():
        torch.manual_seed(0)
        sampler = ResizedCropGenerator((224, 224), scale=(0.25, 0.95), ratio=(0.85, 1.2))
        corners = sampler((4000, 3, height, width))["src"]
    theirs = torch.stack([corners[:, 1, 0] - corners[:, 0, 0], corners[:, 2, 1] - corners[:, 1, 1]], 1)
    centres = corners.mean(1) / torch.tensor([width, height])
    maps = geometry.random_crops(4000, width / height, (0.25, 0.95), (0.85, 1.2), generator())
    ours = torch.stack([maps[:, 0, 0] * width, maps[:, 1, 1] * height], 1)
    our_centres = torch.stack([maps[:, 0, 2], maps[:, 1, 2]], 1) / 2 + 0.5
    for mine, other, room in ((ours, theirs, 4.0), (our_centres, centres, 0.01)):
        assert torch.allclose(mine.mean(0), other.mean(0), atol=room)
        assert torch.allclose(mine.std(0), other.std(0), atol=room)


def test_perspectives_are_distributed_as_those_of_kornia():
    from kornia.augmentation import RandomPerspective

    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = RandomPerspective(0.4, p=1.0).forward_parameters((3000, 3, 100, 100))
    moved = (theirs["end_points"] - theirs["start_points"]).abs() / 99  # share of the side, per corner and axis
    maps = geometry.perspective(torch.full((3000,), 0.4), 1.0, generator())
    # The map takes the moved corner to the picture's own corner, so its inverse finds the moved one.
    corner = torch.linalg.inv(maps) @ torch.tensor([-1.0, -1.0, 1.0])
    ours = (corner[:, :2] / corner[:, 2:] + 1) / 2
    assert ours.min() >= -1e-5 and ours.max() <= 0.2 + 1e-5
    assert float(ours.mean()) == pytest.approx(float(moved.mean()), abs=0.005)
    assert float(ours.std()) == pytest.approx(float(moved.std()), abs=0.005)
    kept = geometry.perspective(torch.full((3000,), 0.4), 0.7, generator())
    assert float((kept == torch.eye(3)).all(2).all(1).float().mean()) == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize("size", [(96, 96), (160, 90), (80, 100)])
def test_wide_cuts_hold_the_whole_picture_on_grey(size):
    width, height = size
    cutouts = ZoomWide(40, width / height, noise=0.0)
    plan = cutouts.plan(generator(), 64, 0, 0.25)
    wides = plan(torch.ones(1, 3, height, width), plain=True)[plan.num_zoom :]
    shown = (wides[:, 0] - 0.25) / 0.75  # 1 where the picture is, 0 on the grey
    assert shown.min() > -1e-4 and shown.max() < 1 + 1e-4
    narrow = min(width / height, height / width)
    area = shown.mean((1, 2))
    # Without perspective the picture covers scale**2 * narrow of the square, and perspective only shrinks it.
    most = 0.95**2 if width == height else narrow
    assert area.max() < most + 0.01 and area.min() > 0.5 * 0.81 * most
    borders = torch.cat([shown[:, 0], shown[:, -1], shown[:, :, 0], shown[:, :, -1]], 1)
    assert borders.mean() < 0.35, "the picture is surrounded by grey"


def test_reflection_and_border_take_turns():
    cutouts = ZoomWide(10, 1.0)
    assert [cutouts.plan(generator(), 8, step, 0.5).padding for step in range(3)] == [
        "reflection",
        "border",
        "reflection",
    ]


def test_one_plan_takes_aligned_crops_from_pictures_of_any_size():
    plan = ZoomWide(10, 16 / 9, noise=0.1).plan(generator(), 48, 1, 0.5)
    small, large = plan(ramp(160, 90), plain=True), plan(ramp(640, 360), plain=True)
    assert (small - large).abs().mean() < 0.01


@pytest.mark.parametrize(
    ("size", "input_size"), [((384, 216), 224), ((288, 288), 64), ((1000, 700), 32), ((20, 20), 64)]
)
def test_the_gradient_reaches_every_pixel_of_the_canvas(size, input_size):
    canvas = torch.rand(1, 3, size[1], size[0], generator=generator()).requires_grad_(True)
    plan = ZoomWide(30, size[0] / size[1]).plan(generator(), input_size, 0, 0.5)
    plan(canvas).sum().backward()
    assert (canvas.grad == 0).float().mean() == 0


def test_a_large_canvas_is_averaged_not_skipped():
    """A fine checkerboard is grey to a small eye; single samples would see black and white."""
    board = ((torch.arange(512)[:, None] + torch.arange(512)) % 2).float().expand(1, 3, 512, 512)
    crops = ZoomWide(20, 1.0, noise=0.0).plan(generator(), 32, 0, 0.5)(board, plain=True)
    assert (crops - 0.5).abs().max() < 0.15


def test_sizes_that_do_not_divide_are_placed_right():
    crops = ZoomWide(20, 101 / 67, noise=0.0).plan(generator(), 16, 0, 0.5)
    exact = F.interpolate(ramp(101, 67), size=(670, 1010), mode="bilinear")
    assert (crops(ramp(101, 67), plain=True) - crops(exact, plain=True)).abs().mean() < 0.02


def test_colour_shifts_leave_grey_alone_and_keep_brightness():
    matrices = geometry.colour_matrices(500, 0.1, 0.1, 0.8, generator())
    grey = torch.full((3, 1), 0.6)
    assert torch.allclose(matrices @ grey, grey.expand(500, 3, 1), atol=1e-4)
    luma = torch.tensor([[0.299, 0.587, 0.114]])
    colour = torch.tensor([[0.9], [0.2], [0.4]])
    assert torch.allclose(luma @ (matrices @ colour), (luma @ colour).expand(500, 1, 1), atol=1e-4)
    unchanged = (matrices - torch.eye(3)).abs().amax((1, 2)) < 1e-5
    assert float(unchanged.float().mean()) == pytest.approx(0.2, abs=0.06)


def test_noise_has_the_strength_asked_for():
    cutouts = ZoomWide(200, 1.0, noise=0.1)
    plan, grey = cutouts.plan(generator(), 16, 0, 0.5), torch.full((1, 3, 32, 32), 0.5)
    strengths = (plan(grey) - 0.5).flatten(1).std(1)
    assert strengths.max() < 0.105 and float(strengths.mean()) == pytest.approx(0.05, abs=0.006)
    quiet = ZoomWide(4, 1.0, noise=0.0).plan(generator(), 16, 0, 0.5)
    assert torch.allclose(quiet(grey), torch.tensor(0.5), atol=1e-5)


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("step", [0, 1])
def test_the_way_for_cpus_gives_what_ordinary_torch_gives(monkeypatch, noise, plain, step):
    """Cutouts and the gradient of the canvas, with both kinds of border."""
    plan = ZoomWide(11, 1.5, noise=noise).plan(generator(2), 24, step, 0.3)
    results = []
    for way in (take, take_plainly):
        monkeypatch.setattr("pixray.cutouts.direct.take", way)
        canvas = torch.rand(1, 3, 40, 60, generator=generator(3)).requires_grad_(True)
        crops = plan(canvas, plain=plain)
        (crops * torch.rand(crops.shape, generator=generator(4))).sum().backward()
        results.append((crops.detach(), canvas.grad))
    (ours, our_gradient), (plainly, plain_gradient) = results
    assert torch.allclose(ours, plainly, atol=1e-5)
    assert torch.allclose(our_gradient, plain_gradient, atol=1e-4)


def test_a_plan_is_repeatable_and_can_be_taken_in_parts():
    first, again = (ZoomWide(11, 1.5).plan(generator(5), 16, 0, 0.5) for _ in range(2))
    picture = torch.rand(1, 3, 32, 48, generator=generator())
    whole = first(picture)
    assert torch.equal(whole, again(picture))
    parts = torch.cat([first.part(start, min(11, start + 4))(picture) for start in range(0, 11, 4)])
    assert torch.allclose(parts, whole, atol=1e-5)

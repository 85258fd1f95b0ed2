"""Losses that look at the picture itself."""

import dataclasses

import pytest
import torch
from PIL import Image

from pixray.errors import SettingsError
from pixray.losses.edge import EdgeLoss
from pixray.losses.gaussian import GaussianLoss
from pixray.losses.ink import InkLoss
from pixray.losses.palette import PaletteLoss
from pixray.losses.saturation import SaturationLoss
from pixray.losses.scales import OLD_SCALE
from pixray.losses.smoothness import TYPES, SmoothnessLoss
from pixray.losses.symmetry import SymmetryLoss
from pixray.testing.contracts import check_loss, loss_context, loss_inputs, settings_of

PLAIN = (PaletteLoss, SaturationLoss, SymmetryLoss, SmoothnessLoss, EdgeLoss, GaussianLoss)


def noise(width=24, height=16, seed=0):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def prepared(cls, canvas, **settings):
    loss = cls(settings_of(cls, **settings))
    loss.prepare(loss_context(canvas))
    return loss


def value(cls, canvas, **settings):
    return float(prepared(cls, canvas, **settings)(loss_inputs(canvas)))


def descended(cls, canvas, steps=60, rate=0.02, **settings):
    loss = prepared(cls, canvas, **settings)
    picture = canvas.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([picture], rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(loss_inputs(picture)).backward()
        optimizer.step()
        picture.data.clamp_(0, 1)
    return picture.detach()


@pytest.mark.parametrize("cls", PLAIN)
def test_losses_keep_the_contract(cls):
    check_loss(cls)


@pytest.mark.parametrize("kind", TYPES)
def test_every_kind_of_smoothness_keeps_the_contract(kind):
    check_loss(SmoothnessLoss, smoothness_type=kind, smoothness_gaussian_kernel=3, smoothness_edge_order=2)


@pytest.mark.parametrize("cls", PLAIN)
def test_losses_do_not_depend_on_the_number_of_cutouts_or_perceptors(cls):
    canvas = noise()
    loss = prepared(cls, canvas)
    few, many = loss_inputs(canvas, num_cuts=2), loss_inputs(canvas, num_cuts=30)
    doubled = dataclasses.replace(many, crops={**many.crops, 99: many.crops[16]})
    assert float(loss(few)) == float(loss(many)) == float(loss(doubled))


def test_the_old_scaling_of_palette_is_that_of_thirty_cutouts():
    grey = torch.full((1, 3, 8, 8), 0.5)
    distance = min(torch.dist(torch.full((3,), 0.5), torch.tensor(c)) for c in ((0.9, 0.1, 0.1), (0.1, 0.1, 0.9)))
    distance = min(distance, torch.dist(torch.full((3,), 0.5), torch.ones(3)))
    assert value(PaletteLoss, grey) == pytest.approx(30 / 10 * float(distance), rel=1e-5)
    assert OLD_SCALE["palette"] == 3


def test_palette_draws_colours_to_their_nearest_one():
    picture = descended(PaletteLoss, noise(), steps=100)
    assert value(PaletteLoss, picture) < 0.1 * value(PaletteLoss, noise())


def test_palette_without_a_palette_says_what_to_give(session):
    with pytest.raises(SettingsError, match="needs colours: give palette="):
        session(custom_loss="palette")


def test_saturation_makes_colourful_and_a_negative_weight_grey():
    canvas = 0.4 + 0.2 * noise()
    spread = [
        float((picture.max(1).values - picture.min(1).values).mean())
        for picture in (
            descended(SaturationLoss, canvas, saturation_weight=-1),
            canvas,
            descended(SaturationLoss, canvas),
        )
    ]
    assert spread[0] < 0.5 * spread[1] < spread[1] < 0.5 * spread[2]


def test_saturation_is_the_colourfulness_of_hasler_and_suesstrunk_with_the_old_factor():
    half = torch.zeros(1, 3, 2, 2)
    half[:, 0, 0] = 1  # one row red, one row black: rg and yb have means 0.5, 0.25 and variances 0.25, 0.0625
    expected = (0.25 + 0.0625) ** 0.5 + 0.3 * (0.5**2 + 0.25**2) ** 0.5
    assert value(SaturationLoss, half) == pytest.approx(-expected / 10, rel=1e-5)


def test_ink_is_the_mean_darkness_against_the_paper():
    canvas = torch.full((1, 3, 2, 2), 0.9)
    canvas[..., 0, 0] = 0.1
    assert value(InkLoss, canvas, ink_weight=3) == pytest.approx(3 * 0.8 / 4, rel=1e-5)
    assert value(InkLoss, descended(InkLoss, canvas)) < 0.5 * 0.2


def test_symmetry_makes_left_and_right_alike():
    canvas = noise()
    expected = float((canvas - canvas.flip(3)).square().mean())
    assert value(SymmetryLoss, canvas, symmetry_weight=2) == pytest.approx(2 * expected, rel=1e-5)
    assert value(SymmetryLoss, descended(SymmetryLoss, canvas)) < 0.05 * expected


def test_smoothness_is_the_mean_slope():
    ramp = torch.linspace(0, 1, 11).expand(1, 3, 9, 11).contiguous()
    assert value(SmoothnessLoss, ramp) == pytest.approx(0.1 * 3**0.5, rel=1e-4)
    assert value(SmoothnessLoss, ramp, smoothness_spacing=2) == pytest.approx(0.05 * 3**0.5, rel=1e-4)


def test_clipped_smoothness_lets_steep_edges_be_and_log_damps_them():
    edge = torch.zeros(1, 3, 8, 8)
    edge[..., 4:] = 1
    canvas = edge.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(
        prepared(SmoothnessLoss, edge, smoothness_type="clipped")(loss_inputs(canvas)), canvas
    )
    assert gradient.abs().max() == 0
    log, plain = value(SmoothnessLoss, edge, smoothness_type="log"), value(SmoothnessLoss, edge)
    assert 0 < log < plain


def test_b24_smoothness_of_a_flat_picture_is_zero_with_a_finite_gradient():
    """The square root's gradient used to be undefined there."""
    flat = torch.full((1, 3, 8, 8), 0.5, requires_grad=True)
    loss = prepared(SmoothnessLoss, flat)(loss_inputs(flat))
    (gradient,) = torch.autograd.grad(loss, flat)
    assert float(loss.detach()) == 0 and torch.equal(gradient, torch.zeros_like(gradient))


def test_b24_smoothness_sees_no_edges_between_cutouts():
    """Cutouts used to be stacked, so that the border between two of them counted as an edge of the picture."""
    ramp = torch.linspace(0, 0.2, 64).expand(1, 3, 48, 64).contiguous()
    assert value(SmoothnessLoss, ramp) < 1.01 * 0.2 / 63 * 3**0.5


def test_b24_the_blur_spreads_as_far_as_it_says():
    """Its width used to be off by the square root of two."""
    spot = torch.zeros(1, 3, 41, 41)
    spot[:, :, 20, 20] = 1
    loss = prepared(SmoothnessLoss, spot, smoothness_gaussian_kernel=31, smoothness_gaussian_std=3.0)
    blurred = loss._blurred(spot)[0, 0].sum(0)
    place = torch.arange(41) - 20.0
    assert float((blurred * place.square()).sum() / blurred.sum()) ** 0.5 == pytest.approx(3.0, rel=0.02)


@pytest.mark.parametrize("kernel", ["2", -1, 2.5])
def test_a_blur_wants_an_odd_number_of_pixels(resolve, tiny, kernel):
    with pytest.raises(SettingsError, match="an odd number of pixels"):
        resolve(**tiny, custom_loss="smoothness", smoothness_gaussian_kernel=kernel)


def test_edge_paints_the_margins_and_leaves_the_middle():
    canvas = noise(40, 40)
    picture = descended(EdgeLoss, canvas, edge_thickness=10, edge_color="mat:red", global_color_weight=0.0)
    red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
    assert (picture - red)[..., :4].abs().max() < 0.1 and (picture - red)[:, :, -4:].abs().max() < 0.1
    assert torch.equal(picture[..., 4:-4, 4:-4], canvas[..., 4:-4, 4:-4])


def test_edge_margins_are_percents_of_left_right_top_and_bottom():
    black = torch.zeros(1, 3, 20, 40)
    picture = descended(EdgeLoss, black, edge_margins=(10, 0, 0, 20), global_color_weight=0.0)
    painted = picture[0, 0] > 0.5
    wanted = torch.zeros(20, 40, dtype=torch.bool)
    wanted[:, :4] = True
    wanted[-4:] = True
    assert torch.equal(painted, wanted)


def test_edge_has_the_old_value():
    black = torch.zeros(1, 3, 20, 20)
    assert value(EdgeLoss, black) == pytest.approx(0.1 * (4 + 0.05), rel=1e-5)
    assert value(EdgeLoss, black, edge_thickness=0) == pytest.approx(0.1 * 0.05, rel=1e-5)
    assert value(EdgeLoss, black, edge_thickness=100) == pytest.approx(0.1 * (2 + 0.05), rel=1e-5)


def test_edge_takes_a_picture_and_a_mask(tmp_path):
    Image.new("RGB", (9, 9), (0, 0, 255)).save(tmp_path / "blue.png")
    mask = Image.new("L", (20, 20), 255)
    mask.paste(0, (0, 0, 20, 5))
    mask.save(tmp_path / "mask.png")
    canvas = torch.zeros(1, 3, 20, 20)
    picture = descended(
        EdgeLoss,
        canvas,
        edge_input_image=str(tmp_path / "blue.png"),
        edge_mask_image=str(tmp_path / "mask.png"),
        global_color_weight=0.0,
    )
    assert picture[0, 2, :5].min() > 0.5 and picture[0, 2, 5:].max() == 0 and picture[0, :2].max() == 0


@pytest.mark.parametrize("given", ["(0+128+255)", [0, 128, 255], "[(0+128+255)]"])
def test_an_edge_colour_is_one_colour(resolve, tiny, given):
    from pixray.images.palette import read_one_color

    text = resolve(**tiny, custom_loss="edge", edge_color=given).edge_color
    assert [round(255 * part) for part in read_one_color(text)] == [0, 128, 255]


def test_a_misspelt_edge_colour_is_answered_with_the_nearest_one(resolve, tiny):
    with pytest.raises(SettingsError, match="Did you mean 'white'"):
        resolve(**tiny, custom_loss="edge", edge_color="whit")


def test_gaussian_frees_the_middle():
    black = torch.zeros(1, 3, 41, 41)
    picture = descended(GaussianLoss, black, gaussian_std=(5.0, 5.0), steps=20)
    assert picture[0, 0, 0, 0] > 0.3 and picture[0, 0, 20, 20] == 0
    n = torch.arange(41) - 20.0
    bump = torch.exp(-(n**2) / 50)
    expected = float((1 - bump[:, None] * bump[None]).mean())
    assert value(GaussianLoss, black, gaussian_std=(5.0, 5.0)) == pytest.approx(expected, rel=1e-4)


def test_losses_of_a_run_are_named_weighted_and_stopped(session):
    made = session(custom_loss="smoothness:0.5, symmetry:2:0.1, smoothness", iterations=1)
    assert [loss.name for loss in made.objective.losses[-3:]] == ["smoothness", "symmetry", "smoothness #2"]
    assert (made.objective.losses[-2].weight, made.objective.losses[-2].stop) == (2.0, 0.1)


def test_arguments_behind_arrows_reach_the_loss_with_and_without_a_weight(session):
    """`name->x` without a weight was a KeyError."""
    for text in ("symmetry:2->a->b", "symmetry->a->b"):
        assert session(custom_loss=text).objective.losses[-1].loss.arguments == ("a", "b")


def test_a_loss_of_ones_own_runs_under_its_name():
    import pixray
    from pixray.api import Studio
    from pixray.testing.fakes import FlatDrawer, ToyPerceptor

    class Redness(pixray.Loss):
        def __call__(self, inputs):
            return (1 - inputs.canvas[:, 0]).mean() + float(self.arguments[0])

    studio = Studio()
    studio.register("drawer", "flat", FlatDrawer)
    studio.register("perceptor", "toy", ToyPerceptor)
    studio.add_custom_loss("redness", Redness)
    picture = studio.run(
        "blue",
        "flat",
        clip_models="toy",
        custom_loss="redness:50->0.5",
        size=[8, 8],
        iterations=30,
        flat_rate=0.1,
        num_cuts=2,
        seed=1,
        outdir="run",
    )
    assert picture.getpixel((0, 0))[0] > 200


def test_b28_an_unknown_loss_is_answered_with_the_nearest_one(resolve, tiny):
    with pytest.raises(SettingsError, match="unknown loss 'smothness'.*Did you mean 'smoothness'"):
        resolve(**tiny, custom_loss="smothness")


def test_b15_symmetry_and_resmem_have_settings_of_their_own(resolve, tiny):
    """Both used to register --symmetry_weight, so that together they were an error."""
    settings = resolve(**tiny, custom_loss="symmetry,resmem", symmetry_weight=2.0, resmem_weight=3.0)
    assert (settings.symmetry_weight, settings.resmem_weight) == (2.0, 3.0)


def test_b23_transparent_runs_leave_no_files_behind_and_take_every_loss(session, tmp_path):
    """The old pixray wrote flat.png into the working directory in every step."""
    made = session(
        drawer="pixel", transparent=True, custom_loss="saturation,smoothness,edge,symmetry,gaussian", iterations=2
    )
    for _ in made.run():
        pass
    assert list(tmp_path.iterdir()) == []


def test_b26_batches_average_their_gradients(session):
    """They were summed, so that other optimizers than Adam took larger steps with more of them."""

    def moved(batches):
        made = session(prompts=[], custom_loss="saturation", batches=batches, iterations=1)
        before = made.drawer.render(0)
        made.update(before, made.draw_randomness())
        return made.drawer.colour.grad

    assert torch.allclose(moved(1), moved(4), atol=1e-7)


def mean_opacity(session, **settings):
    made = session(drawer="pixel", pixel_size=[6, 4], iterations=12, transparent=True, **settings)
    list(made.run())
    return float(made.render().detach()[:, 3].mean())


def test_transparent_weight_pulls_towards_transparency_or_opacity(session):
    plain = mean_opacity(session, init_noise="none")
    assert mean_opacity(session, init_noise="none", transparent_weight=5) < plain - 0.1
    assert mean_opacity(session, init_noise="none", transparent_weight=-5) > plain + 0.1


def test_transparency_that_a_drawer_does_not_have_is_said_to_have_no_effect(session):
    def said(**settings):
        return [notice.text for notice in session(iterations=0, **settings).notices if "transparent" in notice.text]

    assert said(transparent=True) == ["transparent has no effect: the drawer flat paints opaque pictures"]
    assert "transparent_weight has no effect" in said(transparent_weight=1, drawer="pixel")[0]
    assert not said(transparent_weight=1, transparent=True, drawer="pixel") and not said()

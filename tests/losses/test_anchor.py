"""Each anchor pulls back to where it holds, with whatever drawer has something to hold."""

import pytest
import torch
from PIL import Image

from pixray.errors import SettingsError
from pixray.images.io import open_picture, resized, to_tensor
from pixray.losses.anchor import LATENT, Anchor, cosine, half_absolute, half_squared, spherical
from pixray.testing.contracts import loss_inputs

MEASURES = {"init_weight": spherical, "init_weight_dist": half_squared, "init_weight_cos": cosine}


@pytest.fixture
def picture():
    image = Image.new("RGB", (24, 16), (200, 60, 40))
    image.paste((20, 40, 220), (0, 0, 12, 16))
    image.save("start.png")
    return "start.png"


def start():
    return torch.randn(1, 4, 6, 8, generator=torch.Generator().manual_seed(0))


def moved(z, by=0.3):
    return (z + by * torch.randn(z.shape, generator=torch.Generator().manual_seed(1))).requires_grad_(True)


@pytest.mark.parametrize("name", LATENT)
def test_the_gradient_points_away_from_the_anchor(name):
    z0 = start().requires_grad_(True)
    loss = Anchor(MEASURES[name], z0, "latent")
    z = moved(z0.detach())
    value = loss(loss_inputs(torch.rand(1, 3, 16, 24), latent=z))
    (gradient,) = torch.autograd.grad(value, z)
    away = z.detach() - z0.detach()
    assert torch.cosine_similarity(gradient.flatten(), away.flatten(), dim=0) > 0.9
    assert z0.grad is None, "the anchor is a constant"


@pytest.mark.parametrize("name", LATENT)
def test_at_the_anchor_there_is_nothing_to_pull(name):
    z = start().requires_grad_(True)
    value = Anchor(MEASURES[name], z, "latent")(loss_inputs(torch.rand(1, 3, 16, 24), latent=z))
    (gradient,) = torch.autograd.grad(value, z)
    assert abs(float(value.detach())) < 1e-6 and torch.isfinite(gradient).all() and gradient.abs().max() < 1e-4


def test_the_measures_have_the_old_scale():
    one, other = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    assert spherical(one, other) == pytest.approx(torch.pi**2 / 8)
    assert half_squared(one, other) == pytest.approx(0.5)
    assert cosine(one, other) == pytest.approx(1.0)
    assert half_absolute(one, other) == pytest.approx(0.5)


def losses_of(session):
    return [event.losses for event in session.run() if type(event).__name__ == "Stepped"]


@pytest.mark.parametrize("name", [*LATENT, "init_weight_pix"])
def test_a_drawer_that_was_moved_comes_back(session, picture, name):
    made = session(
        drawer="pixel", pixel_size=[6, 4], prompts="", init_image=picture, init_image_alpha=255, iterations=20,
        **{name: 5.0},
    )  # fmt: skip
    colours = made.drawer.colours.detach()
    before = colours.clone()
    colours.add_(0.3 * torch.randn(colours.shape, generator=torch.Generator().manual_seed(1))).clamp_(0, 1)
    apart = (colours - before).norm()
    falling = losses_of(made)
    assert falling[-1][name] < 0.7 * falling[0][name]
    assert (colours - before).norm() < apart


def test_the_picture_is_held_without_the_noise_below_it(session, picture):
    made = session(init_image=picture, init_image_alpha=60, init_weight_pix=2.0, prompts="")
    given = to_tensor(resized(open_picture(picture), (24, 16)).convert("RGB"))
    value = losses_of(made)[0]["init_weight_pix"]
    fresh = session(init_image=picture, init_image_alpha=60)
    assert value == pytest.approx(float(2.0 * half_absolute(fresh.drawer.render(0).detach(), given)), rel=1e-4)


def test_a_drawer_without_latents_says_what_works_instead(session, picture):
    with pytest.raises(SettingsError, match=r"init_weight_dist=2 .* the drawer flat has none: use init_weight_pix"):
        session(init_image=picture, init_weight_dist=2)
    with pytest.raises(SettingsError, match="image_labels compares latents, and the drawer flat has none"):
        session(image_labels=picture)


def test_holding_on_to_a_start_needs_one(resolve, tiny):
    with pytest.raises(SettingsError, match="init_weight_cos=0.5 holds on to a start picture: give init_image too"):
        resolve(**tiny, init_weight_cos=0.5)


def test_image_labels_pull_towards_the_mean_of_the_encoded_pictures(session):
    for number, colour in enumerate([(220, 30, 30), (180, 60, 30)]):
        Image.new("RGBA", (10, 10), (*colour, 255)).save(f"label{number}.png")
    made = session(
        drawer="pixel", pixel_size=[6, 4], prompts="", image_labels="label{0,1}.png", image_label_weight=3.0,
        iterations=40,
    )  # fmt: skip
    falling = losses_of(made)
    assert falling[-1]["image_labels"] < 0.5 * falling[0]["image_labels"]
    red, green, blue = made.drawer.colours.detach().mean(0)
    assert red > green > 0 and red > 2 * blue

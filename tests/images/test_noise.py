import pytest
import torch

from pixray.images.noise import contrast_curve, laid_over, noise_image


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("value", "wanted"), [(0.1, 0.0122), (0.3, 0.1552), (0.5, 0.5), (0.7, 0.8448), (0.9, 0.9878)])
def test_the_contrast_curve_is_the_old_one(value, wanted):
    assert float(contrast_curve(torch.tensor(value))) == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("kind", ["pixels", "gradient", "snow"])
@pytest.mark.parametrize("size", [(64, 48), (300, 500)])
def test_noise_fills_the_canvas_and_repeats_with_its_seed(kind, size):
    one = noise_image(kind, size, generator())
    assert one.shape == (1, 3, size[1], size[0]) and one.min() >= 0 and one.max() <= 1
    assert torch.equal(one, noise_image(kind, size, generator()))
    assert not torch.equal(one, noise_image(kind, size, generator(1)))


def test_fractal_noise_is_smooth_and_strong_in_contrast():
    image = noise_image("pixels", (128, 96), generator())
    step = (image[..., 1:] - image[..., :-1]).abs().mean()
    assert step < 0.2 and image.std() > 0.25
    planes = image[0].flatten(1)
    assert torch.corrcoef(planes).fill_diagonal_(0).abs().max() < 0.3, "three independent planes"


def test_gradients_run_right_and_down():
    image = noise_image("gradient", (32, 16), generator())[0]
    assert (image[0].diff(dim=1) > 0).all() and (image[0].diff(dim=0) == 0).all()
    assert (image[1].diff(dim=0) > 0).all() and (image[1, 0] == 0).all()
    assert (image[2].diff(dim=1) == 0).all()


def test_no_noise_is_nothing():
    assert noise_image("none", (4, 4), generator()) is None


def test_b2_a_start_picture_lies_over_the_noise_as_opaque_as_asked(session):
    from PIL import Image

    Image.new("RGB", (24, 16), (255, 0, 0)).save("red.png")

    def start(**settings):
        made = session(drawer="pixel", init_image="red.png", pixel_size=[24, 16], **settings)
        return made.drawer.render(0)[0].mean((1, 2)).detach()

    assert torch.allclose(start(init_image_alpha=255), torch.tensor([1.0, 0, 0]))
    mixed = start(init_image_alpha=128)
    assert 0.5 < mixed[0] < 1 and 0.05 < mixed[1] < 0.45, "half noise"
    assert torch.allclose(start(init_noise="none"), torch.tensor([1.0, 0, 0])), "without noise it is the picture"


def test_transparent_pictures_let_the_ground_through():
    picture = torch.cat([torch.ones(1, 3, 2, 2), torch.full((1, 1, 2, 2), 0.5)], 1)
    ground = torch.zeros(1, 3, 2, 2)
    assert torch.allclose(laid_over(picture, ground, 1.0), torch.full((1, 3, 2, 2), 0.5))
    assert torch.allclose(laid_over(picture, ground, 0.5), torch.full((1, 3, 2, 2), 0.25))
    assert torch.allclose(laid_over(picture * 0, None, 1.0), torch.ones(1, 3, 2, 2)), "white where nothing is"

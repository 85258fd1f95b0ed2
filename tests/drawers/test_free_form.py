"""Drawers without shapes of their own: fft and multires."""

import sys

import pytest
import torch

from pixray.drawers.base import Canvas
from pixray.drawers.fft import FftDrawer
from pixray.drawers.multires import MultiresDrawer, layer_shapes
from pixray.errors import MissingPackage, SettingsError
from pixray.events import Noticed
from pixray.ops.color_space import Decorrelated
from pixray.testing.contracts import check_drawer, settings_of

USES = ("fft", "dwt", "pixel")


def made(cls, image=None, size=(40, 28), seed=0, **settings):
    drawer = cls(settings_of(cls, **settings), Canvas(*size))
    drawer.start(image, torch.Generator().manual_seed(seed))
    return drawer


def scene(width=40, height=28):
    """Dark below, light above, a red square: nothing grey about it."""
    image = torch.linspace(0.9, 0.1, height)[None, None, :, None].expand(1, 3, height, width).clone()
    image[:, :, 8:16, 10:20] = torch.tensor([0.8, 0.1, 0.15]).view(1, 3, 1, 1)
    return image


@pytest.mark.parametrize("use", USES)
def test_fft_keeps_the_contract(use):
    check_drawer(FftDrawer, fft_use=use)
    check_drawer(FftDrawer, size=(33, 27), fft_use=use)


@pytest.mark.parametrize("size", [(64, 48), (33, 27), (7, 20), (1, 1)])
def test_multires_keeps_the_contract(size):
    check_drawer(MultiresDrawer, size=size)


def test_multires_keeps_the_contract_with_other_layers():
    check_drawer(MultiresDrawer, multires_step=1.4, multires_decay=1.0)


@pytest.mark.parametrize("use", USES)
def test_b16_fft_begins_from_the_start_picture_dark_parts_included(use):
    """Everything darker than middle grey used to become black."""
    image = scene()
    drawer = made(FftDrawer, image, fft_use=use)
    assert (drawer.render(0) - image).abs().max() < 0.02


@pytest.mark.parametrize("use", USES)
def test_b16_fft_colours_count_in_every_parametrisation(use):
    """fft_colors was ignored for all but wavelets."""

    def hue(colors):
        picture = made(FftDrawer, fft_use=use, fft_colors=colors).render(0)
        return float((picture.max(1).values - picture.min(1).values).mean().detach())

    assert hue(3.0) > 1.3 * hue(1.0)


@pytest.mark.parametrize("use", USES)
def test_b16_a_painted_picture_reaches_the_optimizer(use):
    """Overlays crashed, and new tensors never reached the optimizer."""
    drawer = made(FftDrawer, fft_use=use)
    before = drawer.parameters()[0].tensors
    drawer.paint(scene())
    assert (drawer.render(0) - scene()).abs().max() < 0.02
    optimizer = torch.optim.Adam(before, 0.3)
    drawer.render(0)[:, 0].mean().backward()
    optimizer.step()
    moved = (drawer.render(1) - scene()).abs().mean()
    assert 0.001 < moved < 0.2, "a step changes the picture, and does not wipe it out"


@pytest.mark.parametrize("use", USES)
def test_a_grey_start_picture_stays_grey(use):
    grey = torch.full((1, 3, 28, 40), 0.5)
    assert (made(FftDrawer, grey, fft_use=use).render(0) - grey).abs().max() < 0.01


def test_frequencies_fall_off_by_the_decay():
    def roughness(decay):
        picture = made(FftDrawer, size=(64, 64), fft_decay=decay).render(0)
        return float(picture.diff(dim=3).abs().mean().detach())

    assert roughness(2.5) < 0.5 * roughness(0.5)


def test_an_unknown_wavelet_is_answered_with_the_nearest_one():
    with pytest.raises(SettingsError, match=r"fft_wave='coiff2'.*Did you mean 'coif2'"):
        made(FftDrawer, fft_use="dwt", fft_wave="coiff2")


def test_wavelets_name_their_package_when_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "ptwt", None)
    with pytest.raises(MissingPackage, match=r"pip install 'pixray\[wavelets\]'"):
        made(FftDrawer, fft_use="dwt")


def test_multires_begins_from_a_picture_and_paints_one():
    drawer = made(MultiresDrawer, scene())
    assert (drawer.render(0) - scene()).abs().max() < 0.01
    drawer.paint(scene().flip(3))
    assert (drawer.render(0) - scene().flip(3)).abs().max() < 0.01


def test_multires_layers_reach_from_one_pixel_to_the_picture():
    shapes = layer_shapes(384, 216)
    assert shapes[0] == (1, 1) and shapes[-1] == (216, 384) and len(shapes) == 10
    assert layer_shapes(1, 1) == [(1, 1)]


def test_a_painted_picture_is_held_by_its_coarse_layers_first():
    drawer = made(MultiresDrawer, scene())
    finest = drawer.parameters()[0].tensors[-1] * drawer._strengths[-1]
    coarse = drawer.parameters()[0].tensors[0] * drawer._strengths[0]
    assert finest.abs().mean() < coarse.abs().mean()


def test_decorrelated_colours_go_there_and_back():
    image = torch.rand(1, 3, 5, 6, generator=torch.Generator().manual_seed(0)) * 0.9 + 0.05
    for colours in (0.5, 1.5):
        both = Decorrelated(colours)
        assert torch.allclose(both.colours(both.values(image)), image, atol=1e-4)


def test_the_first_decorrelated_number_is_brightness():
    both = Decorrelated()
    dark, light = (both.colours(torch.tensor([value, 0.0, 0.0]).view(1, 3, 1, 1)).flatten() for value in (-2.0, 2.0))
    assert (light - dark).min() > 0.5 and (light.max() - light.min()) < 0.05


def test_vdiff_is_accepted_by_name_with_what_replaces_it(resolve, tiny):
    with pytest.raises(SettingsError, match=r"drawer 'vdiff' .* is gone: .*use a remote drawer such as openai"):
        resolve(**{**tiny, "drawer": "vdiff"})


@pytest.mark.parametrize(
    ("cls", "settings"),
    [
        (MultiresDrawer, {"multires_decay": 30}),
        (MultiresDrawer, {"multires_decay": 1e12}),
        (FftDrawer, {"fft_decay": 30}),
        (FftDrawer, {"fft_decay": 1e12}),
        (FftDrawer, {"fft_use": "dwt", "fft_sharp": 50}),
        (FftDrawer, {"fft_use": "dwt", "fft_sharp": 1e12}),
    ],
)
def test_details_of_any_strength_are_finite_numbers_with_and_without_a_start_picture(cls, settings):
    for image in (None, scene()):
        drawer = made(cls, image, **settings)
        shown = drawer.render(0)
        shown.square().mean().backward()
        tensors = [tensor for group in drawer.parameters() for tensor in group.tensors]
        assert torch.isfinite(shown).all() and shown.min() >= 0 and shown.max() <= 1
        assert all(torch.isfinite(tensor.grad).all() for tensor in tensors)


@pytest.mark.parametrize(
    ("use", "models", "told"),
    [("dwt", None, True), ("fft", None, False), ("pixel", None, False), ("dwt", "toy", False)],
)
def test_wavelets_say_that_they_want_a_larger_perceptor_than_the_embedded_one(session, use, models, told):
    made = session(drawer="fft", fft_use=use, clip_models=models, perceptors="embedded", iterations=1)
    notices = [event.text for event in made.run() if isinstance(event, Noticed)]
    assert any("wants a larger one" in text for text in notices) is told

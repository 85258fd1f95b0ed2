"""The VQGAN drawer: sizes, gradients, the range of its latents, and what it records."""

import contextlib

import pytest
import torch
from PIL import Image

from pixray.drawers.base import Canvas
from pixray.drawers.vqgan.config import VqganConfig
from pixray.drawers.vqgan.drawer import VqganDrawer
from pixray.errors import ModelUnavailable
from pixray.models.store import ModelStore
from pixray.settings.tables import canvas_size
from pixray.testing.contracts import check_drawer


def make(size=(64, 48), image=None, **settings):
    drawer = VqganDrawer(VqganDrawer.Settings(**settings), Canvas(*size))
    drawer.load(ModelStore())
    drawer.start(image, torch.Generator().manual_seed(0))
    return drawer


@pytest.fixture
def drawer(published):
    published()
    return make(vqgan_model="coco")


OLD_SIZES = [
    (1, "widescreen", (192, 96)),
    (1, "square", (144, 144)),
    (1, "portrait", (128, 160)),
    (2, "widescreen", (384, 208)),
    (2, "square", (288, 288)),
    (2.5, "widescreen", (480, 256)),
    (2.5, "square", (352, 352)),
    (3, "widescreen", (576, 320)),
    (4, "widescreen", (768, 432)),
    (5, "widescreen", (960, 528)),
    (5, "portrait", (640, 800)),
]


@pytest.mark.parametrize(("scale", "aspect", "expected"), OLD_SIZES)
def test_sizes_round_to_the_factor_as_the_old_table_shows(scale, aspect, expected):
    class F16:
        config = VqganConfig({"ch_mult": (1, 1, 2, 2, 4)}, 16384, 256)

    drawer = VqganDrawer(VqganDrawer.Settings(), Canvas(*canvas_size(aspect, scale)))
    drawer._model = F16
    assert drawer.size == expected


def test_a_canvas_smaller_than_one_code_still_gets_one(published):
    published()
    assert make((3, 2), vqgan_model="coco").render(0).shape == (1, 3, 4, 4)


def test_the_picture_is_taming_s_decoding_of_the_nearest_codes(published):
    reference = published()
    drawer = make(vqgan_model="coco", vqgan_precision="fp32")
    with torch.no_grad():
        drawer.z.add_(torch.randn(drawer.z.shape, generator=torch.Generator().manual_seed(1)))
        codes, _, _ = reference.quantize(drawer.z)
        expected = ((reference.decode(codes) + 1) / 2).clamp(0, 1)
    assert (drawer.render(0) - expected).abs().max() < 1e-4


def test_the_gradient_passes_straight_through_the_look_up(published):
    reference = published()
    drawer = make(vqgan_model="coco", vqgan_precision="fp32")
    weights = torch.linspace(-1, 1, 3 * 64 * 48).view(1, 3, 48, 64)
    (ours,) = torch.autograd.grad((drawer.model.decode(drawer.z) * weights).sum(), drawer.z)
    z = drawer.z.detach().clone().requires_grad_(True)
    (theirs,) = torch.autograd.grad((reference.decode(reference.quantize(z)[0]) * weights).sum(), z)
    assert (ours - theirs).abs().max() < 1e-4 * theirs.abs().max()


def test_a_start_picture_is_encoded_as_taming_encodes_it(published):
    reference = published()
    image = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected, _, _ = reference.quantize(reference.quant_conv(reference.encoder(image * 2 - 1)))
    assert torch.allclose(make(image=image, vqgan_model="coco").z, expected, atol=1e-6)


def test_gumbel_models_encode_to_the_likeliest_code_always(published):
    reference = published(target="GumbelVQ")
    image = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        likeliest = reference.quantize.proj(reference.quant_conv(reference.encoder(image * 2 - 1))).argmax(1)
    z = make(image=image, vqgan_model="coco").z
    assert torch.equal(z, reference.quantize.embed.weight[likeliest].permute(0, 3, 1, 2))


def test_latents_are_held_to_the_range_of_the_codebook(drawer):
    codebook = drawer.model.codebook
    with torch.no_grad():
        drawer.z.mul_(100)
    drawer.project()
    low, high = codebook.min(0).values, codebook.max(0).values
    flat = drawer.z.detach().flatten(2)[0]
    assert (flat >= low[:, None]).all() and (flat <= high[:, None]).all()
    assert flat.min() == low.min() or flat.max() == high.max()


def test_painting_keeps_the_parameter_and_becomes_the_encoding(drawer):
    parameter = drawer.z
    image = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(3))
    drawer.paint(image)
    assert drawer.z is parameter and parameter.requires_grad
    assert torch.equal(drawer.z, drawer.encode(image))
    assert drawer.latent() is drawer.z


def test_its_state_is_enough_to_continue(drawer):
    other = make(vqgan_model="coco", image=torch.zeros(1, 3, 48, 64))
    assert not torch.equal(other.render(0), drawer.render(0))
    other.restore(drawer.state())
    assert torch.equal(other.render(0), drawer.render(0))


def test_a_run_records_the_model_that_auto_found(published, session):
    published(stem="checkpoints/vqgan_imagenet_f16_16384")
    made = session(drawer="vqgan", size=[32, 24], iterations=2)
    assert made.record["vqgan_model"] == "imagenet_f16_16384"
    assert made.drawer.size == (32, 24)
    assert list(made.run())[-1].reason == "complete"


def test_own_files_are_recorded_as_they_were_given(published, session):
    published(stem="mine")
    made = session(drawer="vqgan", size=[32, 24], vqgan_config="mine.yaml", vqgan_checkpoint="mine.ckpt")
    assert made.record["vqgan_config"] == "mine.yaml" and "vqgan_model" not in made.record


def test_two_runs_with_one_store_share_the_loaded_model(published, registry, resolve, tiny):
    from pixray.runs.start import build_run

    published()
    store = ModelStore()
    settings = resolve(**{**tiny, "drawer": "vqgan", "vqgan_model": "coco", "size": [32, 24], "iterations": 3})
    one, two = build_run(settings, registry, store), build_run(settings, registry, store)
    assert one.drawer.model is two.drawer.model
    with contextlib.closing(one.run()) as events:
        list(events)
    list(two.run())
    assert torch.equal(one.drawer.z, two.drawer.z)


def test_the_loss_falls_when_it_is_optimised(published, session):
    published()
    made = session(drawer="vqgan", vqgan_model="coco", size=[32, 32], iterations=25, num_cuts=8, cut_noise=0)
    totals = [sum(event.losses.values()) for event in made.run() if type(event).__name__ == "Stepped"]
    assert totals[-1] < totals[0]


@pytest.mark.parametrize("name", ["init_weight", "init_weight_dist", "init_weight_cos", "init_weight_pix"])
def test_an_anchor_brings_the_latents_back_to_the_start(published, session, name):
    published()
    Image.new("RGB", (32, 24), (200, 60, 40)).save("start.png")
    made = session(
        drawer="vqgan", vqgan_model="coco", size=[32, 24], prompts="", init_image="start.png", init_image_alpha=255,
        iterations=15, learning_rate=0.05, **{name: 10.0},
    )  # fmt: skip
    before = made.drawer.z.detach().clone()
    made.drawer.z.data += 0.5 * torch.randn(before.shape, generator=torch.Generator().manual_seed(0))
    apart = (made.drawer.z.detach() - before).norm()
    falling = [event.losses[name] for event in made.run() if type(event).__name__ == "Stepped"]
    assert falling[-1] < falling[0]
    if name != "init_weight_pix":
        assert falling[-1] < 0.5 * falling[0]
        assert (made.drawer.z.detach() - before).norm() < apart


def test_image_labels_are_compared_in_its_latents(published, session):
    published()
    Image.new("RGB", (32, 24), (200, 60, 40)).save("label.png")
    made = session(drawer="vqgan", vqgan_model="coco", size=[32, 24], prompts="", image_labels="*.png", iterations=12)
    falling = [event.losses["image_labels"] for event in made.run() if type(event).__name__ == "Stepped"]
    assert falling[-1] < falling[0]


def test_the_embedded_model_keeps_every_promise_of_a_drawer():
    check_drawer(VqganDrawer, vqgan_model="embedded")


def test_the_embedded_model_stands_in_visibly_at_the_same_size(session):
    made = session(drawer="vqgan", size=[200, 50], iterations=1)
    assert made.record["vqgan_model"] == "embedded" and made.drawer.size == (192, 48)
    assert any("small embedded VQGAN instead of imagenet_f16_16384" in notice.text for notice in made.notices)
    with pytest.raises(ModelUnavailable, match="vqgan_model=embedded needs no file"):
        session(drawer="vqgan", vqgan_model="imagenet_f16_16384")


def test_a_picture_comes_back_from_the_embedded_model_recognisably():
    image = torch.full((1, 3, 48, 64), 0.9)
    image[:, :, 16:32, 20:44] = torch.tensor([0.8, 0.1, 0.1]).view(3, 1, 1)
    drawer = make(image=image, vqgan_model="embedded")
    assert (drawer.render(0) - image).abs().mean() < 0.06

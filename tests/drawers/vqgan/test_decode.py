"""The fast ways of decoding are the same function as taming-transformers' modules."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import pixray.drawers.vqgan.decode as decode
import pixray.drawers.vqgan.winograd as winograd
from pixray.drawers.vqgan import bf16_kernels as half
from pixray.drawers.vqgan.decode import FusedLayers, HalfLayers, PlainLayers
from pixray.drawers.vqgan.files import choose
from pixray.drawers.vqgan.model import load_vqgan
from pixray.drawers.vqgan.thread_pool import ThreadPool
from pixray.drawers.vqgan.winograd_block import FusedBlock, FusedConv, normed_conv, residual_block, upsampled_conv
from pixray.models.store import ModelStore

TOLERANCE = 2e-5
"""Largest difference, in shares of the greatest value, between a fused layer and torch's own operations."""


def layers(ins, outs, seed=0):
    """Two norms and two convolutions, frozen, with weights and a shortcut that matter."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        norms = [nn.GroupNorm(32, channels, eps=1e-6) for channels in (ins, outs)]
        for norm in norms:
            nn.init.normal_(norm.weight)
            nn.init.normal_(norm.bias)
        convs = [nn.Conv2d(ins, outs, 3, padding=1), nn.Conv2d(outs, outs, 3, padding=1)]
        shortcut = nn.Conv2d(ins, outs, 1) if ins != outs else None
    for layer in [*norms, *convs, *filter(None, [shortcut])]:
        layer.requires_grad_(False)
    return norms, convs, shortcut


def same(fused, plain, x):
    """Whether both results and both gradients are."""
    seed = torch.randn(plain(x).shape, generator=torch.Generator().manual_seed(9))
    rows = x.detach()[0].permute(1, 2, 0).contiguous().requires_grad_(True)
    ours, theirs = fused(rows), plain(x)
    (ours_back,) = torch.autograd.grad(ours, rows, seed[0].permute(1, 2, 0))
    (theirs_back,) = torch.autograd.grad(theirs, x, seed)
    return all(
        (one.permute(2, 0, 1)[None] - other).abs().max() < TOLERANCE * other.abs().max()
        for one, other in ((ours, theirs), (ours_back, theirs_back))
    )


@pytest.fixture(params=[1, 3 << 20], ids=["one row of tiles at a time", "all at once"])
def strips(request, monkeypatch):
    monkeypatch.setattr(winograd, "STRIP_BYTES", request.param)


@pytest.mark.parametrize(("ins", "outs"), [(64, 32), (32, 32), (32, 64)])
@pytest.mark.parametrize(("height", "width"), [(12, 16), (13, 17), (26, 40), (3, 50)])
def test_fused_layers_equal_torch_s_own_operations(strips, ins, outs, height, width):
    norms, convs, shortcut = layers(ins, outs)
    first, second = FusedConv(convs[0], norms[0]), FusedConv(convs[1], norms[1])
    x = (torch.randn(1, ins, height, width, generator=torch.Generator().manual_seed(1)) * 2 + 1).requires_grad_(True)

    def block(x):
        hidden = convs[1](F.silu(norms[1](convs[0](F.silu(norms[0](x))))))
        return hidden + (x if shortcut is None else shortcut(x))

    assert same(lambda rows: residual_block(rows, FusedBlock(first, second, shortcut)), block, x)
    assert same(lambda rows: normed_conv(rows, first), lambda x: convs[0](F.silu(norms[0](x))), x)
    upsampled = FusedConv(convs[0])
    assert same(
        lambda rows: upsampled_conv(rows, upsampled),
        lambda x: convs[0](F.interpolate(x, scale_factor=2.0, mode="nearest")),
        x,
    )


@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 8), (12, 7)])
def test_four_small_kernels_equal_one_at_twice_the_size(height, width):
    conv = nn.Conv2d(6, 10, 3, padding=1).requires_grad_(False)
    x = torch.randn(2, 6, height, width, generator=torch.Generator().manual_seed(1)).requires_grad_(True)
    theirs = conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
    ours = half.upsampled_conv(x, half.phase_kernels(conv.weight), conv.bias)
    seed = torch.randn(theirs.shape, generator=torch.Generator().manual_seed(9))
    pairs = [(ours, theirs), (torch.autograd.grad(ours, x, seed)[0], torch.autograd.grad(theirs, x, seed)[0])]
    for one, other in pairs:
        assert (one - other).abs().max() < TOLERANCE * other.abs().max()


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_own_gradient_of_normalisation_equals_torch_s(memory_format, monkeypatch):
    monkeypatch.setattr(half, "_PIECE", 64 * 50)
    (norm, _), _, _ = layers(64, 64)
    generator = torch.Generator().manual_seed(1)
    x = (torch.randn(2, 64, 13, 17, generator=generator) * 2 + 1).contiguous(memory_format=memory_format)
    seed = torch.randn(x.shape, generator=generator).contiguous(memory_format=memory_format)
    x.requires_grad_(True)
    theirs, ours = F.silu(norm(x)), half.norm_silu(x, norm, ThreadPool())
    before = x.detach().clone()
    pairs = [(ours, theirs), (torch.autograd.grad(ours, x, seed)[0], torch.autograd.grad(theirs, x, seed)[0])]
    for one, other in pairs:
        assert (one - other).abs().max() < TOLERANCE * other.abs().max()
    assert torch.equal(x, before)


@pytest.fixture(autouse=True)
def _small_layers_too(monkeypatch):
    """The networks of these tests are far smaller than those whose layers are fused."""
    monkeypatch.setattr(decode, "LEAST_CHANNELS", 1)


def load(dtype=torch.float32):
    files = choose("coco", None, None, ModelStore())
    return load_vqgan(files.config, files.weights, "cpu", dtype)


def picture_and_gradient(decode, z):
    picture = decode(z)
    seed = torch.randn(picture.shape, generator=torch.Generator().manual_seed(2))
    return picture.detach(), torch.autograd.grad(picture, z, seed)[0]


@pytest.fixture
def latents():
    return torch.randn(1, 8, 13, 18, generator=torch.Generator().manual_seed(0)).requires_grad_(True)


@pytest.mark.parametrize("way", ["fused", "plain", "half"])
def test_every_way_of_decoding_equals_taming_s_modules(published, latents, way):
    reference, model = published(), load()
    assert isinstance(model._layers, FusedLayers), "full precision on a CPU is fused"
    if way != "fused":
        model._layers = PlainLayers() if way == "plain" else HalfLayers(model.decoder, torch.float32)
    ours, theirs = picture_and_gradient(model.decode, latents), picture_and_gradient(reference.decode, latents)
    for one, other in zip(ours, theirs, strict=True):
        assert (one - other).abs().max() < 1e-4 * other.abs().max()


def test_the_fused_way_really_is_taken(published, latents, monkeypatch):
    published()
    model = load()
    taken = []
    monkeypatch.setattr(
        "pixray.drawers.vqgan.decode.residual_block", lambda x, block: taken.append(block) or residual_block(x, block)
    )
    model.decode(latents)
    assert taken


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_recomputing_gives_the_same_picture_and_gradient(published, latents, dtype):
    published()
    model = load(dtype)
    once = picture_and_gradient(model.decode, latents)
    again = picture_and_gradient(lambda z: model.decode(z, recompute=True), latents)
    assert torch.equal(once[0], again[0]) and torch.equal(once[1], again[1])


def test_half_precision_is_near_enough(published, latents):
    reference, model = published(), load(torch.bfloat16)
    ours, theirs = picture_and_gradient(model.decode, latents), picture_and_gradient(reference.decode, latents)
    assert ours[0].dtype == ours[1].dtype == torch.float32
    for one, other in zip(ours, theirs, strict=True):
        assert torch.cosine_similarity(one.flatten(), other.flatten(), dim=0) > 0.98


def test_a_batch_is_decoded_picture_by_picture(published):
    published()
    model = load()
    z = torch.randn(2, 8, 12, 16, generator=torch.Generator().manual_seed(0))
    both = model.decode(z)
    assert torch.allclose(both[1:], model.decode(z[1:]), atol=1e-4)


def test_half_precision_on_a_cpu_takes_its_own_layers(published):
    published()
    assert isinstance(load(torch.bfloat16)._layers, HalfLayers)

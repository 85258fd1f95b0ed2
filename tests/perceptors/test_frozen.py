"""The frozen image towers give what open_clip's modules give. Weights are random; their shapes are real, but small."""

import copy
import logging
import runpy
from pathlib import Path

import open_clip
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from pixray.perceptors.frozen.attention import OwnAttention
from pixray.perceptors.frozen.convnext import FrozenConvNeXt
from pixray.perceptors.frozen.resnet import FrozenResNet
from pixray.perceptors.frozen.tower import PlainTower, compile_tower
from pixray.perceptors.frozen.transformer import FrozenTransformer
from pixray.perceptors.normalization import OPENAI_MEAN, OPENAI_STD

TEXT = {"context_length": 8, "vocab_size": 64, "width": 32, "heads": 2, "layers": 1}
SIGLIP_MEAN = SIGLIP_STD = (0.5, 0.5, 0.5)


def visual_of(vision, quick_gelu=False, embed_dim=24):
    torch.manual_seed(3)
    model = open_clip.CLIP(embed_dim, vision, TEXT, quick_gelu=quick_gelu)
    return shaken(model.visual)


def shaken(visual):
    """Weights at which every part matters: none is zero or one, as freshly made ones often are."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for weight in visual.parameters():
            noise = torch.randn(weight.shape, generator=generator)
            if weight.ndim < 2:
                weight.add_(0.3 * noise)
            elif not weight.any():
                weight.copy_(0.05 * noise)
        for module in visual.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.copy_(0.2 * torch.randn(module.running_mean.shape, generator=generator))
                module.running_var.uniform_(0.5, 2, generator=generator)
    return visual.eval().requires_grad_(False)


def timm_tower(name, small, **facts):
    """A small network of timm behind open_clip's adapter."""
    import timm

    torch.manual_seed(3)
    original = timm.create_model
    timm.create_model = lambda name, **more: original(name, **{**more, **small})
    try:
        visual = open_clip.timm_model.TimmModel(name, image_size=64, **facts)
    finally:
        timm.create_model = original
    return shaken(visual)


def siglip():
    """SigLIP as open_clip makes it: a transformer of timm that pools by attention."""
    small = {"depth": 2, "embed_dim": 64, "num_heads": 2, "img_size": 64}
    return timm_tower("vit_base_patch16_siglip_224", small, embed_dim=64, pool="map", proj="none")


def convnext(proj="linear", size=64, **more):
    """As convnext_base_w of open_clip, or as its larger ones, which end in an MLP."""
    small = {"depths": (1, 1, 2, 1), "dims": (16, 24, 32, 48), "drop_path_rate": 0.1, **more}
    visual = timm_tower("convnext_base", small, embed_dim=24, pool="", proj=proj)
    visual.image_size = (size, size)
    return visual


def smooth_resnet():
    """With SiLU in place of rectifiers, as the embedded guide may be."""
    visual = FAMILIES["ResNet"]()
    for block in list(visual.modules()):
        for name, part in list(block.named_children()):
            if isinstance(part, nn.ReLU):
                setattr(block, name, nn.SiLU())
    return visual


FAMILIES = {
    # 32, 16 and 14 pixels a patch, quick and true GELU, as OpenAI's and LAION's models have them.
    "OpenAI B/32": lambda: visual_of(
        {"layers": 3, "width": 64, "head_width": 32, "patch_size": 32, "image_size": 96}, quick_gelu=True
    ),
    "LAION B/32": lambda: visual_of({"layers": 3, "width": 64, "head_width": 32, "patch_size": 32, "image_size": 96}),
    "B/16": lambda: visual_of(
        {"layers": 2, "width": 64, "head_width": 32, "patch_size": 16, "image_size": 64}, quick_gelu=True
    ),
    "L/14": lambda: visual_of(
        {"layers": 4, "width": 96, "head_width": 32, "patch_size": 14, "image_size": 56}, quick_gelu=True
    ),
    "L/14 at 336": lambda: visual_of(
        {"layers": 2, "width": 64, "head_width": 32, "patch_size": 14, "image_size": 84}, quick_gelu=True
    ),
    "layer scale, mean of patches": lambda: visual_of(
        {
            "layers": 2,
            "width": 64,
            "head_width": 32,
            "patch_size": 16,
            "image_size": 64,
            "ls_init_value": 0.1,
            "pool_type": "avg",
            "no_ln_pre": True,
        }
    ),
    "SigLIP": siglip,
    "ConvNeXt": convnext,
    "ConvNeXt with an MLP, of a size that leaves rows over": lambda: convnext("mlp", 90),
    "smooth ResNet": smooth_resnet,
    "ResNet": lambda: visual_of({"layers": [1, 2, 1, 1], "width": 16, "head_width": 32, "image_size": 64}),
}


def reference(visual, mean, std):
    visual = copy.deepcopy(visual)
    columns = [torch.tensor(one).view(1, 3, 1, 1) for one in (mean, std)]
    return lambda crops: visual((crops - columns[0]) / columns[1])


def embed_and_gradient(encode, size, target=None, enlarged=1.0):
    crops = torch.rand(4, 3, size, size, generator=torch.Generator().manual_seed(1)).requires_grad_(True)
    embeds = F.normalize(encode(crops).float(), dim=-1)
    if target is None:
        target = torch.randn(embeds.shape, generator=torch.Generator().manual_seed(2))
    (embeds * target).sum().mul(enlarged).backward()
    return embeds.detach(), crops.grad


def relative(one, other):
    return float((one - other).norm() / other.norm())


@pytest.fixture(params=FAMILIES, scope="module")
def family(request):
    visual = FAMILIES[request.param]()
    mean, std = (SIGLIP_MEAN, SIGLIP_STD) if request.param == "SigLIP" else (OPENAI_MEAN, OPENAI_STD)
    size = visual.image_size
    return visual, mean, std, size[0] if isinstance(size, tuple) else size


def test_a_frozen_tower_equals_the_module_in_float32(family):
    visual, mean, std, size = family
    tower = compile_tower(visual, mean, std)
    assert isinstance(tower, FrozenTransformer | FrozenResNet | FrozenConvNeXt)
    embeds, gradient = embed_and_gradient(tower, size)
    wanted_embeds, wanted_gradient = embed_and_gradient(reference(visual, mean, std), size)
    assert relative(embeds, wanted_embeds) < 1e-4
    assert relative(gradient, wanted_gradient) < 1e-4


def cosine_in(dtype, visual, mean, std, size, compiler=compile_tower):
    """Of the input gradient in some number format with that in float32."""
    enlarged = 4096.0 if dtype == torch.float16 else 1.0  # as perceptors do, so that small gradients are not lost
    embeds, gradient = embed_and_gradient(compiler(copy.deepcopy(visual), mean, std, dtype), size, enlarged=enlarged)
    wanted_embeds, wanted_gradient = embed_and_gradient(reference(visual, mean, std), size)
    assert F.cosine_similarity(embeds, wanted_embeds).min() > 0.999
    return float(F.cosine_similarity(gradient.flatten(), wanted_gradient.flatten(), dim=0))


def test_in_bfloat16_the_gradient_points_the_same_way(family):
    visual, *facts = family
    assert cosine_in(torch.bfloat16, visual, *facts) >= 0.999
    assert cosine_in(torch.float16, visual, *facts) >= 0.999


def test_rectifiers_decide_in_float32_since_bfloat16_would_open_other_gates():
    """open_clip's own module in bfloat16 loses them."""
    deep = visual_of({"layers": [3, 4, 6, 3], "width": 16, "head_width": 32, "image_size": 64})
    facts = (OPENAI_MEAN, OPENAI_STD, 64)
    assert cosine_in(torch.bfloat16, deep, *facts, compiler=PlainTower) < 0.995
    assert cosine_in(torch.bfloat16, deep, *facts) >= 0.999
    assert compile_tower(smooth_resnet(), *facts[:2], torch.bfloat16).dtype == torch.bfloat16


def test_compiling_leaves_the_module_as_it_was(family):
    visual, mean, std, _ = family
    before = {name: tensor.clone() for name, tensor in visual.state_dict().items()}
    compile_tower(visual, mean, std, torch.bfloat16)
    after = visual.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)


QK_NORM = {"layers": 1, "width": 64, "head_width": 32, "patch_size": 16, "image_size": 32, "qk_norm": True}
UNKNOWN = {
    "attention that normalises": lambda: visual_of(QK_NORM),
    "ConvNeXt of the second version": lambda: convnext(size=32, use_grn=True),
    "ConvNeXt with an overlapping stem": lambda: convnext(size=32, stem_type="overlap"),
    "ConvNeXt with MLPs of convolutions": lambda: convnext(size=32, conv_mlp=True),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_what_cannot_be_compiled_runs_as_it_is_and_says_so(caplog, kind):
    visual = UNKNOWN[kind]()
    with caplog.at_level(logging.DEBUG, "pixray"):
        tower = compile_tower(copy.deepcopy(visual), OPENAI_MEAN, OPENAI_STD)
    assert isinstance(tower, PlainTower) and "runs as it is" in caplog.text
    embeds, gradient = embed_and_gradient(tower, 32)
    wanted_embeds, wanted_gradient = embed_and_gradient(reference(visual, OPENAI_MEAN, OPENAI_STD), 32)
    assert relative(embeds, wanted_embeds) < 1e-5 and relative(gradient, wanted_gradient) < 1e-5


def test_small_gradients_survive_half_precision():
    from pixray.perceptors.openclip import OpenClip

    gradients = []
    for dtype in (torch.float32, torch.float16):
        torch.manual_seed(3)
        vision = {"layers": 2, "width": 64, "head_width": 32, "patch_size": 16, "image_size": 64}
        perceptor = OpenClip("x", open_clip.CLIP(24, vision, TEXT), lambda texts: torch.zeros(1, 8).long(), dtype=dtype)
        crops = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(1)).requires_grad_(True)
        (perceptor.encode_image(crops)[:, 0].mean() * 1e-4).backward()
        gradients.append(crops.grad.flatten())
    assert F.cosine_similarity(*gradients, dim=0) > 0.999


def test_own_attention_has_the_gradient_of_torchs():
    generator = torch.Generator().manual_seed(0)
    tensors = [torch.randn(2, 3, 5, 4, generator=generator, dtype=torch.float64) for _ in range(3)]
    assert torch.autograd.gradcheck(OwnAttention.apply, [one.requires_grad_(True) for one in tensors])


def test_the_embedded_perceptor_uses_the_frozen_tower():
    from pixray.perceptors.embedded import Embedded

    assert not isinstance(Embedded()._image_tower, PlainTower)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_tower_and_its_gradient_can_be_held_by_a_cuda_graph(family, dtype):
    from pixray.testing.recording import Tape

    visual, mean, std, size = family
    tower = compile_tower(copy.deepcopy(visual), mean, std, dtype)
    crops = torch.rand(3, 3, size, size, generator=torch.Generator().manual_seed(1)).requires_grad_(True)

    def work():
        crops.grad = None
        tower(crops)[:, ::2].float().sum().backward()
        return crops.grad

    again, result = Tape().record(work)
    with torch.no_grad():
        crops.mul_(0.5)
    again()
    replayed = result.clone()
    assert torch.equal(replayed, work()) and replayed.abs().max() > 0
    # The way of GPUs needs nothing from the host: any tensor that is not with the others is an error here.
    elsewhere = runpy.run_path(str(Path(__file__).parents[1] / "engine" / "capture" / "elsewhere.py"))
    moved, there = tower.to("meta"), crops.detach().to("meta").requires_grad_(True)
    with elsewhere["OnlyThere"]():
        moved(there).float().sum().backward()
    assert there.grad.device.type == "meta"

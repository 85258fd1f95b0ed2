"""The embedded models run without the library that their form comes from, and give what it would give."""

import json
import subprocess
import sys
from importlib import resources

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from pixray.perceptors.embedded import Embedded, PixelGuide, Referee, SketchGuide
from pixray.perceptors.normalization import OPENAI_MEAN, OPENAI_STD
from training.clip import make_clip

NEEDLESS = (
    "torch._dynamo",
    "sympy",
    "open_clip",
    "timm",
    "torchvision",
    "kornia",
    "huggingface_hub",
    "transformers",
    "httpx",
)

DRAWERS = ("vqgan", "pixel", "line_sketch")
RUN = f"""
import sys, pixray
for drawer in {DRAWERS!r}:
    pixray.run("a red heart", drawer, size=(64, 64), iterations=2, num_cuts=2, quiet=True, outdir=drawer)
    print(drawer, [name for name in {NEEDLESS!r} if name in sys.modules])
"""


def test_a_run_with_the_embedded_models_imports_nothing_that_only_others_need(tmp_path):
    """In one process for all drawers, since none of them may import what is looked for."""
    done = subprocess.run([sys.executable, "-c", RUN], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-len(DRAWERS) :] == [f"{drawer} []" for drawer in DRAWERS]


def as_open_clip_has_it(stem):
    folder = resources.files("pixray.embedded")
    config = json.loads(folder.joinpath(f"{stem}.json").read_text())
    weights = load_file(str(folder.joinpath(f"{stem}.safetensors")))
    rows, shared = weights.pop("token_ids").long(), weights.pop("text_shared", None)
    model = make_clip(config).eval()
    embedding = torch.zeros_like(model.token_embedding.weight)
    embedding[rows] = weights["token_embedding.weight"].float()
    state = {name: value.float() for name, value in weights.items()}
    model.load_state_dict({**state, "token_embedding.weight": embedding})
    return model.requires_grad_(False), shared


@pytest.mark.parametrize("cls", [Embedded, PixelGuide, Referee, SketchGuide])
def test_an_embedded_model_is_the_one_that_open_clip_would_build(cls):
    perceptor, (model, shared) = cls(), as_open_clip_has_it(cls.stem)
    texts = ["a red heart", "the sun over the sea, painting", "ü unknown wörds"]
    tokens = perceptor._tokenize(texts)
    embeds = F.normalize(model.encode_text(tokens), dim=-1)
    embeds = embeds if shared is None else F.normalize(embeds - shared, dim=-1)
    assert (shared is not None) is (cls is PixelGuide)
    assert torch.equal(perceptor.encode_text(texts), embeds)

    crops = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (OPENAI_MEAN, OPENAI_STD))
    expected = F.normalize(model.encode_image((crops - mean) / std), dim=-1)
    assert torch.allclose(perceptor.encode_image(crops), expected, atol=2e-5)


def test_making_an_embedded_model_draws_no_random_numbers():
    before = torch.get_rng_state()
    Embedded()
    assert torch.equal(torch.get_rng_state(), before)

"""What training tools leave in checkpoints: configurations beside the weights, and words before their names."""

import argparse
import datetime
import pathlib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from omegaconf import OmegaConf
from published import describe, foreign_class, make_reference

from pixray.drawers.vqgan.model import load_vqgan
from pixray.errors import ModelUnavailable


def written(state_dict, described=None, beside=None, **how):
    torch.save({**(beside or {}), "state_dict": state_dict}, "own.ckpt", **how)
    Path("own.yaml").write_text(yaml.safe_dump(described or describe("VQModel")))


def loads_as(reference):
    ours = load_vqgan(Path("own.yaml"), Path("own.ckpt"), "cpu").state_dict()
    return all(torch.equal(ours[name], value) for name, value in reference.state_dict().items())


def beside_weights():
    """By its name, an object that published checkpoints were seen with."""
    configuration = OmegaConf.create({"model": {"lr": 1e-6, "sizes": [1, 2], "name": "${model.lr}", "none": None}})
    return {
        "omegaconf": configuration,
        "omegaconf list": configuration.model.sizes,
        "containers": {"a": [1, (2.5, None)], 3: {4, 5}, "b": frozenset("c"), "big": 1 << 80, "z": 1j},
        "path": pathlib.Path("logs/x.ckpt"),
        "windows path": pathlib.PureWindowsPath("C:/x.ckpt"),
        "numpy": [np.float64(0.5), np.arange(4), np.array(["a"]), np.random.default_rng(0)],
        "date": datetime.datetime(2021, 4, 1, 12, tzinfo=datetime.UTC),
        "defaultdict": defaultdict(list, {"a": [1]}),
        "namespace": argparse.Namespace(lr=0.1, nested=argparse.Namespace(path=pathlib.Path("x"))),
        "functions": [torch.nn.functional.relu, len("a"), sorted({}), torch.optim.Adam],
        "bytes": [b"a", bytearray(b"b"), "\ud800"],
    }


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("name", beside_weights())
def test_a_configuration_beside_the_weights_stops_nobody(name, protocol):
    reference = make_reference()
    written(reference.state_dict(), beside={"hyper_parameters": beside_weights()[name]}, pickle_protocol=protocol)
    assert loads_as(reference)


def test_attribute_dicts_and_objects_of_missing_modules_are_read_over():
    reference = make_reference()
    with foreign_class("pytorch_lightning.utilities.parsing.AttributeDict") as kind:
        kind.__reduce__ = lambda self: (kind, (), {"state": 1}, iter([7]), iter([("lr", self)]))
        written(reference.state_dict(), beside={"hyper_parameters": kind(), kind: {"best": 1}})
    assert loads_as(reference)


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    "prefix",
    ["module.", "model.", "_orig_mod.", "first_stage_model.", "module.first_stage_model.", "model._orig_mod.module."],
)
def test_words_of_training_tools_before_the_names_are_read_over(prefix, legacy):
    reference = make_reference()
    averaged = {f"model_ema.{name.replace('.', '')}": value + 1 for name, value in reference.state_dict().items()}
    averaged |= {f"ema_model.{name}": value + 1 for name, value in reference.state_dict().items()}
    renamed = {prefix + name: value for name, value in reference.state_dict().items()}
    written({**averaged, **renamed}, _use_new_zipfile_serialization=not legacy)
    assert loads_as(reference)


def test_compiled_parts_of_a_model_are_read():
    reference = make_reference()
    renamed = {name.replace("coder.", "coder._orig_mod.", 1): value for name, value in reference.state_dict().items()}
    written(renamed)
    assert loads_as(reference)


def test_of_two_models_in_a_file_the_complete_one_is_taken():
    reference = make_reference()
    other = {f"first_stage_model.{name}": value + 1 for name, value in list(reference.state_dict().items())[:9]}
    written({**other, **{f"module.{name}": value for name, value in reference.state_dict().items()}})
    assert loads_as(reference)


@pytest.mark.parametrize("stage", ["ldm.models.autoencoder.VQModelInterface", "taming.models.vqgan.VQModel"])
def test_a_latent_diffusion_model_gives_its_first_stage(stage):
    reference = make_reference()
    first = describe("VQModel")["model"]
    first = {**first, "target": stage, "params": {**first["params"], "ckpt_path": None, "monitor": "val/rec_loss"}}
    first["params"]["lossconfig"] = {"target": "torch.nn.Identity"}
    unet = {"target": "ldm.modules.diffusionmodules.openaimodel.UNetModel", "params": {"channel_mult": [1, 2]}}
    params = {"linear_start": 0.0015, "unet_config": unet, "first_stage_config": first, "cond_stage_config": "x"}
    described = {"model": {"target": "ldm.models.diffusion.ddpm.LatentDiffusion", "params": params}}
    weights = {f"first_stage_model.{name}": value for name, value in reference.state_dict().items()}
    written({**weights, "model.diffusion_model.out.0.weight": torch.zeros(4)}, described)
    assert loads_as(reference)


def test_a_first_stage_without_a_codebook_is_named():
    first = {"target": "ldm.models.autoencoder.AutoencoderKL", "params": {}}
    described = {"model": {"target": "ldm.LatentDiffusion", "params": {"first_stage_config": first}}}
    written({}, described)
    with pytest.raises(ModelUnavailable, match=r"its first stage is 'ldm.models.autoencoder.AutoencoderKL'"):
        load_vqgan(Path("own.yaml"), Path("own.ckpt"), "cpu")


@pytest.mark.parametrize(
    ("renamed", "told"),
    [
        (lambda name: f"vqgan.{name}", "the prefix found is 'vqgan.', which is not known here"),
        (lambda name: f"model_ema.{name}", "the prefix found is 'model_ema.', which is not known here"),
        (lambda name: f"model.{name}".replace("quantize", "q"), "the 123 that are there begin with 'model.'"),
        (lambda name: name.replace("quantize", "q"), "have no prefix"),
        (lambda name: name.replace(".", ""), "it holds none of them, under any prefix"),
    ],
)
def test_where_names_are_missing_the_prefix_that_was_found_is_told(renamed, told):
    reference = make_reference()
    written({renamed(name): value for name, value in reference.state_dict().items()})
    count = len(reference.state_dict()) - 1
    with pytest.raises(ModelUnavailable) as caught:
        load_vqgan(Path("own.yaml"), Path("own.ckpt"), "cpu")
    assert told.replace("123", str(count)) in str(caught.value) and "own.ckpt lacks" in str(caught.value)

"""Published checkpoints load whatever they were wrapped in, and none of what they hold ever runs."""

import builtins
from pathlib import Path

import pytest
import torch

from pixray.drawers.vqgan.config import read_config
from pixray.drawers.vqgan.files import choose
from pixray.drawers.vqgan.model import load_vqgan
from pixray.errors import ModelUnavailable, SettingsError, UnsafeFile
from pixray.models.store import ModelStore


def load(name="coco"):
    files = choose(name, None, None, ModelStore())
    return load_vqgan(files.config, files.weights, "cpu")


def same(model, reference):
    ours = model.state_dict()
    return all(torch.equal(ours[name], value) for name, value in reference.state_dict().items())


@pytest.mark.parametrize("ending", [".ckpt", ".safetensors"])
@pytest.mark.parametrize("target", ["VQModel", "GumbelVQ", "Net2NetTransformer"])
def test_every_published_layout_gives_the_weights_of_the_file(published, target, ending, capfd):
    reference = published(target=target, ending=ending)
    capfd.readouterr()
    before = torch.get_rng_state()
    model = load()
    assert same(model, reference)
    assert model.config.gumbel == (target == "GumbelVQ") and model.config.factor == 4
    assert torch.equal(before, torch.get_rng_state())
    assert capfd.readouterr() == ("", ""), "taming's prints reach nobody"


def test_a_bare_state_dict_of_an_old_torch_file_format_loads(published):
    reference = published()
    torch.save(reference.state_dict(), "checkpoints/vqgan_coco.ckpt", _use_new_zipfile_serialization=False)
    assert same(load(), reference)


class Planted:
    """What a stranger may hide in a checkpoint."""

    def __reduce__(self):
        return builtins.exec, ("open('owned', 'w').write('code ran')",)


class Innocent:
    """An object of an unknown class."""


def published_with(published, planted, new_format):
    reference = published(planted=planted)
    if not new_format:
        content = {"state_dict": reference.state_dict(), "hyper_parameters": planted}
        torch.save(content, "checkpoints/vqgan_coco.ckpt", _use_new_zipfile_serialization=False)
    return reference


@pytest.mark.parametrize("new_format", [True, False])
def test_an_object_of_an_unknown_class_beside_the_weights_is_not_made(published, new_format, monkeypatch):
    reference = published_with(published, Innocent(), new_format)
    monkeypatch.setattr(Innocent, "__new__", lambda *_: pytest.fail("it was made"))
    assert same(load(), reference)


@pytest.mark.parametrize("new_format", [True, False])
def test_a_planted_call_is_refused_and_never_runs(published, new_format):
    published_with(published, Planted(), new_format)
    with pytest.raises(UnsafeFile, match="exec") as caught:
        load()
    assert not Path("owned").exists()
    assert "safetensors" in str(caught.value) and "vqgan_coco.ckpt" in str(caught.value)


@pytest.mark.parametrize("content", [b"PK\x03\x04 half a zip", b"\x80\x02"])
@pytest.mark.parametrize("ending", [".ckpt", ".safetensors"])
def test_a_damaged_file_is_one_sentence(published, content, ending):
    published(stem="own", ending=ending)
    Path(f"own{ending}").write_bytes(content)
    with pytest.raises(ModelUnavailable, match=f"own{ending} is damaged or no"):
        load_vqgan(Path("own.yaml"), Path(f"own{ending}"), "cpu")


def test_files_that_do_not_belong_together_are_named(published):
    published(stem="one")
    published(stem="two", num_codes=32)
    with pytest.raises(ModelUnavailable, match=r"one.ckpt does not belong to two.yaml: quantize.embedding.weight"):
        load_vqgan(Path("two.yaml"), Path("one.ckpt"), "cpu")
    torch.save({"state_dict": {"encoder.conv_in.bias": torch.zeros(32)}}, "empty.ckpt")
    with pytest.raises(ModelUnavailable, match=r"empty.ckpt lacks \d+ weights that one.yaml asks for"):
        load_vqgan(Path("one.yaml"), Path("empty.ckpt"), "cpu")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no section 'model'"),
        ("[1, 2]", "no section 'model'"),
        ("model: {target: a.b.Thing, params: {}}", "'a.b.Thing', which has no codebook .* expected VQModel"),
        ("model: {target: a.VQModel}", "it lacks 'params'"),
        ("model: {target: a.VQModel, params: {ddconfig: {ch: 1}, n_embed: 1, embed_dim: 1}}", "ddconfig lacks ch_mult"),
        ("model: {", "cannot be read"),
    ],
)
def test_a_wrong_configuration_is_one_sentence(text, why):
    Path("config.yaml").write_text(text)
    with pytest.raises(ModelUnavailable, match=why) as caught:
        read_config(Path("config.yaml"))
    assert "\n" not in str(caught.value)


NAMES = (
    "imagenet_f16_16384 imagenet_f16_1024 imagenet_f16_16384m openimages_f16_8192 wikiart_1024 wikiart_1024m "
    "wikiart_16384 wikiart_16384m wikiart_16384m2 sflckr coco faceshq"
).split()


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_the_old_pixray_is_known(name):
    with pytest.raises(ModelUnavailable, match=f"model '{name}': .* is not on this machine"):
        choose(name, None, None, ModelStore())


def test_an_unknown_name_gets_the_nearest_one():
    with pytest.raises(ModelUnavailable, match=r"unknown vqgan_model 'wikiart_1638'.*Did you mean 'wikiart_16384'\?"):
        choose("wikiart_1638", None, None, ModelStore())


def test_own_files_win_and_complete_each_other(published):
    published(stem="mine", ending=".safetensors")
    for config, checkpoint in (("mine.yaml", "mine.safetensors"), ("mine.yaml", None), (None, "mine.safetensors")):
        files = choose("sflckr", config, checkpoint, ModelStore())
        assert (files.config.name, files.weights.name, files.name) == ("mine.yaml", "mine.safetensors", None)


def test_own_files_that_are_missing_are_named(published):
    published(stem="mine")
    with pytest.raises(SettingsError, match="vqgan_config='no.yaml': there is no such file"):
        choose("auto", "no.yaml", None, ModelStore())
    Path("mine.yaml").unlink()
    with pytest.raises(SettingsError, match="give vqgan_config too"):
        choose("auto", None, "mine.ckpt", ModelStore())
    published(stem="mine")
    Path("mine.ckpt").unlink()
    with pytest.raises(SettingsError, match="give vqgan_checkpoint too"):
        choose("auto", "mine.yaml", None, ModelStore())


def test_auto_takes_the_real_model_when_it_is_there(published):
    published(stem="checkpoints/vqgan_imagenet_f16_16384")
    files = choose("auto", None, None, ModelStore())
    assert files.name == "imagenet_f16_16384" and files.notice is None

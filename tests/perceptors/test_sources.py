"""Real loading code, tried on files in the real layouts that these tests write with random weights."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from pixray.errors import ModelUnavailable, UnsafeFile
from pixray.models.store import ModelStore
from pixray.perceptors.frozen.tower import compile_tower
from pixray.perceptors.hub import cache_folder
from pixray.perceptors.normalization import OPENAI_MEAN, OPENAI_STD
from pixray.perceptors.openclip import load_openclip
from pixray.perceptors.sources import OPENAI, ask_hub_if_needed, fetch, find_local, read_name
from pixray.testing.contracts import check_perceptor

TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
MEAN, STD = [0.1, 0.2, 0.3], [0.4, 0.5, 0.6]


@pytest.fixture(scope="module")
def tiny_model():
    import open_clip

    with torch.random.fork_rng():
        torch.manual_seed(0)
        return open_clip.CLIP(**TINY)


@pytest.fixture
def tiny_architecture(monkeypatch):
    """A small architecture under a known name, so that no test has to build a full ViT."""
    import open_clip.factory as factory

    monkeypatch.setitem(factory._MODEL_CONFIGS, "ViT-B-32-quickgelu", {**TINY, "quick_gelu": True})
    monkeypatch.setitem(factory._MODEL_CONFIGS, "ViT-B-32", TINY)


def write_folder(folder, model, weights="open_clip_model.safetensors"):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_cfg": TINY, "preprocess_cfg": {"mean": MEAN, "std": STD}}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    write_weights(folder / weights, model)
    return folder


def write_weights(path, model):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file({name: value.contiguous() for name, value in model.state_dict().items()}, path)
    else:
        torch.save(model.state_dict(), path)


def write_hub_cache(repository, model, files):
    """The layout of huggingface_hub's cache: blobs, snapshots with links to them, and a ref."""
    root = Path("hub") / f"models--{repository.replace('/', '--')}"
    snapshot = root / "snapshots" / "abc123"
    (root / "refs").mkdir(parents=True)
    (root / "blobs").mkdir()
    (root / "refs" / "main").write_text("abc123")
    write_folder("made", model)
    snapshot.mkdir(parents=True)
    for number, name in enumerate(files):
        blob = root / "blobs" / f"blob{number}"
        source = Path("made") / name
        if source.exists():
            blob.write_bytes(source.read_bytes())
        else:
            write_weights(Path("made") / name, model)
            blob.write_bytes((Path("made") / name).read_bytes())
        (snapshot / name).symlink_to(blob.resolve())


@pytest.fixture
def hub_cache(monkeypatch, tmp_path):
    import huggingface_hub.constants as constants
    import huggingface_hub.file_download as download

    for module in (constants, download):
        if hasattr(module, "HF_HUB_CACHE"):
            monkeypatch.setattr(module, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def load(name, store=None):
    return load_openclip(fetch(read_name(name), store or ModelStore()), "cpu", torch.float32)


def same(perceptor, model, mean=OPENAI_MEAN, std=OPENAI_STD):
    """The weights really are those of the file, in the text tower and in the compiled image tower."""
    loaded = dict(perceptor._text_tower.model.state_dict())
    text = {name: value for name, value in model.state_dict().items() if not name.startswith("visual.")}
    ours = dict(perceptor._image_tower.state_dict())
    # The MLP's weights hold a factor of the activation, which some of these models share and some do not.
    image = compile_tower(model.visual, mean, std).state_dict()
    image = {name: value for name, value in image.items() if ".fc_" not in name}
    return all(torch.equal(loaded[name], value) for name, value in text.items()) and all(
        torch.equal(ours[name], value) for name, value in image.items()
    )


@pytest.mark.parametrize(
    ("name", "architecture", "tag"),
    [
        ("ViT-B/32", "ViT-B-32-quickgelu", "openai"),
        ("RN50x4", "RN50x4-quickgelu", "openai"),
        ("ViT-L/14@336px", "ViT-L-14-336-quickgelu", "openai"),
        ("ViT-B-32::laion2b_s34b_b79k", "ViT-B-32", "laion2b_s34b_b79k"),
        ("ViT-B/16::laion2b_s34b_b88k", "ViT-B-16", "laion2b_s34b_b88k"),
    ],
)
def test_names_mean_an_architecture_and_weights(name, architecture, tag):
    import open_clip

    source = read_name(name)
    assert (source.architecture, source.tag) == (architecture, tag)
    assert source.repository and architecture in open_clip.list_models()


def test_old_names_have_the_quick_gelu_they_were_trained_with():
    import open_clip
    from open_clip.factory import get_model_config

    for name in ("RN50", "RN101", "RN50x4", "RN50x16", "RN50x64", "ViT-B/32", "ViT-B/16", "ViT-L/14", "ViT-L/14@336px"):
        assert get_model_config(read_name(name).architecture)["quick_gelu"] is True
    assert "ViT-B-32" in open_clip.list_models()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ViT-B/23", "Did you mean 'ViT-B/32'?"),
        ("ViT-B-33::openai", "has no architecture 'ViT-B-33'"),
        ("ViT-B-32::laion2b_s34b_b79", "Did you mean 'laion2b_s34b_b79k'?"),
        ("some/where", "unknown perceptor 'some/where'"),
    ],
)
def test_unknown_names_are_explained(name, words):
    with pytest.raises(ModelUnavailable) as caught:
        read_name(name)
    assert words in str(caught.value)


@pytest.mark.parametrize("ending", [".safetensors", ".bin", ".pt"])
def test_weights_are_found_in_the_checkpoints_folder(tiny_architecture, tiny_model, ending):
    write_weights(Path("checkpoints") / f"ViT-B-32.openai{ending}", tiny_model)
    perceptor = load("ViT-B/32")
    assert same(perceptor, tiny_model) and perceptor.input_size == 32 and perceptor.dim == 16
    check_perceptor(perceptor)


def test_another_checkpoints_folder_can_be_named(tiny_architecture, tiny_model, monkeypatch):
    write_weights(Path("elsewhere/ViT-B-32.laion2b_s34b_b79k.safetensors"), tiny_model)
    name = "ViT-B-32::laion2b_s34b_b79k"
    assert find_local(read_name(name), ModelStore()) is None
    assert find_local(read_name(name), ModelStore("elsewhere")) is not None
    monkeypatch.setenv("PIXRAY_CHECKPOINTS", "elsewhere")
    assert same(load(name), tiny_model)


@pytest.mark.parametrize("weights", ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"])
def test_a_local_folder_brings_its_own_configuration(tiny_model, weights):
    write_folder("mine", tiny_model, weights)
    perceptor = load("mine")
    assert same(perceptor, tiny_model, MEAN, STD)


def test_an_architecture_with_a_file_of_ones_own(tiny_architecture, tiny_model):
    write_weights(Path("mine.safetensors"), tiny_model)
    assert same(load("ViT-B-32::mine.safetensors"), tiny_model)
    with pytest.raises(ModelUnavailable, match="needs its architecture before it"):
        read_name("mine.safetensors")


@pytest.mark.parametrize("file", ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"])
def test_the_hub_cache_is_used_without_a_network(hub_cache, tiny_architecture, tiny_model, file):
    repository = read_name("ViT-B/32").repository
    write_hub_cache(repository, tiny_model, [file])
    assert same(load("ViT-B/32"), tiny_model)


def test_a_repository_in_the_hub_cache_brings_its_configuration(hub_cache, tiny_model):
    write_hub_cache("someone/nice-clip", tiny_model, ["open_clip_config.json", "open_clip_model.safetensors"])
    perceptor = load("hf-hub:someone/nice-clip")
    assert same(perceptor, tiny_model, MEAN, STD) and perceptor.name == "hf-hub:someone/nice-clip"


def test_a_named_model_that_cannot_be_had_says_how_to_get_it():
    started = time.monotonic()
    with pytest.raises(ModelUnavailable) as caught:
        load("ViT-B/32")
    assert time.monotonic() - started < 5
    text = str(caught.value)
    assert "checkpoints/ as ViT-B-32-quickgelu.openai.safetensors" in text and "perceptors=embedded" in text


def test_an_empty_file_does_not_count_as_a_model(tiny_architecture):
    Path("checkpoints").mkdir()
    Path("checkpoints/ViT-B-32.openai.pt").touch()
    assert find_local(read_name("ViT-B/32"), ModelStore()) is None


class Planted:
    def __reduce__(self):
        return os.system, ("touch ran",)


class Options:
    """What a training run kept beside its weights."""

    rate = 0.1


def test_what_training_left_beside_the_weights_is_read_over(tiny_architecture, tiny_model):
    Path("checkpoints").mkdir()
    weights = {f"module.{name}": value for name, value in tiny_model.state_dict().items()}
    torch.save({"epoch": 3, "args": Options(), "state_dict": weights}, "checkpoints/ViT-B-32.openai.pt")
    assert load("ViT-B/32").encode_text(["a"]).shape[0] == 1


def test_a_file_that_would_run_code_is_refused_and_does_not_run(tiny_architecture):
    Path("checkpoints").mkdir()
    torch.save({"state_dict": {}, "extra": Planted()}, "checkpoints/ViT-B-32.openai.pt")
    with pytest.raises(UnsafeFile, match="perceptor 'ViT-B/32'"):
        load("ViT-B/32")
    assert not Path("ran").exists()


def test_weights_of_another_architecture_are_explained(tiny_architecture):
    from safetensors.torch import save_file

    Path("checkpoints").mkdir()
    save_file({"nonsense": torch.zeros(3)}, "checkpoints/ViT-B-32.openai.safetensors")
    with pytest.raises(ModelUnavailable, match="does not load as ViT-B-32-quickgelu"):
        load("ViT-B/32")


def test_loading_leaves_the_global_generator_alone(tiny_model):
    write_folder("mine", tiny_model)
    torch.manual_seed(3)
    before = torch.get_rng_state()
    load("mine")
    assert torch.equal(before, torch.get_rng_state())


def test_minmax_contrast_stretches_the_whole_batch(tiny_model):
    write_folder("mine", tiny_model)
    found = fetch(read_name("mine"), ModelStore())
    old = load_openclip(found, "cpu", torch.float32, contrast="minmax")
    pale = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(old.encode_image(pale), old.encode_image(pale * 0.1 + 0.4), atol=1e-4)
    plain = load("mine")
    assert not torch.allclose(plain.encode_image(pale), plain.encode_image(pale * 0.1 + 0.4), atol=1e-2)


def test_the_repositories_of_openais_models_are_those_that_open_clip_lists():
    import open_clip

    for name, repository in OPENAI.items():
        architecture = name.replace("/", "-").replace("@336px", "-336")
        listed = open_clip.pretrained.get_pretrained_cfg(architecture, "openai")
        source = read_name(name)
        assert listed["hf_hub"] == f"{repository}/"
        assert dict(source.preprocess) == {"mean": listed["mean"], "std": listed["std"]}
        assert source.architecture in open_clip.list_models()


def test_the_cache_of_the_hub_is_looked_for_where_its_client_keeps_it(tmp_path, monkeypatch):
    import subprocess
    import sys

    code = "from huggingface_hub.constants import HF_HUB_CACHE as c; print(c)"
    folder = str(tmp_path)
    for variables in ({}, {"HF_HOME": folder}, {"HF_HUB_CACHE": folder}, {"XDG_CACHE_HOME": folder}):
        for name in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        theirs = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        assert cache_folder("org/name") == Path(theirs, "models--org--name")


def test_the_hub_is_asked_early_only_for_models_that_are_not_here(monkeypatch):
    asked = []
    monkeypatch.setattr(ModelStore, "ask_hub", lambda self: asked.append(self.folder))
    ask_hub_if_needed(["embedded", "ViT-B-32::laion2b_s34b_b79k"], ModelStore())
    assert asked == []
    ask_hub_if_needed(["ViT-B/32:2"], ModelStore())
    assert asked == [None]


def test_sources_are_named_without_loading_torch():
    code = "import sys, pixray.perceptors.sources; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"

import pytest

from pixray.errors import SettingsError
from pixray.models.manifest import address_of, known_models, read_models

OLD_NAMES = [
    "imagenet_f16_1024",
    "imagenet_f16_16384",
    "imagenet_f16_16384m",
    "openimages_f16_8192",
    "coco",
    "faceshq",
    "wikiart_1024",
    "wikiart_1024m",
    "wikiart_16384",
    "wikiart_16384m",
    "wikiart_16384m2",
    "sflckr",
]


def test_every_vqgan_name_of_the_old_pixray_is_known():
    models = known_models()
    for name in OLD_NAMES:
        assert models[name].kind == "vqgan" and set(models[name].files) == {"config", "weights"}
        assert all(file.mirrors for file in models[name].files.values())


def test_durable_hosts_come_first():
    models = known_models()
    for name in ("wikiart_1024", "wikiart_16384"):
        for file in models[name].files.values():
            assert file.mirrors[0].startswith("https://github.com/pixray/pixray/releases/download/v1.7.1/")
    for name in ("imagenet_f16_16384", "imagenet_f16_1024", "openimages_f16_8192"):
        assert all(file.mirrors[0].startswith("https://heibox.") for file in models[name].files.values())


def test_a_file_is_only_called_verified_with_size_and_checksum():
    for model in known_models().values():
        for file in model.files.values():
            assert not file.verified or (file.bytes and file.sha256), f"{model.name}: {file.name}"


def test_no_two_models_save_different_files_under_one_name():
    sums = {}
    for model in known_models().values():
        for file in model.files.values():
            assert sums.setdefault(file.name, file.mirrors) == file.mirrors


def test_the_hubs_mirrors_follow_the_endpoint(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example/")
    assert address_of("hub:me/models/a/b.ckpt") == "https://hub.example/me/models/resolve/main/a/b.ckpt"


OWN = """
mine:
  kind: vqgan
  files:
    weights: {name: mine.safetensors, mirrors: [https://example.org/mine.safetensors]}
mine_again: {same_as: mine}
wikiart: {same_as: wikiart_16384}
coco:
  kind: vqgan
  files:
    weights: {name: better.ckpt, mirrors: [https://example.org/better.ckpt]}
"""


def test_a_persons_own_file_adds_models_and_replaces_built_in_ones(tmp_path):
    path = tmp_path / "models.yaml"
    path.write_text(OWN)
    models = known_models(path)
    assert models["mine"].files["weights"].name == "mine.safetensors"
    assert models["mine_again"].files["weights"].also == ("mine_again.safetensors",)
    assert models["wikiart"].files["config"].name == "vqgan_wikiart_16384.yaml"
    assert models["coco"].files["weights"].name == "better.ckpt" and "vgg16" in models


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mine: {kind: vqgan, filse: {}}", "mine: unknown field 'filse'. Did you mean 'files'?"),
        ("mine: {kind: vqgan}", "mine: the field 'files' is missing"),
        ("mine: just a text", "mine: expected fields such as kind"),
        ("mine: {kind: a, files: {weights: {name: ../x.ckpt}}}", "'../x.ckpt' is no file name"),
        ("mine: {kind: a, files: {weights: {name: x.ckpt, mirrors: [ftp://a/b]}}}", "mirror 'ftp://a/b': expected"),
        ("mine: {kind: a, files: {weights: {name: x.ckpt, sha256: abc}}}", "expected 64 hexadecimal digits"),
        ("mine: {kind: a, files: {weights: {name: x.ckpt, bytes: much}}}", "bytes='much': expected a whole number"),
        ("mine: {same_as: ours}", "there is no model 'ours'"),
        ("mine: [", "models.yaml: "),
    ],
)
def test_mistakes_are_one_line_that_says_what_is_right(text, message):
    with pytest.raises(SettingsError) as caught:
        read_models(text, "models.yaml")
    assert any(message in problem for problem in caught.value.problems)


def test_a_missing_file_of_models_is_one_sentence():
    with pytest.raises(SettingsError, match="models_file='nowhere.yaml': there is no such file"):
        known_models("nowhere.yaml")

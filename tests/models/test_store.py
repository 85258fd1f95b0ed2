import hashlib
import struct
from pathlib import Path

import pytest
from conftest import CONTENT, SHA256

from pixray.errors import ModelUnavailable
from pixray.models.store import ModelStore, user_folder

NAME = "imagenet_f16_16384"


@pytest.fixture
def own(server, tmp_path, monkeypatch):
    """A model on the loopback server, network switched on."""
    path = tmp_path / "own.yaml"
    path.write_text(
        f"mine: {{kind: vqgan, files: {{weights: {{name: mine.ckpt, bytes: {len(CONTENT)}, sha256: {SHA256}, "
        f"mirrors: ['{server.url}/good.ckpt']}}}}}}\n"
    )
    monkeypatch.setenv("PIXRAY_MODELS", str(path))
    monkeypatch.delenv("PIXRAY_OFFLINE")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    return path


def test_a_model_is_downloaded_once_and_then_found(own, server):
    store = ModelStore()
    assert store.on_disk("mine") is None and store.obtainable("mine")
    path = store.path("mine")
    assert path == user_folder() / "mine.ckpt" and path.read_bytes() == CONTENT
    assert store.path("mine") == store.on_disk("mine") == path and len(server.asked) == 1
    assert ModelStore(offline=True).obtainable("mine")


def test_downloads_go_where_somebody_said(own, tmp_path, monkeypatch):
    assert ModelStore().download_folder == user_folder()
    Path("checkpoints").mkdir()
    assert ModelStore().download_folder == Path("checkpoints")
    monkeypatch.setenv("PIXRAY_CHECKPOINTS", str(tmp_path / "variable"))
    assert ModelStore().path("mine") == tmp_path / "variable" / "mine.ckpt"
    assert ModelStore("setting").download_folder == Path("setting")
    assert ModelStore("setting").folders[0] == Path("setting")


def test_offline_asks_nobody_and_says_how_to_get_it(own, server, monkeypatch):
    store = ModelStore(offline=True)
    assert not store.obtainable("mine")
    with pytest.raises(ModelUnavailable, match="network is switched off.*pixray models fetch mine"):
        store.path("mine")
    monkeypatch.setenv("PIXRAY_OFFLINE", "1")
    assert not ModelStore().obtainable("mine") and server.asked == []


def test_a_dead_host_is_not_obtainable_and_costs_little(tmp_path, monkeypatch):
    monkeypatch.delenv("PIXRAY_OFFLINE")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    own = tmp_path / "own.yaml"
    own.write_text("mine: {kind: a, files: {weights: {name: mine.ckpt, mirrors: ['http://127.0.0.1:9/mine.ckpt']}}}")
    store = ModelStore(models_file=own)
    assert not store.obtainable("mine")
    with pytest.raises(ModelUnavailable, match="model 'mine': mine.ckpt could not be downloaded"):
        store.path("mine")


def put(name, content):
    path = Path("checkpoints") / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def safetensors(extra=b""):
    header = b'{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}'
    return struct.pack("<Q", len(header)) + header + b"abcd" + extra


@pytest.mark.parametrize("content", [b"", b"cut off", b"<html>moved</html>", b"PK\x03\x04 no end"])
def test_empty_partial_and_mistaken_files_do_not_count(content):
    put(f"vqgan_{NAME}.ckpt", content)
    assert ModelStore().on_disk(NAME) is None


def test_a_whole_safetensors_file_counts_and_a_cut_one_does_not():
    put(f"vqgan_{NAME}.safetensors", safetensors()[:-1])
    assert ModelStore().on_disk(NAME) is None
    path = put(f"vqgan_{NAME}.safetensors", safetensors())
    assert ModelStore().on_disk(NAME) == path


def test_an_old_name_finds_its_own_file_and_that_of_the_model_it_copied():
    path = put("vqgan_wikiart_1024.yaml", b"model: {}")
    assert ModelStore().on_disk("wikiart_1024m", "config") == path
    put("vqgan_wikiart_1024.yaml", b"")
    other = put("vqgan_wikiart_1024m.yaml", b"model: {}")
    assert ModelStore().on_disk("wikiart_1024m", "config") == other


def test_unknown_models_and_parts_name_the_right_ones():
    with pytest.raises(ModelUnavailable, match="Did you mean 'imagenet_f16_16384'"):
        ModelStore().path("imagenet_f16_16834")
    with pytest.raises(ModelUnavailable, match="has no part 'configs': expected config or weights"):
        ModelStore().path(NAME, "configs")


def test_a_runs_settings_reach_the_store_and_loaded_models_stay_shared(own, registry, resolve, tiny, monkeypatch):
    from pixray.runs.start import build_run
    from pixray.testing.fakes import FlatDrawer

    seen = []
    monkeypatch.setattr(FlatDrawer, "load", lambda self, models: seen.append(models))
    store = ModelStore()
    first = build_run(resolve(**tiny, checkpoints_dir="mine", offline=True), registry, store)
    second = build_run(resolve(**tiny), registry, store)
    assert seen[0].offline and seen[0].folders[0] == Path("mine") and not store.offline and seen[1] is store
    assert first.objective.perceptors["toy"] is second.objective.perceptors["toy"]
    assert not {"checkpoints_dir", "offline"} & set(first.record)


def test_the_command_fetches_verifies_and_shows(own, server, capsys):
    from pixray.cli.main import main

    assert main(["models", "path", "mine"]) == 1
    assert "pixray models fetch mine" in capsys.readouterr().err
    assert main(["models", "fetch", "mine"]) == 0
    printed = capsys.readouterr()
    assert printed.out == f"{user_folder() / 'mine.ckpt'}\n" and "mine.ckpt" in printed.err
    assert main(["models", "path", "mine"]) == 0 and main(["models", "verify"]) == 0
    assert "mine.ckpt: right" in capsys.readouterr().out
    assert main(["models", "list", "mine"]) == 0
    assert capsys.readouterr().out.startswith("* mine")
    damaged = bytearray(CONTENT)
    damaged[7] ^= 1
    (user_folder() / "mine.ckpt").write_bytes(damaged)
    assert main(["models", "verify"]) == 1
    assert hashlib.sha256(damaged).hexdigest() in capsys.readouterr().out
    (user_folder() / "mine.ckpt").write_bytes(CONTENT[:9])
    assert main(["models", "verify"]) == 1 and main(["doctor"]) == 1
    assert "it holds 9 of 3000000 bytes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lisst"], "Did you mean 'list'?"),
        (["fetch"], "name a model"),
        (["fetch", "vgg61"], "Did you mean 'vgg16'?"),
        (["path", "vgg16", "--part", "config"], "has no part 'config': expected weights"),
        (["list", "--models_file", "no.yaml"], "models_file='no.yaml': there is no such file"),
        ([], "pixray models"),
    ],
)
def test_mistakes_at_the_command_are_one_sentence(words, message, capsys):
    from pixray.cli.main import main

    assert main(["models", *words]) in (1, 2)
    printed = capsys.readouterr().err
    assert message in printed and len(printed.splitlines()) == 1


def test_where_shows_the_order_and_the_variables(capsys, monkeypatch, tmp_path):
    from pixray.cli.main import main

    monkeypatch.setenv("PIXRAY_CHECKPOINTS", str(tmp_path / "mine"))
    assert main(["models", "where"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"{tmp_path / 'mine'} (not there, downloads go here)" in lines[0] and "checkpoints" in lines[1]
    assert any("PIXRAY_MODELS" in line for line in lines) and "switched off" in lines[-1]

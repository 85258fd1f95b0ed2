"""Models of the hub, from a hub on this machine that answers as the real one does; its client is the real one."""

import hashlib
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from tests.processes import run_python

CONFIG = {
    "model_cfg": {
        "embed_dim": 16,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
    },
    "preprocess_cfg": {"mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6]},
}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Repositories by name, each a mapping of files; `asked` are the paths that were wanted."""

    def __init__(self):
        self.repositories, self.gated, self.damaged, self.asked = {}, set(), set(), []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self):
                hub.answer(self, body=False)

            def do_GET(self):
                hub.answer(self, body=True)

            def log_message(self, *_):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, handler, body):
        self.asked.append(handler.path)
        repository, _, file = handler.path.strip("/").partition("/resolve/main/")
        if repository in self.gated:
            return self.reply(handler, 403, b"", {"X-Error-Code": "GatedRepo"})
        if repository not in self.repositories:
            return self.reply(handler, 401, b"", {"X-Error-Code": "RepoNotFound"})
        content = self.repositories[repository].get(file)
        if content is None:
            return self.reply(handler, 404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
        facts = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
        if file in self.damaged:
            content = content[:-1] + bytes([content[-1] ^ 1])
        return self.reply(handler, 200, content, facts, body)

    def reply(self, handler, status, content, headers, body=True):
        handler.send_response(status)
        for name, value in {"Content-Length": len(content), **headers}.items():
            handler.send_header(name, str(value))
        handler.end_headers()
        if body:
            handler.wfile.write(content)


@pytest.fixture(scope="module")
def weights():
    import open_clip
    from safetensors.torch import save

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = open_clip.CLIP(**CONFIG["model_cfg"])
    return save({name: value.contiguous() for name, value in model.state_dict().items()})


@pytest.fixture
def hub():
    made = Hub()
    yield made
    made.server.shutdown()
    made.server.server_close()


def layout(weights, config=CONFIG):
    return {"open_clip_config.json": json.dumps(config).encode(), "open_clip_model.safetensors": weights}


def pixray(hub, *words):
    """The command in a process of its own, with that hub or without any."""
    switches = ("PIXRAY_OFFLINE", "HF_HUB_OFFLINE")
    environment = {name: value for name, value in os.environ.items() if name not in switches}
    environment |= {"HF_HOME": str(Path("hf").absolute()), "HF_ENDPOINT": hub.url if hub else "http://127.0.0.1:9"}
    environment |= {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "NO_PROXY": "127.0.0.1"}
    done = run_python("-m", "pixray", *words, env=environment)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


NAME = "hf-hub:chs20/fare4-clip"


def test_a_model_of_the_hub_is_fetched_cached_listed_verified_and_paints(hub, weights):
    hub.repositories["chs20/fare4-clip"] = layout(weights)
    code, out, err = pixray(hub, "models", "fetch", NAME)
    assert code == 0 and "fare4-clip" in out, err
    code, out, _ = pixray(None, "models", "list")
    assert [line for line in out.splitlines() if line.startswith("* ")][:1] == [f"* {NAME}"]
    assert all(len(line) <= 80 for line in out[out.index(NAME) :].splitlines())
    code, out, _ = pixray(None, "models", "verify", NAME)
    assert code == 0 and out.strip() == f"{NAME}: right, by the checksum that the hub published"
    _, place, _ = pixray(None, "models", "path", NAME)
    assert Path(place.strip()).read_bytes() == weights
    words = "--prompts a --drawer pixel --size 32x24 --iterations 1 --perceptors robust --quality best --quiet"
    code, _, err = pixray(None, *words.split(), "--outdir", "made")
    assert code == 0, err
    assert f"clip_models: {NAME}" in Path("made/settings.yaml").read_text()
    Path(place.strip()).resolve().write_bytes(weights[:-1] + b"x")
    code, out, _ = pixray(None, "models", "verify")
    assert code == 1 and out.startswith(f"! {NAME}: it has the SHA-256")


def problem(hub, name=NAME, action="fetch"):
    code, _, err = pixray(hub, "models", action, name)
    assert code != 0 and err.count("\n") == 1, err
    return err


def test_a_download_that_differs_from_what_was_published_is_refused_and_removed(hub, weights):
    hub.repositories["chs20/fare4-clip"] = layout(weights)
    hub.damaged.add("open_clip_model.safetensors")
    assert "the download of open_clip_model.safetensors has the SHA-256" in problem(hub)
    assert "is not on this machine" in problem(None)
    hub.damaged.clear()
    assert pixray(hub, "models", "fetch", NAME)[0] == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hf-hub:chs20/fare3-clip", "the hub has no repository chs20/fare3-clip; put its folder into checkpoints/"),
        ("hf-hub:chs20/fare3-clip", "Did you mean 'hf-hub:chs20/fare4-clip'?"),
        ("hf-hub:chs20", "expected hf-hub:org/name"),
        ("hf-hub:../../etc", "expected hf-hub:org/name"),
        ("hf-hub:some/private", "only to accounts that agreed"),
        ("hf-hub:some/other", "not in open_clip's layout: it has no open_clip_config.json"),
        ("hf-hub:some/empty", "holds no weights"),
        ("hf-hub:some/delta", "does not know its text tower (open_clip_config.json names text_cfg.vocab_path)"),
        ("hf-hub:zw123/delta_clip_h14_336", "cannot be used: its text tower reads words by a vocabulary of its own"),
    ],
)
def test_what_the_hub_cannot_give_is_told_in_one_sentence(hub, weights, name, words):
    def with_text(**more):
        model = CONFIG["model_cfg"]
        return {"model_cfg": {**model, "text_cfg": {**model["text_cfg"], **more}}}

    hub.gated.add("some/private")
    hub.repositories["some/other"] = {"pytorch_model.bin": weights}
    hub.repositories["some/empty"] = {"open_clip_config.json": json.dumps(CONFIG).encode()}
    hub.repositories["some/delta"] = layout(weights, with_text(vocab_path="vocab.txt"))
    assert words in problem(hub, name)
    assert not any(path.endswith("model.safetensors") for path in hub.asked if "empty" not in path)


def test_without_a_network_a_model_that_is_not_here_is_told_in_one_sentence():
    assert "it is not on this machine and the model hub cannot be reached; connect to the network" in problem(None)
    assert f"is not on this machine: pixray models fetch {NAME}" in problem(None, action="path")


def test_a_folder_whose_text_tower_open_clip_does_not_know_is_refused():
    from pixray.errors import ModelUnavailable
    from pixray.models.store import ModelStore
    from pixray.perceptors.openclip import load_openclip
    from pixray.perceptors.sources import fetch, read_name

    text = {**CONFIG["model_cfg"]["text_cfg"], "vocab_path": "x"}
    Path("mine").mkdir()
    Path("mine/open_clip_config.json").write_text(json.dumps({"model_cfg": {**CONFIG["model_cfg"], "text_cfg": text}}))
    with pytest.raises(ModelUnavailable, match="perceptor 'mine' cannot be used: open_clip does not know its text"):
        load_openclip(fetch(read_name("mine"), ModelStore()), "cpu", torch.float32)
    Path("mine/open_clip_config.json").write_text("{}")
    with pytest.raises(ModelUnavailable, match="does not describe a model"):
        load_openclip(fetch(read_name("mine"), ModelStore()), "cpu", torch.float32)


def test_a_text_tower_that_needs_another_package_is_told_with_the_command(monkeypatch):
    from pixray.perceptors import hub_config

    assert hub_config.missing_tokenizer({}) is None
    monkeypatch.setattr(hub_config.importlib.util, "find_spec", lambda name: None)
    assert "pip install 'pixray[judge]'" in hub_config.missing_tokenizer({"hf_tokenizer_name": "timm/x"})

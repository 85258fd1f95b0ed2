"""Every example of docs/providers.md and docs/compare.md is run as it stands, against fakes of the services."""

import json
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

import pixray.models.store as store
from pixray.cli.main import main
from pixray.providers.comfyui.graph import ready_graph
from pixray.registry import BUILT_IN, Registry

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = [
    line
    for page in ("providers.md", "compare.md")
    for block in re.findall(r"<!-- examples -->\n```sh\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    for line in block.replace("\\\n", " ").splitlines()
]


@pytest.mark.parametrize("service", Registry(BUILT_IN).names("provider"))
def test_every_service_has_three_examples(service):
    # Those of diffusers need a pipeline: tests/providers/test_diffusers.py runs them.
    page = (DOCS / "providers.md").read_text()
    lines = EXAMPLES if service != "diffusers" else re.findall(r"^pixray --.*", page, re.MULTILINE)
    named = re.compile(rf"(--drawer|--init_from|pixray services) {service}\b")
    assert sum(named.search(line) is not None for line in lines) >= 3


@pytest.fixture
def one_store(monkeypatch):
    """Perceptors are loaded once for all examples."""
    made = _store(store.ModelStore)
    monkeypatch.setattr(store, "ModelStore", lambda *args, **keywords: made)


@cache
def _store(cls):
    return cls()


@pytest.mark.parametrize("line", EXAMPLES)
def test_the_example_works(line, services, one_store, capsys):
    program, *words = shlex.split(line)
    assert program == "pixray"
    for name, colour in (("photo.png", "blue"), ("dancer.png", "green")):
        Image.new("RGB", (64, 48), colour).save(name)
    Image.linear_gradient("L").resize((64, 48)).save("mask.png")
    graph = ready_graph("sd15", picture=False, mask=False)
    graph["1"]["inputs"]["ckpt_name"] = "sd15.safetensors"
    Path("graph.json").write_text(json.dumps(graph))
    if re.search(r"(--drawer|--init_from) stability(?!_)", line):
        if "stability" not in services:
            pytest.skip("grpcio is not installed")
        words += ["--stability_plaintext", "yes"]
    if words[0] != "services":
        words += ["--perceptors", "embedded"]
    assert main([*words, "--quiet"] if words[0] != "services" else words) == 0, capsys.readouterr().err
    assert sum(len(fake.requests) for fake in services.values()) > 0
    if words[0] not in ("services", "compare"):
        (path,) = Path().rglob("output.png")
        with Image.open(path) as picture:
            assert picture.text["pixray_provider"] in services

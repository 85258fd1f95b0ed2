"""What `pixray models` shows and checks of CLIP models: the rungs of the ladders, and what is on this machine."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from pixray.errors import ModelUnavailable
from pixray.models.ladder import ListedModel, read_ladder
from pixray.models.store import ModelStore
from pixray.models.verify import sha256_of
from pixray.perceptors.hub import differs, published_sha256
from pixray.perceptors.sources import OPENAI, Found, find_local, listed_source, read_name
from pixray.settings.ladders import rungs

_WIDTH = 80
_INDENT = " " * 34


def is_clip_name(name: str) -> bool:
    """Whether a name can only be that of a CLIP model."""
    return name in read_ladder().models or name in OPENAI or "::" in name or name.startswith("hf-hub:")


def rung_lines() -> Iterator[str]:
    """The rungs of both ladders, then who judges."""
    yield "The setting quality chooses a rung of the setting ladder (docs/perceptors.md):"
    refused = {name for name, model in read_ladder().models.items() if model.refused}
    before = None
    for ladder, quality, rung in rungs():
        if ladder != before:
            yield f"ladder={ladder}"
        before = ladder
        count = rung.looks * rung.batches
        cannot = any(name in refused for name in rung.models)
        yield f"  {quality:<8} {count:>2} looks  {', '.join(rung.models)}{' (cannot be used)' if cannot else ''}"
    yield "judge"
    for name, model in read_ladder().judges.items():
        yield f"  {name:<18} {model}"


def model_lines(models: Sequence[ListedModel], store: ModelStore) -> Iterator[str]:
    """Two or more lines for each model: whether it is here, size, what it is, licence, what is verified."""
    for model in models:
        mark = "*" if find_local(listed_source(model), store) else " "
        facts = f"clip: {model.parameters / 1e6:.0f} M parameters, looks at {model.side} px"
        size = f"{model.bytes / 1e9:.1f} GB"
        if len(model.name) > 21:
            yield f"{mark} {model.name}"
            yield f"{'':<23} {'~' + size:>8}  {facts}"
        else:
            yield f"{mark} {model.name:<21} {'~' + size:>8}  {facts}"
        seen = "" if model.licence_seen else " (from memory)"
        run = "" if model.weights_run else ", unverified"
        yield f"{_INDENT}licence: {model.licence}{seen}{run}"
        if model.refused:
            text = f"cannot be used: {model.refused}"
            yield from textwrap.wrap(text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)


def clip_files(names: Sequence[str], store: ModelStore) -> Iterator[tuple[str, Path | None]]:
    """(name, weights) of CLIP models; None: not on this machine. Without names, all that are and that have one.

    Raises:
        ModelUnavailable: an unknown name.
    """
    if names:
        for name in names:
            yield name, _weights(find_local(read_name(name), store))
        return
    sources = [*map(read_name, OPENAI), *(listed_source(model) for model in read_ladder().models.values())]
    for source in sources:
        found = find_local(source, store)
        if found is not None:
            yield source.name, _weights(found)


def judged(path: Path) -> tuple[bool, str]:
    """Whether weights are what the hub published, and the words for it."""
    if published_sha256(path) is None:
        return True, f"complete as far as can be told, no checksum is beside it; sha256 {sha256_of(path)}"
    wrong = differs(path)
    return (True, "right, by the checksum that the hub published") if wrong is None else (False, f"it {wrong}")


def place_of(name: str, store: ModelStore) -> Path:
    """The weights of a CLIP model on this machine.

    Raises:
        ModelUnavailable: it is not here, or unknown.
    """
    path = _weights(find_local(read_name(name), store))
    if path is None:
        raise ModelUnavailable(f"perceptor '{name}' is not on this machine: pixray models fetch {name}")
    return path


def _weights(found: Found | None) -> Path | None:
    if found is None or found.weights is not None:
        return found.weights if found else None
    assert found.folder is not None
    files = (path for path in sorted(found.folder.iterdir()) if path.suffix in (".safetensors", ".bin", ".pt"))
    return next((path for path in files if path.name.startswith("open_clip")), found.folder)

"""Which open_clip architecture and which weights file stand behind a perceptor's name.

    ViT-B/32, RN50x4, ViT-L/14@336px       OpenAI's weights with their quick GELU, the names of the old pixray
    ViT-B-32::laion2b_s34b_b79k            architecture::tag, as `open_clip.list_pretrained()` prints them
    ViT-B-32::weights/mine.safetensors     architecture::file
    hf-hub:org/name                        a repository of the hub in open_clip's layout
    some/folder                            a local folder in the same layout (open_clip_config.json and weights)

Files are looked for in the checkpoints folder under `ARCHITECTURE.TAG` (as a file with any known ending, or as such
a folder), then in the hub's cache, then downloaded.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixray.errors import ModelUnavailable, did_you_mean
from pixray.models.ladder import ListedModel, read_ladder
from pixray.models.store import ModelStore
from pixray.perceptors.hub import TOKENIZER_FILES, HubProblem, cache_folder, cached_file, download_file, is_repository
from pixray.perceptors.hub_config import CONFIG, missing_tokenizer, tokenizer_of, unreadable
from pixray.perceptors.library import import_open_clip
from pixray.perceptors.normalization import OPENAI_MEAN, OPENAI_STD
from pixray.settings.grammar import parse_weighted

OPENAI = {
    "RN50": "timm/resnet50_clip.openai",
    "RN101": "timm/resnet101_clip.openai",
    "RN50x4": "timm/resnet50x4_clip.openai",
    "RN50x16": "timm/resnet50x16_clip.openai",
    "RN50x64": "timm/resnet50x64_clip.openai",
    "ViT-B/32": "timm/vit_base_patch32_clip_224.openai",
    "ViT-B/16": "timm/vit_base_patch16_clip_224.openai",
    "ViT-L/14": "timm/vit_large_patch14_clip_224.openai",
    "ViT-L/14@336px": "timm/vit_large_patch14_clip_336.openai",
}
"""OpenAI's models and their repositories on the hub, as open_clip lists them, but without importing it."""
_HUB = "hf-hub:"
_ENDINGS = (".safetensors", ".bin", ".pt", ".pth")
_HUB_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin")


@dataclass(frozen=True)
class Source:
    """Where a perceptor comes from.

    Attributes:
        name: as the user wrote it.
        architecture: a name of open_clip's own list, or None when a folder brings its configuration.
        tag: which weights, or the path of a file; None for a folder or a repository.
        folder: a local folder with configuration and weights, if that was given.
        repository: "org/name" on the hub, if known.
        file: the weights file in that repository; None: one of open_clip's usual names.
        preprocess: mean and std of the input, where the list of weights knows them.
    """

    name: str
    architecture: str | None = None
    tag: str | None = None
    folder: Path | None = None
    repository: str | None = None
    file: str | None = None
    preprocess: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Found:
    """What to hand to open_clip: an architecture with a weights file, or a folder with both."""

    source: Source
    weights: Path | None
    folder: Path | None


def read_name(name: str) -> Source:
    """Understand a perceptor's name.

    Raises:
        ModelUnavailable: an unknown name, with the nearest known one.
    """
    if name.startswith(_HUB):
        listed = read_ladder().models.get(name)
        if listed is not None and listed.refused:
            raise ModelUnavailable(f"perceptor '{name}' cannot be used: {listed.refused}")
        repository = name.removeprefix(_HUB)
        if not is_repository(repository):
            raise ModelUnavailable(f"perceptor '{name}': expected {_HUB}org/name, a repository of the model hub")
        return Source(name, repository=repository)
    if name in OPENAI:
        architecture = name.replace("/", "-").replace("@336px", "-336") + "-quickgelu"
        preprocess = (("mean", OPENAI_MEAN), ("std", OPENAI_STD))
        return Source(name, architecture, "openai", repository=OPENAI[name], preprocess=preprocess)
    if "::" in name:
        open_clip = import_open_clip()
        architecture, _, tag = name.partition("::")
        architecture = architecture.replace("/", "-")
        if architecture not in open_clip.list_models():
            hint = did_you_mean(architecture, open_clip.list_models())
            raise ModelUnavailable(f"perceptor '{name}': open_clip has no architecture '{architecture}'.{hint}")
        return _tagged(name, architecture, tag)
    path = Path(name).expanduser()
    if path.is_dir():
        return Source(name, folder=path)
    if path.is_file():
        raise ModelUnavailable(
            f"perceptor '{name}': a weights file needs its architecture before it, as in ViT-B-32::{name}"
        )
    names = [*OPENAI, "embedded"]
    raise ModelUnavailable(
        f"unknown perceptor '{name}': expected one of {', '.join(names)}, architecture::tag, hf-hub:org/name or a "
        f"folder.{did_you_mean(name, names)}"
    )


def _tagged(name: str, architecture: str, tag: str) -> Source:
    open_clip = import_open_clip()
    get_pretrained_cfg = open_clip.pretrained.get_pretrained_cfg

    config = get_pretrained_cfg(architecture.removesuffix("-quickgelu"), tag) or get_pretrained_cfg(architecture, tag)
    if not config and not Path(tag).expanduser().is_file():
        tags = open_clip.list_pretrained_tags_by_model(architecture)
        listed = ", ".join(tags) or "none"
        raise ModelUnavailable(
            f"perceptor '{name}': no weights '{tag}' for {architecture} (known: {listed}).{did_you_mean(tag, tags)}"
        )
    repository, _, file = config.get("hf_hub", "").rpartition("/") if config else ("", "", "")
    preprocess = tuple((key, tuple(config[key])) for key in ("mean", "std") if key in config)
    return Source(name, architecture, tag, repository=repository or None, file=file or None, preprocess=preprocess)


def listed_source(model: ListedModel) -> Source:
    """Where a model of the package's list comes from, without importing open_clip; enough to look for its files."""
    if model.name.startswith(_HUB):
        return Source(model.name, repository=model.name.removeprefix(_HUB))
    if model.name in OPENAI:
        return read_name(model.name)
    architecture, _, tag = model.name.partition("::")
    return Source(model.name, architecture, tag, repository=model.repository)


def find_local(source: Source, store: ModelStore) -> Found | None:
    """The files of a perceptor, if they are on this machine."""
    if source.folder is not None:
        return Found(source, None, source.folder)
    if source.tag is not None:
        file = Path(source.tag).expanduser()
        if file.is_file():
            return Found(source, file, None)
        stem = f"{source.architecture}.{source.tag}"
        stems = [stem, stem.replace("-quickgelu", "")]
        path = store.find(*(f"{stem}{ending}" for stem in stems for ending in _ENDINGS), *stems)
    else:
        path = store.find((source.repository or "").rpartition("/")[2])
    if path is not None:
        return _in_folder(source, path) if path.is_dir() else Found(source, path, None)
    return _in_cache(source)


def fetch(source: Source, store: ModelStore) -> Found:
    """The files of a perceptor, downloaded if they are not here yet; the hub's client shows a progress bar.

    Raises:
        ModelUnavailable: with the ways to get it.
    """
    local = find_local(source, store)
    if local is not None:
        return local
    if source.repository and not store.offline and store.hub_reachable():
        return _download(source)
    raise ModelUnavailable(_how_to_get(source, "it is not on this machine and the model hub cannot be reached"))


def ask_hub_if_needed(choices: Sequence[str], store: ModelStore) -> None:
    """Begin to ask for the hub if one of OpenAI's models is not on this machine; `fetch` will want to know.

    Meant for a program that has yet to load torch, which this module does not need.

    Args:
        choices: names with or without weights, as the setting `clip_models` has them.
    """
    names = [parse_weighted(choice).text for choice in choices]
    if any(find_local(read_name(name), store) is None for name in names if name in OPENAI):
        store.ask_hub()


def _in_folder(source: Source, folder: Path) -> Found:
    if (folder / CONFIG).is_file():
        return Found(source, None, folder)
    for name in _HUB_FILES:
        if (folder / name).is_file():
            return Found(source, folder / name, None)
    raise ModelUnavailable(f"perceptor '{source.name}': the folder {folder} holds no open_clip weights")


def _wanted_files(source: Source) -> tuple[str, ...]:
    if source.file is None:
        return _HUB_FILES
    return (source.file, str(Path(source.file).with_suffix(".safetensors")))


def _in_cache(source: Source) -> Found | None:
    if not source.repository or not cache_folder(source.repository).is_dir():
        return None
    for name in _wanted_files(source):
        path = cached_file(source.repository, name)
        if path is not None and source.architecture:
            return Found(source, path, None)
        if path is not None and cached_file(source.repository, CONFIG):
            return Found(source, None, path.parent)
    return None


def _download(source: Source) -> Found:
    repository = source.repository
    assert repository
    try:
        if source.architecture is None:
            config = download_file(repository, CONFIG)
            if config is None:
                raise HubProblem(f"the hub's repository {repository} is not in open_clip's layout: it has no {CONFIG}")
            refuse_unreadable(Found(source, None, config.parent))
        else:
            refuse_unreadable(Found(source, None, None))
        for name in _wanted_files(source):
            path = download_file(repository, name)
            if path is not None:
                _download_tokenizer(source, path.parent)
                return Found(source, path, None) if source.architecture else Found(source, None, path.parent)
        raise HubProblem(f"the hub's repository {repository} holds no weights")
    except HubProblem as problem:
        known = [name for name in read_ladder().models if name.startswith(_HUB)]
        hint = did_you_mean(source.name, known) if "no repository" in str(problem) else ""
        answered = "reached" not in str(problem) and "failed" not in str(problem)
        raise ModelUnavailable(_how_to_get(source, str(problem), answered) + (f".{hint}" if hint else "")) from problem


def refuse_unreadable(files: Found) -> None:
    """Refuse a model that open_clip cannot build, or whose words cannot be read here, before its weights are read.

    Raises:
        ModelUnavailable: with the reason.
    """
    if files.folder is not None:
        why = unreadable(files.folder / CONFIG)
    else:
        why = missing_tokenizer(_text_config(files.source))
    if why:
        raise ModelUnavailable(f"perceptor '{files.source.name}' cannot be used: {why}")


def _text_config(source: Source) -> Any:
    return import_open_clip().get_model_config(source.architecture)["text_cfg"]


def _download_tokenizer(source: Source, folder: Path) -> None:
    """What the text tower needs to read words, so that the model works without a network later."""
    if source.architecture is None:
        text = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["model_cfg"]["text_cfg"]
        repository = source.repository if tokenizer_of(text) else None
    else:
        repository = tokenizer_of(_text_config(source))
    for name in TOKENIZER_FILES if repository else ():
        download_file(repository or "", name)


def _how_to_get(source: Source, why: str, answered: bool = False) -> str:
    """The sentence with the ways to get a model; of a hub that answered it is no help to connect to it."""
    remedies = [] if answered else ["connect to the network once"]
    if source.architecture:
        remedies.append(f"put its file into checkpoints/ as {source.architecture}.{source.tag}.safetensors")
    elif source.repository:
        remedies.append(f"put its folder into checkpoints/ as {source.repository.rpartition('/')[2]}")
    remedies.append("use perceptors=embedded")
    return f"perceptor '{source.name}': {why}; {', or '.join(remedies)}"

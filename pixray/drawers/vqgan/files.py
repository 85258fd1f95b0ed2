"""Which files stand behind a VQGAN's name: a person's own, a checkpoints folder's, a download's, or the package's."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pixray.errors import ModelUnavailable, SettingsError, did_you_mean
from pixray.models.store import ModelStore

DEFAULT = "imagenet_f16_16384"
"""What `auto` means wherever it can be had: the model of the old pixray."""

EMBEDDED = "embedded"
_ENDINGS = (".safetensors", ".ckpt", ".pt", ".pth")


@dataclass(frozen=True)
class VqganFiles:
    """A model whose files are on this machine.

    Attributes:
        name: what to call it, and what to record so that the run can be repeated; None for a person's own files.
        config, weights: where its two files are.
        notice: what to tell the user about the choice, or None.
    """

    name: str | None
    config: Path
    weights: Path
    notice: str | None = None


def choose(name: str, config: str | None, checkpoint: str | None, store: ModelStore) -> VqganFiles:
    """Decide which model a run gets.

    Args:
        name: `vqgan_model`: auto, embedded, or a model's name.
        config, checkpoint: `vqgan_config` and `vqgan_checkpoint`, a person's own files; they win over the name.

    Raises:
        ModelUnavailable: one sentence with the ways to get it.
        SettingsError: an own file that does not exist.
    """
    if config or checkpoint:
        return _own(config, checkpoint)
    if name == EMBEDDED:
        return _embedded() or _nothing_embedded()
    if name != "auto":
        return find(name, store) or _fetched(name, store)
    local = find(DEFAULT, store)
    if local is not None:
        return local
    why = "it is not on this machine and cannot be fetched"
    if store.obtainable(DEFAULT):
        try:
            return _fetched(DEFAULT, store)
        except ModelUnavailable:
            why = "it could not be fetched"
    embedded = _embedded(
        f"painting with the small embedded VQGAN instead of {DEFAULT}: {why} (vqgan_model={DEFAULT} insists on it)"
    )
    return embedded or _fetched(DEFAULT, store)


def find(name: str, store: ModelStore) -> VqganFiles | None:
    """The files of a model that are on this machine, as `vqgan_NAME.yaml` and `vqgan_NAME.ckpt`, or None."""
    stems = (f"vqgan_{name}", name)
    config = store.find(*(f"{stem}{ending}" for stem in stems for ending in (".yaml", ".yml")))
    weights = store.find(*(f"{stem}{ending}" for stem in stems for ending in _ENDINGS))
    if name in store.known and not (config and weights):
        config, weights = config or store.on_disk(name, "config"), weights or store.on_disk(name)
    return VqganFiles(name, config, weights) if config and weights else None


def _own(config: str | None, checkpoint: str | None) -> VqganFiles:
    """A person's own pair; whichever is not given is looked for beside the other, under the same name."""
    texts = {"vqgan_config": config, "vqgan_checkpoint": checkpoint}
    for setting, text in texts.items():
        if text and not Path(text).expanduser().is_file():
            raise SettingsError(f"{setting}={text!r}: there is no such file")
    weights = Path(checkpoint).expanduser() if checkpoint else _beside(Path(config or "").expanduser(), _ENDINGS)
    if weights is None:
        raise SettingsError(f"vqgan_config={config!r}: give vqgan_checkpoint too, the file with the weights")
    described = Path(config).expanduser() if config else _beside(weights, (".yaml", ".yml"))
    if described is None:
        raise SettingsError(f"vqgan_checkpoint={checkpoint!r}: give vqgan_config too, the YAML that came with it")
    return VqganFiles(None, described, weights)


def _beside(path: Path, endings: tuple[str, ...]) -> Path | None:
    return next(
        (candidate for candidate in (path.with_suffix(ending) for ending in endings) if candidate.is_file()), None
    )


def _embedded(notice: str | None = None) -> VqganFiles | None:
    folder = Path(str(resources.files("pixray.embedded")))
    config, weights = folder / "vqgan.yaml", folder / "vqgan.safetensors"
    return VqganFiles(EMBEDDED, config, weights, notice) if config.is_file() and weights.is_file() else None


def _nothing_embedded() -> VqganFiles:
    raise ModelUnavailable(f"vqgan_model={EMBEDDED!r}: this installation of pixray came without its embedded VQGAN")


def _fetched(name: str, store: ModelStore) -> VqganFiles:
    """A known model, downloaded."""
    published = [model.name for model in store.known.values() if model.kind == "vqgan"]
    if name not in published:
        names = ["auto", EMBEDDED, *published]
        raise ModelUnavailable(
            f"unknown vqgan_model '{name}': expected one of {', '.join(names)}, or a name whose files are in a "
            f"checkpoints folder.{did_you_mean(name, names)}"
        )
    try:
        return VqganFiles(name, store.path(name, "config"), store.path(name))
    except ModelUnavailable as error:
        hint = f"; vqgan_model={EMBEDDED} needs no file" if _embedded() else ""
        raise ModelUnavailable(f"{error}{hint}") from error

"""Where weights lie, and the models already loaded from them. Owned by its caller: no global cache.

Looked for in this order: a given path; the checkpoints folders (the setting `checkpoints_dir`, the variable
PIXRAY_CHECKPOINTS, `checkpoints/` beside the working directory, the user's cache folder); for perceptors the hub's
cache; then a download.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pixray.errors import ModelUnavailable, did_you_mean
from pixray.models.manifest import KnownFile, KnownModel, address_of, known_models
from pixray.models.network import Probe, answers, hub_address, offline_by_choice
from pixray.models.progress import Progress
from pixray.models.verify import incomplete
from pixray.runtime.folders import cache_folder

ENVIRONMENT = "PIXRAY_CHECKPOINTS"
OWN_MODELS = "PIXRAY_MODELS"


def user_folder() -> Path:
    """The folder for weights in the user's cache."""
    return cache_folder("checkpoints")


class ModelStore:
    """Finds files, fetches them, and shares loaded models.

    A drawer that needs a known model asks for its files:

        config = store.path("imagenet_f16_16384", "config")
        weights = store.path("imagenet_f16_16384")

    and one that can do without asks first whether that would work: `store.obtainable("imagenet_f16_16384")`.

    Args:
        folder: a checkpoints folder, if the caller names one; searched first, and downloads go there.
        progress: shows downloads.
        offline: never download anything.
        models_file: YAML file of additional models; default: the one that the variable PIXRAY_MODELS names.
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        progress: Progress | None = None,
        *,
        offline: bool = False,
        models_file: str | Path | None = None,
    ) -> None:
        self.folder = Path(folder).expanduser() if folder else None
        self.progress = progress or Progress()
        self._offline = offline
        self.models_file = models_file or os.environ.get(OWN_MODELS) or None
        self._loaded: dict[Hashable, Any] = {}
        self._reached: dict[str, bool] = {}
        self._hub: list[Probe] = []  # at most one; shared with the stores of single runs

    def but(
        self, folder: str | Path | None = None, offline: bool = False, models_file: str | Path | None = None
    ) -> ModelStore:
        """The same store with what one run's settings say; models that are loaded stay shared between the two."""
        if not (folder or offline or models_file):
            return self
        other = copy.copy(self)
        other.__dict__.pop("known", None)
        other.folder = Path(folder).expanduser() if folder else self.folder
        other._offline = offline or self._offline
        other.models_file = models_file or self.models_file
        return other

    @cached_property
    def known(self) -> Mapping[str, KnownModel]:
        """Every model known by name.

        Raises:
            SettingsError: a mistake in the person's own file of models.
        """
        return known_models(self.models_file)

    @property
    def offline(self) -> bool:
        """Whether downloads are switched off, by the setting `offline` or a variable."""
        return self._offline or offline_by_choice()

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folders that are searched, first one first."""
        return tuple(dict.fromkeys([*self._named(), Path("checkpoints"), user_folder()]))

    @property
    def download_folder(self) -> Path:
        """Where downloads go: the folder that somebody named; else `checkpoints/` if it is there; else the cache."""
        named = self._named()
        if named:
            return named[0]
        return Path("checkpoints") if Path("checkpoints").is_dir() else user_folder()

    def _named(self) -> list[Path]:
        variable = os.environ.get(ENVIRONMENT)
        return [*([self.folder] if self.folder else []), *([Path(variable).expanduser()] if variable else [])]

    def find(self, *names: str) -> Path | None:
        """The first of these files or folders that exists in a checkpoints folder and is not empty or cut off."""
        return next(self._candidates(names, None), None)

    def _candidates(self, names: tuple[str, ...], file: KnownFile | None) -> Iterator[Path]:
        for folder in self.folders:
            for name in names:
                path = folder / name
                # Broken downloads of older tools leave empty and partial files behind.
                if path.is_dir() or (path.is_file() and incomplete(path, file) is None):
                    yield path

    def model(self, name: str) -> KnownModel:
        """What is known about a model.

        Raises:
            ModelUnavailable: there is none of this name.
        """
        if name not in self.known:
            raise ModelUnavailable(
                f"unknown model '{name}': `pixray models list` shows them.{did_you_mean(name, self.known)}"
            )
        return self.known[name]

    def file(self, name: str, part: str = "weights") -> KnownFile:
        """What is known about one file of a model.

        Raises:
            ModelUnavailable: no such model, or it has no such part.
        """
        files = self.model(name).files
        if part not in files:
            raise ModelUnavailable(f"model '{name}' has no part '{part}': expected {' or '.join(files)}")
        return files[part]

    def on_disk(self, name: str, part: str = "weights") -> Path | None:
        """The file of a known model on this machine, complete as far as can be told quickly; None: not here."""
        file = self.file(name, part)
        return next((path for path in self._candidates((file.name, *file.also), file) if path.is_file()), None)

    def lying_about(self, file: KnownFile) -> str | None:
        """A broken file under one of its names, as "path: what is wrong with it", or None."""
        for folder in self.folders:
            for path in (folder / name for name in (file.name, *file.also)):
                why = incomplete(path, file) if path.is_file() else None
                if why:
                    return f"{path}: {why}"
        return None

    def obtainable(self, name: str) -> bool:
        """Whether `path` can be expected to work for every part: each is on disk, or a mirror's host answers.

        Takes at most about 3 seconds per host, and asks each host once per store. A download may fail all the same:
        a caller that has something to fall back to catches `ModelUnavailable` around `path` too.
        """
        missing = [file for part, file in self.model(name).files.items() if self.on_disk(name, part) is None]
        return not missing or (not self.offline and all(self._some_host_answers(file) for file in missing))

    def path(self, name: str, part: str = "weights") -> Path:
        """The file of a known model, downloaded if it is not on this machine yet.

        Args:
            name: such as "imagenet_f16_16384"; `known` holds them all.
            part: "weights", or another part that the model has, such as "config".

        Raises:
            ModelUnavailable: with the ways to get it.
        """
        path = self.on_disk(name, part)
        if path is not None:
            return path
        file = self.file(name, part)
        if self.offline:
            why = f"{file.name} is not on this machine, and the network is switched off for models"
            raise ModelUnavailable(self._how_to_get(name, why))
        from pixray.models.download import download

        target = self.download_folder / file.name
        try:
            download(file, target, self.progress)
        except ModelUnavailable as error:
            raise ModelUnavailable(self._how_to_get(name, str(error))) from error
        return target

    def _how_to_get(self, name: str, why: str) -> str:
        folder = self.download_folder.absolute()
        return (
            f"model '{name}': {why}; connect to the network once and run `pixray models fetch {name}`, or put the file "
            f"into {folder}"
        )

    def _some_host_answers(self, file: KnownFile) -> bool:
        for mirror in file.mirrors:
            parts = urlsplit(address_of(mirror))
            host = f"{parts.scheme}://{parts.netloc}"
            if host not in self._reached:
                self._reached[host] = answers(host)
            if self._reached[host]:
                return True
        return False

    def shared(self, key: Hashable, load: Callable[[], Any]) -> Any:
        """A loaded model, loaded at most once per store. Sharing is safe because loaded models never change."""
        if key not in self._loaded:
            self._loaded[key] = load()
        return self._loaded[key]

    def hub_reachable(self) -> bool:
        """Whether models can be downloaded from the hub; asked once per store, answered within 3 seconds."""
        if self.offline:
            return False
        self.ask_hub()
        return self._hub[0].answered()

    def ask_hub(self) -> None:
        """Begin to ask whether the hub can be reached, for a caller that has something else to do meanwhile."""
        if not self.offline and not self._hub:
            self._hub.append(Probe(hub_address()))

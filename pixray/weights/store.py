"""Where weights lie, and the models already loaded from them. Owned by its caller: no global cache.

Looked for in this order: a given path; the checkpoints folder (`checkpoints_dir`, else the variable
PIXRAY_CHECKPOINTS, else `checkpoints/` beside the working directory, else the user's cache folder); the hub's cache;
then a download.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

from pixray.weights.reach import hub_reachable

ENVIRONMENT = "PIXRAY_CHECKPOINTS"


def user_folder() -> Path:
    """The folder for weights in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "pixray" / "checkpoints"


class ModelStore:
    """Finds files and shares loaded models.

    Args:
        folder: the checkpoints folder, if the caller names one.
        notice: tells the user something, as a sentence.
    """

    def __init__(self, folder: str | Path | None = None, notice: Callable[[str], None] = lambda text: None) -> None:
        self.folder = Path(folder).expanduser() if folder else None
        self.notice = notice
        self._loaded: dict[Hashable, Any] = {}
        self._reachable: bool | None = None

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folders that are searched, first one first."""
        named = [self.folder] if self.folder else []
        if os.environ.get(ENVIRONMENT):
            named.append(Path(os.environ[ENVIRONMENT]).expanduser())
        return tuple(dict.fromkeys([*named, Path("checkpoints"), user_folder()]))

    def find(self, *names: str) -> Path | None:
        """The first of these files or folders that exists in a checkpoints folder and is not empty."""
        for folder in self.folders:
            for name in names:
                path = folder / name
                # An empty file is what a broken download of an older tool leaves behind.
                if path.is_dir() or (path.is_file() and path.stat().st_size > 0):
                    return path
        return None

    def shared(self, key: Hashable, load: Callable[[], Any]) -> Any:
        """A loaded model, loaded at most once per store. Sharing is safe because loaded models never change."""
        if key not in self._loaded:
            self._loaded[key] = load()
        return self._loaded[key]

    def hub_reachable(self) -> bool:
        """Whether models can be downloaded; asked once per store, answered within 3 seconds."""
        if self._reachable is None:
            self._reachable = hub_reachable()
        return self._reachable

"""Whether installed packages announce anything to us, without reading what each of them says about itself.

`importlib.metadata` costs as much as the rest of the help page, and most environments hold no plugin.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path

_FOLDERS = (".dist-info", ".egg-info", "egg-info")


def may_be_announced(prefix: str) -> bool:
    """Whether an installed package has entry points in a group whose name begins like this.

    True also where that cannot be told from folders: in zip files, or with finders of packages besides Python's own.
    """
    if any(finder is not PathFinder and hasattr(finder, "find_distributions") for finder in sys.meta_path):
        return True
    heading = f"[{prefix}".encode()
    return any(content is None or heading in content for folder in sys.path for content in _texts(folder or "."))


def _texts(folder: str) -> Iterator[bytes | None]:
    """The entry points of each package in a folder; None: it is no folder."""
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    except OSError:
        yield None
        return
    for entry in entries:
        if entry.name.lower().endswith(_FOLDERS):
            try:
                yield Path(entry.path, "entry_points.txt").read_bytes()
            except OSError:  # most packages announce nothing
                continue

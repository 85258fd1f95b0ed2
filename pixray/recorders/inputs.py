"""Pictures that a run starts from or looks at, kept in its folder as far as its record names them there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pixray.errors import PixrayError
from pixray.runtime.files import reason
from pixray.settings.layers import Layer
from pixray.settings.run_inputs import names_in


def keep_inputs(record: Mapping[str, Any], layers: Iterable[Layer], folder: Path) -> None:
    """Bring pictures from where the layers have them into the folder of the run.

    Args:
        record: of the run; what it calls `inputs/HASH.png` is brought.
        layers: of its settings.
        folder: of the run.

    Raises:
        PixrayError: they cannot be written.
    """
    sources = {layer.folder for layer in layers if layer.folder is not None}
    for name in set(names_in(record)):
        target = folder / name
        found = next((source / name for source in sources if (source / name).is_file()), None)
        if found is None or target.exists():
            continue
        try:
            target.parent.mkdir(exist_ok=True)
            _link(found, target)
        except OSError as error:
            raise PixrayError(f"{target} cannot be written: {reason(error)}") from error


def _link(source: Path, target: Path) -> None:
    """The same file under another name: it is called after its content, so nobody writes into it."""
    try:
        os.link(source, target)
    except OSError:
        part = target.with_suffix(".part")
        shutil.copyfile(source, part)
        part.replace(target)

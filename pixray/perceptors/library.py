"""Importing open_clip, with a plain sentence when torch and torchvision do not fit together.

Late imports keep open_clip out of start-up.
"""

from __future__ import annotations

import importlib.metadata
import re
from typing import Any

from pixray.errors import PixrayError


class MismatchedTorch(PixrayError):
    """torch and torchvision come from different builds, so that nothing built on both can be imported."""


def import_open_clip() -> Any:
    """The open_clip module.

    Raises:
        MismatchedTorch: with the mending command, instead of "operator torchvision::nms does not exist".
    """
    try:
        import open_clip as module
    except (RuntimeError, ImportError, AttributeError) as error:
        if "torchvision" in str(error) or mismatch():
            raise MismatchedTorch(mismatch() or _sentence("do not come from the same build")) from error
        raise
    return module


def mismatch() -> str | None:
    """What is wrong with the installed pair, as one sentence with the mending command, or None."""
    try:
        torch = importlib.metadata.version("torch")
        needs = importlib.metadata.requires("torchvision") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for requirement in needs:
        match = re.match(r"torch\s*\(?==\s*([\d.]+)", requirement)
        if match and match.group(1) != torch.split("+")[0]:
            return _sentence(f"do not fit together (that torchvision wants torch {match.group(1)})")
    return None


def _sentence(complaint: str) -> str:
    versions = {name: importlib.metadata.version(name) for name in ("torch", "torchvision")}
    pair = f"torch {versions['torch']} and torchvision {versions['torchvision']}"
    return f"the installed {pair} {complaint}: pip install --upgrade --force-reinstall torch torchvision"

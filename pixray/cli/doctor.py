"""pixray doctor: what this machine has, what is missing, and what can be reached.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Iterator, Sequence

from pixray.cli.parsing import Parser
from pixray.errors import SettingsError
from pixray.runtime.version import __version__

PACKAGES = (
    "torch",
    "torchvision",
    "open_clip_torch",
    "PyYAML",
    "safetensors",
    "pillow",
    "imageio",
    "imageio-ffmpeg",
    "numpy",
)


def main(argv: Sequence[str]) -> int:
    """Print the findings; exit code 1 if something would keep pixray from painting."""
    Parser("doctor", "Say what this machine has, what is missing, and what can be reached.").parse_args(argv)
    healthy = True
    for good, line in _findings():
        healthy &= good
        sys.stdout.write(("  " if good else "! ") + line + "\n")
    return 0 if healthy else 1


def _findings() -> Iterator[tuple[bool, str]]:
    yield True, f"pixray {__version__}, Python {platform.python_version()} on {platform.platform()}"
    yield from _packages()
    yield from _devices()
    yield from _models()


def _packages() -> Iterator[tuple[bool, str]]:
    from pixray.perceptors.library import mismatch

    versions = []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            yield False, f"{name} is missing: pip install {name}"
    yield True, ", ".join(versions)
    problem = mismatch()
    if problem:
        yield False, problem


def _devices() -> Iterator[tuple[bool, str]]:
    try:
        import torch
    except ImportError:
        return
    names = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    if names:
        yield True, "CUDA: " + ", ".join(names)
    elif torch.backends.mps.is_available():
        yield True, "MPS"
    else:
        yield True, f"no GPU that this torch can use; painting on {torch.get_num_threads()} CPU threads"


def _models() -> Iterator[tuple[bool, str]]:
    from pixray.cli.models import where_lines
    from pixray.models.network import hub_address, hub_reachable
    from pixray.models.store import ModelStore
    from pixray.perceptors.sources import OPENAI, find_local, read_name

    store = ModelStore()
    yield from ((True, line) for line in where_lines(store))
    local = [name for name in OPENAI if find_local(read_name(name), store)]
    yield True, "perceptors on this machine: " + ", ".join(["embedded", *local])
    try:
        files = {name: store.known[name].files for name in store.known}
    except SettingsError as error:
        yield False, str(error)
        return
    complete = [name for name, parts in files.items() if all(store.on_disk(name, part) for part in parts)]
    yield True, "other models on this machine: " + (", ".join(complete) or "none") + " (pixray models list)"
    broken = [store.lying_about(file) for parts in files.values() for file in parts.values()]
    yield from ((False, line) for line in dict.fromkeys(filter(None, broken)))
    if not store.offline:
        reachable = hub_reachable()
        yield True, f"model hub {hub_address()}: {'reached' if reachable else 'not reached, the embedded models serve'}"

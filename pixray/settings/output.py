"""The settings of what a run leaves on disk, and of where model files come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from pixray.settings.declare import Refers, Role, setting
from pixray.settings.grammar import Amount, as_texts
from pixray.settings.values import parts_text

_PICTURE_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}


def output_name(raw: Any) -> str:
    """A bare file name that ends in .png; folders belong into `outdir`."""
    name = "/".join(as_texts(raw)).strip()
    if not name or "/" in name or "\\" in name or name in (".", ".."):
        raise ValueError("expected a file name without folders (folders belong into outdir)")
    path = PurePath(name)
    stem = path.stem if path.suffix.lower() in _PICTURE_SUFFIXES else path.name
    return f"{stem}.png"


@dataclass(frozen=True, kw_only=True)
class Output:
    """Where the results go"""

    outdir: str = setting(
        "outputs/%DATE%_%SEQ%",
        "folder for everything; %DATE% and %SEQ% are filled in",
        common=True,
        refers=Refers.DESTINATION,
        role=Role.UNRECORDED,
    )
    output: str = setting(
        "output.png",
        "name of the picture in that folder",
        parse=output_name,
        common=True,
        refers=Refers.DESTINATION,
        role=Role.RESUMABLE,
    )
    save_every: Amount = setting(
        Amount(10, "iterations"),
        "how often to save; 0: only at the end",
        aliases=("-se",),
        role=Role.PERIOD | Role.RESUMABLE,
    )
    save_intermediates: bool = setting(
        True, "keep every saved step and make a film of them", aliases=("-si",), role=Role.RESUMABLE
    )
    display_every: Amount = setting(
        Amount(20, "iterations"),
        "how often to show the picture; 0: only at the end",
        aliases=("-de",),
        role=Role.PERIOD | Role.RESUMABLE,
    )
    display_clear: bool = setting(
        False, "clear the notebook's output before each picture", aliases=("-dc",), role=Role.RESUMABLE
    )
    make_video: bool = setting(
        False, "make a film of every single step", aliases=("--video", "-vid"), role=Role.RESUMABLE
    )
    checkpoint_every: Amount = setting(
        Amount(50, "iterations"),
        "how often to keep the state, so that `pixray resume` can go on; 0: never",
        role=Role.PERIOD | Role.RESUMABLE,
    )
    recorders: str | None = setting(
        None,
        "further recorders, by names separated by commas",
        parse=parts_text,
        part="recorder",
        role=Role.UNRECORDED,
        grid="",
    )
    config_file: str | None = setting(
        None, "YAML file of settings", common=True, refers=Refers.INSTALLATION, role=Role.UNRECORDED
    )
    skip_args: Any = setting(
        None,
        "accepted from old scripts, without effect",
        parse=lambda raw: None,
        internal=True,
        role=Role.UNRECORDED,
    )


@dataclass(frozen=True, kw_only=True)
class ModelFiles:
    """Where model files come from"""

    checkpoints_dir: str | None = setting(
        None,
        "folder of model files; searched first, and downloads go there",
        refers=Refers.INSTALLATION,
        role=Role.UNRECORDED,
    )
    models_file: str | None = setting(
        None,
        "YAML file that describes further models, as docs/models.md says",
        refers=Refers.INSTALLATION,
        role=Role.RESUMABLE,
    )
    offline: bool = setting(False, "never download a model file", role=Role.UNRECORDED)

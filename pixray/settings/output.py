"""The settings of a run's output files and of model files."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from pixray.errors import SettingsError
from pixray.runtime.addresses import checked_place, is_store
from pixray.runtime.files import NAME_BYTES
from pixray.settings.declare import Refers, Role, setting, settings_group
from pixray.settings.grammar import Amount, as_texts
from pixray.settings.values import parts_text

WRITTEN = (".png", ".jpg", ".jpeg", ".webp", ".avif")
"""File extensions of the supported output formats, all of which hold the settings as metadata."""
_FILE_TYPE = re.compile(r"\.(?!v\d+$)[a-z][a-z0-9]{0,4}")
"""How the endings of files look, unlike those of `heart.v2`, `take-1.5` and `{prompt}.{seed}`."""


def output_name(raw: Any) -> str:
    """The picture's path in the folder of the run, ending as one of `WRITTEN` does; whether it stays inside is checked
    where it is used.

    Raises:
        ValueError: it names no file, or one of a format that is not written.
    """
    name = "/".join(as_texts(raw)).strip().replace("\\", "/")
    if is_store(name):
        raise ValueError(
            "expected the name of a picture; a store is named by outdir, as in --outdir s3://bucket/hearts"
        )
    path = PurePath(name)
    if not name or name.endswith("/") or path.name in ("", ".", ".."):
        raise ValueError("expected the name of a picture, such as heart.png or hearts/red.png")
    ending = path.suffix.lower()
    if ending not in WRITTEN and _FILE_TYPE.fullmatch(ending):
        raise ValueError(f"expected a name that ends in {', '.join(WRITTEN)}; {ending} is not written")
    if ending not in WRITTEN:
        path = path.with_name(f"{path.name}.png")
    if len(os.fsencode(path.stem)) > NAME_BYTES - len("_sprite.png") or "\0" in name:
        raise ValueError("expected a shorter name without null characters")
    return path.as_posix()


def outdir_place(raw: Any) -> str:
    """A folder of this machine, or the address of one in a store.

    Raises:
        ValueError: it is no text, or an address that cannot be used.
    """
    if not isinstance(raw, str | int | float) or isinstance(raw, bool):
        raise ValueError("expected a folder")
    return checked_place(str(raw))


def require_folder(given: Mapping[str, Any]) -> None:
    """Refuse `outdir=None` of a Python caller: it could mean "write nothing" as well as "not given".

    Raises:
        SettingsError: with what to write in its place.
    """
    if "outdir" in given and given["outdir"] is None:
        raise SettingsError(
            "outdir=None (from run): leave it out for a new folder below outputs, or call pixray.new_session, "
            "which writes nothing"
        )


@settings_group
class Output:
    """Output files"""

    outdir: str = setting(
        "outputs/%DATE%_%SEQ%",
        "output folder, or an address such as s3://bucket/folder; %DATE%, %SEQ% (a running number), {prompt}, {seed} "
        "and {drawer} are replaced",
        parse=outdir_place,
        common=True,
        refers=Refers.DESTINATION,
        role=Role.UNRECORDED | Role.NEEDS_FOLDER,
    )
    output: str = setting(
        "output.png",
        "name of the picture in outdir (.png, .jpg, .webp or .avif); {prompt}, {seed} and {drawer} "
        "are replaced; given alone on the command line: "
        "the path of the only file written",
        aliases=("-o",),
        parse=output_name,
        common=True,
        refers=Refers.DESTINATION,
        role=Role.RESUMABLE,
    )
    save_every: Amount = setting(
        Amount(10, "iterations"),
        "interval between saves; 0: only at the end",
        aliases=("-se",),
        role=Role.PERIOD | Role.RESUMABLE,
    )
    save_intermediates: bool = setting(
        True,
        "keep every saved step and make a video of them",
        aliases=("-si",),
        role=Role.RESUMABLE | Role.NEEDS_FOLDER,
    )
    display_every: Amount = setting(
        Amount(20, "iterations"),
        "interval between displays of the picture; 0: only at the end",
        aliases=("-de",),
        role=Role.PERIOD | Role.RESUMABLE,
    )
    display_clear: bool = setting(
        False, "clear the notebook's output before each picture", aliases=("-dc",), role=Role.RESUMABLE
    )
    make_video: bool = setting(
        False,
        "make a video of every step",
        aliases=("--video", "-vid"),
        role=Role.RESUMABLE | Role.NEEDS_FOLDER,
    )
    checkpoint_every: Amount = setting(
        Amount(50, "iterations"),
        "interval between checkpoints, from which `pixray resume` continues; 0: none",
        role=Role.PERIOD | Role.RESUMABLE | Role.NEEDS_FOLDER,
    )
    recorders: str | None = setting(
        None,
        "additional recorders, names separated by commas",
        parse=parts_text,
        part="recorder",
        role=Role.UNRECORDED | Role.RESUMABLE,
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


@settings_group
class ModelFiles:
    """Model files"""

    checkpoints_dir: str | None = setting(
        None,
        "folder of model files: searched first, and the target of downloads",
        refers=Refers.INSTALLATION,
        role=Role.UNRECORDED,
    )
    models_file: str | None = setting(
        None,
        "YAML file that describes additional models, see docs/models.md",
        refers=Refers.INSTALLATION,
        role=Role.RESUMABLE,
    )
    offline: bool = setting(False, "never download a model file", role=Role.UNRECORDED)

"""The models that are known by name: what they are, their files, and where those can be downloaded.

The list is models.yaml beside this file (`configs/models.yaml` links to it). A person's own YAML with the same fields
adds models, or replaces one of the same name. A made-up example of its own mirror:

    my_vqgan:
      kind: vqgan
      about: trained on my drawings
      files:
        config:
          name: my_vqgan.yaml
          mirrors: [https://example.org/my_vqgan.yaml]
        weights:
          name: my_vqgan.safetensors
          sha256: …64 hexadecimal digits…
          mirrors: [https://example.org/my_vqgan.safetensors, hub:me/my-models/my_vqgan.safetensors]
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from pixray.errors import SettingsError, did_you_mean
from pixray.models.network import hub_address
from pixray.runtime.yaml_io import parse_yaml

_FILE_NAME = re.compile(r"[^/\\\0]+\.\w+")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MIRROR = re.compile(r"(https?://[^/]+/|hub:[^/]+/[^/]+/).+")


@dataclass(frozen=True)
class KnownFile:
    """One file of a model.

    Attributes:
        name: what it is saved as, in a checkpoints folder.
        mirrors: addresses it can be downloaded from, the best first.
        bytes: its size, if known.
        sha256: its checksum as 64 hexadecimal digits, if known.
        also: other names under which people have it.
        verified: whether size and checksum were published alike by at least two independent sources.
    """

    name: str
    mirrors: tuple[str, ...] = ()
    bytes: int | None = None
    sha256: str | None = None
    also: tuple[str, ...] = ()
    verified: bool = False


@dataclass(frozen=True)
class KnownModel:
    """A model and its files by part, such as "config" and "weights"."""

    name: str
    kind: str
    about: str
    files: Mapping[str, KnownFile]
    licence: str = "not stated"
    source: str | None = None


def address_of(mirror: str) -> str:
    """The address behind a mirror; `hub:owner/name/file` follows HF_ENDPOINT.

    >>> address_of("https://example.org/a.ckpt")
    'https://example.org/a.ckpt'
    """
    if not mirror.startswith("hub:"):
        return mirror
    owner, name, file = mirror.removeprefix("hub:").split("/", 2)
    return f"{hub_address()}/{owner}/{name}/resolve/main/{file}"


def known_models(further: str | Path | None = None) -> dict[str, KnownModel]:
    """Every known model by name.

    Args:
        further: a person's YAML file of additional models; they win over built-in ones of the same name.

    Raises:
        SettingsError: something is wrong with that file; one line per mistake.
    """
    text = resources.files("pixray.models").joinpath("models.yaml").read_text(encoding="utf-8")
    models = read_models(text, "models.yaml")
    if further is not None:
        models.update(read_models(_text_of(Path(further).expanduser()), str(further), models))
    return models


def read_models(text: str, where: str, below: Mapping[str, KnownModel] | None = None) -> dict[str, KnownModel]:
    """The models of a YAML text.

    Args:
        where: how messages call the text.
        below: models that `same_as` may also name.
    """
    problems: list[str] = []
    entries = parse_yaml(text, where)
    models: dict[str, KnownModel] = {}
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            problems.append(f"{where}: {name}: expected fields such as kind, about and files")
        elif "same_as" not in entry:
            models[name] = _model(name, entry, f"{where}: {name}", problems)
    for name, entry in entries.items():
        if isinstance(entry, dict) and "same_as" in entry:
            original = models.get(str(entry["same_as"])) or (below or {}).get(str(entry["same_as"]))
            if original is None:
                hint = did_you_mean(str(entry["same_as"]), models)
                problems.append(f"{where}: {name}: there is no model '{entry['same_as']}' to be the same as.{hint}")
            else:
                models[name] = _copy(original, name)
    if problems:
        raise SettingsError(problems)
    return models


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else f"cannot be read ({error})"
        raise SettingsError(f"models_file='{path}': {reason}") from None


def _copy(original: KnownModel, name: str) -> KnownModel:
    """The same model under another name; a file that somebody has under that name is found too."""
    files = {
        part: dataclasses.replace(file, also=(*file.also, file.name.replace(original.name, name)))
        for part, file in original.files.items()
    }
    return dataclasses.replace(original, name=name, files=files)


def _model(name: str, entry: dict[str, Any], where: str, problems: list[str]) -> KnownModel:
    _check_fields(entry, {"kind", "about", "licence", "source", "files"}, ("kind", "files"), where, problems)
    files = entry.get("files")
    if not isinstance(files, dict) or not files:
        problems.append(f"{where}: files: expected parts such as config and weights, each with a name and mirrors")
        files = {}
    return KnownModel(
        name=name,
        kind=str(entry.get("kind", "")),
        about=str(entry.get("about", "")),
        licence=str(entry.get("licence", "not stated")),
        source=entry.get("source"),
        files={str(part): _file(file, f"{where}: {part}", problems) for part, file in files.items()},
    )


def _file(entry: Any, where: str, problems: list[str]) -> KnownFile:
    if not isinstance(entry, dict):
        problems.append(f"{where}: expected a name and mirrors")
        return KnownFile("")
    _check_fields(entry, {field.name for field in dataclasses.fields(KnownFile)}, ("name",), where, problems)
    file = KnownFile(
        name=str(entry.get("name", "")),
        mirrors=_texts(entry.get("mirrors")),
        bytes=entry.get("bytes"),
        sha256=None if entry.get("sha256") is None else str(entry["sha256"]).lower(),
        also=_texts(entry.get("also")),
        verified=entry.get("verified") is True,
    )
    for name in (file.name, *file.also):
        if not _FILE_NAME.fullmatch(name) or name.startswith("."):
            problems.append(f"{where}: '{name}' is no file name; expected one without folders, such as my_vqgan.ckpt")
    problems += [
        f"{where}: mirror '{mirror}': expected https://…, http://… or hub:owner/name/file"
        for mirror in file.mirrors
        if not _MIRROR.fullmatch(mirror)
    ]
    if file.sha256 is not None and not _SHA256.fullmatch(file.sha256):
        problems.append(f"{where}: sha256='{file.sha256}': expected 64 hexadecimal digits")
    if file.bytes is not None and (not isinstance(file.bytes, int) or file.bytes < 1):
        problems.append(f"{where}: bytes={file.bytes!r}: expected a whole number")
    return file


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)


def _check_fields(
    entry: dict[str, Any], allowed: set[str], needed: tuple[str, ...], where: str, problems: list[str]
) -> None:
    for field in entry:
        if field not in allowed:
            problems.append(f"{where}: unknown field '{field}'.{did_you_mean(str(field), allowed)}")
    problems += [f"{where}: the field '{field}' is missing" for field in needed if field not in entry]

"""What made a picture: the settings inside a PNG or SVG, or in a run's folder."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

from pixray.errors import PixrayError
from pixray.runtime.yaml_io import read_yaml
from pixray.settings.layers import Layer, LayerKind

_SVG_RECORD = ('<metadata id="pixray_record">', "</metadata>")
_OLD_PREFIX = "pixray_"
# Written by the old pixray into each picture, but no settings of a run.
_NO_SETTINGS = {"seed_used", "record"}


def read_record(path: str | Path) -> dict[str, Any]:
    """The settings that made a picture, as given, with the seed and models really used.

    Args:
        path: a PNG or SVG of pixray (pictures of the old pixray work too), a settings.yaml, or the folder of a run.

    Raises:
        PixrayError: no such file, or no settings in it.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        path = path / "settings.yaml"
    if not path.is_file():
        raise PixrayError(f"{path}: there is no such file")
    suffix = path.suffix.lower()
    if suffix in (".yaml", ".yml"):
        return read_yaml(path)
    record = _from_svg(path) if suffix == ".svg" else _from_png(path)
    if record is None:
        raise PixrayError(f"{path} holds no settings of pixray")
    return record


def record_layer(path: Path, *, trusted: bool = False) -> Layer:
    """The settings that made a picture, to be changed by stronger ones.

    Args:
        trusted: the record may name files, addresses, paid services and places on this machine, as settings that the
            user of this machine wrote.

    Raises:
        PixrayError: as `read_record`.
    """
    return Layer(LayerKind.FILE if trusted else LayerKind.RECORD, path.name, read_record(path))


def svg_with_record(svg: bytes, record_json: str) -> bytes:
    """An SVG with the record in its metadata, where `read_record` finds it."""
    from xml.sax.saxutils import escape

    element = f'<metadata id="pixray_record">{escape(record_json)}</metadata>'
    opening = re.search(rb"<svg\b[^>]*>", svg)
    if opening is None:
        return svg
    return svg[: opening.end()] + b"\n" + element.encode() + svg[opening.end() :]


def _from_svg(path: Path) -> dict[str, Any] | None:
    from xml.sax.saxutils import unescape

    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise PixrayError(f"{path}: cannot be read ({error})") from error
    _, _, rest = text.partition(_SVG_RECORD[0])
    record, closing, _ = rest.partition(_SVG_RECORD[1])
    return _settings(unescape(record), path) if closing else None


def _from_png(path: Path) -> dict[str, Any] | None:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            picture.load()
            text = {key: value for key, value in picture.info.items() if isinstance(value, str)}
    except (UnidentifiedImageError, OSError) as error:
        raise PixrayError(f"{path}: cannot be read as a picture ({error})") from error
    if "pixray_record" in text:
        return _settings(text["pixray_record"], path)
    return _old_record({str(key): value for key, value in text.items()})


def _settings(text: str, path: Path) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise PixrayError(f"{path}: the settings in it are damaged")
    return record


def _old_record(text: dict[str, str]) -> dict[str, Any] | None:
    """Settings as the old pixray wrote them: one text per setting, in Python's notation."""
    record = {
        key.removeprefix(_OLD_PREFIX): _literal(value)
        for key, value in text.items()
        if key.startswith(_OLD_PREFIX) and key.removeprefix(_OLD_PREFIX) not in _NO_SETTINGS
    }
    if f"{_OLD_PREFIX}seed_used" in text:
        record["seed"] = _literal(text[f"{_OLD_PREFIX}seed_used"])
    return record or None


def _literal(value: str) -> Any:
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value

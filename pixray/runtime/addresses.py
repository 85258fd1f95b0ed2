"""Addresses of folders in stores, such as s3://bucket/hearts: recognised and checked, without any package for it."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from pixray.errors import SettingsError, did_you_mean, shown
from pixray.runtime.redact import without_secrets

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs", "memory": "fsspec"}
"""The package behind fsspec for each beginning of an address."""
EXTRA = {"s3fs", "fsspec"}
"""The packages among them that the extra `farm` brings."""
_KNOWN = (*PACKAGES, "file")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)


def is_store(text: object) -> bool:
    """Whether a text is an address and no path. It may still be a wrong one."""
    return _SCHEME.match(str(text)) is not None


def is_known_store(text: object) -> bool:
    """Whether a text is an address of one of the stores that folders of runs can be in."""
    match = _SCHEME.match(str(text))
    return match is not None and match[1].lower() in _KNOWN


def checked_place(text: str) -> str:
    """A folder as `outdir` names it: a path as it is, file:// as the path it means, any other address in one spelling.

    >>> checked_place("hearts"), checked_place("file:///tmp/hearts"), checked_place("S3://bucket//hearts/")
    ('hearts', '/tmp/hearts', 's3://bucket/hearts')

    Raises:
        ValueError: with what is right; nothing secret is in its text.
    """
    match = _SCHEME.fullmatch(text)
    if match is None:
        return text
    scheme, rest = match[1].lower(), match[2]
    if scheme not in _KNOWN:
        listed = ", ".join(f"{known}://" for known in _KNOWN)
        raise ValueError(f"expected a folder, or an address that begins with {listed}.{did_you_mean(scheme, _KNOWN)}")
    if scheme == "file":
        if not rest.startswith("/"):
            raise ValueError("expected three slashes and the whole path, as in file:///home/me/hearts")
        return rest
    if without_secrets(text) != text or "?" in rest or "@" in rest.partition("/")[0]:
        raise ValueError(
            "an address holds no names, keys and queries: they are read from where the service's own tools read them, "
            "such as AWS_ACCESS_KEY_ID or ~/.aws"
        )
    parts = [part for part in rest.split("/") if part]
    if rest.startswith("/") or not parts:
        raise ValueError(f"expected a bucket behind {scheme}://, and perhaps folders")
    if "." in parts or ".." in parts:
        raise ValueError("an address cannot go up or stay with '..' or '.'")
    return f"{scheme}://{'/'.join(parts)}"


def place_of(text: str, label: str) -> str:
    """A folder or file that a person named: a path as it is, an address in its one spelling.

    Args:
        label: how messages call it, such as "outdir".

    Raises:
        SettingsError: it is an address that cannot be used.
    """
    try:
        return checked_place(text)
    except ValueError as error:
        raise SettingsError(f"{label}={shown(without_secrets(text))}: {error}") from None


def joined(address: str, name: str) -> str:
    """The address of a file below a folder."""
    return f"{address}/{name}"


def below(place: str, name: str) -> str:
    """The folder of a name below another one, which is a path or an address.

    >>> below("grid", "red"), below("s3://bucket/grid", "red")
    ('grid/red', 's3://bucket/grid/red')
    """
    return joined(place, name) if is_store(place) else str(Path(place) / name)


def last_name(address: str) -> str:
    """The name of the folder itself."""
    return PurePosixPath(address.partition("://")[2]).name


def parent_of(address: str) -> str | None:
    """The folder that a folder lies in; None for a whole bucket."""
    scheme, _, path = address.partition("://")
    return f"{scheme}://{path.rpartition('/')[0]}" if "/" in path else None

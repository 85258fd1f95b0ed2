"""Secrets inside of texts: masked before anything is written, shown or sent.

`https://example.com/a.png?token=abc` is recorded as `https://example.com/a.png?token=***`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"

_STORE_LOGIN = re.compile(r"""((?!https?:)[a-z][a-z0-9+.-]+://)[^\s'"<>|]*@""", re.IGNORECASE)
"""Keys of stores hold slashes, so that everything before the last @ may be one."""
_ADDRESS = re.compile(
    r"""([a-z][a-z0-9+.-]+://)([^\s'"<>|?#/]*@)?([^\s'"<>|?#]*)(\?[^\s'"<>|#]*)?(#[^\s'"<>|]*)?""", re.IGNORECASE
)
_SECRET_NAME = re.compile(r"token|key|sig|secret|pass|auth|credential|session|jwt|code|^[ps]$|^x-", re.IGNORECASE)
_LONG = re.compile(r"[\w.~+/=%-]{20,}")
"""Signatures and tokens are long and without blanks; sizes, formats and names of pictures are not."""


def without_secrets(text: str) -> str:
    """A text with what may be secret in its web addresses masked: names and passwords, and values of the query.

    >>> without_secrets("see https://me:pw@a.example/x.png?size=4&token=abc#here")
    'see https://***@a.example/x.png?size=4&token=***#here'
    """
    if "://" not in text:
        return text
    return _ADDRESS.sub(_masked, _STORE_LOGIN.sub(rf"\1{MASK}@", text))


def _masked(match: re.Match[str]) -> str:
    scheme, login, place, query, fragment = match.groups("")
    return f"{scheme}{MASK + '@' if login else ''}{place}{_masked_pairs(query)}{_masked_pairs(fragment)}"


def _masked_pairs(query: str) -> str:
    return re.sub(r"([?&;#])([^=&;]*)(=?)([^&;]*)", _masked_pair, query)


def _masked_pair(match: re.Match[str]) -> str:
    mark, name, equals, value = match.groups()
    if not equals:
        return f"{mark}{MASK if _LONG.search(name) else name}"
    # A weight may follow an address, as in https://a.example/x.png?token=abc:0.5
    value, weights = re.fullmatch(r"(.*?)((?::-?[\d.]+){0,2})", value, re.DOTALL).groups()  # type: ignore[union-attr]
    secret = value and (_SECRET_NAME.search(name) or _LONG.search(value))
    return f"{mark}{name}{equals}{MASK if secret else value}{weights}"


def redacted(value: Any) -> Any:
    """The same value, of texts, numbers, lists and mappings, with every text masked."""
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, Mapping):
        return {name: redacted(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item) for item in value]
    return value

"""Pages that show pictures: plain HTML that works from disk, with nothing loaded from elsewhere."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable
from pathlib import Path

_STYLE = (
    "body{font:14px/1.4 system-ui,sans-serif;margin:24px;color:#222;background:#fff}"
    "table{border-collapse:collapse}td,th{padding:6px 10px;vertical-align:top;text-align:left}"
    "tbody tr{border-top:1px solid #ddd}img{width:192px;height:auto;display:block;background:#eee}"
    ".number{text-align:right;font-variant-numeric:tabular-nums}.failed{color:#a00}.best{font-weight:600}"
    ".note{color:#666;max-width:60em}code{background:#f4f4f4;padding:1px 4px}"
)


def page(title: str, body: Iterable[str]) -> bytes:
    """A page that may load nothing but what stands in it and pictures beside it."""
    policy = "default-src 'none'; img-src data: 'self' file:; style-src 'unsafe-inline'"
    lines = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>",
        *body,
        "</body></html>",
    ]
    return ("\n".join(lines) + "\n").encode()


def picture_inside(path: Path, words: str) -> str:
    """A PNG as part of the page itself.

    Args:
        words: what it shows, for those who cannot see it.
    """
    content = base64.b64encode(path.read_bytes()).decode()
    return f'<img src="data:image/png;base64,{content}" alt="{escaped(words)}" title="{escaped(words)}">'


def picture_beside(path: str, words: str) -> str:
    """A picture in a file beside the page."""
    return f'<img src="{escaped(path)}" alt="{escaped(words)}" title="{escaped(words)}">'


def escaped(text: object) -> str:
    """Any text, safe in HTML and in its attributes."""
    return html.escape(str(text), quote=True)

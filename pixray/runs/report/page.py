"""HTML pages that show pictures. They work from disk and load nothing but the pictures beside them.

Late imports keep Jinja2 out of start-up.
"""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.runtime.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment


def render_page(template: str, **values: Any) -> bytes:
    """A page from one of the templates beside this file. Every value is escaped, in text and in attributes.

    Args:
        template: "grid.html" or "compare.html".
        values: what the template names.
    """
    return _environment().get_template(template).render(version=__version__, **values).encode()


def data_address(path: Path) -> str:
    """A PNG as an address that holds the picture itself, so that the page can be sent alone."""
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("pixray.runs.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

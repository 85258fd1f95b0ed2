"""pixray studio: a page in the browser where pictures grow, and the server behind it.

Late imports keep PIL, NumPy and Starlette out of start-up.
"""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from pixray.cli.serving import serve, serving_parser
from pixray.runtime.files import user_path

if TYPE_CHECKING:
    from pixray.serve.app import Routes


def main(argv: Sequence[str]) -> int:
    """Serve the page until told to end; exit codes as those of `pixray serve`."""
    parser = serving_parser(
        "studio", "A page in the browser where pictures grow, and the server behind it.", 7700, None
    )
    parser.add_argument(
        "--outdir", default="pixray-studio", help="folder of jobs and pictures (default: pixray-studio)"
    )
    parser.add_argument("--no-open", action="store_true", help="do not open the page in a browser")
    parsed = parser.parse_args(argv)

    def show(address: str) -> None:
        page = f"{address}/?token={quote(parsed.token)}" if parsed.token else f"{address}/"
        if not parsed.no_open and not _opened(page):
            sys.stderr.write(f"open {address}/ in a browser\n")

    folder = user_path(parsed.outdir, "outdir")
    return serve("pixray studio", parsed, Path(folder), keep=True, routes=_page, listening=show)


def _page() -> Sequence[Routes]:
    from pixray.studio.routes import page_routes

    return [lambda services: page_routes(services.registry, services.leave, services.queue.folder)]


def _opened(page: str) -> bool:
    try:
        return webbrowser.open(page)
    except webbrowser.Error:
        return False

"""Where a notebook shows things: ipywidgets where they are installed, else plain IPython output updated in place.

Late imports: ipywidgets and IPython are optional packages.
"""

from __future__ import annotations

import base64
import sys
from typing import Any, Protocol

from pixray.errors import Unsupported

LEAST_WIDTH = 480
"""Pixels of the screen; smaller pictures are enlarged to this."""


class Display(Protocol):
    """A picture with a few lines of HTML below it, each replaced in place."""

    def picture(self, png: bytes) -> None:
        """Show this picture instead of the one before."""

    def below(self, page: str, text: str) -> None:
        """Show this HTML below the picture; `text` says the same where HTML cannot be shown."""

    def keep(self) -> None:
        """Nothing more will come: leave behind what a saved notebook can hold."""


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook (Jupyter, Colab, VS Code …)."""
    if "IPython" not in sys.modules:
        return False
    # Colab's shell has another class than Jupyter's, but every shell of a kernel knows its kernel.
    return getattr(sys.modules["IPython"].get_ipython(), "kernel", None) is not None


def find_display() -> Display:
    """Widgets if ipywidgets is installed, else plain output.

    Raises:
        Unsupported: this is no notebook.
    """
    if not in_notebook():
        raise Unsupported("the recorder 'notebook' shows pictures in a notebook, and this is none")
    try:
        import ipywidgets  # noqa: F401
    except ImportError:
        return PlainDisplay()
    return WidgetDisplay()


def _width(png: bytes) -> int:
    """The width of a PNG, from its header."""
    return int.from_bytes(png[16:20], "big")


class PlainDisplay:
    """Two outputs that are updated in place, with nothing but IPython."""

    def __init__(self) -> None:
        self._picture: Any = None
        self._below: Any = None

    def picture(self, png: bytes) -> None:
        data = base64.b64encode(png).decode()
        crisp = ";image-rendering:pixelated" if _width(png) < LEAST_WIDTH else ""
        style = f"max-width:100%;width:{max(_width(png), LEAST_WIDTH)}px{crisp}"
        page = _Page(f'<img src="data:image/png;base64,{data}" style="{style}">', "(picture)")
        self._picture = _placed(page, self._picture)

    def below(self, page: str, text: str) -> None:
        if self._picture is None:
            # Outputs stay in the order of their first appearance, and the picture belongs above.
            self._picture = _placed(_Page("", ""), None)
        self._below = _placed(_Page(page, text), self._below)

    def keep(self) -> None:
        return


def _placed(page: _Page, handle: Any) -> Any:
    """Show a page in a new output or in place of what a handle shows; the handle."""
    from IPython.display import display

    if handle is None:
        return display(page, display_id=True)
    handle.update(page)
    return handle


class _Page:
    """A piece of output that notebooks show as HTML and everything else as text."""

    def __init__(self, page: str, text: str) -> None:
        self._page, self._text = page, text

    def _repr_html_(self) -> str:
        return self._page

    def __repr__(self) -> str:
        return self._text


class WidgetDisplay:
    """Widgets: they change without flicker. A saved notebook cannot hold them, so plain output follows at the end."""

    def __init__(self) -> None:
        import ipywidgets as widgets
        from IPython.display import display

        self._image, self._lines = widgets.Image(format="png"), widgets.HTML()
        # An image widget without a picture shows a broken one.
        self._image.layout.display = "none"
        self._image.layout.max_width = "100%"
        self._box = widgets.VBox([self._image, self._lines])
        self._text = ""
        self._place = display(self._box, display_id=True)

    def picture(self, png: bytes) -> None:
        self._image.value = png
        self._image.layout.width = f"{max(_width(png), LEAST_WIDTH)}px"
        self._image.layout.display = None

    def below(self, page: str, text: str) -> None:
        self._lines.value, self._text = page, text

    def keep(self) -> None:
        # The display area goes first: a saved notebook would say there that the widgets cannot be found.
        self._place.update(_Page("", ""))
        plain = PlainDisplay()
        if self._image.value:
            plain.picture(bytes(self._image.value))
        plain.below(str(self._lines.value), self._text)
        for widget in (self._box, self._image, self._lines):
            widget.close()

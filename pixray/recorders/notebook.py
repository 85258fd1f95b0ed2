"""What a notebook shows: the picture growing in place, with the loss curve and the time left below it.

Uses ipywidgets where they are installed, else plain IPython output that is updated in place.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from pixray.events import Drawn, Dropped, Event, Finished, Noticed, Started, Stepped

if TYPE_CHECKING:
    from PIL import Image

    from pixray.recorders.files import FileRecorder

_CURVE_SIZE = (320, 60)


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and shell.__class__.__name__ == "ZMQInteractiveShell"


class Display(Protocol):
    """Somewhere to show a picture and a few lines, again and again."""

    def show(self, picture: bytes | None, curve: bytes | None, text: str) -> None: ...


class NotebookRecorder:
    """Shows pictures as they are drawn.

    Args:
        files: tells where the results are at the end; None: nowhere.
        clear: clear the cell's other output before each picture, as `display_clear` asks.
        display: where to show; default: widgets or plain output, whichever is there.
    """

    def __init__(self, files: FileRecorder | None = None, clear: bool = False, display: Display | None = None) -> None:
        self._files, self._clear = files, clear
        self._display = display
        self._totals: list[float] = []
        self._notes: list[str] = []
        self._picture: bytes | None = None
        self._line = ""

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self._display = self._display or find_display()
            self._line = f"{event.settings.drawer} {event.size[0]}x{event.size[1]} on {event.device}, seed {event.seed}"
        elif isinstance(event, Noticed):
            self._notes.append(event.text)
        elif isinstance(event, Dropped):
            self._notes.append(f"step {event.step}: learning rate times {event.rate:g}")
        elif isinstance(event, Stepped):
            self._totals.append(event.total)
            self._line = f"step {event.step} of {event.steps}, loss {event.total:.4g}, {event.remaining:.0f} s left"
        elif isinstance(event, Drawn) and (event.show or event.final):
            self._picture = _png(event.image)
            self._show()
        elif isinstance(event, Finished):
            self._line = f"{event.reason} after {event.steps} steps, {event.seconds:.1f} s"
            if self._files is not None:
                self._line += f": {self._files.picture}"
            self._show()

    def _show(self) -> None:
        if self._clear:
            from IPython.display import clear_output

            clear_output(wait=True)
        assert self._display is not None
        curve = _png(draw_curve(self._totals, _CURVE_SIZE)) if len(self._totals) > 1 else None
        self._display.show(self._picture, curve, "\n".join([*self._notes, self._line]))


def find_display() -> Display:
    """Widgets if ipywidgets is installed, else plain output."""
    try:
        import ipywidgets  # noqa: F401
    except ImportError:
        return PlainDisplay()
    return WidgetDisplay()


class PlainDisplay:
    """One output that is updated in place, with nothing but IPython."""

    def __init__(self) -> None:
        from IPython.display import display

        self._handle = display(_Page(None, None, ""), display_id=True)

    def show(self, picture: bytes | None, curve: bytes | None, text: str) -> None:
        self._handle.update(_Page(picture, curve, text))


class _Page:
    """A piece of output that notebooks show as HTML and everything else as text."""

    def __init__(self, picture: bytes | None, curve: bytes | None, text: str) -> None:
        self._images = [image for image in (picture, curve) if image]
        self._text = text

    def _repr_html_(self) -> str:
        import base64
        import html

        tags = [f'<img src="data:image/png;base64,{base64.b64encode(image).decode()}">' for image in self._images]
        return "<br>".join([*tags, *html.escape(self._text).splitlines()])

    def __repr__(self) -> str:
        return self._text


class WidgetDisplay:
    """Widgets: the picture, the curve, and the text."""

    def __init__(self) -> None:
        import ipywidgets as widgets
        from IPython.display import display

        self._picture, self._curve = widgets.Image(format="png"), widgets.Image(format="png")
        self._text = widgets.HTML()
        display(widgets.VBox([self._picture, self._curve, self._text]))

    def show(self, picture: bytes | None, curve: bytes | None, text: str) -> None:
        import html

        if picture is not None:
            self._picture.value = picture
        if curve is not None:
            self._curve.value = curve
        self._text.value = "<br>".join(html.escape(text).splitlines())


def draw_curve(values: Sequence[float], size: tuple[int, int]) -> Image.Image:
    """A small line chart of numbers over steps, the lowest at the bottom.

    Args:
        values: at least two; size: width and height in pixels.
    """
    from PIL import Image, ImageDraw

    width, height = size
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    points = [
        (number * (width - 5) / (len(values) - 1) + 2, (high - value) / span * (height - 5) + 2)
        for number, value in enumerate(values)
    ]
    chart = Image.new("RGB", size, "white")
    ImageDraw.Draw(chart).line(points, fill=(30, 90, 200), width=1)
    return chart


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()

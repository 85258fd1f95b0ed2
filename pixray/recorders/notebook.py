"""What a notebook shows: the picture growing in place, with the loss curve and the time left below it.

Late imports: IPython is an optional package.
"""

from __future__ import annotations

import html
import io
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pixray.events import Drawn, Event, Finished, LearningRateDropped, Noticed, Started, Steered, Stepped, Undone
from pixray.recorders.base import Recorder, RunFiles
from pixray.recorders.curve import loss_curve
from pixray.recorders.displays import Display, find_display
from pixray.recorders.displays import in_notebook as in_notebook

if TYPE_CHECKING:
    from PIL import Image

_PAUSE = 0.5
"""Seconds between two updates of curve and time left: as often as anyone reads them."""


class NotebookRecorder(Recorder):
    """Shows pictures as they are drawn, and in between how far the run is.

    Args:
        files: tells where the results are at the end; None: nowhere.
        clear: clear the cell's other output before each picture, as `display_clear` asks.
        make_display: makes what things are shown on; default: widgets or plain output, whichever is there.
        clock: seconds, from anywhere.
    """

    def __init__(
        self,
        files: RunFiles | None = None,
        clear: bool = False,
        make_display: Callable[[], Display] = find_display,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(files)
        self._clear = clear
        self._make_display, self._clock = make_display, clock
        self._display: Display | None = None
        self._points: list[tuple[int, float]] = []
        self._unread: list[Stepped] = []
        self._notes: list[str] = []
        self._line = ""
        self._shown = -_PAUSE

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self._display = self._make_display()
            self._line = f"{event.settings.drawer} {event.size[0]}x{event.size[1]} on {event.device}, seed {event.seed}"
            self._show_below()
        elif isinstance(event, Noticed):
            if event.text not in self._notes:
                self._notes.append(event.text)
        elif isinstance(event, LearningRateDropped):
            self._notes.append(f"step {event.step}: learning rate times {event.rate:g}")
        elif isinstance(event, Steered):
            self._notes.append(f"step {event.step}: changed {', '.join(event.changes)}")
        elif isinstance(event, Undone):
            self._notes.append(f"step {event.step}: back to step {event.to}")
        elif isinstance(event, Stepped):
            self._step(event)
        elif isinstance(event, Drawn) and (event.show or event.final):
            self._show_picture(event.image)
        elif isinstance(event, Finished):
            self._read_losses()
            self._line = f"{event.reason} after {event.steps} steps, {event.seconds:.1f} s"
            if self.files is not None:
                self._line += f": {self.files.shown_picture}"
            self._show_below()

    def close(self) -> None:
        """Leave the last picture where a saved notebook keeps it."""
        if self._display is not None:
            self._display.keep()
            self._display = None

    def _step(self, event: Stepped) -> None:
        # Losses are read when they are shown: reading one from a GPU means waiting for its step.
        self._unread.append(event)
        if self._clock() - self._shown >= _PAUSE:
            self._show_below()

    def _show_picture(self, picture: Image.Image) -> None:
        if self._clear:
            from IPython.display import clear_output

            # What is cleared away takes no updates any more, so that a new output area is needed.
            clear_output(wait=True)
            self._display = self._make_display()
        assert self._display is not None
        self._display.picture(_png(picture))
        self._show_below()

    def _show_below(self) -> None:
        assert self._display is not None
        self._shown = self._clock()
        self._read_losses()
        lines = [*self._notes, self._line]
        page = "<br>".join(html.escape(line) for line in "\n".join(lines).splitlines())
        self._display.below(f"{loss_curve(self._points)}<div>{page}</div>", "\n".join(lines))

    def _read_losses(self) -> None:
        if self._unread:
            self._points += [(event.step, event.total) for event in self._unread]
            last = self._unread[-1]
            self._line = f"step {last.step} of {last.steps}, loss {last.total:.4g}, {_minutes(last.remaining)} min left"
            self._unread = []


def _minutes(seconds: float) -> str:
    """Seconds as 1:05.

    >>> _minutes(65.4), _minutes(0.2)
    ('1:05', '0:00')
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()

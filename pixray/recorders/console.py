"""What the terminal shows: a live line with loss, rate and time left, or JSON lines for scripts, or nothing.

Late imports keep tqdm out of start-up.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any, TextIO

from pixray.events import Drawn, Event, Finished, LearningRateDropped, Noticed, Started, Steered, Stepped, Undone
from pixray.models.progress import Progress
from pixray.recorders.base import Recorder, RunFiles
from pixray.runtime.terminal import Terminal, plain

_SECONDS_BETWEEN_LINES = 10.0
"""In a log file, where a bar that moves would be a thousand lines."""


class ConsoleRecorder(Recorder):
    """A progress line on standard error, and the path of the picture on standard output at the end.

    Args:
        files: tells where the picture was saved; None: nothing was.
        shown_notices: texts of notices that are not shown again; those shown are added. None: all are shown.
    """

    def __init__(
        self, files: RunFiles | None = None, stream: TextIO | None = None, shown_notices: set[str] | None = None
    ) -> None:
        super().__init__(files)
        self._stream: Any = Terminal(stream or sys.stderr, steers=True)
        self._shown_notices = shown_notices
        self._bar: Any = None
        self._started: Started | None = None
        self._last_step: Stepped | None = None
        self._line_due = 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self._begin(event)
        elif isinstance(event, Noticed):
            self._notice(event.text)
        elif isinstance(event, Stepped):
            self._last_step = event
            self._step(event)
        elif isinstance(event, LearningRateDropped):
            self._say(f"step {event.step}: learning rate times {event.rate:g}")
        elif isinstance(event, Steered):
            self._say(f"step {event.step}: changed {', '.join(event.changes)}")
        elif isinstance(event, Undone):
            self._go_back(event)
        elif isinstance(event, Finished):
            self._end(event)

    def close(self) -> None:
        """End the line, so that what follows starts on its own."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _begin(self, event: Started) -> None:
        width, height = event.size
        models = event.record.get("clip_models")
        guides = f", guided by {models}" if models else ""
        self._say(f"{event.settings.drawer} {width}x{height} on {event.device}, seed {event.seed}{guides}")
        self._started, self._line_due = event, time.monotonic() + _SECONDS_BETWEEN_LINES

    def _notice(self, text: str) -> None:
        if self._shown_notices is None or text not in self._shown_notices:
            self._say(text)
        if self._shown_notices is not None:
            self._shown_notices.add(text)

    def _step(self, event: Stepped) -> None:
        """Move the bar of a terminal; a log file gets a line now and then. On a GPU reading a loss means waiting for
        the step, so it is read only for lines that are shown."""
        if not self._stream.isatty():
            if time.monotonic() >= self._line_due:
                self._line_due = time.monotonic() + _SECONDS_BETWEEN_LINES
                self._say(f"step {event.step} of {event.steps}, loss {event.total:.4g}, {event.remaining:.0f} s left")
            return
        bar = self._bar = self._bar or self._made_bar(event)
        if not event.waiting:
            bar.set_postfix_str(f"loss {event.total:.4g}", refresh=False)
            bar.update(1)
        elif bar.update(1):
            bar.set_postfix_str(f"loss {event.total:.4g}", refresh=False)

    def _go_back(self, event: Undone) -> None:
        if self._bar is not None:
            self._bar.n = event.to
            self._bar.refresh()
        self._say(f"step {event.step}: back to step {event.to}")

    def _made_bar(self, event: Stepped) -> Any:
        """Made at the first step, below what there is to say at the start."""
        from tqdm import tqdm

        initial = self._started.step if self._started else 0
        return tqdm(
            total=event.steps, initial=initial, file=self._stream, unit="step", mininterval=0.1, dynamic_ncols=True
        )

    def _end(self, event: Finished) -> None:
        self.close()
        outcomes = {"complete": "finished", "stalled": "stopped, since the loss stalled,", "stopped": "stopped"}
        text = f"{outcomes[event.reason]} after {event.steps} steps, {event.seconds:.1f} s"
        self._say(f"{text}{self._losses(event)}")
        if self.files is not None:
            if self.files.others:
                self._say(f"beside the picture: {', '.join(self.files.others)}")
            results = Terminal(sys.stdout)
            results.write(f"{self.files.shown_picture}\n")
            results.flush()

    def _losses(self, event: Finished) -> str:
        """The best loss, and beside it that of the last step, whose picture is delivered, where it is another."""
        if event.best is None:
            return ""
        best = f"best loss {event.best[0]:.4g} at step {event.best[1]}"
        last = self._last_step
        if last is None or not last.losses or last.step == event.best[1]:
            return f", {best}"
        return f", last loss {last.total:.4g}, {best}"

    def _say(self, text: str) -> None:
        text = plain(text)
        if self._bar is not None:
            self._bar.write(text, file=self._stream)
        else:
            self._stream.write(text + "\n")
            self._stream.flush()


class JsonRecorder(Recorder):
    """One JSON object per event on standard output, for scripts."""

    def __init__(self, files: RunFiles | None = None, stream: TextIO | None = None) -> None:
        super().__init__(files)
        self._stream = Terminal(stream or sys.stdout)

    def __call__(self, event: Event) -> None:
        from pixray.recorders.log import as_json

        facts = as_json(event)
        if isinstance(event, Drawn) and event.save and self.files is not None:
            facts["path"] = self.files.shown_picture
        self._stream.write(json.dumps(facts) + "\n")
        self._stream.flush()


class DownloadBar(Progress):
    """A progress bar per downloaded file, on standard error; a log file gets a line every ten seconds."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._given = stream
        self._bar: Any = None

    @property
    def _stream(self) -> Any:
        return Terminal(self._given or sys.stderr, steers=True)

    def begin(self, name: str, done: int, total: int | None) -> None:
        from tqdm import tqdm

        stream = self._stream
        live = stream.isatty()
        self._bar = tqdm(
            desc=plain(name),
            initial=done,
            total=total,
            file=stream,
            unit="B",
            unit_scale=True,
            mininterval=0.1 if live else 10.0,
            dynamic_ncols=live,
        )

    def advance(self, count: int) -> None:
        self._bar.update(count)

    def end(self) -> None:
        self._bar.close()

    def say(self, text: str) -> None:
        stream = self._stream
        stream.write(plain(text) + "\n")
        stream.flush()

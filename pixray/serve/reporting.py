"""What a worker tells about a run while it paints: how far it is, its checkpoints, small pictures.

Nothing here changes the run, and all of it together takes about a hundredth of its time.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PIL import Image

from pixray.events import CheckpointDue, Drawn, Event, Finished, Started, Steered, Stepped, Undone
from pixray.runtime.files import write_atomic
from pixray.serve.jobs import Order
from pixray.serve.run_folder import (
    CHECKPOINTS,
    MOST_PREVIEWS,
    PREVIEWS,
    keep_checkpoint,
    kept_steps,
    preview_path,
    thinned_out,
)

if TYPE_CHECKING:
    import numpy as np

    from pixray.engine.session import Session
    from pixray.recorders.base import FolderRecording

PACE = 0.2
"""Seconds between reports of steps at least."""
_FETCH = 1.0
"""Seconds between losses that have to be fetched from a device at least."""
_SHARE = 200
"""A small picture is made when the run has gone on this many times as long as it takes to make one."""
_REST = 0.5
"""Seconds between small pictures at least."""
LONGEST_EDGE = 384
_EXACT = 128 * 128
"""Pixels up to which a small picture is kept exactly: pixel art has hard edges."""


class Reporter:
    """Turns the events of one run into messages.

    Args:
        say: sends a message to the server.
        order: what is painted.
        run: draws its picture when it is asked to.
        files: of the run.

    Attributes:
        stopped: whether the run ended because it was asked to.
    """

    def __init__(self, say: Callable[..., None], order: Order, run: Session, files: FolderRecording) -> None:
        self._say, self._order, self._run, self._files = say, order, run, files
        self._reported = self._fetched = -math.inf
        self._next_preview = -math.inf
        self._preview_cost: float | None = None
        self._pictures = 0
        self._losses: dict[str, float | None] = {}
        self.stopped = False

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self._start(event)
        elif isinstance(event, Stepped):
            self._step(event)
        elif isinstance(event, Drawn):
            self._draw(event)
        elif isinstance(event, CheckpointDue) and self._order.resumable:
            self._say(checkpoints=keep_checkpoint(self._order.folder, event.step))
        elif isinstance(event, Steered | Undone):
            self._say(steering=event.record.get("steering", []))
        elif isinstance(event, Finished):
            self.stopped = event.reason == "stopped"

    def _start(self, event: Started) -> None:
        facts = {"steps": event.steps, "step": event.step, "size": list(event.size), "seed": event.seed}
        facts |= {"drawer": event.settings.drawer, "output": event.settings.output}
        facts |= {"steering": event.record.get("steering", [])}
        if self._order.resumable:
            kept = {kind: kept_steps(self._order.folder, kind) for kind in (PREVIEWS, CHECKPOINTS)}
            facts |= {"previews": kept[PREVIEWS], "checkpoints": kept[CHECKPOINTS]}
        self._say(**facts)

    def _step(self, event: Stepped) -> None:
        now = time.monotonic()
        last = event.step == event.steps
        if last or now - self._reported >= PACE:
            self._reported = now
            if last or not event.waiting or now - self._fetched >= _FETCH:
                self._fetched, self._losses = now, {name: float(value) for name, value in event.losses.items()}
            left = event.remaining if math.isfinite(event.remaining) else None
            finite = {name: value if math.isfinite(value or 0.0) else None for name, value in self._losses.items()}
            self._say(step=event.step, steps=event.steps, seconds_left=left, losses=finite)
        if self._preview_due(now):
            self._preview(event.step, None)

    def _draw(self, event: Drawn) -> None:
        if event.final:
            self._say(picture=str(self._files.picture), step=event.step)
            self._preview(event.step, event.image_u8)
            return
        if event.show and event.step and self._pictures < self._order.most_pictures:
            self._pictures += 1
            self._say(picture=self._full_picture(event), step=event.step)
        if event.step and self._preview_due(time.monotonic()):
            self._preview(event.step, event.image_u8)

    def _preview_due(self, now: float) -> bool:
        return self._order.resumable and now >= self._next_preview

    def _preview(self, step: int, image_u8: np.ndarray | None) -> None:
        """Write a small picture, of the canvas as it is now if none is at hand."""
        if not self._order.resumable:
            return
        started = time.thread_time()
        image = self._run.draw().image_u8 if image_u8 is None else image_u8
        folder = self._order.folder
        write_atomic(preview_path(folder, step), small_webp(image))
        steps = kept_steps(folder, PREVIEWS)
        for number in thinned_out(steps, MOST_PREVIEWS):
            preview_path(folder, number).unlink(missing_ok=True)
        self._say(previews=kept_steps(folder, PREVIEWS))
        self._next_preview = time.monotonic() + self._rest_after(time.thread_time() - started)

    def _rest_after(self, cost: float) -> float:
        """Seconds until the next small picture, after one that took so much processor time.

        The first one loads what it needs, and any may be slow on a busy machine, so the cheapest of the others counts:
        otherwise one slow picture would keep the next ones away for a minute.
        """
        if self._preview_cost is None:
            self._preview_cost = math.inf
            return _REST
        self._preview_cost = min(self._preview_cost, cost)
        return max(_REST, _SHARE * self._preview_cost)

    def _full_picture(self, event: Drawn) -> str:
        from pixray.images.encode import png_bytes

        path = self._order.folder / "shown" / f"{event.step:06d}.png"
        write_atomic(path, png_bytes(event.image_u8, level=1))
        return str(path)


def small_webp(image_u8: np.ndarray) -> bytes:
    """A picture for pages: its longest edge is at most 384 pixels.

    Args:
        image_u8: H W 3 or H W 4.
    """
    picture, buffer = Image.fromarray(image_u8), io.BytesIO()
    picture.thumbnail((LONGEST_EDGE, LONGEST_EDGE), Image.Resampling.BOX)
    exact = picture.width * picture.height <= _EXACT
    picture.save(buffer, "WEBP", lossless=exact, quality=80, method=2)
    return buffer.getvalue()

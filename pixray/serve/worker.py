"""A worker process: paints one job after the other and keeps loaded models in between.

    python -m pixray.serve.worker CONNECTION LIFELINE PARENT DEVICE

The first two are file descriptors. Orders come over the connection as pickles of the parent; what is said back is JSON,
so that the parent never unpickles what a worker says. When the parent dies, so does the worker: the kernel sees to it
on Linux, elsewhere a thread that waits for the end of the lifeline.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.errors import PixrayError
from pixray.events import Drawn, Event, Started, Stepped
from pixray.runtime.allocator import prepare_process
from pixray.serve.jobs import Order
from pixray.settings.layers import Layer, LayerKind

if TYPE_CHECKING:
    from pixray.recorders.files import FileRecorder
    from pixray.registry import Registry

HEARTBEAT = 2.0
"""Seconds between signs of life, also while a model loads."""
PACE = 0.1
"""Seconds between reports of steps at least."""
STOP = "stop"
"""Asks for the end of the job after the step it is in."""
BROKEN_DEVICE = 70
"""Exit code after an error that leaves a GPU unusable for this process."""
_PR_SET_PDEATHSIG = 1


class Worker:
    """Paints what comes over a connection.

    Args:
        connection: to the parent.
        device: where to paint.
        registry: of parts; default: the built-in ones and installed plugins.
    """

    def __init__(self, connection: Connection, device: str, registry: Registry | None = None) -> None:
        from pixray.models.store import ModelStore
        from pixray.registry import Registry

        self.connection, self.device = connection, device
        self.registry, self.store = registry or Registry.discover(), ModelStore()
        self._sending = threading.Lock()
        self._last_report = 0.0
        self._pictures = 0

    def run(self) -> None:
        """Paint until the parent closes the connection."""
        threading.Thread(target=self._beat, daemon=True, name="pixray-heartbeat").start()
        importlib.import_module("pixray.runs.to_folder")  # torch and all, so that whoever says to be ready is
        self._say(ready=True)
        while True:
            try:
                message = self.connection.recv()
            except EOFError:
                return
            if isinstance(message, Order):
                self._say(**self._outcome(message))

    def _outcome(self, order: Order) -> dict[str, Any]:
        """How a job ended, whatever went wrong in it."""
        try:
            return {"done": self._paint(order)}
        except PixrayError as error:
            return {"done": "failed", "error": str(error)}
        except MemoryError:
            return {"done": "failed", "error": "there is not enough memory on this machine for what was asked"}
        except Exception as error:  # any other mistake is ours, and the next job shall be painted all the same
            self._say(done="failed", error=f"the run failed: {type(error).__name__}: {error}")
            if "CUDA" in str(error):
                os._exit(BROKEN_DEVICE)
            return {}

    def _paint(self, order: Order) -> str:
        from pixray.runs.to_folder import prepare_folder_run, run_to_folder
        from pixray.settings.schema import Schema

        layers = (*order.layers, Layer(LayerKind.SUPPLIED, "the server", self._own_settings(order)))
        settings = Schema.for_choice(self.registry, layers).resolve(layers)
        run, files = prepare_folder_run(settings, self.registry, self.store)
        stopped, self._pictures = False, 0
        for event in run_to_folder(run, files, self.registry):
            self._report(event, files, order)
            if not stopped and self._asked_to_stop():
                run.stop()
                stopped = True
        return "canceled" if stopped else "succeeded"

    def _own_settings(self, order: Order) -> dict[str, Any]:
        """Nobody receives videos and steps of a served run; a run that cannot be resumed needs no checkpoint."""
        supplied = {
            "outdir": str(order.folder),
            "device": self.device,
            "save_intermediates": False,
            "make_video": False,
        }
        return supplied if order.resumable else {**supplied, "checkpoint_every": 0}

    def _report(self, event: Event, files: FileRecorder, order: Order) -> None:
        if isinstance(event, Started):
            self._say(steps=event.steps, step=event.step)
        elif isinstance(event, Stepped) and time.monotonic() - self._last_report >= PACE:
            self._last_report = time.monotonic()
            self._say(step=event.step, steps=event.steps)
        elif isinstance(event, Drawn) and event.final:
            self._say(picture=str(files.picture), step=event.step)
        elif isinstance(event, Drawn) and event.show and event.step and self._pictures < order.most_pictures:
            self._pictures += 1
            self._say(picture=str(_shown(event, order.folder)), step=event.step)

    def _asked_to_stop(self) -> bool:
        return self.connection.poll() and self.connection.recv() == STOP

    def _beat(self) -> None:
        while True:
            time.sleep(HEARTBEAT)
            self._say(alive=True)

    def _say(self, **facts: Any) -> None:
        if not facts:
            return
        with self._sending:
            try:
                self.connection.send_bytes(json.dumps(facts).encode())
            except OSError:
                os._exit(1)  # the parent is gone, and with it whoever wanted to know


def _shown(event: Drawn, folder: Path) -> Path:
    from pixray.images.encode import png_bytes
    from pixray.runtime.files import write_atomic

    path = folder / "shown" / f"{event.step:06d}.png"
    write_atomic(path, png_bytes(event.image_u8, level=1))
    return path


def die_with_parent(parent: int, lifeline: int) -> None:
    """End this process when its parent ends, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it ended in between

    def wait() -> None:
        os.read(lifeline, 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True, name="pixray-lifeline").start()


def main(argv: list[str]) -> int:
    """Be a worker."""
    connection, lifeline, parent = (int(word) for word in argv[:3])
    for descriptor in (connection, lifeline):
        os.set_inheritable(descriptor, False)
    die_with_parent(parent, lifeline)
    # The parent decides about the end: a Ctrl-C in its terminal, or the loss of it, is not meant for its workers.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    prepare_process()
    Worker(Connection(connection), argv[3]).run()
    return 0


if __name__ == "__main__":
    # Without taking torch down module by module, which takes seconds that a server's end would wait for.
    os._exit(main(sys.argv[1:]))

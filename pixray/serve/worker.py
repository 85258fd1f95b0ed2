"""A worker process: paints one job after the other and keeps loaded models in between.

    python -m pixray.serve.worker CONNECTION LIFELINE PARENT DEVICE

The first two are file descriptors. Orders come over the connection as pickles of the parent; what is said back is JSON,
so that the parent never unpickles what a worker says. When the parent dies, so does the worker: the kernel sees to it
on Linux, elsewhere a thread that waits for the end of the lifeline.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from pixray.errors import PixrayError
from pixray.runs.outcome import outcome_of
from pixray.runtime.allocator import prepare_process
from pixray.serve.jobs import Order, leave_of
from pixray.settings.layers import Layer, LayerKind

if TYPE_CHECKING:
    from pixray.engine.session import Session
    from pixray.recorders.base import FolderRecording
    from pixray.registry import Registry
    from pixray.runs.animation import Animation
    from pixray.runs.audition import Audition

HEARTBEAT = 2.0
"""Seconds between signs of life, also while a model loads."""
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
                self._do(message)

    def _do(self, order: Order) -> None:
        """Paint one job and say how it ended, whatever went wrong in it."""
        outcome = outcome_of(lambda: self._paint(order))
        self._say(done=outcome.state, **({"error": outcome.reason} if outcome.reason else {}))
        if outcome.broken_device:
            os._exit(BROKEN_DEVICE)

    def _paint(self, order: Order) -> bool:
        """Whether the job was stopped."""
        from pixray.runs.to_folder import run_to_folder
        from pixray.serve.reporting import Reporter

        run, files = self._resumed(order) if self._has_begun(order) else self._new(order)
        reporter = Reporter(self._say, order, run, files)  # type: ignore[arg-type]
        for event in run_to_folder(run, files, self.registry):
            reporter(event)
            self._obey(run, order)
        return reporter.stopped

    def _new(self, order: Order) -> tuple[Session | Animation | Audition, FolderRecording]:
        from pixray.runs.to_folder import prepare_folder_run
        from pixray.settings.schema import Schema

        layers = (*order.layers, Layer(LayerKind.SUPPLIED, "the server", self._own_settings(order)))
        settings = Schema.for_choice(self.registry, layers).resolve(layers)
        return prepare_folder_run(settings, self.registry, self.store)

    def _resumed(self, order: Order) -> tuple[Session | Animation | Audition, FolderRecording]:
        from pixray.runs.resume import resume

        own = {"device": self.device}
        return resume(order.folder, self.registry, self.store, order.iterations, leave=leave_of(order), supplied=own)

    def _has_begun(self, order: Order) -> bool:
        """Whether an earlier worker has begun this run, so that it goes on."""
        return order.resumable and (order.folder / "settings.yaml").is_file()

    def _own_settings(self, order: Order) -> dict[str, Any]:
        """Nobody receives videos and steps of a prediction; a run that cannot be resumed needs no checkpoint."""
        supplied: dict[str, Any] = {"outdir": str(order.folder), "device": self.device}
        if order.lasting:
            return supplied
        supplied |= {"save_intermediates": False, "make_video": False}
        return supplied if order.resumable else {**supplied, "checkpoint_every": 0}

    def _obey(self, run: Session | Animation | Audition, order: Order) -> None:
        """Do what the server has asked for since the last event: stop, {"steer": changes} or {"undo": step}."""
        while self.connection.poll():
            message = self.connection.recv()
            if message == STOP:
                run.stop()
            elif isinstance(message, dict):
                # The server has checked it; since then the run may have come to its end.
                with contextlib.suppress(PixrayError):
                    _steer(run, message, order)

    def _beat(self) -> None:
        while True:
            time.sleep(HEARTBEAT)
            self._say(alive=True)

    def _say(self, **facts: Any) -> None:
        with self._sending:
            try:
                self.connection.send_bytes(json.dumps(facts).encode())
            except OSError:
                os._exit(1)  # the parent is gone, and with it whoever wanted to know


def _steer(run: Session | Animation | Audition, message: dict[str, Any], order: Order) -> None:
    if "steer" in message:
        run.steer_by(Layer(LayerKind.CLIENT, "the changes", message["steer"], leave_of(order)))
    elif "undo" in message:
        run.undo(message["undo"])


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

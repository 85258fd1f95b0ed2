"""The server: one ASGI application behind one guard, and the process around it, which ends as it was told to.

Further routes, such as those of a page or of another dialect, come from functions that are given the `Services` of the
server; they share the guard, the queue and the policy about what clients may name.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Collection, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from pixray.errors import PixrayError
from pixray.registry import Registry
from pixray.serve.answers import Json
from pixray.serve.dialects import openai_images, sdapi
from pixray.serve.dialects.refusals import refusal_form
from pixray.serve.downloads import Downloads
from pixray.serve.event_stream import EventStream
from pixray.serve.guard import App, Guard, Limits
from pixray.serve.jobs_api import JobsApi
from pixray.serve.predictions import Predictions
from pixray.serve.protocol import limited_protocol
from pixray.serve.services import Routes, Services
from pixray.serve.supervisor import Pool
from pixray.serve.uploads import Uploads
from pixray.settings.layers import Leave

logger = logging.getLogger(__name__)

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LAST_ANSWERS = 10
"""Seconds that clients have to take their answers once the server ends."""
_WATCH = 0.2
_BACKLOG = 1024


def application(
    routes: Sequence[BaseRoute], hosts: Collection[str] = (), limits: Limits = Limits(), token: str | None = None
) -> App:
    """An application of some routes behind the guard.

    Args:
        hosts: names by which the server may be called.
        limits: of every request.
        token: that every request has to show; None: none is asked for.
    """

    async def as_json(request: Request, error: Exception) -> Response:
        status, sentence, headers = 500, "the server made a mistake; its log says more", {}
        if isinstance(error, HTTPException):
            status, sentence, headers = error.status_code, error.detail, dict(error.headers or {})
        content, form_headers = refusal_form(request.url.path, status, sentence)
        return Json(content, status, {**headers, **form_headers})

    handlers = {HTTPException: as_json, Exception: as_json}
    return Guard(Starlette(routes=list(routes), exception_handlers=handlers), hosts, limits, token, refusal_form)


class Server:
    """A server and its workers, from the first request to an end that tells the truth.

    Args:
        pool: of workers, not started yet, with its queue.
        listening: a socket that is bound.
        leave: what clients may name besides their uploads.
        keep: leave the folders of predictions where they are.
        hosts: names by which the server may be called.
        limits: of every request.
        token: that every request has to show.
        routes: further ones, which come first.
    """

    def __init__(
        self,
        pool: Pool,
        listening: socket.socket,
        leave: Leave = Leave(addresses=True),
        *,
        keep: bool = False,
        hosts: Collection[str] = (),
        limits: Limits = Limits(),
        token: str | None = None,
        routes: Sequence[Routes] = (),
    ) -> None:
        self.pool, self.listening, self._keep = pool, listening, keep
        self._hosts, self._limits, self._token, self._routes = hosts, limits, token, routes
        uploads = Uploads(pool.queue.folder, pool.queue.mentions)
        self._services = Services(pool.queue, pool, uploads, leave, Registry.discover())
        self._code = 0
        self._ending = False

    def run(self) -> int:
        """Serve until told to end; the exit code: 0 after /shutdown, 128 + a signal's number, 1 without any worker."""
        self.pool.start()
        try:
            asyncio.run(self._serve())
        finally:
            self.pool.drain()
        return self._code

    def end(self, code: int = 0) -> None:
        """Stop the jobs after their step, answer their clients, and end. Asked a second time, end at once."""
        if self._ending:
            self.pool.kill()
            return
        self._ending, self._code = True, code
        threading.Thread(target=self.pool.drain, daemon=True, name="pixray-drain").start()

    async def _serve(self) -> None:
        stream = EventStream(self.pool.queue.log)
        app = application(self._all_routes(stream), self._hosts, self._limits, self._token)
        config = uvicorn.Config(
            app,
            http=limited_protocol(self._limits),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=self._limits.connections,
            timeout_keep_alive=int(self._limits.idle_seconds),
            timeout_graceful_shutdown=_LAST_ANSWERS,
            h11_max_incomplete_event_size=self._limits.header,
        )
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what clients send wrongly is their matter
        server = _Uvicorn(config)
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                    continue  # nohup: the loss of the terminal shall not matter
                loop.add_signal_handler(number, self.end, 128 + number)
        watching = asyncio.create_task(self._watch(server, stream))
        try:
            await server.serve(sockets=[self.listening])
        finally:
            watching.cancel()

    def _all_routes(self, stream: EventStream) -> list[BaseRoute]:
        services = self._services
        jobs = JobsApi(services.queue, services.uploads, services.leave, services.registry)
        predictions = Predictions(self.pool, services.leave, self.end, keep=self._keep)
        extra_routes = [route for routes in self._routes for route in routes(services)]
        own = [*Downloads(services.queue).routes(), *jobs.routes(), *stream.routes(), *services.uploads.routes()]
        dialects = [*openai_images.routes(services), *sdapi.routes(services)]
        return [*extra_routes, *own, *dialects, *predictions.routes()]

    async def _watch(self, server: uvicorn.Server, stream: EventStream) -> None:
        """End the server once its pool has drained, or when no worker can be started."""
        while True:
            await asyncio.sleep(_WATCH)
            states = {supervisor.state for supervisor in self.pool.supervisors}
            if states <= {"failed"} and not self._ending:
                logger.error("no worker could be started")
                self.end(1)
            if self._ending and states <= {"ended", "failed"}:
                stream.close()
                server.should_exit = True


class _Uvicorn(uvicorn.Server):
    """uvicorn whose signals are ours."""

    @contextmanager
    def capture_signals(self) -> Any:
        yield


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that listens at an address.

    Raises:
        PixrayError: it cannot.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        raise PixrayError(f"cannot listen at {host} port {port}: {error}") from None
    return listener

"""One job of ComfyUI: submitted, watched over HTTP, cancelled, and its picture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar
from urllib.parse import urlencode

from pixray.providers.base import Preview
from pixray.providers.comfyui.feed import Feed
from pixray.providers.comfyui.graph import Graph, title_of
from pixray.providers.errors import ProtocolError, ProviderError
from pixray.providers.polling import Lost, Pace, billed
from pixray.providers.refusals import shortened
from pixray.providers.service_http import Http

_LOOKS_UNTIL_LOST = 3
"""So often in a row a job may be neither waiting nor running nor done before it is given up: the server restarted."""


class Job:
    """A graph that the server works on.

    Args:
        identifier: chosen by us, as the server may be told; an old server chooses another.
        client: whose messages tell of it.
    """

    pace: ClassVar[Pace] = Pace(first=0.3, factor=1.5, longest=4.0)

    def __init__(self, http: Http, graph: Graph, identifier: str, client: str) -> None:
        self.http, self.graph, self.identifier, self._client = http, graph, identifier, client
        self.entry: dict[str, Any] = {}
        self._place: str | None = None

    async def submit(self) -> None:
        """Hand the graph to the server.

        Raises:
            BadRequest: the server does not accept it, with the nodes and why.
        """
        body = {"prompt": self.graph, "client_id": self._client, "prompt_id": self.identifier}
        answer = (await self.http.post_json("/prompt", body)).json(self.http.service)
        identifier = answer.get("prompt_id") if isinstance(answer, dict) else None
        if not isinstance(identifier, str) or not identifier.replace("-", "").isalnum():
            raise ProtocolError("comfyui accepted a graph without saying which ('prompt_id')")
        self.identifier = identifier

    async def previews(self, feed: Feed) -> AsyncIterator[Preview]:
        """Unfinished pictures until the job has ended; its `entry` then says how.

        Raises:
            Lost: it disappeared.
        """
        wait, unseen, failed = self.pace.first, 0, 0
        while True:
            for picture in await feed.news(wait):
                yield Preview(picture)
            wait = min(wait * self.pace.factor, self.pace.longest)
            try:
                entry = await self._history()
                if entry is not None:
                    self.entry = entry
                    return
                self._place = await self._place_in_queue()
                unseen = 0 if self._place is not None else unseen + 1
                failed = 0
            except ProviderError as error:
                failed += 1
                if not error.passing or failed > self.pace.failures:
                    raise billed(error) from error.__cause__
            if unseen >= _LOOKS_UNTIL_LOST:
                raise Lost("comfyui no longer knows the job; was it restarted?", maybe_billed=True)

    async def picture(self) -> bytes:
        """The finished picture.

        Raises:
            Lost: the job failed, with what the server said, or was interrupted by somebody else.
            ProtocolError: it ended without a picture.
        """
        status = self.entry.get("status")
        if isinstance(status, dict) and status.get("status_str") == "error":
            raise Lost(self._failure(status.get("messages")), maybe_billed=True)
        file = self._file()
        query = urlencode({name: str(file.get(name, "")) for name in ("filename", "subfolder", "type")})
        return (await self.http.get(f"/view?{query}", accept="image/*")).body

    async def cancel(self) -> None:
        """Take it from the queue; interrupt the server only if this very job is at work."""
        deleted = self.http.post_json("/queue", {"delete": [self.identifier]})
        interrupt = {"prompt_id": self.identifier}  # which servers of before 2025 ignore: they end whatever is at work
        if self._place == "queue_running":
            await asyncio.gather(deleted, self.http.post_json("/interrupt", interrupt))
            return
        await deleted
        if await self._place_in_queue() == "queue_running":
            await self.http.post_json("/interrupt", interrupt)

    async def _history(self) -> dict[str, Any] | None:
        answer = (await self.http.get(f"/history/{self.identifier}")).json(self.http.service)
        if not isinstance(answer, dict):
            raise ProtocolError("comfyui answered without a history")
        entry = answer.get(self.identifier)
        return entry if isinstance(entry, dict) else None

    async def _place_in_queue(self) -> str | None:
        """In which of its two lists the server has the job."""
        answer = (await self.http.get("/queue")).json(self.http.service)
        for name in ("queue_running", "queue_pending"):
            listed = answer.get(name) if isinstance(answer, dict) else None
            for item in listed if isinstance(listed, list) else ():
                if isinstance(item, list) and len(item) > 1 and item[1] == self.identifier:
                    return name
        return None

    def _file(self) -> dict[str, Any]:
        """The picture among the outputs: of a node with the title "output", else the last that was saved."""
        outputs = self.entry.get("outputs")
        saved_pictures: list[tuple[bool, bool, dict[str, Any]]] = []
        for number, output in outputs.items() if isinstance(outputs, dict) else ():
            images = output.get("images") if isinstance(output, dict) else None
            for image in images if isinstance(images, list) else ():
                if isinstance(image, dict) and isinstance(image.get("filename"), str):
                    titled = number in self.graph and title_of(self.graph[number]).lower() == "output"
                    saved_pictures.append((titled, image.get("type") == "output", image))
        if not saved_pictures:
            raise ProtocolError("comfyui finished the graph without a picture; it needs a node that saves one")
        best = max((titled, saved) for titled, saved, _ in saved_pictures)
        return next(image for titled, saved, image in reversed(saved_pictures) if (titled, saved) == best)

    def _failure(self, messages: Any) -> str:
        for message in messages if isinstance(messages, list) else ():
            if isinstance(message, list) and len(message) == 2 and isinstance(message[1], dict):
                kind, said = message
                if kind == "execution_error":
                    where = shortened(f"{said.get('node_id')} ({said.get('node_type')})", 80)
                    return f"comfyui failed at node {where}: {shortened(str(said.get('exception_message')))}"
                if kind == "execution_interrupted":
                    return "the job was interrupted in ComfyUI"
        return "comfyui failed without saying why"

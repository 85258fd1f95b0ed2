"""ComfyUI: paints with the user's own graph, as exported for its API, or with a small ready one. Free, with seeds."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pixray.providers.base import Capabilities, GeneratedImage, ImageRequest, Provider, Remark, Reply
from pixray.providers.comfyui.feed import listening
from pixray.providers.comfyui.graph import FAMILIES, Graph, read_graph, ready_graph
from pixray.providers.comfyui.inputs import Place, filled, find, missing_inputs, named_places
from pixray.providers.comfyui.jobs import Job
from pixray.providers.errors import AuthError, ProtocolError, ProviderError, Transient, UnsupportedFeature
from pixray.providers.picture_upload import png_file, transparent_mask
from pixray.providers.polling import NotRunning, farewell
from pixray.providers.price_list import PriceList
from pixray.providers.service_http import Http
from pixray.providers.sizes import SizeRule
from pixray.settings.declare import Refers, setting

_NO_SOCKET = "comfyui: unfinished pictures need the package websockets (pip install 'pixray[comfyui]')"


class ComfyUI(Provider):
    """ComfyUI on your machine."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """ComfyUI"""

        comfyui_url: str | None = setting(
            None, "base address, such as http://127.0.0.1:8188 (the default)", refers=Refers.ENDPOINT
        )
        comfyui_graph: str | None = setting(
            None, "path of a graph exported with 'Export (API)'; default: a ready one", refers=Refers.FILE
        )
        comfyui_inputs: str | None = setting(
            None, "inputs of the graph that are not found by themselves, such as prompt=6.text,seed=3.seed", grid=""
        )
        comfyui_family: str = setting("sd15", "kind of checkpoint that the ready graph is for", choices=FAMILIES)
        comfyui_model: str | None = setting(
            None, "file name of the checkpoint, see `pixray services comfyui`; default: the only one, or the graph's"
        )
        comfyui_steps: int | None = setting(None, "steps of the sampler; default: the graph's", minimum=1, maximum=200)
        comfyui_guidance: float | None = setting(
            None, "how closely the prompt is followed; default: the graph's", minimum=0, maximum=100
        )
        comfyui_sampler: str | None = setting(None, "name of the sampler; default: the graph's")

    settings: Settings
    name = "comfyui"
    prices = PriceList.free()
    local_ports = (8188,)
    key_name, url_name, default_url = "COMFYUI_KEY", "COMFYUI_URL", "http://127.0.0.1:8188"
    needs_key = False
    capabilities = Capabilities(
        init=True,
        mask=True,
        negative=True,
        seeds=2**32 - 1,
        sizes=SizeRule(multiple=8, minimum=64, maximum=4096),
        samplers=None,
        steps=True,
        guidance=True,
        previews=True,
        deterministic=True,
        concurrency=1,
        timeout=1800.0,  # a large picture on a CPU, or a long queue
    )

    def refine(self, request: ImageRequest) -> ImageRequest:
        """Everything is found in the graph before anything is sent."""
        try:
            graph = self._graph(request)
            self._places(graph, request)
        except ValueError as error:
            raise UnsupportedFeature(f"comfyui: {error}") from error
        digest = hashlib.sha256(json.dumps(graph, sort_keys=True).encode()).hexdigest()
        return replace(request, options={**request.options, "graph": digest})  # its content is what the cache knows

    def repeatable(self, request: ImageRequest) -> bool:
        own_model = self.settings.comfyui_graph is not None or request.model is not None
        return super().repeatable(request) and own_model  # else it is whatever lies there

    async def generate(self, request: ImageRequest) -> AsyncIterator[Reply]:
        http = self._http()
        try:
            graph = self._graph(request)
            places = self._places(graph, request)
            values = {**_values(request), **await self._uploads(http, request, graph, places)}
            if places.get("model"):
                values["model"] = request.model or await self._only_model(http, graph, places["model"])
            client = uuid.uuid4().hex
            async with listening(self.url, client, self._headers()) as feed:
                if feed.missing:
                    yield Remark(_NO_SOCKET)
                ready = filled(graph, {what: value for what, value in values.items() if what in places}, places)
                job = Job(http, ready, str(uuid.uuid4()), client)
                done = False
                try:
                    await job.submit()
                    async for preview in job.previews(feed):
                        yield preview
                    done = True
                finally:
                    if not done:
                        await farewell(job.cancel())
            facts = {"request_id": job.identifier, **({"model": str(values["model"])} if "model" in values else {})}
            yield GeneratedImage(await job.picture(), seed=request.seed if places.get("seed") else None, facts=facts)
        except ProviderError as error:
            raise self._told(error) from error.__cause__

    async def models(self) -> list[str]:
        """File names of checkpoints."""
        try:
            listed = (await self._http().get("/models/checkpoints")).json(self.name)
        except ProviderError as error:
            raise self._told(error) from error.__cause__
        if not isinstance(listed, list):
            raise ProtocolError("comfyui answered without a list of checkpoints")
        return [str(name) for name in listed]

    async def recognised(self) -> str | None:
        stats = (await self._http().get("/system_stats")).json(self.name)
        system = stats.get("system") if isinstance(stats, dict) else None
        return f"ComfyUI {str(system.get('comfyui_version', ''))[:20]}".strip() if isinstance(system, dict) else None

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key.reveal()}"} if self.key.is_set else {}

    def _http(self) -> Http:
        limit = self.capabilities.timeout
        return Http(self.name, self.url, self.key, bearer=False, headers=self._headers(), timeout=limit)

    def _graph(self, request: ImageRequest) -> Graph:
        if self.settings.comfyui_graph is not None:
            return read_graph(self.settings.comfyui_graph)
        family = self.settings.comfyui_family
        return ready_graph(family, picture=request.init is not None, mask=request.mask is not None)

    def _places(self, graph: Graph, request: ImageRequest) -> dict[str, list[Place]]:
        """Where everything that the request asks for goes.

        Raises:
            ValueError: the graph has no input for some of it.
        """
        named = named_places(self.settings.comfyui_inputs or "", graph)
        asked = {
            "prompt": bool(request.text),
            "negative": bool(request.unwanted),
            "seed": True,
            "size": request.init is None,  # else the picture brings it
            "picture": request.init is not None,
            "mask": request.mask is not None,
            "strength": request.init is not None and request.strength is not None,
            "steps": request.steps is not None,
            "guidance": request.guidance is not None,
            "sampler": request.sampler is not None,
            "model": request.model is not None or self.settings.comfyui_graph is None,
        }
        places = {what: find(graph, what, named) for what, is_sent in asked.items() if is_sent}
        missing = [what for what, inputs in places.items() if not inputs and what not in named]
        if missing:
            raise ValueError(missing_inputs(graph, missing))
        return places

    async def _only_model(self, http: Http, graph: Graph, places: list[Place]) -> str:
        """The checkpoint of a ready graph when nobody named one: the server has to have a single one."""
        listed = await self.models()
        if len(listed) != 1:
            names = ", ".join(listed[:8]) or "none"
            raise UnsupportedFeature(f"comfyui: say which checkpoint (--comfyui_model); the server has {names}")
        return listed[0]

    async def _uploads(
        self, http: Http, request: ImageRequest, graph: Graph, places: Mapping[str, list[Place]]
    ) -> dict[str, str]:
        """Upload the start picture and the mask under names of their content; what to call them in the graph."""
        contents: dict[str, bytes] = {}
        if request.init is not None and places.get("picture"):
            contents["picture"] = request.init
        if request.mask is not None and places.get("mask"):
            loader = graph[places["mask"][0].node]["class_type"]
            # LoadImageMask reads a channel; the mask of LoadImage is what is transparent.
            contents["mask"] = request.mask if loader == "LoadImageMask" else transparent_mask(request.mask)
        names = {}
        for what, content in contents.items():
            file = png_file(f"pixray_{hashlib.sha256(content).hexdigest()[:24]}.png", content)
            fields = {"type": "input", "overwrite": "true"}  # of the same content, by its name
            answer = (await http.post_form("/upload/image", fields, [("image", file)])).json(self.name)
            if not isinstance(answer, dict) or not isinstance(answer.get("name"), str):
                raise ProtocolError("comfyui took a picture without saying what it is called ('name')")
            subfolder = answer.get("subfolder")
            names[what] = f"{subfolder}/{answer['name']}" if subfolder else answer["name"]
        return names

    def _told(self, error: ProviderError) -> ProviderError:
        if isinstance(error, AuthError) and error.status is not None and not self.key.is_set:
            return AuthError(f"the server at {self.url} wants a key: set {self.key_name}", status=error.status)
        if isinstance(error, Transient) and error.unsent:
            return NotRunning(f"no ComfyUI answers at {self.url}: start it, or say where it is (--comfyui_url)")
        return error


def _values(request: ImageRequest) -> dict[str, Any]:
    """What goes into the graph, pictures and model left out."""
    values = {
        "prompt": request.text,
        "negative": request.unwanted,
        "seed": request.seed,
        "size": (request.width, request.height),
        "strength": request.strength,
        "steps": request.steps,
        "guidance": request.guidance,
        "sampler": request.sampler,
    }
    return {what: value for what, value in values.items() if value is not None}

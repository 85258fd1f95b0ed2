"""A remote service as a drawer: it proposes pictures, nothing is optimised. One class for all services."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from PIL import Image
from torch import Tensor

from pixray.drawers.base import Canvas, Drawer, Proposal
from pixray.drawers.remote.candidates import Made, packed, unpacked
from pixray.drawers.remote.order import MOST_SEED, client_for, request_for
from pixray.images.encode import picture_png
from pixray.images.fit import cut_to
from pixray.images.glob import expand
from pixray.images.io import on_white, open_picture, resized, to_tensor, to_u8
from pixray.optim.parameter_group import ParameterGroup
from pixray.providers.base import ImageRequest, Provider
from pixray.providers.client import Client
from pixray.providers.decode import open_safely
from pixray.providers.errors import (
    AuthError,
    BudgetExceeded,
    ContentFiltered,
    DecodeError,
    ProviderError,
    QuotaError,
    UnsupportedFeature,
)  # fmt: skip
from pixray.providers.results import Cost, GenerateResult, ImageResult
from pixray.runtime.redact import without_secrets

if TYPE_CHECKING:
    from PIL import Image

    from pixray.models.store import ModelStore
    from pixray.settings.namespace import Settings as RunSettings

_HOPELESS = (AuthError, QuotaError, BudgetExceeded, UnsupportedFeature)
_PATIENCE = 0.2
_FAREWELL = 0.9
"""Seconds that a cancelled job has to tell its service to stop, before the process may end."""
SEED_STRIDE = 1000
"""Between the seeds of candidates, so that the runs of neighbouring seeds share none."""


class RemoteDrawer(Drawer):
    """Asks a service for one candidate per step; the losses choose among them. Made by `drawer_of`."""

    wants_noise = False
    supplies = {"iterations": 1}
    service: ClassVar[type[Provider]]
    key: ClassVar[Callable[[], str | None] | None] = None

    def __init__(self, settings: Any, canvas: Canvas) -> None:
        super().__init__(settings, canvas)
        self.provider = self.service(settings, type(self).key)
        self.client = Client(self.provider)
        self._models: ModelStore | None = None
        self._run: RunSettings | None = None
        self._seed, self._steps = 1, 1
        self._request: ImageRequest | None = None
        self._best = torch.full((1, 3, canvas.height, canvas.width), 0.5, device=canvas.device)
        self._found = False
        self._facts: dict[str, str] = {}
        self._candidates: list[ImageResult] = []
        self._chosen: ImageResult | None = None
        self._hopeless = False
        self._costs: list[Cost] = []

    def load(self, models: ModelStore) -> None:
        self._models = models

    def configure(self, settings: RunSettings, seed: int) -> None:
        assert self._models is not None, "load() comes first"
        self._run, self._seed, self._steps = settings, seed, settings.iterations
        self.client = client_for(self.provider, settings, self._models)

    def start(self, image: Tensor | None, generator: torch.Generator) -> None:

        init = None if image is None else Image.fromarray(to_u8(image[:, :3]))
        if image is not None:
            self._best = image[:, :3].to(self.canvas.device)
        if self._run is not None:
            size = (self.canvas.width, self.canvas.height)
            self._request = request_for(self.provider, self._run, self._seed, size, init, self.canvas.notice)

    def parameters(self) -> list[ParameterGroup]:
        return []

    def render(self, step: int) -> Tensor:
        return self._best

    def propose(self, step: int) -> Iterator[Proposal]:
        assert self._request is not None and self._request.seed is not None, "configure() and start() come first"
        if self._hopeless:
            return
        previews: deque[bytes] = deque(maxlen=8)
        seed = (self._request.seed - 1 + step * SEED_STRIDE) % MOST_SEED + 1
        job = self.client.start(replace(self._request, seed=seed), previews.append)
        try:
            while not job.wait(_PATIENCE):
                yield from self._previews(previews)
                yield Proposal()
            yield from self._previews(previews)
            yield from self._candidate(job.result())
        except ProviderError as error:
            last = step + 1 >= self._steps
            if not self._found and (last or isinstance(error, _HOPELESS)):
                raise
            self._hopeless = isinstance(error, _HOPELESS)
            yield Proposal(notice=f"candidate {step + 1}: {error}")
        finally:
            if not job.done():
                job.cancel()
                job.wait(_FAREWELL)

    def accept(self, proposal: Proposal) -> None:
        assert proposal.image is not None
        self._best = proposal.image
        self._chosen = proposal.source
        if self._chosen is not None:
            self._facts = facts_of(self.provider, self._chosen)

    def facts(self) -> Mapping[str, str]:
        return {**self._facts, "pixray_cost": str(Cost.sum(self._costs))} if self._costs else self._facts

    def files(self, shown: Tensor) -> Mapping[str, bytes]:
        """The picture at the size it was made in, pictures that came with it, and all candidates if there are more."""
        files: dict[str, bytes] = {}
        size = (self.canvas.width, self.canvas.height)
        if self._chosen is not None:
            if (self._chosen.width, self._chosen.height) != size:
                files["_full.png"] = picture_png(self._chosen.picture())
            for name, content in self._chosen.beside.items():
                files[f"_{name}.png"] = picture_png(open_safely(content))
        if self._steps > 1:
            for number, candidate in enumerate(self._candidates, 1):
                files[f"_candidate_{number}.png"] = picture_png(candidate.picture())
        return files

    def state(self) -> dict[str, Tensor]:
        made = Made(self._facts, self._costs, self._candidates, self._chosen)
        return {"best": self._best.detach().cpu().clone(), "found": torch.tensor(self._found), **packed(made)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        made = unpacked(state)
        self._best = state["best"].to(self.canvas.device)
        self._found = bool(state["found"])
        self._facts, self._costs = dict(made.facts), list(made.costs)
        self._candidates, self._chosen = list(made.candidates), made.chosen

    def _previews(self, previews: deque[bytes]) -> Iterator[Proposal]:
        while previews:
            try:
                picture = open_safely(previews.popleft())
            except DecodeError as error:
                yield Proposal(notice=f"an unfinished picture was left out: {error}")
                continue
            yield Proposal(self._tensor(picture))

    def _candidate(self, result: GenerateResult) -> Iterator[Proposal]:
        for warning in result.warnings:
            yield Proposal(notice=warning)
        usable = [image for image in result.images if image.usable]
        if not usable:
            raise ContentFiltered(f"{self.provider.name} {refusal_of(result.images[0])}")
        self._found = True
        self._costs.append(result.cost)
        for image in usable:
            self._candidates.append(image)
            notice = _said(self.provider, image, result)
            yield Proposal(self._tensor(image.picture()), finished=True, notice=notice, source=image)

    def _tensor(self, picture: Image.Image) -> Tensor:
        fitting = cut_to(picture, (self.canvas.width, self.canvas.height))
        if fitting.mode == "RGBA" and self.canvas.transparent:
            return to_tensor(fitting, 4).to(self.canvas.device)
        return to_tensor(on_white(fitting)).to(self.canvas.device)


def drawer_of(service: type[Provider], key: Callable[[], str | None] | None = None) -> type[RemoteDrawer]:
    """The drawer of a service.

    Args:
        key: gives its key, if it is not to come from the environment.
    """
    facts = {"service": service, "Settings": service.Settings, "key": staticmethod(key) if key else None}
    return type(f"{service.__name__}Drawer", (RemoteDrawer,), {**facts, "__doc__": service.__doc__})


def draft(
    provider: Provider,
    settings: RunSettings,
    seed: int,
    size: tuple[int, int],
    models: ModelStore,
    notice: Callable[[str], None],
) -> tuple[Image.Image, dict[str, str]]:
    """A picture of a service for another drawer to start from, and facts about it for the metadata.

    Args:
        size: of the drawer's pictures; a start picture of the run (init_image) is what the service starts from.

    Raises:
        ProviderError: there is no picture.
    """
    init = None
    if settings.init_image:
        opened = open_picture(expand(settings.init_image, "init_image")[0], "init_image")
        init = resized(opened, size, settings.image_fit)
    request = request_for(provider, settings, seed, size, init, notice)
    result = client_for(provider, settings, models).start(request).result()
    image = next((image for image in result.images if image.usable), None)
    if image is None:
        raise ContentFiltered(f"{provider.name} {refusal_of(result.images[0])}")
    for text in (*result.warnings, _said(provider, image, result)):
        notice(text)
    return cut_to(image.picture(), size), {**facts_of(provider, image), "pixray_cost": str(result.cost)}


def facts_of(provider: Provider, image: ImageResult) -> dict[str, str]:
    """What the metadata of a picture says about the service that made it. Never a key."""
    facts = {"provider": provider.name, "service_size": f"{image.width}x{image.height}"}
    if image.seed is not None:
        facts["service_seed"] = str(image.seed)
    if image.revised_prompt:
        facts["revised_prompt"] = image.revised_prompt
    model = provider.request_fields().get("model")
    if model:
        facts["model"] = str(model)
    facts.update(image.facts)
    return {f"pixray_{name}": without_secrets(provider.key.redact(str(value))) for name, value in facts.items()}


def refusal_of(image: ImageResult) -> str:
    """Why there is no usable picture, as the rest of a sentence that begins with the service's name."""
    reasons = {"filtered": "refused the prompt or the picture", "blurred": "blurred the picture"}
    text = reasons.get(image.status, "made no usable picture")
    return f"{text}: {image.refusal}" if image.refusal else text


def _said(provider: Provider, image: ImageResult, result: GenerateResult) -> str:
    seed = "no seed" if image.seed is None else f"seed {image.seed}"
    origin = "from the cache" if result.cached else f"in {result.seconds:.1f} s, cost {result.cost}"
    return f"{provider.name} made {image.width}x{image.height}, {seed}, {origin}"

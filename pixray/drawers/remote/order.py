"""From the settings of a run to what a remote service is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PIL import Image

from pixray.errors import SettingsError
from pixray.images.encode import picture_png
from pixray.images.fit import placed_in
from pixray.images.io import on_white, open_mask
from pixray.perceptors.reading import not_read, unread_part
from pixray.perceptors.tokenizer import Tokenizer
from pixray.providers.base import Control, ImageRequest, Provider
from pixray.providers.cache import Cache, default_folder
from pixray.providers.client import Client
from pixray.providers.limits import Budget, Gate, Retries
from pixray.providers.unfinished import Unfinished
from pixray.settings.grammar import parse_parts

if TYPE_CHECKING:
    from pixray.models.store import ModelStore
    from pixray.settings.namespace import Settings

MOST_SEED = 2**31 - 1


def client_for(provider: Provider, settings: Settings, models: ModelStore) -> Client:
    """A client under the rules that the settings state.

    Args:
        models: sessions that share it share the service's limits.

    Raises:
        SettingsError: max_cost without the price of this service, or an address from an untrusted place.
    """
    _check_origin(provider, settings)
    prices = {name: amount for name, amount, _, _ in parse_parts(settings.prices)}
    listed = provider.prices
    if settings.max_cost is not None and provider.name not in prices and not (listed and listed.certain):
        guess = listed.price_of(provider.request_fields().get("model")) if listed else None
        hint = f" (about {guess:g} {listed.unit} on {listed.as_of}, unverified)" if listed and guess is not None else ""
        raise SettingsError(
            f"max_cost={settings.max_cost:g}: the price of a picture is needed, prices={provider.name}:AMOUNT{hint}"
        )
    capabilities = provider.capabilities
    gate = models.shared(("remote gate", provider.name), lambda: Gate(capabilities.concurrency, capabilities.rate))
    return Client(
        provider,
        retries=Retries(settings.remote_attempts, billable=settings.pay_twice),
        budget=Budget(settings.max_cost, settings.max_requests),
        gate=gate,
        cache=None if settings.remote_cache == "off" else Cache(default_folder()),
        caching=settings.remote_cache,
        prices=prices,
        unfinished=Unfinished(default_folder() / "unfinished"),
    )


def _check_origin(provider: Provider, settings: Settings) -> None:
    """An untrusted picture or file must not say where keys are sent, unless the environment says the same."""
    name = f"{provider.name}_url"
    address = getattr(settings, name, None)
    if (
        address
        and not settings.origin_kind(name).may_direct_keys
        and address != os.environ.get(provider.url_name or "-")
    ):
        raise SettingsError(
            f"{name} (from {settings.origin(name)}): a key would be sent there, so it is taken from the command line, "
            f"from Python or from the variable {provider.url_name} only"
        )


def request_for(
    provider: Provider,
    settings: Settings,
    seed: int,
    size: tuple[int, int],
    init: Image.Image | None,
    notice: Callable[[str], None],
) -> ImageRequest:
    """What the run asks the service for.

    Args:
        seed: of the run; services count from 1 to 2**31 - 1.
        size: of the canvas; the request is of the nearest size that the service makes.
        init: the start picture, of the canvas' size.
        notice: called with a sentence about each change.

    Raises:
        SettingsError: a start picture is needed for what was asked.
    """
    request_fields = provider.request_fields()
    service_size = provider.sizes(request_fields.get("model")).nearest(*size)
    if service_size != size:
        offered, fitted = (f"{width}x{height}" for width, height in (service_size, size))
        notice(f"{provider.name} makes {offered}; the picture is fitted to {fitted} afterwards")
    prompts, negative = _prompts(provider, settings, notice)
    request = ImageRequest(
        prompts=prompts,
        width=service_size[0],
        height=service_size[1],
        negative=negative,
        seed=seed if 1 <= seed <= MOST_SEED else seed % MOST_SEED + 1,
        timeout=settings.remote_timeout,
        **request_fields,
    )
    return _with_pictures(request, settings, size, init)


def _prompts(
    provider: Provider, settings: Settings, notice: Callable[[str], None]
) -> tuple[tuple[tuple[str, float], ...], str]:
    """Prompts with weights, and what shall not be painted, as far as the service has such things."""
    capabilities, negative = provider.capabilities, settings.negative_prompt or ""
    prompts = tuple((prompt.text, prompt.weight) for prompt in settings.prompts_by_setting["prompts"])
    if capabilities.tokens:
        tokenize = Tokenizer(context_length=capabilities.tokens)
        for setting, text in [*(("", text) for text, _ in prompts), ("negative_prompt", negative)]:
            unread = unread_part(tokenize, text)
            if unread:
                notice(not_read([provider.name], setting, text, unread))
    if capabilities.weights == "none" and any(weight > 0 and weight != 1 for _, weight in prompts):
        notice(f"{provider.name} has no weights of prompts; the prompts are joined as they are")
    if not capabilities.negative and (negative or any(weight < 0 for _, weight in prompts)):
        notice(f"{provider.name} takes no negative prompts; they only take part in the choice among candidates")
        return tuple(prompt for prompt in prompts if prompt[1] >= 0), ""
    return prompts, negative


def _with_pictures(
    request: ImageRequest, settings: Settings, size: tuple[int, int], init: Image.Image | None
) -> ImageRequest:
    if init is None:
        for name in ("remote_mask", "remote_control"):
            if getattr(settings, name):
                raise SettingsError(f"{name}={getattr(settings, name)!r}: give the start picture too (init_image)")
        return request
    outer = (request.width, request.height)
    picture = picture_png(placed_in(on_white(init), outer))
    if settings.remote_control:
        return replace(request, control=Control(settings.remote_control, picture, settings.remote_control_scale))
    mask = None
    if settings.remote_mask:
        opened = open_mask(settings.remote_mask, "remote_mask").resize(size)
        mask = picture_png(placed_in(opened, outer))
    return replace(request, init=picture, strength=settings.remote_strength, mask=mask)

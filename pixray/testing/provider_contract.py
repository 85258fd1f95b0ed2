"""What every provider promises, as a check that plugin authors run against a fake of their service."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from concurrent.futures import CancelledError
from typing import Any, Protocol

from pixray.providers.base import Control, ImageRequest, Provider
from pixray.providers.client import Client
from pixray.providers.errors import AuthError, UnsupportedFeature
from pixray.settings.declare import declarations
from pixray.testing.checking import check_class, check_title
from pixray.testing.fake_server import fake_picture


class Fake(Protocol):
    """What the check needs of a fake service: see `pixray.testing.fake_server.FakeServer`."""

    key: str

    @property
    def url(self) -> str: ...

    @property
    def requests(self) -> Sequence[Any]: ...

    def hang_next(self) -> None: ...


def check_provider(cls: type[Provider], fake: Fake, **settings: Any) -> None:
    """Pictures, seeds, refusals before anything is sent, masked keys and prompt cancelling of a provider.

    Args:
        fake: a running fake of its service.
        settings: values other than the defaults.
    """
    check_class("provider", cls)
    group = cls.Settings
    if group is not None:
        declared = declarations(group, cls.__name__)
        check_title(cls)
        unprefixed = [declaration.name for declaration in declared if not declaration.name.startswith(f"{cls.name}_")]
        assert not unprefixed, f"settings of {cls.__name__} need the prefix '{cls.name}_': {unprefixed}"
    chosen = group(**settings) if group is not None else None

    def provider(key: str = fake.key) -> Provider:
        return cls(chosen, key=lambda: key, url=fake.url)

    request = _request(provider())
    _check_pictures(provider(), request)
    _check_refusals(provider(), request, fake)
    _check_masked(provider(), fake)
    if cls.key_name:
        _check_wrong_key(provider("sk-wrong-key-for-the-check"), request)
    _check_cancel(provider(), request, fake)


def _request(provider: Provider) -> ImageRequest:
    request_fields = provider.request_fields()
    width, height = provider.sizes(request_fields.get("model")).nearest(96, 64)
    seed = 7 if provider.capabilities.seeds is not None else None
    return ImageRequest(prompts=(("a red circle", 1.0),), width=width, height=height, seed=seed, **request_fields)


def _check_pictures(provider: Provider, request: ImageRequest) -> None:
    result = Client(provider).start(request).result()
    assert len(result.images) == 1 and result.images[0].usable, f"{provider.name} made no picture: {result}"
    image = result.images[0]
    assert image.picture().size == (image.width, image.height)
    assert result.attempts == 1 and result.error is None
    if request.seed is not None:
        assert image.seed == request.seed, f"{provider.name} reports seed {image.seed} for {request.seed}"
    if provider.capabilities.deterministic:
        again = Client(provider).start(request).result().images[0]
        assert again.content == image.content, f"{provider.name} says it is deterministic, and is not"
    several = Client(provider).start(dataclasses.replace(request, count=3)).result()
    assert len(several.images) == 3, f"{provider.name} made {len(several.images)} of 3 pictures"
    if request.seed is not None:
        assert [image.seed for image in several.images] == [7, 8, 9], "seeds of several pictures must count up"


def _check_refusals(provider: Provider, request: ImageRequest, fake: Fake) -> None:
    """Everything that the capabilities exclude is refused, with nothing sent."""
    capabilities = provider.capabilities
    picture = fake_picture("x", 1, (request.width, request.height))
    wrong: list[dict[str, Any]] = [{"prompts": ()}, {"options": {"no_such_option": 1}}, {"width": 100_000}]
    wrong += [{"init": picture}] if not capabilities.init else []
    wrong += [{"init": picture if capabilities.init else None, "mask": picture}] if not capabilities.mask else []
    wrong += [{"control": Control("no such control", picture)}]
    wrong += [{"negative": "fog"}] if not capabilities.negative else []
    wrong += [{"steps": 10}] if not capabilities.steps else []
    wrong += [{"guidance": 5.0}] if not capabilities.guidance else []
    wrong += [{"sampler": "no such sampler"}] if capabilities.samplers is not None else []
    wrong += [{"seed": capabilities.seeds + 1}] if capabilities.seeds is not None else []
    for changes in wrong:
        before = len(fake.requests)
        try:
            Client(provider).start(dataclasses.replace(request, **changes)).result()
        except UnsupportedFeature as error:
            assert str(error).startswith(f"{provider.name}: "), f"the refusal does not name its service: {error}"
        else:
            raise AssertionError(f"{provider.name} took {list(changes)} although it cannot do that")
        assert len(fake.requests) == before, f"{provider.name} sent something before it refused {list(changes)}"


def _check_masked(provider: Provider, fake: Fake) -> None:
    shown = f"{provider!r} {provider.key!r} {provider.key} {vars(provider)}"
    assert fake.key not in shown, f"{provider.name} shows its key"


def _check_wrong_key(provider: Provider, request: ImageRequest) -> None:
    try:
        Client(provider).start(request).result()
    except AuthError as error:
        assert provider.key.reveal() not in f"{error} {error!r} {error.__cause__!r} {error.__context__!r}"
    else:
        raise AssertionError(f"{provider.name} was content with a wrong key")


def _check_cancel(provider: Provider, request: ImageRequest, fake: Fake) -> None:
    fake.hang_next()
    before = len(fake.requests)
    job = Client(provider).start(request)
    while len(fake.requests) == before and not job.wait(0.01):
        continue
    begun = time.monotonic()
    job.cancel()
    assert job.wait(1.0), f"{provider.name} was not cancelled within a second"
    assert time.monotonic() - begun < 1.0
    try:
        job.result()
    except CancelledError:
        return
    raise AssertionError(f"{provider.name} was cancelled and gave a result all the same")

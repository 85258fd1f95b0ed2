import pytest

from pixray.providers.base import ImageRequest
from pixray.providers.client import Client
from pixray.providers.limits import Retries
from pixray.testing.fake_server import FAKE_KEY


@pytest.fixture
def ask():
    """A function that asks a provider of a running fake for a picture, with some changes to the request."""

    def generate(cls, fake, settings=None, client=None, **changes):
        provider = cls(cls.Settings(**settings or {}), key=lambda: FAKE_KEY, url=fake.url)
        width, height = provider.sizes(provider.request_fields().get("model")).nearest(256, 256)
        facts = {"prompts": (("a red circle", 1.0),), "width": width, "height": height, **provider.request_fields()}
        rules = {"retries": Retries(draw=lambda: 0.0), **(client or {})}
        return Client(provider, **rules).start(ImageRequest(**{**facts, **changes})).result()

    return generate

import pytest

from pixray.providers.blockentropy import BlockEntropy
from pixray.providers.openai import OpenAI
from pixray.providers.regolo import Regolo
from pixray.providers.stability_rest import StabilityRest
from pixray.providers.visioncraft import VisionCraft
from pixray.testing.fake_services import FakeBlockEntropy, FakeOpenAI, FakeRegolo, FakeStabilityRest, FakeVisionCraft
from pixray.testing.provider_contract import check_provider


@pytest.mark.parametrize(
    ("cls", "fake", "settings"),
    [
        (OpenAI, FakeOpenAI, {"openai_model": "gpt-image-1.5"}),
        (OpenAI, FakeOpenAI, {"openai_model": "dall-e-2"}),
        (Regolo, FakeRegolo, {}),
        (VisionCraft, FakeVisionCraft, {}),
        (BlockEntropy, FakeBlockEntropy, {}),
        (BlockEntropy, FakeBlockEntropy, {"blockentropy_response": "url"}),
        (StabilityRest, FakeStabilityRest, {}),
    ],
)
def test_contract(cls, fake, settings):
    with fake() as service:
        check_provider(cls, service, **settings)

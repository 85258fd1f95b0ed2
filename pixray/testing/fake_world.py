"""All fake services at once, with the environment that makes pixray talk to them.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from pixray.testing.fake_comfyui import FakeComfyUI
from pixray.testing.fake_hosted import FakeGemini, FakeOpenRouter, FakeTogether
from pixray.testing.fake_queued import FakeBFL, FakeFal, FakePixray, FakeReplicate
from pixray.testing.fake_sdapi import FakeSdapi
from pixray.testing.fake_services import (
    FakeBlockEntropy,
    FakeOpenAI,
    FakeRegolo,
    FakeStabilityRest,
    FakeVisionCraft,
)

_SERVICES: dict[str, tuple[Any, str, str]] = {
    "openai": (FakeOpenAI, "OPENAI_BASE_URL", "OPENAI_API_KEY"),
    "regolo": (FakeRegolo, "REGOLO_BASE_URL", "REGOLO_API_KEY"),
    "visioncraft": (FakeVisionCraft, "VISIONCRAFT_BASE_URL", "VISIONCRAFT_TOKEN"),
    "blockentropy": (FakeBlockEntropy, "BLOCKENTROPY_BASE_URL", "BE_API_KEY"),
    "bfl": (FakeBFL, "BFL_BASE_URL", "BFL_API_KEY"),
    "fal": (FakeFal, "FAL_BASE_URL", "FAL_KEY"),
    "gemini": (FakeGemini, "GEMINI_BASE_URL", "GEMINI_API_KEY"),
    "openrouter": (FakeOpenRouter, "OPENROUTER_BASE_URL", "OPENROUTER_API_KEY"),
    "pixray": (FakePixray, "PIXRAY_SERVER_URL", ""),
    "replicate": (FakeReplicate, "REPLICATE_BASE_URL", "REPLICATE_API_TOKEN"),
    "together": (FakeTogether, "TOGETHER_BASE_URL", "TOGETHER_API_KEY"),
    "comfyui": (FakeComfyUI, "COMFYUI_URL", "COMFYUI_KEY"),
    "sdapi": (FakeSdapi, "SDAPI_URL", "SDAPI_AUTH"),
    "stability_rest": (FakeStabilityRest, "STABILITY_REST_URL", "STABILITY_KEY"),
}


@contextmanager
def fake_world() -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Running fakes by the name of their service, and the environment variables that lead to them.

    Stability's gRPC service is among them where grpcio is installed; it needs `stability_plaintext`.
    """
    with ExitStack() as stack:
        fakes: dict[str, Any] = {}
        environment: dict[str, str] = {}
        for name, (cls, url_name, key_name) in _SERVICES.items():
            fakes[name] = stack.enter_context(cls())
            environment[url_name] = fakes[name].url
            if key_name:
                environment[key_name] = fakes[name].key
        if not (_installed("grpc") and _installed("google.protobuf")):
            yield fakes, environment
            return
        from pixray.testing.fake_stability import FakeStability

        fakes["stability"] = stack.enter_context(FakeStability())
        environment["STABILITY_HOST"] = fakes["stability"].url
        yield fakes, environment


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # its parent is missing
        return False

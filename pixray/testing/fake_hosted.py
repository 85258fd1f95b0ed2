"""Services that answer at once, as fakes: Together, OpenRouter, Gemini.

Late imports keep the services out of runs that play others.
"""

from __future__ import annotations

import base64
from typing import Any

from pixray.testing.fake_server import FakeServer, Received, Scripted, as_json, fake_picture
from pixray.testing.fake_services import openai_error


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


class FakeTogether(FakeServer):
    """`/v1/images/generations` with width, height and seed."""

    prefix = "/v1"

    def respond(self, received: Received) -> Scripted:
        if received.headers.get("authorization") != f"Bearer {self.key}":
            return openai_error(401, "Invalid API key provided", "invalid_api_key")
        body, size = received.json(), (received.json()["width"], received.json()["height"])
        pictures = [fake_picture(body["prompt"], body.get("seed", 0) + number, size) for number in range(body["n"])]
        data = [{"index": number, "b64_json": _encoded(picture)} for number, picture in enumerate(pictures)]
        return as_json({"id": "x", "model": body["model"], "data": data})


class FakeOpenRouter(FakeServer):
    """`/api/v1/images` and the list of models; unknown parameters are refused, as is the path of OpenAI."""

    prefix = "/api/v1"
    known = frozenset({"model", "prompt", "input_references"})

    def respond(self, received: Received) -> Scripted:
        if received.path == "/api/v1/images/models":
            return as_json({"data": [{"id": "google/gemini-3-pro-image-preview"}, {"id": "black-forest-labs/flux.2"}]})
        if received.headers.get("authorization") != f"Bearer {self.key}":
            return openai_error(401, "No auth credentials found", "401")
        if received.path != "/api/v1/images":
            return openai_error(404, "Not Found", "404")
        unknown = sorted(received.json().keys() - self.known)
        if unknown:
            return openai_error(400, f"{unknown[0]} is not supported", "400")
        picture = fake_picture(received.json()["prompt"], len(self.requests), (1024, 1024))
        return as_json({"created": 1, "data": [{"b64_json": _encoded(picture), "media_type": "image/png"}]})


class FakeGemini(FakeServer):
    """`models/…:generateContent`, with the key in a header of its own."""

    prefix = "/v1beta"

    def respond(self, received: Received) -> Scripted:
        if received.headers.get("x-goog-api-key") != self.key:
            error = {"code": 401, "message": "API key not valid.", "status": "UNAUTHENTICATED"}
            return as_json({"error": error}, 401)
        if not received.path.endswith(":generateContent"):
            return as_json({"error": {"code": 404, "message": "not found", "status": "NOT_FOUND"}}, 404)
        body = received.json()
        return as_json(self._answer(body["contents"][0]["parts"], body["generationConfig"]["imageConfig"]))

    def _answer(self, parts: list[dict[str, Any]], image: dict[str, str]) -> dict[str, Any]:
        from pixray.providers.unverified import GEMINI_SHAPES

        size = GEMINI_SHAPES[image["aspectRatio"]]
        picture = _encoded(fake_picture(parts[0]["text"], len(self.requests), size))
        inline = {"inlineData": {"mimeType": "image/png", "data": picture}}
        content = {"parts": [{"text": "Here it is:"}, inline], "role": "model"}
        usage = {"promptTokenCount": 7, "candidatesTokenCount": 1290}
        return {"candidates": [{"content": content, "finishReason": "STOP"}], "usageMetadata": usage}

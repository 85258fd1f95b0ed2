"""The services that speak HTTP, as fakes on this machine: they check what they are sent and answer as documented.

with FakeOpenAI() as fake:
    provider = OpenAI(key=lambda: fake.key, url=fake.url)
"""

from __future__ import annotations

import base64
import io
import json
from typing import Any

from PIL import Image

from pixray.testing.fake_server import FAKE_KEY, FakeServer, Received, Scripted, as_json, fake_picture


def openai_error(status: int, message: str, code: str | None = None, kind: str = "invalid_request_error") -> Scripted:
    """An error in OpenAI's form."""
    payload = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return as_json(payload, status, x_request_id="req-fake")


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


class FakeOpenAI(FakeServer):
    """`/v1/images/generations` and `/v1/images/edits`, both dialects, streaming included."""

    prefix = "/v1"

    def respond(self, received: Received) -> Scripted:
        if received.headers.get("authorization") != f"Bearer {self.key}":
            return openai_error(401, "Incorrect API key provided.", "invalid_api_key")
        if received.path == "/v1/images/generations":
            return self._generations(received.json())
        if received.path == "/v1/images/edits":
            return self._edits(received)
        return openai_error(404, f"Unknown path {received.path}")

    def _generations(self, body: dict[str, Any]) -> Scripted:
        legacy = str(body.get("model", "")).startswith("dall-e")
        wrong = {"background", "moderation"} if legacy else {"response_format", "style"}
        unknown = sorted(wrong & body.keys()) + sorted({"seed", "negative_prompt"} & body.keys())
        if unknown:
            return openai_error(400, f"Unknown parameter: '{unknown[0]}'.", "unknown_parameter")
        if body.get("stream"):
            return self._stream(body)
        pictures = [self._picture(body, number) for number in range(int(body.get("n", 1)))]
        return self._answer(pictures, legacy=legacy)

    def _edits(self, received: Received) -> Scripted:
        fields = received.fields()
        files = [part for part in received.form() if part[1] is not None]
        if not any(name in ("image", "image[]") for name, *_ in files):
            return openai_error(400, "Missing required parameter: 'image'.", "missing_required_parameter")
        for _, _, kind, _ in files:
            if kind not in ("image/png", "image/jpeg", "image/webp"):
                return openai_error(400, f"unsupported mimetype ('{kind}')", "unsupported_file_mimetype")
        if fields.get("size") in (None, "auto"):
            fields["size"] = "1024x1024"
        return self._answer([self._picture(fields, number) for number in range(int(fields.get("n", 1)))])

    def _picture(self, body: dict[str, Any], number: int) -> bytes:
        size = str(body.get("size", "auto")).replace("auto", "1024x1024")
        kind = {"jpeg": "JPEG", "webp": "WEBP"}.get(str(body.get("output_format")), "PNG")
        # As there is no seed, the same request gives another picture each time.
        return fake_picture(str(body["prompt"]), 1000 * len(self.requests) + number, _size(size), kind)

    def _answer(self, pictures: list[bytes], *, legacy: bool = False) -> Scripted:
        data: list[dict[str, str]] = [{"b64_json": _base64(picture)} for picture in pictures]
        payload: dict[str, Any] = {"created": 1, "data": data}
        if legacy:
            data[0]["revised_prompt"] = "a revised prompt"
        else:
            tokens = {"input_tokens": 20, "output_tokens": 1056, "total_tokens": 1076}
            payload.update(usage=tokens, quality="medium", output_format="png")
        return as_json(payload, x_request_id="req-fake")

    def _stream(self, body: dict[str, Any]) -> Scripted:
        events: list[dict[str, Any]] = [
            {
                "type": "image_generation.partial_image",
                "partial_image_index": index,
                "b64_json": _base64(fake_picture(f"partial {index}", index, (64, 64))),
            }
            for index in range(int(body.get("partial_images", 0)))
        ]
        usage = {"input_tokens": 20, "output_tokens": 1156, "total_tokens": 1176}
        done = {"type": "image_generation.completed", "b64_json": _base64(self._picture(body, 0)), "usage": usage}
        lines = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in [*events, done])
        content = (lines + "data: [DONE]\n\n").encode()
        pieces = [content[start : start + 4001] for start in range(0, len(content), 4001)]
        return Scripted(body=pieces, headers={"content-type": "text/event-stream"})


class FakeRegolo(FakeServer):
    """`/v1/images/generations` and the list of models."""

    def respond(self, received: Received) -> Scripted:
        if received.headers.get("authorization") != f"Bearer {self.key}":
            return openai_error(401, "Authentication Error, Invalid proxy server token", "401", "auth_error")
        if received.path == "/v1/models":
            return as_json({"data": [{"id": "Qwen-Image"}]})
        body = received.json()
        if body.get("model") != "Qwen-Image":
            return openai_error(404, f"model {body.get('model')} not found", "404")
        pictures = [fake_picture(body["prompt"], number, _size(body["size"])) for number in range(body.get("n", 1))]
        return as_json({"created": 1, "data": [{"b64_json": _base64(picture)} for picture in pictures]})


class FakeVisionCraft(FakeServer):
    """`/sd`, which answers with the picture itself, and the lists of names."""

    names = {
        "/sd/models-sdxl": ["sdxl-base", "juggernaut-xl"],
        "/sd/samplers": ["Euler", "Euler a", "DPM++ 2M Karras", "DDIM"],
        "/sd/loras-sdxl": ["pixel-art-xl", "add-detail-xl"],
    }

    def respond(self, received: Received) -> Scripted:
        if received.path in self.names:
            return as_json(self.names[received.path])
        body = received.json()
        if body.get("token") != self.key:
            return as_json({"error": "Invalid API key"}, 403)
        for name, least, most in (("steps", 1, 35), ("width", 64, 1024), ("height", 64, 1024), ("cfg_scale", 1, 30)):
            if not isinstance(body[name], int) or not least <= body[name] <= most:
                return as_json({"detail": [{"loc": ["body", name], "msg": "value is out of range", "type": "x"}]}, 422)
        if body["sampler"] not in self.names["/sd/samplers"]:
            return as_json({"error": f"model {body['model']} doesn't have sampler {body['sampler']}"})
        picture = fake_picture(body["prompt"], len(self.requests), (body["width"], body["height"]))
        return Scripted(body=picture, headers={"content-type": "image/png"})


class FakeBlockEntropy(FakeServer):
    """`/v1/images/generations` and `/v1/images/edits`; `n` is the seed; pictures are JPEG, by address or base64."""

    prefix = "/v1"

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}

    def respond(self, received: Received) -> Scripted:
        if received.path in self.files:
            return Scripted(body=self.files[received.path], headers={"content-type": "image/jpeg"})
        if received.headers.get("authorization") != f"Bearer {self.key}":
            return as_json({"detail": "Invalid API key"}, 401)
        edit = received.path == "/v1/images/edits"
        body = received.fields() if edit else received.json()
        picture = fake_picture(body["prompt"], int(body.get("n", 42)), _size(body["size"]), "JPEG")
        if body.get("user") == "cn":
            return self._with_pose(body, picture)
        if body.get("response_format", "url") == "b64_json":
            return as_json({"created": 1, "data": [{"b64_json": _base64(picture)}]})
        return as_json({"created": 1, "data": [{"url": self._stored(picture)}]})

    def _with_pose(self, body: dict[str, Any], picture: bytes) -> Scripted:
        pose = fake_picture("pose", 0, _size(body["size"]), "JPEG")
        if body.get("response_format", "url") == "b64_json":
            return as_json({"data": [{"b64_json_image": _base64(picture), "b64_json_pose": _base64(pose)}]})
        return as_json({"data": [{"url_image": self._stored(picture), "url_pose": self._stored(pose)}]})

    def _stored(self, content: bytes) -> str:
        path = f"/upload/ai_seed_{len(self.files):06d}.jpg"
        self.files[path] = content
        return f"{self.origin}{path}"


class FakeStabilityRest(FakeServer):
    """`/v2beta/stable-image/generate/…`: multipart only, pictures as JSON or bytes."""

    shapes = {"1:1": (128, 128), "16:9": (192, 108), "9:16": (108, 192), "3:2": (156, 104), "2:3": (104, 156)}

    def respond(self, received: Received) -> Scripted:
        if received.headers.get("authorization") != f"Bearer {self.key}":
            return as_json({"id": "1", "name": "unauthorized", "errors": ["missing or invalid key"]}, 401)
        if not received.headers.get("content-type", "").startswith("multipart/form-data"):
            return as_json({"id": "2", "name": "bad_request", "errors": ["content-type: must be multipart"]}, 400)
        fields = received.fields()
        if not fields.get("prompt"):
            return as_json({"id": "3", "name": "bad_request", "errors": ["prompt: cannot be blank"]}, 400)
        size = self.shapes.get(fields.get("aspect_ratio", "1:1"), (128, 128))
        for name, _, _, content in received.form():
            if name == "image":
                with Image.open(io.BytesIO(content)) as picture:
                    size = picture.size
        painted = fake_picture(fields["prompt"], int(fields.get("seed", 0)), size)
        if received.headers.get("accept") == "application/json":
            answer = {"image": _base64(painted), "finish_reason": "SUCCESS", "seed": int(fields.get("seed", 0))}
            return as_json(answer)
        return Scripted(body=painted, headers={"content-type": "image/png"})


__all__ = [
    "FAKE_KEY",
    "FakeBlockEntropy",
    "FakeOpenAI",
    "FakeRegolo",
    "FakeStabilityRest",
    "FakeVisionCraft",
    "openai_error",
]

"""Services that work on their own time, as fakes: Black Forest Labs, fal, Replicate, and a pixray server."""

from __future__ import annotations

import base64
import json
from typing import Any

from pixray.testing.fake_server import FakeServer, Received, Scripted, as_json, fake_picture


class _Queue(FakeServer):
    """Tasks by number; each is ready after so many questions.

    Attributes:
        cancelled: numbers of the tasks that were taken back.
    """

    questions = 2

    def __init__(self) -> None:
        super().__init__()
        self.tasks: dict[str, dict[str, Any]] = {}
        self.asked: dict[str, int] = {}
        self.files: dict[str, bytes] = {}
        self.cancelled: list[str] = []
        self._hang = False

    def hang_next(self) -> None:
        """The next task is never ready."""
        self._hang = True

    def _accepted(self, body: dict[str, Any]) -> str:
        identifier = f"task{len(self.tasks) + 1}"
        hang, self._hang = self._hang, False
        self.tasks[identifier] = {**body, "hang": hang}
        return identifier

    def _ready(self, identifier: str) -> bool:
        """Whether a task is ready, being asked once more."""
        self.asked[identifier] = self.asked.get(identifier, 0) + 1
        return not self.tasks[identifier]["hang"] and self.asked[identifier] >= self.questions

    def _address(self, picture: bytes) -> str:
        path = f"/files/{len(self.files)}.png"
        self.files[path] = picture
        return f"{self.origin}{path}"

    def _cancel(self, identifier: str) -> Scripted:
        self.cancelled.append(identifier)
        self.left.set()
        return as_json({"status": "cancelled"})


class FakeBFL(_Queue):
    """`/v1/{model}` and `/v1/get_result`."""

    def respond(self, received: Received) -> Scripted:
        path, _, query = received.path.partition("?")
        if path in self.files:
            return Scripted(body=self.files[path], headers={"content-type": "image/png"})
        if received.headers.get("x-key") != self.key:
            return as_json({"detail": "Not authenticated"}, 403)
        if path == "/v1/get_result":
            return as_json(self._state(query.partition("=")[2]))
        body = received.json()
        if path.endswith("fill") and not {"image", "mask"} <= body.keys():
            return as_json({"detail": [{"loc": ["body", "mask"], "msg": "Field required", "type": "missing"}]}, 422)
        identifier = self._accepted(body)
        return as_json({"id": identifier, "polling_url": f"{self.origin}/v1/get_result?id={identifier}"})

    def _state(self, identifier: str) -> dict[str, Any]:
        if not self._ready(identifier):
            return {"id": identifier, "status": "Pending", "result": None}
        body = self.tasks[identifier]
        size = (body.get("width", 256), body.get("height", 256))
        address = self._address(fake_picture(body["prompt"], body.get("seed"), size))
        return {"id": identifier, "status": "Ready", "result": {"sample": address, "seed": body.get("seed")}}


class FakeFal(_Queue):
    """The queue of every model, whose status addresses lack the end of the model's path."""

    def respond(self, received: Received) -> Scripted:
        if received.path in self.files:
            return Scripted(body=self.files[received.path], headers={"content-type": "image/png"})
        if received.headers.get("authorization") != f"Key {self.key}":
            return as_json({"detail": "Authentication is required"}, 401)
        head, _, rest = received.path.partition("/requests/")
        identifier, _, last = rest.partition("/")
        if not rest:
            identifier = self._accepted(received.json())
            place = f"{self.origin}{'/'.join(head.split('/')[:3])}/requests/{identifier}"
            facts = {"request_id": identifier, "response_url": place, "status_url": f"{place}/status"}
            return as_json({**facts, "cancel_url": f"{place}/cancel", "status": "IN_QUEUE"})
        if last == "cancel" and received.method == "PUT":
            return self._cancel(identifier)
        if last == "status":
            states = ("COMPLETED",) if self._ready(identifier) else ("IN_PROGRESS", "IN_QUEUE")
            return as_json({"status": states[-1] if self.asked[identifier] == 1 else states[0]})
        return as_json(self._answer(self.tasks[identifier]))

    def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        size = body.get("image_size", {"width": 256, "height": 256})
        picture = fake_picture(body["prompt"], body.get("seed"), (size["width"], size["height"]))
        return {"images": [{"url": self._address(picture), **size}], "seed": body.get("seed"), "prompt": body["prompt"]}


class FakeReplicate(_Queue):
    """`/v1/models/{owner}/{model}/predictions` and predictions."""

    def respond(self, received: Received) -> Scripted:
        if received.path in self.files:
            return Scripted(body=self.files[received.path], headers={"content-type": "image/png"})
        if received.headers.get("authorization") != f"Bearer {self.key}":
            return as_json({"title": "Unauthenticated", "detail": "Invalid token", "status": 401}, 401)
        if received.path.startswith("/v1/models/") and received.method == "POST":
            identifier = self._accepted(received.json()["input"])
            place = f"{self.origin}/v1/predictions/{identifier}"
            urls = {"get": place, "cancel": f"{place}/cancel"}
            return as_json({"id": identifier, "status": "starting", "output": None, "urls": urls}, 201)
        identifier = received.path.split("/")[3]
        if received.path.endswith("/cancel"):
            return self._cancel(identifier)
        if not self._ready(identifier):
            return as_json({"id": identifier, "status": "processing", "output": None})
        body = self.tasks[identifier]
        size = (body.get("width", 256), body.get("height", 256))
        address = self._address(fake_picture(body["prompt"], body.get("seed"), size))
        return as_json({"id": identifier, "status": "succeeded", "output": [address]})


class FakePixray(_Queue):
    """A pixray server: predictions by the name that the client gives them, with unfinished pictures."""

    questions = 3

    def respond(self, received: Received) -> Scripted:
        name = received.path.split("/")[2]
        if received.path.endswith("/cancel"):
            return self._cancel(name)
        if received.method == "PUT":
            inputs = received.json()["input"]
            if inputs.get("drawer") == "nonsense":
                problem = {"loc": ["body", "input"], "msg": "unknown drawer 'nonsense'", "type": "value_error"}
                return as_json({"detail": [problem]}, 422)
            hang, self._hang = self._hang, False
            self.tasks[name] = {**inputs, "hang": hang}
            return as_json({"id": name, "status": "starting"}, 202)
        body, ready = self.tasks[name], self._ready(name)
        size = tuple(json.loads(body["settings"])["size"])
        texts = [f"unfinished {body['prompts']}"] * (self.asked[name] > 1) + [body["prompts"]] * ready
        pictures = [base64.b64encode(fake_picture(text, int(body["seed"]), size)).decode() for text in texts]
        output = [f"data:image/png;base64,{picture}" for picture in pictures]
        return as_json({"id": name, "status": "succeeded" if ready else "processing", "output": output})

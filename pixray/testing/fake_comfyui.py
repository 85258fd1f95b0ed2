"""ComfyUI as a fake: checks graphs, paints them one after the other, tells of it over a websocket."""

from __future__ import annotations

import io
import json
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from pixray.testing.fake_server import FakeServer, Received, Scripted, as_json, fake_picture
from pixray.testing.websocket import Socket

_MODELS = ("sd15.safetensors",)


class FakeComfyUI(FakeServer):
    """A server with one checkpoint.

    Args:
        pause: seconds of each of the four steps of a picture.
    """

    steps = 4

    def __init__(self, pause: float = 0.0) -> None:
        super().__init__()
        self.pause = pause
        self.models = list(_MODELS)
        self.sockets: dict[str, Socket] = {}
        self.uploads: dict[str, bytes] = {}
        self.pending: list[str] = []
        self.running: str | None = None
        self.interrupted = threading.Event()
        self.deleted: list[str] = []
        self._files: dict[str, bytes] = {}
        self._history: dict[str, dict[str, Any]] = {}
        self._hang = False

    def hang_next(self) -> None:
        """The next picture is never finished; `left` is set when it is cancelled."""
        self._hang = True

    def respond(self, received: Received) -> Scripted:
        if received.headers.get("authorization", f"Bearer {self.key}") != f"Bearer {self.key}":
            return as_json({"error": "Unauthorized"}, 401)
        address = urlsplit(received.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if received.method == "GET":
            return self._told(address.path, query)
        if address.path == "/upload/image":
            return self._uploaded(received)
        body = json.loads(received.body or b"{}")
        if address.path == "/prompt":
            return self._submitted(body)
        if address.path == "/queue":
            for identifier in body.get("delete", []):
                self.deleted.append(identifier)
                if identifier in self.pending:
                    self.pending.remove(identifier)
                    self.left.set()
            return Scripted()
        if address.path == "/interrupt":
            if body.get("prompt_id") in (None, self.running):
                self.interrupted.set()
            return Scripted()
        return Scripted(404)

    def _told(self, path: str, query: dict[str, str]) -> Scripted:
        if path == "/ws":
            return Scripted(takeover=lambda handler: self._listened(handler, query.get("clientId", "")))
        if path.startswith("/history/"):
            identifier = path.rpartition("/")[2]
            entry = self._history.get(identifier)
            return as_json({} if entry is None else {identifier: entry})
        if path == "/queue":
            running = [] if self.running is None else [[0, self.running, {}, {}, []]]
            return as_json({"queue_running": running, "queue_pending": [[1, name, {}] for name in self.pending]})
        if path == "/view" and query.get("filename") in self._files:
            return Scripted(body=self._files[query["filename"]], headers={"content-type": "image/png"})
        if path == "/models/checkpoints":
            return as_json(self.models)
        if path == "/system_stats":
            return as_json({"system": {"comfyui_version": "0.3"}, "devices": []})
        return Scripted(404)

    def _listened(self, handler: BaseHTTPRequestHandler, client: str) -> None:
        opened = Socket(handler)
        evicted = self.sockets.pop(client, None)
        if evicted is not None:
            evicted.close()
        self.sockets[client] = opened
        opened.send(json.dumps({"type": "status", "data": {"status": {}, "sid": client}}))
        opened.wait_until_left(self._closing)

    def _uploaded(self, received: Received) -> Scripted:
        ((_, name, kind, content),) = [part for part in received.form() if part[0] == "image"]
        if kind != "image/png" or name is None:
            return Scripted(400)
        self.uploads[name] = content
        return as_json({"name": name, "subfolder": "", "type": "input"})

    def _submitted(self, body: dict[str, Any]) -> Scripted:
        problems = self._problems(body["prompt"])
        if problems:
            error = {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation"}
            return as_json({"error": error, "node_errors": problems}, 400)
        identifier = body["prompt_id"]
        self.pending.append(identifier)
        hang, self._hang = self._hang, False
        work = threading.Thread(target=self._work, args=(identifier, body["prompt"], body["client_id"], hang))
        work.daemon = True
        work.start()
        return as_json({"prompt_id": identifier, "number": 1, "node_errors": {}})

    def _problems(self, graph: dict[str, Any]) -> dict[str, Any]:
        """Errors of nodes, in ComfyUI's form: an unknown checkpoint, a picture that was not uploaded."""
        problems = {}
        for number, node in graph.items():
            inputs = node["inputs"]
            for name, known in (("ckpt_name", self.models), ("image", self.uploads)):
                if isinstance(inputs.get(name), str) and inputs[name] not in known:
                    details = f"{name}: '{inputs[name]}' not in {list(known)}"
                    error = {"type": "value_not_in_list", "message": "Value not in list", "details": details}
                    problems[number] = {"errors": [error], "class_type": node["class_type"]}
        return problems

    def _work(self, identifier: str, graph: dict[str, Any], client: str, hang: bool) -> None:
        while self.running is not None and not self._closing.is_set():
            time.sleep(0.005)
        if identifier not in self.pending:
            return
        self.pending.remove(identifier)
        self.running = identifier
        self.interrupted.clear()
        text, seed, size = self._read(graph)
        for step in range(self.steps):
            self._tell(client, "executing", {"node": "5", "prompt_id": identifier})
            picture = fake_picture(f"{text} step {step}", seed, (64, 64), "JPEG")
            head = struct.pack(">II", 1, 1) if step % 2 else struct.pack(">II", 4, 2) + b"{}"
            self._send_to(client, head + picture)
            if self.interrupted.wait(60 if hang else self.pause):
                break
        self._finish(identifier, fake_picture(text, seed, size), client)

    def _finish(self, identifier: str, picture: bytes, client: str) -> None:
        status: dict[str, Any] = {"status_str": "success", "completed": True, "messages": []}
        outputs: dict[str, Any] = {}
        if self.interrupted.is_set():
            self.left.set()
            status.update(status_str="error", completed=False, messages=[["execution_interrupted", {"node_id": "5"}]])
        else:
            name = f"pixray_{len(self._files):05d}_.png"
            self._files[name] = picture
            outputs["7"] = {"images": [{"filename": name, "subfolder": "", "type": "output"}]}
        self._history[identifier] = {"outputs": outputs, "status": status}
        self.running = None
        self._tell(client, "executing", {"node": None, "prompt_id": identifier})

    def _read(self, graph: dict[str, Any]) -> tuple[str, int, tuple[int, int]]:
        """What a graph paints: the text and the seed of its sampler, and the size of its latent picture."""
        sampler = next(node["inputs"] for node in graph.values() if "positive" in node["inputs"])
        text = graph[sampler["positive"][0]]["inputs"]["text"]
        sizes = [node["inputs"] for node in graph.values() if "width" in node["inputs"]]
        loaded = [node["inputs"]["image"] for node in graph.values() if node["class_type"] == "LoadImage"]
        if not sizes:
            with Image.open(io.BytesIO(self.uploads[loaded[0]])) as picture:
                return text, sampler["seed"], picture.size
        return text, sampler["seed"], (sizes[0]["width"], sizes[0]["height"])

    def _tell(self, client: str, kind: str, data: dict[str, Any]) -> None:
        self._send_to(client, json.dumps({"type": kind, "data": data}))

    def _send_to(self, client: str, message: str | bytes) -> None:
        if client in self.sockets:
            self.sockets[client].send(message)

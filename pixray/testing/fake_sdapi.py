"""Diffusion servers that speak /sdapi/v1, as fakes: each with the habits of one of the five real ones.

They take their time, as real ones do: a picture comes in steps, /progress shows it unfinished, /interrupt ends it.
"""

from __future__ import annotations

import base64
import json
import threading
from typing import Any

from pixray.testing.fake_server import FAKE_KEY, FakeServer, Received, Scripted, as_json, fake_picture

KINDS = ("webui", "forge", "sdnext", "sdcpp", "drawthings")
_LISTS = {
    "/sdapi/v1/sd-models": [{"title": "sd-turbo.safetensors", "model_name": "sd-turbo"}, {"title": "sdxl.safetensors"}],
    "/sdapi/v1/samplers": [{"name": "Euler a", "aliases": ["k_euler_a"]}, {"name": "DPM++ 2M", "aliases": []}],
}


class FakeSdapi(FakeServer):
    """One diffusion server.

    Args:
        kind: which one, of `KINDS`.
        pause: seconds of each of the four steps of a picture.
        locked: whether it asks for a user and a password; a wrong password is refused in any case.
        extra: "grid" and "maps" send a picture before or after those that were asked for, "indexed" a grid of which
            the reply tells; "urls" sends data URLs.
    """

    key = f"artist:{FAKE_KEY}"
    steps = 4

    def __init__(self, kind: str = "webui", pause: float = 0.0, locked: bool = False, extra: str = "") -> None:
        super().__init__()
        self.kind, self.pause, self.locked, self.extra = kind, pause, locked, extra
        self.interrupted = threading.Event()
        self.cancelled: list[str] = []
        self._jobs: dict[str, dict[str, Any]] = {}
        self._done, self._shown = 0, ""
        self._hang = False

    def hang_next(self) -> None:
        """The next picture is never finished; `left` is set when it is interrupted."""
        self._hang = True

    def respond(self, received: Received) -> Scripted:
        authorization = received.headers.get("authorization")
        right = f"Basic {base64.b64encode(self.key.encode()).decode()}"
        if authorization != right and (authorization or self.locked):
            return as_json({"detail": "Incorrect username or password"}, 401)
        path = received.path.partition("?")[0]
        if received.method == "GET":
            return self._told(path)
        if self.kind == "sdcpp" and path.startswith("/sdcpp/v1/"):
            return self._job(path, received)
        if path == "/sdapi/v1/interrupt" and self.kind not in ("sdcpp", "drawthings"):
            self.interrupted.set()
            return as_json({})
        if path in ("/sdapi/v1/txt2img", "/sdapi/v1/img2img"):
            return self._painted(path, received.json())
        return as_json({"detail": "Not Found"}, 404)

    def _told(self, path: str) -> Scripted:
        """Answers to GET, which differ between the servers."""
        webui = self.kind in ("webui", "forge", "sdnext")
        if path in _LISTS and self.kind != "drawthings":
            return as_json(_LISTS[path])
        if path.startswith("/sdcpp/v1/jobs/") and self.kind == "sdcpp":
            job = self._jobs.get(path.rpartition("/")[2])
            return as_json({"error": "no such job"}, 410) if job is None else as_json(self._advanced(job))
        if path == "/sdapi/v1/progress" and webui:
            return as_json({"progress": self._done / self.steps, "eta_relative": 1.0, "current_image": self._shown})
        known: dict[tuple[str, str], dict[str, Any]] = {
            ("sdcpp", "/sdcpp/v1/capabilities"): {"supported_modes": ["img_gen"], "samplers": ["euler_a"]},
            ("sdnext", "/sdapi/v1/version"): {"app": "sd.next", "version": "x"},
            ("drawthings", "/"): {"model": "sd.ckpt", "sampler": "DPM++ 2M AYS", "steps": 8},
        }
        if path == "/sdapi/v1/options" and webui:
            return as_json({"sd_model_checkpoint": "x", **({"forge_preset": "sd"} if self.kind == "forge" else {})})
        answer = known.get((self.kind, path))
        return as_json({"detail": "Not Found"}, 404) if answer is None else as_json(answer)

    def _painted(self, path: str, body: dict[str, Any]) -> Scripted:
        if path.endswith("img2img") and not body.get("init_images"):
            missing = {"error": "No init images"} if self.kind == "sdnext" else {"detail": "Init image not found"}
            return as_json(missing, 400 if self.kind == "sdnext" else 404)
        self.interrupted.clear()
        size, seed, count = (body["width"], body["height"]), int(body.get("seed", -1)), int(body.get("batch_size", 1))
        hang, self._hang = self._hang, False
        for step in range(self.steps):
            self._done = step
            self._shown = _encoded(fake_picture(f"{body['prompt']} step {step}", seed, (64, 64)))
            if self.interrupted.wait(60 if hang else self.pause):
                break
        if hang:
            self.left.set()
        self._done, self._shown = 0, ""
        images = [_encoded(fake_picture(body["prompt"], seed + number, size)) for number in range(count)]
        if self.extra in ("grid", "indexed") or (count > 1 and body.get("save_images") is not False):
            width = size[0] * (1 if self.extra == "indexed" else 2)
            images.insert(0, _encoded(fake_picture("grid", 0, (width, size[1]))))
        if self.extra == "maps":
            images.append(_encoded(fake_picture("a map", 0, size)))
        if self.extra == "urls":
            images = [f"data:image/png;base64,{image}" for image in images]
        return as_json({"images": images, "parameters": body, "info": self._info(seed, count)})

    def _info(self, seed: int, count: int) -> str:
        if self.kind in ("sdcpp", "drawthings"):
            return ""
        seeds = [seed + number for number in range(count)]
        info = {"seed": seed, "all_seeds": seeds, "sd_model_name": "sd-turbo"}
        return json.dumps({**info, "index_of_first_image": 1} if self.extra == "indexed" else info)

    def _job(self, path: str, received: Received) -> Scripted:
        if path.endswith("/cancel"):
            identifier = path.split("/")[-2]
            self.cancelled.append(identifier)
            self.left.set()
            job = self._jobs.get(identifier)
            if job is None or job["status"] == "completed":
                return as_json({"error": "too late"}, 409)
            job["status"] = "cancelled"
            return as_json(job)
        body, identifier = received.json(), f"job_{len(self._jobs) + 1}"
        hang, self._hang = self._hang, False
        self._jobs[identifier] = {"id": identifier, "status": "queued", "body": body, "hang": hang, "result": None}
        return as_json({"id": identifier, "status": "queued", "poll_url": f"/sdcpp/v1/jobs/{identifier}"}, 202)

    def _advanced(self, job: dict[str, Any]) -> dict[str, Any]:
        """A job a little later: queued, generating, completed."""
        if job["status"] == "generating" and not job["hang"]:
            body = job["body"]
            pictures = [
                fake_picture(body["prompt"], body["seed"] + number, (body["width"], body["height"]))
                for number in range(body["batch_count"])
            ]
            images = [{"index": number, "b64_json": _encoded(picture)} for number, picture in enumerate(pictures)]
            job.update(status="completed", result={"output_format": "png", "images": images})
        elif job["status"] == "queued":
            job["status"] = "generating"
        return {name: job[name] for name in ("id", "status", "result")}


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()

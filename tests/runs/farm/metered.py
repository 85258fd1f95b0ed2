"""A service that is counted at its door, and the provider that asks it; workers of farms import it from here."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import pixray
from pixray.providers.base import Capabilities, GeneratedImage
from pixray.providers.service_http import Http
from pixray.providers.sizes import SizeRule
from pixray.settings.declare import Refers
from pixray.testing.fake_server import FakeServer, Scripted, fake_picture

RATE = (2, 3.0)
"""Submissions in so many seconds."""


class Metered(pixray.Provider):
    """POST /paint, answered with a PNG: one at a time, and so many per period."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Metered"""

        metered_url: str | None = pixray.setting(None, "base address", refers=Refers.ENDPOINT)

    name = "metered"
    key_name, url_name, default_url = "METERED_KEY", "METERED_URL", "https://metered.example"
    capabilities = Capabilities(seeds=2**31 - 1, sizes=SizeRule(minimum=16, maximum=64), concurrency=1, rate=RATE)

    async def generate(self, request):
        http = Http(self.name, self.url, self.key, timeout=60)
        answer = await http.post_json("/paint", {"text": request.text, "seed": request.seed})
        yield GeneratedImage(content=answer.body, seed=request.seed)


class FakeMetered(FakeServer):
    """Counts who is inside, and when they came.

    Attributes:
        most: at once; asked: set when the first has come.
        seconds: that a picture takes; None: for ever.
    """

    def __init__(self) -> None:
        super().__init__()
        self.came: list[float] = []
        self.most = self._inside = 0
        self.seconds: float | None = 0.3
        self.asked = threading.Event()
        self._counting = threading.Lock()

    def respond(self, received):
        with self._counting:
            self.came.append(time.monotonic())
            self._inside += 1
            self.most = max(self.most, self._inside)
            self.asked.set()
        if self.seconds is None:
            return Scripted(hang=True)
        time.sleep(self.seconds)
        with self._counting:
            self._inside -= 1
        picture = fake_picture(received.json()["text"], received.json()["seed"], (24, 16))
        return Scripted(body=picture, headers={"content-type": "image/png"})

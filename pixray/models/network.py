"""Can a model hub be reached? Decided in at most 3 seconds; the hub's own client would retry for most of a minute.

Late imports keep httpx out of start-up.
"""

from __future__ import annotations

import os
import threading
import time

from pixray.runtime.http import Request, opened

SECONDS = 3.0


def hub_address() -> str:
    """The hub, or the mirror that HF_ENDPOINT names."""
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def offline_by_choice() -> bool:
    """Whether the user switched the network off for models."""
    switches = ("PIXRAY_OFFLINE", "HF_HUB_OFFLINE")
    return any(os.environ.get(name, "").strip().lower() in ("1", "true", "yes", "on") for name in switches)


def hub_reachable(seconds: float = SECONDS) -> bool:
    """Whether the hub answers in time. Proxy variables are honoured."""
    return not offline_by_choice() and answers(hub_address(), seconds)


def answers(address: str, seconds: float = SECONDS) -> bool:
    """Whether any HTTP answer comes from an address, an error page included."""
    return Probe(address, seconds).answered()


class Probe:
    """An address being asked, while the caller does something else.

    A name look-up has no time limit of its own, so a thread asks, which is abandoned when it takes long.

    Args:
        seconds: how long an answer may take, from now on.
    """

    def __init__(self, address: str, seconds: float = SECONDS) -> None:
        self._address, self._seconds = address, seconds
        self._deadline = time.monotonic() + seconds
        self._answered = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True, name="pixray-reach")
        self._thread.start()

    def answered(self) -> bool:
        """Whether any HTTP answer came in time; waits until that is known."""
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        return self._answered.is_set()

    def _ask(self) -> None:
        import httpx

        request = Request("HEAD", self._address, read=self._seconds, connect=self._seconds, proxies=True)
        try:
            with opened(request):
                self._answered.set()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
            return

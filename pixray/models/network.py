"""Can a model hub be reached? Decided in at most 3 seconds; the hub's own client would retry for most of a minute.

Late imports keep httpx out of start-up.
"""

from __future__ import annotations

import os
import threading

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
    answered = threading.Event()

    def ask() -> None:
        import httpx

        try:
            with opened(Request("HEAD", address, read=seconds, connect=seconds, proxies=True)):
                answered.set()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
            return

    # A name look-up has no time limit of its own, so the asking happens aside and is abandoned when it takes long.
    asker = threading.Thread(target=ask, daemon=True, name="pixray-reach")
    asker.start()
    asker.join(seconds)
    return answered.is_set()

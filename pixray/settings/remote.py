"""The settings shared by all remote services."""

from __future__ import annotations

from typing import Any

from pixray.settings.declare import Refers, setting, settings_group
from pixray.settings.grammar import as_texts, parse_parts


def price_list(raw: Any) -> str:
    """`service:amount,…`, kept as text after a check of its numbers."""
    text = ",".join(as_texts(raw))
    for name, amount, _, _ in parse_parts(text):
        if amount < 0:
            raise ValueError(f"expected what a picture by {name} costs, not {amount:g}")
    return text


@settings_group
class Remote:
    """Remote services"""

    init_from: str | None = setting(
        None,
        "remote service that makes the start picture of this drawer",
        part="provider",
        refers=Refers.SERVICE,
    )
    negative_prompt: str | None = setting(None, "what a remote service should not paint")
    remote_strength: float = setting(
        0.65, "how much a remote service changes the start picture: 0 keeps it, 1 ignores it", minimum=0, maximum=1
    )
    remote_mask: str | None = setting(
        None,
        "path of a greyscale mask, white where a remote service repaints the start picture",
        refers=Refers.PICTURE,
    )
    remote_control: str | None = setting(
        None,
        "use the start picture only to guide the composition, by this kind of feature",
        choices=("pose", "sketch", "depth", "canny"),
    )
    remote_control_scale: float | None = setting(None, "strength of remote_control", minimum=0, maximum=1)
    max_cost: float | None = setting(None, "maximum total cost of remote services, in the unit of `prices`", minimum=0)
    max_requests: int | None = setting(None, "maximum total number of requests to remote services", minimum=0)
    prices: str | None = setting(
        None,
        "price per picture, service:amount separated by commas (or openai.token:amount)",
        parse=price_list,
        grid="",
    )
    remote_cache: str = setting(
        "auto",
        "auto: cache reproducible pictures; replay: cache all pictures; off: no cache",
        choices=("auto", "replay", "off"),
    )
    remote_timeout: float | None = setting(None, "time to wait for a response", unit="seconds", minimum=0.1)
    remote_attempts: int = setting(3, "maximum number of attempts per request", minimum=1, maximum=10)
    pay_twice: bool = setting(False, "retry even if the service may have billed the first attempt")

"""The settings of remote services that are the same for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pixray.settings.declare import Refers, setting
from pixray.settings.grammar import as_texts, parse_parts


def price_list(raw: Any) -> str:
    """`service:amount,…`, kept as text after a check of its numbers."""
    text = ",".join(as_texts(raw))
    for name, amount, _, _ in parse_parts(text):
        if amount < 0:
            raise ValueError(f"expected what a picture by {name} costs, not {amount:g}")
    return text


@dataclass(frozen=True, kw_only=True)
class Remote:
    """Remote services"""

    init_from: str | None = setting(
        None,
        "a remote service whose picture is the start of this drawer",
        part="provider",
        refers=Refers.SERVICE,
    )
    negative_prompt: str | None = setting(None, "what a remote service shall not paint")
    remote_strength: float = setting(
        0.65, "how far a remote service may leave the start picture: 0 keeps it, 1 ignores it", least=0, most=1
    )
    remote_mask: str | None = setting(
        None,
        "grey picture, white where a remote service repaints the start picture: a path",
        refers=Refers.PICTURE,
    )
    remote_control: str | None = setting(
        None,
        "the start picture only steers the composition of a remote service",
        choices=("pose", "sketch", "depth", "canny"),
    )
    remote_control_scale: float | None = setting(None, "how strongly it does", least=0, most=1)
    max_cost: float | None = setting(None, "what remote services may cost in all, in the unit of `prices`", least=0)
    max_requests: int | None = setting(None, "how many requests remote services may get in all", least=0)
    prices: str | None = setting(
        None,
        "what a picture costs, service:amount separated by commas (or openai.token:amount)",
        parse=price_list,
        grid="",
    )
    remote_cache: str = setting(
        "auto",
        "auto: keep what would come out the same; replay: keep all; off: nothing",
        choices=("auto", "replay", "off"),
    )
    remote_timeout: float | None = setting(None, "when to give an answer up", unit="seconds", least=0.1)
    remote_attempts: int = setting(3, "how often to try at most", least=1, most=10)
    pay_twice: bool = setting(False, "try again also when the service may bill the first try")

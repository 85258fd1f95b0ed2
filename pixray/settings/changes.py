"""The settings of what changes while a picture is painted: its prompts, and where a camera looks."""

from __future__ import annotations

from dataclasses import dataclass

from pixray.settings.declare import Role, setting
from pixray.settings.grammar import Amount
from pixray.settings.prompt_times import prompt_times


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What changes on the way"""

    prompt_times: list[str] = setting(
        [],
        "prompts with times, beside those of prompts: '0%: a forest | 50%: a forest on fire'",
        parse=prompt_times,
        role=Role.SUBJECT,
        grid="",
    )
    prompt_fade: Amount = setting(Amount(0, "iterations"), "how long prompts of one time fade into those of the next")
    camera_zoom: float = setting(
        1.0, "how many times larger a move of the camera shows the picture; below 1 smaller", least=0.5, most=2
    )
    camera_pan: tuple[float, float] = setting(
        (0.0, 0.0), "how far a move goes to the right and down", unit="percent of the size", least=-100, most=100
    )
    camera_rotate: float = setting(
        0.0, "how far a move turns the camera clockwise", unit="degrees", least=-180, most=180
    )
    camera_every: Amount = setting(Amount(1, "iterations"), "how often the camera moves; 0: never", role=Role.PERIOD)

"""The settings of what changes while a picture is painted: its prompts, where a camera looks, what steers it."""

from __future__ import annotations

from typing import Any

from pixray.settings.declare import Role, setting, settings_group
from pixray.settings.grammar import Amount
from pixray.settings.timed_prompts import timed_prompts
from pixray.settings.timeline import timeline


@settings_group
class Changes:
    """Prompts over time, camera motion and steering"""

    timed_prompts: list[str] = setting(
        [],
        "prompts that apply from a given time on, in addition to prompts: '0%: a forest | 50%: a forest on fire'",
        parse=timed_prompts,
        role=Role.SUBJECT | Role.STEERABLE,
        grid="",
    )
    timed_fade: Amount = setting(
        Amount(0, "iterations"), "length of the cross-fade between prompts of successive times"
    )
    camera_zoom: float = setting(1.0, "zoom factor of each camera move; below 1 zooms out", minimum=0.5, maximum=2)
    camera_pan: tuple[float, float] = setting(
        (0.0, 0.0),
        "distance of each camera move, to the right and down",
        unit="percent of the size",
        minimum=-100,
        maximum=100,
    )
    camera_rotate: float = setting(
        0.0, "clockwise rotation of the camera in each move", unit="degrees", minimum=-180, maximum=180
    )
    camera_every: Amount = setting(Amount(1, "iterations"), "interval between camera moves; 0: never", role=Role.PERIOD)
    steering: Any = setting(
        None,
        "settings that change at given steps, as JSON: written by runs that were steered, so that they can be repeated",
        parse=timeline,
        role=Role.TIMELINE,
        grid="",
    )

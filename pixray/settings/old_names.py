"""Names and values of old settings that are no longer there, and what took their place. Data only."""

from __future__ import annotations

RENAMED: dict[str, str] = {
    "target_palette": "palette",
    "clip_model": "clip_models",
    "optimizer": "optimiser",
}
"""Old names that simply became another one; accepted with a notice."""

RETIRED: dict[str, str] = {
    "use_pixeldraw": "use drawer=pixel",
    "use_clipdraw": "use drawer=clipdraw",
    "wallpaper_shift": "use wallpaper_type=shift",
    "enforce_palette_annealing": "use custom_loss=palette:WEIGHT",
    "enforce_smoothness": "use custom_loss=smoothness:WEIGHT",
    "enforce_saturation": "use custom_loss=saturation:WEIGHT",
    "do_mono": "use filters=lookup with palette='black -> white'",
    "smoothness": "use custom_loss=smoothness:WEIGHT",
    "saturation": "use custom_loss=saturation:WEIGHT",
    "vdiff_model": "use a remote drawer such as openai",
    "vdiff_schedule": "use a remote drawer such as openai",
    "vdiff_skip": "use a remote drawer such as openai",
}
"""Old names without a successor of the same meaning: what to use instead."""

_NO_SLIP = "SLIP models are gone; expected auto, clip or embedded, and clip_models takes any model of open_clip"
RETIRED_VALUES: dict[str, dict[str, str]] = {"perceptors": {"slip": _NO_SLIP, "mixed": _NO_SLIP}}
"""Old values of settings that are still there: what to use instead."""

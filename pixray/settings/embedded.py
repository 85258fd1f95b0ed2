"""What follows from painting with the embedded guides: which of them guides, and the settings that suit it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pixray.settings import tables
from pixray.settings.layers import Layer, LayerKind

GRID_LIMITS = ("sprite", "colors", "transparent")
"""What limits the colours or the opacity of the cells of a pixel grid."""
EMBEDDED_FOLLOWS = ("perceptors", "clip_models", "drawer", "filters", "palette", "ink", "optimiser", *GRID_LIMITS)
"""The settings whose values tell what is supplied for the embedded guides."""
_BY_ITS_NAME = (["embedded-pixel"], ["embedded-sketch"])
ALONE = (["embedded"], *_BY_ITS_NAME)
"""Values of `clip_models` by which one of them guides alone."""


def embedded_layers(chosen: Mapping[str, Any], optimiser: str | None) -> Sequence[Layer]:
    """What is supplied if an embedded guide guides, else nothing; see `embedded_layer`."""
    if chosen["clip_models"] == ["embedded"]:
        return [embedded_layer({**chosen, "ink": None}, optimiser)]
    if chosen["perceptors"] == "embedded" or chosen["clip_models"] in _BY_ITS_NAME:
        return [embedded_layer(chosen, optimiser)]
    return []


def embedded_layer(chosen: Mapping[str, Any], optimiser: str | None) -> Layer:
    """What follows from painting with an embedded guide.

    Args:
        chosen: the values of `EMBEDDED_FOLLOWS`, None for those that the run does not have.
        optimiser: that somebody asked for; None: nobody did.
    """
    ink, free = tables.one_ink(chosen["ink"], chosen["palette"]), not any(chosen[name] for name in GRID_LIMITS)
    values = tables.embedded_values(chosen["drawer"], chosen["filters"], ink, optimiser, free=free)
    return Layer(LayerKind.SUPPLIED, "perceptors=embedded", values, follows=EMBEDDED_FOLLOWS)

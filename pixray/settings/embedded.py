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


def embedded_layers(chosen: Mapping[str, Any], optimiser: str | None) -> Sequence[Layer]:
    """What is supplied if an embedded guide guides, else nothing.

    Args:
        chosen: the values of `EMBEDDED_FOLLOWS`, None for those that the run does not have.
        optimiser: that somebody asked for; None: nobody did.
    """
    free = not any(chosen[name] for name in GRID_LIMITS)
    if chosen["clip_models"] == ["embedded"]:
        return [embedded_layer(chosen["drawer"], chosen["filters"], optimiser=optimiser, free=free)]
    if chosen["perceptors"] == "embedded" or chosen["clip_models"] in _BY_ITS_NAME:
        ink = tables.one_ink(chosen["ink"], chosen["palette"])
        return [embedded_layer(chosen["drawer"], chosen["filters"], ink, optimiser, free=free)]
    return []


def embedded_layer(
    drawer: str | None,
    filters: str | None,
    ink: str | None = None,
    optimiser: str | None = None,
    *,
    free: bool = True,
) -> Layer:
    """What follows from painting with an embedded guide (see `embedded_values`)."""
    values = tables.embedded_values(drawer, filters, ink, optimiser, free=free)
    return Layer(LayerKind.SUPPLIED, "perceptors=embedded", values, follows=EMBEDDED_FOLLOWS)

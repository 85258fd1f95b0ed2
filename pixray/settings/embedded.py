"""What follows from painting with the embedded guides: which of them guides, and the settings that suit it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pixray.settings import tables
from pixray.settings.layers import Layer, LayerKind

_OPACITY = ("sprite", "transparent", "pixel_alpha", "transparent_weight")
"""What tells whether the opacity of the cells of a pixel grid is learnt, beside whether there is a start picture."""
_FOLLOWS = ("perceptors", "clip_models", "drawer", "filters", "palette", "ink", "optimiser", "vqgan_start", *_OPACITY)
EMBEDDED_FOLLOWS = (*_FOLLOWS, "quality", "init_image", "init_from")
"""The settings whose values tell what is supplied for the embedded guides; the quality tells the iterations alone."""
ASKED = ("optimiser", "pixel_alpha", "vqgan_start")
"""Those of them that others supply, too, so that only values count that somebody asked for."""
_BY_ITS_NAME = (["embedded-pixel"], ["embedded-sketch"])
GUIDES = frozenset({"embedded", "embedded-pixel", "embedded-sketch"})
"""Names in `clip_models` that stand for models of the package."""


def chosen_embedded(chosen: Mapping[str, Any], asked: Mapping[str, Any]) -> Sequence[Layer]:
    """What is supplied if an embedded guide guides, else nothing; see `embedded_layers`."""
    if chosen["clip_models"] == ["embedded"]:
        return embedded_layers({**chosen, "ink": None}, asked)
    if chosen["perceptors"] == "embedded" or chosen["clip_models"] in _BY_ITS_NAME:
        return embedded_layers(chosen, asked)
    return []


def embedded_layers(chosen: Mapping[str, Any], asked: Mapping[str, Any]) -> Sequence[Layer]:
    """What follows from painting with an embedded guide.

    Args:
        chosen: the values of `EMBEDDED_FOLLOWS`, None for those that the run does not have.
        asked: those of `ASKED` that somebody asked for.
    """
    ink = tables.one_ink(chosen["ink"], chosen["palette"])
    opacity, start = "none", chosen["init_image"] or chosen["init_from"]
    if chosen["transparent"] or chosen["sprite"]:
        alpha = asked.get("pixel_alpha")
        learnt = alpha != "ground" if alpha else chosen["transparent_weight"] or start
        opacity = "learnt" if learnt else "ground"
    draft = not start and asked.get("vqgan_start", "draft") == "draft"
    values = tables.embedded_values(chosen["drawer"], chosen["filters"], ink, asked.get("optimiser"), opacity, draft)
    if start:  # which has a ground of its own
        values.pop("pixel_ground", None)
    if "iterations" not in values:
        return [_layer(values, _FOLLOWS)]
    iterations = round(values["iterations"] * tables.length_of(chosen["quality"]))
    others = {name: value for name, value in values.items() if name != "iterations"}
    return [_layer(others, _FOLLOWS), _layer({"iterations": iterations}, (*_FOLLOWS, "quality"))]


def _layer(values: Mapping[str, Any], follows: Sequence[str]) -> Layer:
    """What is supplied again when one of these changes: not with another start picture, as each frame of a film has."""
    return Layer(LayerKind.SUPPLIED, "perceptors=embedded", values, follows=tuple(follows))

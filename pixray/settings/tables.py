"""Tables that people choose a name from: quality, aspect, size. Data only; `schema.py` uses them as layers."""

from __future__ import annotations

from typing import Any

from pixray.images.color import read_color
from pixray.settings.grammar import parse_parts

# Four rows of the old tool's table plus `supreme`, which it had but did not document.
QUALITY: dict[str, dict[str, Any]] = {
    "draft": {"iterations": 200, "scale": 1.0, "num_cuts": 24, "batches": 1},
    "normal": {"iterations": 250, "scale": 2.0, "num_cuts": 30, "batches": 1},
    "better": {"iterations": 300, "scale": 3.0, "num_cuts": 36, "batches": 1},
    "best": {"iterations": 350, "scale": 4.0, "num_cuts": 12, "batches": 2},
    "supreme": {"iterations": 400, "scale": 5.0, "num_cuts": 8, "batches": 4},
}

CLIP_MODELS: dict[str, tuple[str, ...]] = {
    "draft": ("ViT-B/16",),
    "normal": ("ViT-B/32", "ViT-B/16"),
    "better": ("RN50", "ViT-B/32", "ViT-B/16"),
    "best": ("RN50x4", "ViT-B/32", "ViT-B/16"),
    "supreme": ("RN50x4", "RN101", "ViT-B/32", "ViT-B/16"),
}

ASPECT: dict[str, tuple[int, int]] = {"widescreen": (192, 108), "square": (144, 144), "portrait": (128, 160)}

RETAIN_SIDE = 144
"""Width at scale 1 when the aspect is kept from the start image."""

EZSIZE: dict[str, float] = {"small": 1.0, "medium": 2.0, "large": 4.0}

# What the embedded guide wants: it sees 64 x 64 pixels, so it needs fewer cutouts, and it knows less about pictures
# than a big CLIP, so it is helped by priors (measured by benchmarks/pictures.py).
EMBEDDED: dict[str, Any] = {
    "clip_models": ["embedded"],
    "num_cuts": 12,
    "batches": 1,
    "learning_rate_factor": 1.0,
    "cut_noise": 0.2,
    "priors": "tv:3",
    "prior_prompts": ["noise:-0.05"],
}
# Pixel grids have a guide of their own, whose gradients say how far each cell has to go; Adam moves cells that hardly
# matter as far, and forms become lumps. Steps of one length come to rest where they grow short, and 100 that do so
# early paint what 250 do; of four cutouts what of six.
EMBEDDED_PIXEL: dict[str, Any] = {
    "iterations": 100,
    "learning_rate_drops": (50, 80),
    "clip_models": ["embedded-pixel"],
    "num_cuts": 4,
    "priors": "tv:0.5",
    "cutouts": "middle",
    "optimiser": "NormalizedSGD",
    "learning_rate_factor": 2.0,
}
GROUND = "#32c8be"
"""Turquoise, which few things are: in white or black ones a ground of their own colour takes parts of them with it."""
# Cells that are opaque or not jump from one to the other, and steps of one length leave speckles of them.
EMBEDDED_TRANSPARENT: dict[str, Any] = {"num_cuts": 6, "priors": "tv:1.5"}
# A model of 64 x 64 pixels says nothing about fine frequencies, which would stay the noise that they begin as.
EMBEDDED_FFT: dict[str, Any] = {"fft_decay": 2.5, "fft_lrate": 0.05, "fft_colors": 2.5}
# A decoder for icons paints them at their own size, and the guide wants to see them in the middle of a square.
EMBEDDED_VQGAN: dict[str, Any] = {"num_cuts": 6, "priors": "tv:1.5", "cutouts": "middle", "vqgan_coarse": 0.9}
# A decoder gives codes little of the pull on pixels, so forms are found in a pixel grid, and both guides then paint on:
# alone the one for pixel grids leaves things in pieces, and the general one makes others of them. With Adam, codes
# beside the thing move as far as its own, and more things appear there.
EMBEDDED_DRAFT: dict[str, Any] = {
    "clip_models": ["embedded:2", "embedded-pixel"],
    "vqgan_start": "draft",
    "vqgan_coarse": 0.0,
    "iterations": 30,
    "optimiser": "NormalizedSGD",
    "learning_rate_factor": 0.12,
}

# One dark ink has a guide of its own and few, bold strokes, which begin with its draft.
EMBEDDED_INK: dict[str, Any] = {
    "clip_models": ["embedded-sketch"],
    "priors": "none",
    "prior_prompts": [],
    "stroke_start": "draft",
    "stroke_calm": 0.2,
    "cutouts": "steady",
    "cut_noise": 0.1,
    "num_cuts": 8,
    "iterations": 60,
    "min_stroke_width": 1.0,
    "max_stroke_width": 2.0,
}
# Strokes of several colours begin along the same draft; the general guide, which knows colours, moves and paints them.
EMBEDDED_COLOURED_INK: dict[str, Any] = {
    "stroke_start": "draft",
    "stroke_calm": 0.2,
    "num_cuts": 8,
    "iterations": 100,
    "min_stroke_width": 1.5,
    "max_stroke_width": 4.0,
}
DARKEST_INK = 0.4
"""Mean of red, green and blue, from 0 to 1, up to which an ink is dark."""


_EMBEDDED_BY_DRAWER = {
    "pixel": EMBEDDED_PIXEL,
    "fft": EMBEDDED_FFT,
    "vqgan": EMBEDDED_VQGAN,
    "line_sketch": EMBEDDED_COLOURED_INK,
}


def quality_layer(quality: str) -> dict[str, Any]:
    """What a quality supplies unless somebody says otherwise."""
    return {**QUALITY[quality], "clip_models": list(CLIP_MODELS[quality])}


def length_of(quality: str | None) -> float:
    """How many times as many iterations a quality means as the normal one; an unknown one as many."""
    return float(QUALITY.get(quality or "", QUALITY["normal"])["iterations"] / QUALITY["normal"]["iterations"])


def embedded_values(
    drawer: str | None,
    filters: str | None,
    ink: str | None = None,
    optimiser: str | None = None,
    opacity: str = "none",
    draft: bool = True,
) -> dict[str, Any]:
    """What the embedded guide supplies; pixel grids, frequencies and pen strokes want other values.

    Args:
        ink: colour of all strokes; None: they have no such colour.
        optimiser: that somebody asked for; None: nobody did.
        opacity: of the cells of a grid: "none", all are opaque; "ground", their ground is removed at the end; "learnt".
        draft: whether the codes of a VQGAN begin with one.
    """
    if ink is not None and sum(read_color(ink)) / 3 <= DARKEST_INK:
        return {**EMBEDDED, **EMBEDDED_INK}
    if drawer == "pixel" and any(name == "lookup" for name, *_ in parse_parts(filters)):
        return EMBEDDED
    if drawer == "pixel" and opacity == "learnt":
        return {**EMBEDDED, **EMBEDDED_TRANSPARENT}
    values = {**EMBEDDED, **_EMBEDDED_BY_DRAWER.get(drawer or "", {})}
    if drawer == "vqgan" and draft:
        values |= EMBEDDED_DRAFT
    if drawer == "pixel" and opacity == "ground":
        values |= {"pixel_alpha": "ground", "pixel_ground": GROUND}
    if optimiser is not None and optimiser != values.get("optimiser"):
        # The steps of another are not of that length, nor do they come to rest as soon.
        others = ("optimiser", "iterations", "learning_rate_drops") if drawer == "pixel" else ()
        values = {name: value for name, value in values.items() if name not in others}
        values["learning_rate_factor"] = EMBEDDED["learning_rate_factor"]
    return values


def sprite_values(filters: str | None) -> dict[str, Any]:
    """What a sprite supplies: a ground that one looks through, unless it is to be a tile."""
    tile = any(name in ("tiler", "wallpaper") for name, *_ in parse_parts(filters))
    return {} if tile else {"transparent": True, "pixel_alpha": "hard"}


def one_ink(ink: str | None, palette: str | None) -> str | None:
    """The colour of all strokes, from the settings of a drawer with ink; None: there are several or none."""
    if ink == "auto":
        return None if palette else "black"
    return None if ink in (None, "palette", "free") else ink


def canvas_size(aspect: str, scale: float, image_size: tuple[int, int] | None = None) -> tuple[int, int]:
    """Width and height for an aspect at a scale.

    Args:
        aspect: a name of the table, or "retain" to keep the proportions of the start image.
        scale: multiplies the base size.
        image_size: width and height of the start image; only "retain" needs it.
    """
    if aspect == "retain":
        if image_size is None:
            raise ValueError("aspect=retain keeps the proportions of a start image: give init_image too")
        width, height = image_size
        return int(RETAIN_SIDE * scale), int(RETAIN_SIDE * (height / width) * scale)
    width, height = ASPECT[aspect]
    return int(width * scale), int(height * scale)

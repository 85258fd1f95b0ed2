"""Settings of runs that are right each by themselves, drawn at random: parts of every kind and tiny pictures."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

PICTURES = ("noise.png", "dot.png", "black.png", "cut_out.png", "thin.png")
CELLS = ("rect", "rectshift", "hex", "tri", "diamond", "knit")
PALETTES = (
    "[black, red, gold]",
    "[white]",
    "black -> white",
    "red -> blue \\8; [green]",
    "rust;teal;#123456",
    "@noise.png\\4",
)
Settings = dict[str, Any]


def write_pictures(folder: Path) -> None:
    """The pictures that the combinations name, some of which are as awkward as pictures can be."""
    noise = np.random.default_rng(0).integers(0, 256, (20, 30, 4), dtype=np.uint8)
    noise[:, :10, 3] = 0
    Image.fromarray(noise[..., :3]).save(folder / "noise.png")
    Image.fromarray(noise).save(folder / "cut_out.png")
    Image.new("RGB", (1, 1), "red").save(folder / "dot.png")
    Image.new("L", (16, 16), 0).save(folder / "black.png")
    Image.fromarray(noise[:1, :, :3]).save(folder / "thin.png")
    (folder / "frames").mkdir(exist_ok=True)
    for number in range(2):
        Image.fromarray(noise[number::2, :, :3]).save(folder / "frames" / f"{number}.png")
    (folder / "line.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 20">'
        '<path d="M2 2 C 9 1 14 19 28 18" stroke="#204060" stroke-width="2" fill="none"/></svg>'
    )


def combinations(seed: int) -> Iterator[Settings]:
    """Combinations without end, numbered from 1 on."""
    for number in itertools.count(1):
        yield combination(seed, number)


def combination(seed: int, number: int) -> Settings:
    """Settings that are right each by themselves, the same for a seed and a number."""
    draw = random.Random(f"{seed} {number}")
    settings: Settings = {
        "prompts": _prompts(draw),
        "seed": draw.randrange(100),
        "size": draw.choice(
            [[24, 16], [32, 32], [48, 32], [16, 40], [33, 17]] if draw.random() < 0.9 else [[1, 1], [5, 3], [1, 24]]
        ),
        "iterations": draw.choice([1, 2, 2, 3]),
        "num_cuts": draw.choice([1, 2, 3, 8]),
        "save_intermediates": False,
        "checkpoint_every": draw.choice([0, 1]),
        **({"clip_models": "toy"} if draw.random() < 0.6 else {"perceptors": "embedded"}),
    }
    settings["drawer"] = draw.choice(sorted(_DRAWERS))
    settings |= _DRAWERS[settings["drawer"]](draw)
    for part in (_losses, _palette, _start, _overlay, _steps, _looks, _further_prompts):
        settings |= part(draw)
    return _without_refusals(settings)


def _without_refusals(settings: Settings) -> Settings:
    """Most of what is refused for a known reason is taken out, so that more is painted."""
    if settings["drawer"] not in ("pixel", "vqgan"):
        latent = ("init_weight", "init_weight_dist", "init_weight_cos", "image_labels")
        settings = {name: value for name, value in settings.items() if name not in latent}
    if "palette" in settings.get("custom_loss", "") or settings.get("ink") == "palette":
        settings.setdefault("palette", PALETTES[0])
    return settings


def _some(draw: random.Random, share: float, **choices: Any) -> Settings:
    """A few of these settings, each with this chance, and one of its values."""
    return {name: draw.choice(values) for name, values in choices.items() if draw.random() < share}


def _weighted(draw: random.Random, name: str) -> str:
    weight = draw.choice(["", "", ":1", ":0", ":-0.5", ":3.5", ":1e-6", ":100", ":1e12"])
    return name + weight + (draw.choice(["", "", ":-0.9", ":0.5", ":0"]) if weight else "")


def _prompts(draw: random.Random) -> str:
    words = ("a red heart", "blue", "a house by the sea", "", "white")
    return "|".join(_weighted(draw, draw.choice(words[:3])) for _ in range(draw.choice([1, 1, 2])))


def _pixel(draw: random.Random) -> Settings:
    return {"pixel_type": draw.choice(CELLS)} | _some(
        draw,
        0.4,
        pixel_size=[[1, 1], [2, 1], [1, 2], [1, 7], [7, 1], [2, 2], [8, 6], [40, 30]],
        pixel_scale=[0.1, 1.5, 20, 1000],
        pixel_border=["open", "filled"],
        pixel_edge_check=[False],
        pixel_iso_check=[False],
        pixel_alpha=["hard"],
        pixel_svg=[True],
        pixel_cells=[True],
    )


def _strokes(draw: random.Random) -> Settings:
    return {"strokes": draw.choice([1, 2, 5, 12])} | _some(
        draw,
        0.25,
        stroke_start=["edges", "saliency", "random"],
        init_svg=["line.svg"],
        page_width=[50, 210],
        svg_order=["drawn", "travel"],
    )


def _widths(draw: random.Random) -> Settings:
    return draw.choice([{}, {}, {"min_stroke_width": 1, "max_stroke_width": 1}, {"max_stroke_width": 60}])


def _line_sketch(draw: random.Random) -> Settings:
    ink = ["palette", "free", "auto", "black", "red"]
    lines = _some(draw, 0.3, stroke_length=[1, 3], ink=ink, stroke_opacity=[0.01, 0.4], allow_paper_color=[True])
    return _strokes(draw) | lines | _widths(draw)


def _clipdraw(draw: random.Random) -> Settings:
    return _strokes(draw) | _widths(draw)


def _fft(draw: random.Random) -> Settings:
    return {"fft_use": draw.choice(["fft", "dwt", "pixel"])} | _some(
        draw,
        0.3,
        fft_decay=[0, 0.5, 4, 30],
        fft_wave=["db1", "haar", "coif2", "sym4", "bior2.2"],
        fft_sharp=[0, 1, 50],
        fft_colors=[0.1, 3, 1e12],
        fft_lrate=[0, 0.01, 5, 1e12],
    )


def _multires(draw: random.Random) -> Settings:
    names = {
        "multires_decay": [0, 2, 30],
        "multires_step": [1.1, 16],
        "multires_colors": [0.01, 1e12],
        "multires_lrate": [0, 1e12],
    }
    return _some(draw, 0.3, **names)


def _vqgan(draw: random.Random) -> Settings:
    return {"vqgan_model": "embedded"} | _some(draw, 0.3, vqgan_precision=["fp32", "auto"], vqgan_recompute=[True])


_DRAWERS = {
    "pixel": _pixel,
    "line_sketch": _line_sketch,
    "clipdraw": _clipdraw,
    "fft": _fft,
    "multires": _multires,
    "vqgan": _vqgan,
}


def _losses(draw: random.Random) -> Settings:
    names = draw.sample(
        ["edge", "gaussian", "palette", "saturation", "smoothness", "symmetry", "tv"], draw.choice([0, 0, 1, 2])
    )
    if not names:
        return {}
    choices: dict[str, Settings] = {
        "edge": {"edge_thickness": [0, 50, 100], "edge_color": ["red"], "edge_mask_image": ["black.png", "noise.png"]},
        "gaussian": {"gaussian_std": [[0.01, 0.01], [1000, 3]], "gaussian_color": [[0, 0, 0]]},
        "smoothness": {
            "smoothness_type": ["default", "clipped", "log"],
            "smoothness_gaussian_kernel": [3, 31],
            "smoothness_edge_order": [2],
            "smoothness_weight": [-1, 1e12],
            "smoothness_spacing": [0.01, 9],
        },
        "saturation": {"saturation_weight": [-1, 0, 1e12]},
    }
    further = [_some(draw, 0.4, **choices.get(name, {})) for name in names]
    return {"custom_loss": ",".join(_weighted(draw, name) for name in names)} | {
        k: v for one in further for k, v in one.items()
    }


def _palette(draw: random.Random) -> Settings:
    palette = _some(draw, 0.3, palette=PALETTES)
    filters = _some(draw, 0.3, filters=["lookup", "tiler", "wallpaper", "lookup,wallpaper", "tiler:0.5"])
    names = filters.get("filters", "")
    if "lookup" in names:
        palette |= {"palette": draw.choice(PALETTES)} | _some(draw, 0.3, lookup_beta=[0.1, 1000, 1e12])
    if "wallpaper" in names:
        types = ["none", "horizontal", "vertical", "shift"]
        filters |= _some(draw, 0.5, wallpaper_type=types, wallpaper_edge_match=[1, 4])
    return palette | filters


def _start(draw: random.Random) -> Settings:
    start = _some(draw, 0.4, init_image=PICTURES) | _some(draw, 0.2, init_noise=["pixels", "gradient", "snow", "none"])
    if "init_image" in start:
        start |= _some(
            draw,
            0.25,
            init_image_alpha=[0, 255],
            image_fit=["crop", "contain"],
            init_weight=[1, -1],
            init_weight_dist=[0.5, 1e12],
            init_weight_cos=[0.5],
            init_weight_pix=[0.5, 1e12],
        )
    if draw.random() < 0.15:
        start |= {"transparent": True} | _some(
            draw, 0.5, transparent_weight=[1, -1, 1e12], alpha_use_g=[True], alpha_gamma=[0.1, 9, 100]
        )
    return start


def _overlay(draw: random.Random) -> Settings:
    if draw.random() < 0.06:
        return {"animation_dir": "anim", "init_image": "frames/*.png", **_some(draw, 0.5, animation_alpha=[0, 255])}
    if draw.random() > 0.2:
        return {}
    shares = {"overlay_alpha": [1, 255], "overlay_offset": [1], "overlay_until": [2]}
    return {"overlay_image": draw.choice(PICTURES), "overlay_every": draw.choice([1, 2])} | _some(draw, 0.3, **shares)


def _steps(draw: random.Random) -> Settings:
    return _some(
        draw,
        0.2,
        learning_rate=[0, 1e-9, 3, 1000, 1e12],
        optimiser=["Adagrad", "Adam", "AdamP", "AdamW", "Adamax"],
        learning_rate_drops=["50", "1,2", "0%", "none"],
        auto_stop=[True],
        batches=[2, 3],
    )


def _looks(draw: random.Random) -> Settings:
    return _some(
        draw,
        0.12,
        cut_noise=[0, 3, 1000],
        cut_contrast=["minmax"],
        cut_pow=[0, 0.1, 5, -1, 100],
        cuts_at_once=[1],
        cutouts=["classic"],
    )


def _further_prompts(draw: random.Random) -> Settings:
    names = _some(
        draw, 0.1, image_prompts=PICTURES, target_images=PICTURES, image_labels=PICTURES, spot_prompts=["blue"]
    )
    names = {name: _weighted(draw, value) if name != "image_labels" else value for name, value in names.items()}
    spots = {"spot_file": PICTURES, "image_prompt_shuffle": [True], "image_prompt_pairs": ["all"]}
    others = {"labels": ["heart"], "noise_prompt_seeds": [[1, 2]], "vector_prompts": ["none"], "priors": ["none"]}
    return names | _some(draw, 0.08, **spots, **others)

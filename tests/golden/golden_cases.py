"""The golden runs: each drawer, each cell type of the pixel drawer, and what can stand between drawer and losses.

Every run goes through the public `pixray.new_session`, on the CPU in float32 and with the embedded perceptor.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import numpy as np
from PIL import Image

import pixray

PICTURES = Path(__file__).parent / "pictures"
COMMON = {
    "prompts": "a red heart",
    "perceptors": "embedded",
    "precision": "fp32",
    "device": "cpu",
    "size": [48, 32],
    "num_cuts": 4,
    "iterations": 3,
    "learning_rate": 0.05,
    "seed": 1,
}
PIXEL = {"drawer": "pixel", "pixel_size": [12, 8]}
CELLS = ("rect", "rectshift", "hex", "tri", "diamond", "knit")
CASES = {
    **{f"pixel_{cell}": {**PIXEL, "pixel_type": cell, "pixel_border": "open"} for cell in CELLS},
    **{f"filled_{cell}": {**PIXEL, "pixel_type": cell} for cell in CELLS if cell != "rect"},
    "fft": {"drawer": "fft"},
    "multires": {"drawer": "multires"},
    "clipdraw": {"drawer": "clipdraw", "strokes": 12},
    "line_sketch": {"drawer": "line_sketch", "strokes": 8, "clip_models": "embedded"},
    "vqgan": {"drawer": "vqgan", "vqgan_precision": "fp32"},
    "super_resolution": {"drawer": "super_resolution", "super_resolution_model": "small.pth"},
    "openai": {"drawer": "openai", "iterations": 2},
    "filters": {**PIXEL, "filters": "wallpaper,lookup", "wallpaper_type": "shift", "palette": "[red,white,#204060]"},
    "tiles": {"drawer": "multires", "filters": "tiler"},
    "losses": {
        **PIXEL,
        "custom_loss": "tv,palette,saturation,symmetry,smoothness,edge,gaussian",
        "palette": "[red,blue]",
        "prompts": "a red heart|green:-0.5:-0.4",
    },
    "transparency": {
        **PIXEL,
        "pixel_type": "hex",
        "pixel_border": "open",
        "transparent": True,
        "pixel_alpha": "soft",
        "custom_loss": "saturation",
    },
    "ground": {**PIXEL, "transparent": True, "colors": 6},
    "guides": {
        **PIXEL,
        "init_image": "start.png",
        "init_weight": 0.5,
        "init_weight_pix": 0.5,
        "image_prompts": "other.png",
        "target_images": "other.png",
        "spot_prompts": "blue",
        "labels": "cat",
        "noise_prompt_seeds": "3",
        "batches": 2,
        "overlay_image": "start.png",
        "overlay_every": "2 iterations",
        "overlay_alpha": 90,
    },
    "animation": {
        **PIXEL,
        "animation_dir": "frames",
        "init_image": "{start,other}.png",
        "iterations": 4,
        "save_every": 2,
        "animation_alpha": 100,
    },
}
"""Name of the picture: the settings that differ from `COMMON`."""


def paint(case: str) -> np.ndarray:
    """The last picture of a case, H W 3 or H W 4 of 0 to 255. Works in the current folder, which should be empty."""
    _write_inputs()
    settings = {**COMMON, **CASES[case]}
    with contextlib.ExitStack() as stack:
        if case == "openai":
            from pixray.testing.fake_world import fake_world

            _, environment = stack.enter_context(fake_world())
            stack.enter_context(_variables(environment))
        if case == "super_resolution":
            _write_network()
        drawn = [event for event in pixray.new_session(**settings).run() if type(event).__name__ == "Drawn"]
    return drawn[-1].image_u8


def _write_inputs() -> None:
    rows, columns = np.mgrid[0:32, 0:48]
    start = np.stack([columns * 5, rows * 7, 255 - columns * 5], -1).astype(np.uint8)
    Image.fromarray(start).save("start.png")
    Image.fromarray(start[::-1, ::-1]).save("other.png")


def _write_network() -> None:
    """A Real-ESRGAN of one block, with random weights."""
    import torch
    from spandrel.architectures.ESRGAN.__arch.RRDB import RRDBNet

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = RRDBNet(in_nc=3, out_nc=3, num_filters=8, num_blocks=1, scale=4)
        for weight in network.parameters():
            weight.data.mul_(2)  # as they are made, they give one dark colour
    torch.save({"params_ema": network.state_dict()}, "small.pth")


@contextlib.contextmanager
def _variables(values: dict[str, str]):
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

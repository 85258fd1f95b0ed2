"""Small runs that faults happen to: a toy perceptor, a second each, every kind of drawer and of file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixray.models.store import ModelStore
from pixray.recorders.base import attach
from pixray.registry import BUILT_IN, Registry
from pixray.runs.resume import resume
from pixray.runs.to_folder import prepare_folder_run, run_to_folder
from pixray.settings.resolve import resolve
from pixray.testing.fakes import ToyPerceptor

BASE = {"prompts": "red", "clip_models": "toy", "size": [48, 32], "num_cuts": 4, "seed": 1, "iterations": 8}
KINDS: tuple[dict[str, Any], ...] = (
    {"drawer": "pixel", "pixel_size": [12, 8], "checkpoint_every": 3, "save_every": 2, "cut_noise": 0.2},
    {"drawer": "line_sketch", "strokes": 3, "stroke_length": 2, "checkpoint_every": 1, "save_every": 1},
    {"drawer": "multires", "checkpoint_every": 2, "save_every": 3, "make_video": True},
    {"drawer": "pixel", "pixel_size": [6, 4], "checkpoint_every": 0, "optimiser": "AdamW", "output": "sub/heart.png"},
)
OTHER = {"drawer": "fft", "prompts": "blue", "checkpoint_every": 2, "save_every": 1, "iterations": 9}
"""A run that was in the folder before."""


def registry() -> Registry:
    """The built-in parts and the toy perceptor."""
    made = Registry(BUILT_IN)
    made.add("perceptor", "toy", ToyPerceptor)
    return made


def begin(kind: Mapping[str, Any], outdir: Path) -> None:
    """A new run to its end."""
    parts = registry()
    settings = resolve(parts, {**BASE, **kind, "outdir": str(outdir)})
    session, files = prepare_folder_run(settings, parts, ModelStore())
    for _ in run_to_folder(session, files, parts):
        pass


def go_on(outdir: Path) -> None:
    """The run in a folder to its end."""
    session, files = resume(outdir, registry(), ModelStore())
    for _ in attach(session.run(), files):
        pass

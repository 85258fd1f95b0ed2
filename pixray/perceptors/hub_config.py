"""Whether a model can be built from its open_clip_config.json, told before its weights are downloaded or read.

Late imports keep open_clip out of start-up.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from pathlib import Path
from typing import Any

from pixray.perceptors.library import import_open_clip

CONFIG = "open_clip_config.json"


def unreadable(config: Path) -> str | None:
    """Why open_clip cannot build the model of a configuration, as words; None: it can, as far as can be told.

    Args:
        config: a file open_clip_config.json.
    """
    try:
        model = json.loads(config.read_text(encoding="utf-8"))["model_cfg"]
        towers = {tower: model[tower] for tower in ("vision_cfg", "text_cfg")}
        names = {tower: set(facts) for tower, facts in towers.items()}
    except (OSError, ValueError, KeyError, TypeError):
        return f"its {CONFIG} does not describe a model"
    module = import_open_clip().model
    for tower, kind in (("vision_cfg", module.CLIPVisionCfg), ("text_cfg", module.CLIPTextCfg)):
        unknown = sorted(names[tower] - {field.name for field in dataclasses.fields(kind)})
        if unknown:
            what = "text tower" if tower == "text_cfg" else "image tower"
            return f"open_clip does not know its {what} ({CONFIG} names {tower}.{unknown[0]})"
    return missing_tokenizer(towers["text_cfg"])


def tokenizer_of(text: Any) -> str | None:
    """The repository whose tokenizer a text tower wants, from its configuration; None: CLIP's own."""
    return text.get("hf_tokenizer_name") or None


def missing_tokenizer(text: Any) -> str | None:
    """Why the words of a text tower cannot be read on this machine, as words; None: they can."""
    if tokenizer_of(text) is None or importlib.util.find_spec("transformers"):
        return None
    needed = "its text tower reads words with the package 'transformers', which is not installed"
    return f"{needed}: pip install 'pixray[judge]'"

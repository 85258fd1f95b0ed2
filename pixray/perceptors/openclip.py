"""Perceptors from open_clip: any of its models, with OpenAI's and LAION's weights, from a folder or from the hub."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from pixray.errors import ModelUnavailable, UnsafeFile
from pixray.models.safe_load import read_tensors
from pixray.perceptors.clip import Clip
from pixray.perceptors.frozen.tower import compile_tower
from pixray.perceptors.library import import_open_clip
from pixray.perceptors.normalization import OPENAI_MEAN, OPENAI_STD
from pixray.perceptors.reading import Tokenize
from pixray.perceptors.sources import Found, refuse_unreadable


class OpenClip(Clip):
    """A frozen model of open_clip.

    Args:
        name: what users call it.
        model: an open_clip model. It is taken apart: its image tower is compiled anew (see pixray.perceptors.frozen),
            its text tower is frozen and stays as it is, in float32.
        tokenize: texts to N x context token numbers.
        device: where it runs.
        dtype, contrast: as every CLIP takes them.
    """

    def __init__(
        self,
        name: str,
        model: Any,
        tokenize: Tokenize,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        contrast: str = "plain",
    ) -> None:
        visual = model.visual
        size = visual.image_size
        preprocess = getattr(visual, "preprocess_cfg", None) or {}
        mean, std = preprocess.get("mean", OPENAI_MEAN), preprocess.get("std", OPENAI_STD)
        image_tower = compile_tower(visual.eval(), mean, std, dtype, device)
        model.visual = None
        text_tower = _TextOf(model.eval().requires_grad_(False).to(device))
        side = int(size[0] if isinstance(size, tuple | list) else size)
        super().__init__(name, image_tower, text_tower, tokenize, side, device, dtype, contrast)


class _TextOf(nn.Module):
    """The text tower of a model that has lost its image tower."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor) -> Tensor:
        return self.model.encode_text(tokens)


def _create(model_name: str, weights: Path | None, preprocess: dict[str, Any] | None) -> Any:
    # Building fills the weights with random numbers first; those must not come out of the user's generator.
    with torch.random.fork_rng(devices=[]):
        return import_open_clip().create_model(
            model_name,
            pretrained=None if weights is None else str(weights),
            force_preprocess_cfg=preprocess,
            require_pretrained=True,
            weights_only=True,
        )


def _create_from_file(model_name: str, weights: Path, preprocess: dict[str, Any] | None) -> Any:
    """The model; of a file with more than weights inside, from a copy that holds its tensors alone."""
    try:
        return _create(model_name, weights, preprocess)
    except Exception as error:
        if "weights_only" not in str(error) and "Weights only load failed" not in str(error):
            raise
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "weights.safetensors")
        tensors = {name: tensor.contiguous() for name, tensor in read_tensors(weights).items()}
        save_file({name.removeprefix("module."): tensor for name, tensor in tensors.items()}, copy)
        return _create(model_name, copy, preprocess)


def load_openclip(files: Found, device: str, dtype: torch.dtype, contrast: str = "plain") -> OpenClip:
    """Build the model behind a name from files on this machine. Only plain weights are read, never code.

    Raises:
        UnsafeFile: the file asks for what only an attack needs; nothing of it ran.
        ModelUnavailable: the file does not fit the architecture.
    """
    open_clip = import_open_clip()
    refuse_unreadable(files)
    name = files.source.name
    where = files.folder or files.weights
    model_name = f"local-dir:{files.folder}" if files.folder else files.source.architecture
    assert model_name
    preprocess = dict(files.source.preprocess) or None
    try:
        if files.folder:
            model = _create(model_name, None, preprocess)
        else:
            assert files.weights is not None
            model = _create_from_file(model_name, files.weights, preprocess)
        tokenize = open_clip.get_tokenizer(model_name)
    except UnsafeFile as error:
        raise UnsafeFile(f"perceptor '{name}': {error}") from None
    except Exception as error:
        short = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelUnavailable(f"perceptor '{name}': {where} does not load as {model_name} ({short})") from error
    return OpenClip(name, model, tokenize, device, dtype, contrast)

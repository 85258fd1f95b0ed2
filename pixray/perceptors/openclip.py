"""Perceptors from open_clip: any of its models, with OpenAI's and LAION's weights, from a folder or from the hub."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from pixray.errors import ModelUnavailable, UnsafeFile
from pixray.models.safe_load import read_tensors
from pixray.perceptors.base import Perceptor
from pixray.perceptors.frozen.tower import PlainTower, compile_tower
from pixray.perceptors.library import import_open_clip
from pixray.perceptors.reading import Tokenizer, unread_part
from pixray.perceptors.sources import Found

OPENAI_MEAN = (0.48145466, 0.4578275, 0.40821073)
OPENAI_STD = (0.26862954, 0.26130258, 0.27577711)

_ENLARGED = 4096.0


class _ScaledGradient(torch.autograd.Function):
    """The same values; the gradient is multiplied."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> Tensor:
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad * ctx.factor, None


class OpenClip(Perceptor):
    """A frozen open_clip model.

    Args:
        name: what users call it.
        model: an open_clip model. It is taken apart: its image tower is compiled anew (see pixray.perceptors.frozen),
            its text tower is frozen and stays as it is, in float32.
        tokenizer: texts to N x context token numbers.
        device: where it runs.
        dtype: number format of the image tower's weights and activations.
        contrast: "plain", or "minmax" to stretch each batch to 0..1 first, as the old pixray did.
    """

    def __init__(
        self,
        name: str,
        model: Any,
        tokenizer: Tokenizer,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        contrast: str = "plain",
    ) -> None:
        self.name = name
        self._tokenizer = tokenizer
        self._device, self._dtype, self._contrast = device, dtype, contrast
        visual = model.visual
        size = visual.image_size
        self.input_size = int(size[0] if isinstance(size, tuple | list) else size)
        preprocess = getattr(visual, "preprocess_cfg", None) or {}
        mean, std = preprocess.get("mean", OPENAI_MEAN), preprocess.get("std", OPENAI_STD)
        self._tower = compile_tower(visual.eval(), mean, std, dtype, device)
        self.capturable = not isinstance(self._tower, PlainTower)  # nobody knows what an unknown network does
        model.visual = None
        self._model = model.eval().requires_grad_(False).to(device)
        self.dim = self.encode_text(["a"]).shape[1]

    def encode_image(self, crops: Tensor) -> Tensor:
        if self._contrast == "minmax":
            low, high = crops.min(), crops.max()
            crops = (crops - low) / (high - low).clamp_min(1e-6)
        if self._dtype == torch.float16 and crops.requires_grad:
            # Gradients of single pixels are smaller than the smallest half-precision number, so they travel enlarged.
            crops = _ScaledGradient.apply(crops, 1 / _ENLARGED)
            embeds = _ScaledGradient.apply(self._tower(crops).float(), _ENLARGED)
        else:
            embeds = self._tower(crops).float()
        return F.normalize(embeds, dim=-1)

    @torch.no_grad()
    def encode_text(self, texts: Sequence[str]) -> Tensor:
        tokens = self._tokenizer(list(texts)).to(self._device)
        return F.normalize(self._model.encode_text(tokens).float(), dim=-1)

    def unread(self, text: str) -> str:
        return unread_part(self._tokenizer, text)


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
        tokenizer = open_clip.get_tokenizer(model_name)
    except UnsafeFile as error:
        raise UnsafeFile(f"perceptor '{name}': {error}") from None
    except Exception as error:
        short = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelUnavailable(f"perceptor '{name}': {where} does not load as {model_name} ({short})") from error
    return OpenClip(name, model, tokenizer, device, dtype, contrast)

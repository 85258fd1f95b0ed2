"""The state of a run in one file that cannot run code: tensors as safetensors, everything else as JSON beside them.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.errors import PixrayError

if TYPE_CHECKING:
    from torch import Tensor

NAME = "checkpoint.safetensors"
_TENSOR, _FORMAT = "$tensor", "pixray-checkpoint-2"
_DAMAGE = (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError)
"""What reading a file of any content can raise; RecursionError is a RuntimeError."""


def pack(state: Mapping[str, Any], record: Mapping[str, Any] | None = None) -> bytes:
    """A nested state of dicts, lists, numbers, texts and tensors as the content of a file.

    Args:
        record: the settings of the run that it is a state of, by which `unpack` tells whose it is.
    """
    from safetensors.torch import save

    tensors: dict[str, Tensor] = {}
    tree = {"record": dict(record or {}), "state": _take_tensors(state, tensors, "")}
    # One entry only: safetensors writes several in no fixed order, and equal states shall be equal files.
    return save(tensors, metadata={_FORMAT: json.dumps(tree)})


def unpack(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The state in a file, and the settings of the run that it belongs to.

    Raises:
        PixrayError: no such file, a damaged one, or one of another kind.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            facts = file.metadata() or {}
            if _FORMAT not in facts:
                raise PixrayError(f"{path} is not a checkpoint of a run")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, it is no dict
        tree = json.loads(facts[_FORMAT])
        state, record = _put_tensors(tree["state"], tensors), tree["record"]
        if not isinstance(state, dict) or not isinstance(record, dict) or not isinstance(state.get("step"), int):
            raise ValueError("it holds no state")
    except FileNotFoundError:
        raise PixrayError(f"{path}: there is no checkpoint") from None
    except _DAMAGE as error:
        raise _damaged(path, error) from error
    except SafetensorError as error:
        raise _damaged(path, error) from error
    return state, record


def is_checkpoint(path: Path) -> bool:
    """Whether a file begins as checkpoints do; for that nothing is loaded."""
    try:
        with path.open("rb") as file:
            return _FORMAT.encode() in file.read(256)
    except OSError:
        return False


def _damaged(path: Path, error: Exception) -> PixrayError:
    return PixrayError(f"{path} is damaged and cannot be continued from ({type(error).__name__}: {error})")


def _take_tensors(value: Any, tensors: dict[str, Tensor], path: str) -> Any:
    """The same tree with each tensor replaced by its name; dict keys that are numbers are marked as such."""
    import torch

    if isinstance(value, torch.Tensor):
        tensors[path] = value.detach().cpu().contiguous().clone()
        return {_TENSOR: path}
    if isinstance(value, Mapping):
        return {
            "$items": [
                [key, _take_tensors(item, tensors, f"{path}/{key}" if path else str(key))]
                for key, item in value.items()
            ]
        }
    if isinstance(value, list | tuple):
        return [_take_tensors(item, tensors, f"{path}/{number}") for number, item in enumerate(value)]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a state holds tensors, numbers, texts, lists and dicts, not {type(value).__name__} at '{path}'")


def _put_tensors(tree: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(tree, dict):
        if _TENSOR in tree:
            return tensors[tree[_TENSOR]]
        return {key: _put_tensors(item, tensors) for key, item in tree["$items"]}
    if isinstance(tree, list):
        return [_put_tensors(item, tensors) for item in tree]
    return tree

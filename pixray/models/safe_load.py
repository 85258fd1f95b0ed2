"""Reading the tensors of a checkpoint without ever running what else it holds.

`.safetensors` files hold nothing but tensors. Everything older is a pickle, which is a program. It is read as data
(pickle_read.py): whatever lies beside the tensors, such as the configuration of a training run, becomes a stand-in that
does nothing, and a file that asks for what only an attack needs is refused besides. Its content tells what a file is.

Late imports keep safetensors out of start-up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.errors import ModelUnavailable, UnsafeFile, escaped
from pixray.models.pickle_read import Foreign
from pixray.models.torch_file import StoredTensor, TorchFile, open_torch_file, stored_tensor
from pixray.models.verify import is_safetensors, what_else

if TYPE_CHECKING:
    from torch import Tensor

NESTED = ("state_dict", "params_ema", "params", "model")
"""Where published files keep their weights: Lightning's key, then those of BasicSR, averaged weights first."""

_ATTACKS = frozenset(
    "os posix nt sys subprocess pty socket shutil runpy importlib ctypes code codeop webbrowser pickle marshal "
    "commands popen2 timeit pdb".split()
)
"""Modules whose functions stand in no checkpoint, and are what a planted one calls."""
_ATTACKING_BUILTINS = frozenset("exec execfile eval compile __import__ open file input breakpoint apply".split())


def read_tensors(path: Path, keep: Callable[[str], bool] = lambda name: True) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name, on the CPU; those under a key of `NESTED`, if there is one.

    Args:
        path: a .safetensors file, or a file of `torch.save` with tensors by name, alone or under a key of `NESTED`.
        keep: whether a name is to be read; others cost no memory.

    Raises:
        UnsafeFile: it asks for what only an attack needs; nothing of it ran.
        ModelUnavailable: it is damaged, no checkpoint at all, or a wanted tensor is no plain array of numbers.
    """
    if _is_safetensors(path):
        return _read_safetensors(path, keep)
    file = _open(path)
    stored = {name: tensor for name, tensor in _weights(path, file.content).items() if keep(name)}
    tensors, total = {}, 0
    for name, tensor in stored.items():
        if tensor.fault:
            raise ModelUnavailable(f"{path} cannot be used: its {escaped(name)} is a tensor that is {tensor.fault}")
        try:
            view = file.read(tensor)
        except ValueError as error:
            raise ModelUnavailable(f"{path} is damaged: {escaped(name)} cannot be read, {error}") from error
        total += view.numel() * view.itemsize
        if total > 4 * path.stat().st_size + (1 << 20):
            raise ModelUnavailable(f"{path} cannot be used: its tensors are larger than the file, many times over")
        # A copy, since the file itself stays mapped into memory only as long as its other tensors live.
        tensors[name] = view.clone()
    return tensors


def tensor_names(path: Path) -> list[str]:
    """The names of a checkpoint's tensors, which themselves stay unread.

    Raises:
        UnsafeFile, ModelUnavailable: as for `read_tensors`.
    """
    if _is_safetensors(path):
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="pt", device="cpu") as file:
                return list(file.keys())
        except (SafetensorError, OSError) as error:
            raise _damaged_safetensors(path, error) from error
    return list(_weights(path, _open(path).content))


def _is_safetensors(path: Path) -> bool:
    try:
        return is_safetensors(path)
    except OSError as error:
        raise ModelUnavailable(f"{path} cannot be read ({error.strerror})") from error


def _read_safetensors(path: Path, keep: Callable[[str], bool]) -> dict[str, Tensor]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            return {name: file.get_tensor(name) for name in file.keys() if keep(name)}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise _damaged_safetensors(path, error) from error


def _damaged_safetensors(path: Path, error: Exception) -> ModelUnavailable:
    return ModelUnavailable(f"{path} is damaged or no .safetensors file ({escaped(str(error))})")


def _open(path: Path) -> TorchFile:
    names: list[str] = []
    try:
        if kind := what_else(path):
            raise ModelUnavailable(f"{path} is {kind}, where a checkpoint was expected")
        file = open_torch_file(path, names.append)
    except (OSError, ValueError) as error:
        _refuse_attack(path, names)
        raise ModelUnavailable(f"{path} is damaged or no checkpoint ({escaped(str(error))})") from error
    _refuse_attack(path, names)
    return file


def _refuse_attack(path: Path, names: list[str]) -> None:
    for name in names:
        module, _, attribute = name.partition(".")
        builtin = module in ("builtins", "__builtin__") and attribute in _ATTACKING_BUILTINS
        if builtin or module in _ATTACKS:
            raise UnsafeFile(
                f"{path} asks for '{escaped(name, 80)}', which no weights need and which could run a program: it was "
                "refused, and nothing of it ran; get the model from its publisher, as .safetensors if there is one"
            )


def _weights(path: Path, content: Any) -> Mapping[str, StoredTensor]:
    """The tensors by name in the saved object."""
    if not isinstance(content, Mapping):
        raise ModelUnavailable(f"{path} holds no weights by name")
    candidates = [content[key] for key in NESTED if isinstance(content.get(key), Mapping)]
    for candidate in (*candidates, content):
        tensors = {name: tensor for name, value in candidate.items() if (tensor := stored_tensor(value)) is not None}
        if tensors:
            return tensors
    if isinstance(content, Foreign) and content.maker:
        raise ModelUnavailable(
            f"{path} holds no weights by name but an object of the class '{escaped(content.maker, 80)}'"
        )
    return {}

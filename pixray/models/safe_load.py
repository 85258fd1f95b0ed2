"""Reading the tensors of a checkpoint without ever running what else it holds.

`.safetensors` files hold nothing but tensors. Everything older is a pickle, which is a program: it is read by torch's
weights-only reader, which knows tensors, plain containers, and the few foreign classes that training frameworks are
known to leave in published checkpoints. Those become inert stand-ins. Any other object is refused before it is made.
"""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.errors import ModelUnavailable, UnsafeFile

if TYPE_CHECKING:
    from torch import Tensor

LEFTOVERS = (
    # Lightning keys the state of its callbacks by their class.
    "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
    "pytorch_lightning.callbacks.early_stopping.EarlyStopping",
    "pytorch_lightning.callbacks.lr_monitor.LearningRateMonitor",
    "pytorch_lightning.callbacks.progress.ProgressBar",
    # The callbacks of taming-transformers' own training script.
    "main.SetupCallback",
    "main.ImageLogger",
    "__main__.SetupCallback",
    "__main__.ImageLogger",
    # A best score as a number of numpy's, and configurations of omegaconf's.
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "numpy.dtype",
    "omegaconf.dictconfig.DictConfig",
    "omegaconf.listconfig.ListConfig",
    "omegaconf.base.ContainerMetadata",
    "omegaconf.base.Metadata",
    "omegaconf.nodes.AnyNode",
    "typing.Any",
    "argparse.Namespace",
)
"""What published VQGAN checkpoints hold beside tensors: all that may be met, and none of it is kept."""

NESTED = ("state_dict", "params_ema", "params")
"""Where published files keep their weights: Lightning's key, then those of BasicSR, averaged weights first."""

CONVERT = (
    "on a machine where you trust it, load it with torch.load(file, weights_only=False)['state_dict'] and write that "
    "with safetensors.torch.save_file to a .safetensors file of the same name"
)


class _Forgotten:
    """Stands where a foreign object was: takes whatever it is given and keeps nothing."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        return

    def __setstate__(self, state: Any) -> None:
        return


def read_tensors(path: Path, wanted: Callable[[str], bool] = lambda name: True) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name, on the CPU; those under a key of `NESTED`, if there is one.

    Args:
        path: a .safetensors file, or a file of `torch.save` with tensors by name, alone or under a key of `NESTED`.
        wanted: whether a name is to be read; others cost no memory.

    Raises:
        UnsafeFile: it holds objects that such files have no business with; none of their code ran.
        ModelUnavailable: it is damaged, or no checkpoint at all.
    """
    if path.suffix == ".safetensors":
        return _read_safetensors(path, wanted)
    found = _unpickle(path)
    if isinstance(found, Mapping):
        found = next((found[key] for key in NESTED if isinstance(found.get(key), Mapping)), found)
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        raise ModelUnavailable(f"{path} holds no weights by name")
    # A copy, since the file itself stays mapped into memory only as long as its other tensors live.
    return {name: value.clone() for name, value in found.items() if _is_tensor(value) and wanted(name)}


def _is_tensor(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor)


def _read_safetensors(path: Path, wanted: Callable[[str], bool]) -> dict[str, Tensor]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            return {name: file.get_tensor(name) for name in file.keys() if wanted(name)}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ModelUnavailable(f"{path} is damaged or no .safetensors file ({error})") from error


def _unpickle(path: Path) -> Any:
    import torch

    try:
        with torch.serialization.safe_globals(_stand_ins()):
            # Mapping the file means that what nobody asks for, such as the discriminator, is never read from disk.
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        text = str(error)
        named = re.search(r"GLOBAL ([\w.]+)|class ([\w.]+)|function <[\w\- ]*?([\w.]+)", text)
        if "Weights only" in text and not _is_noise(text):
            what = f"'{next(filter(None, named.groups()))}'" if named else "an object"
            raise UnsafeFile(
                f"{path} holds {what}, which is no weight, and was refused before any of its code ran; {CONVERT}"
            ) from None
        raise ModelUnavailable(f"{path} is damaged or no checkpoint ({_first_line(text)})") from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, IndexError, AssertionError) as error:
        raise ModelUnavailable(f"{path} is damaged or no checkpoint ({_first_line(str(error))})") from error


def _is_noise(text: str) -> bool:
    """Whether the reader stumbled over bytes that are no pickle, such as an HTML page, rather than over an object."""
    return "Unsupported operand" in text or "invalid load key" in text


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "no reason given"


def _stand_ins() -> list[Any]:
    """One inert class for each known leftover, under its name."""
    made: list[Any] = []
    for path in LEFTOVERS:
        module, _, name = path.rpartition(".")
        made.append(type(name, (_Forgotten,), {"__module__": module}))
    return made

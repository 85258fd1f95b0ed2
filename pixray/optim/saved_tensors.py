"""The tensors that a part declares, as a state to be saved, and put back where they belong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from pixray.errors import InvalidPart, PixrayError


def declared_tensors(owner: object, attributes: Sequence[str]) -> dict[str, Tensor]:
    """The tensors in some attributes, by name; None is left out.

    Args:
        attributes: each holds a tensor, a list of tensors, a mapping of names to tensors, or None. An underscore in
            front is no part of the name: `_colours` is saved as "colours", the first of a list `layers` as "layers.0".

    Raises:
        InvalidPart: an attribute that is not there or holds something else.
    """
    tensors: dict[str, Tensor] = {}
    for attribute in attributes:
        value = getattr(owner, attribute, NotImplemented)
        name = attribute.lstrip("_")
        if isinstance(value, Mapping):
            named = dict(value)
        elif isinstance(value, list | tuple):
            named = {f"{name}.{number}": tensor for number, tensor in enumerate(value)}
        else:
            named = {} if value is None else {name: value}
        if not all(isinstance(tensor, Tensor) for tensor in named.values()):
            what = "does not exist" if value is NotImplemented else f"holds a {type(value).__name__}"
            raise InvalidPart(
                f"{type(owner).__name__} declares the tensor '{attribute}', which {what}: expected a tensor, several "
                "in a list or mapping, or None"
            )
        tensors.update(named)
    return tensors


def saved(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the CPU that later steps leave alone."""
    return {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}


@torch.no_grad()
def put_back(owner: object, tensors: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """Copy a saved state into tensors, in place, so that optimizers keep working.

    Raises:
        PixrayError: the state was saved by something else.
    """
    for name, tensor in tensors.items():
        if name not in state:
            raise PixrayError(f"the saved state does not fit {type(owner).__name__}: it holds no '{name}'")
        if state[name].shape != tensor.shape:
            shapes = f"{tuple(state[name].shape)}, not {tuple(tensor.shape)}"
            raise PixrayError(f"the saved state does not fit {type(owner).__name__}: '{name}' is of shape {shapes}")
        tensor.copy_(state[name])

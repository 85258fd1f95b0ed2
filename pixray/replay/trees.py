"""Tensors inside of dataclasses, mappings and sequences: taken out in a fixed order, and put back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from torch import Tensor

T = TypeVar("T")


def mapped(tree: T, change: Callable[[Tensor], Tensor]) -> T:
    """The same tree with every tensor changed. Whatever is no dataclass, mapping, list, tuple or tensor stays."""
    found: Any = tree
    if isinstance(tree, Tensor):
        found = change(tree)
    elif dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        parts = {field.name: getattr(tree, field.name) for field in dataclasses.fields(tree)}
        found = dataclasses.replace(tree, **{name: mapped(part, change) for name, part in parts.items()})
    elif isinstance(tree, Mapping):
        found = {key: mapped(part, change) for key, part in tree.items()}
    elif isinstance(tree, list | tuple):
        found = type(tree)(mapped(part, change) for part in tree)
    return found


def tensors(tree: Any) -> list[Tensor]:
    """Every tensor of a tree."""
    found: list[Tensor] = []

    def take(tensor: Tensor) -> Tensor:
        found.append(tensor)
        return tensor

    mapped(tree, take)
    return found


def shape_of(tree: Any) -> Hashable:
    """Everything about a tree but the numbers in its tensors: two steps with equal shapes do the same work."""
    if isinstance(tree, Tensor):
        return "tensor", tuple(tree.shape), tree.dtype
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        fields = dataclasses.fields(tree)
        return type(tree), tuple(shape_of(getattr(tree, field.name)) for field in fields)
    if isinstance(tree, Mapping):
        return "mapping", tuple((key, shape_of(part)) for key, part in tree.items())
    if isinstance(tree, list | tuple):
        return "sequence", tuple(shape_of(part) for part in tree)
    return tree if isinstance(tree, Hashable) else id(tree)

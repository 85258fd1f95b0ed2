"""Tensors inside dataclasses, mappings and sequences: taken out in a fixed order, and put back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from torch import Tensor

T = TypeVar("T")


def mapped(tree: T, change: Callable[[Tensor], Tensor]) -> T:
    """The same tree with every tensor changed.

    Whatever is no dataclass, mapping, list, tuple or tensor stays as it is. Of a dataclass only the fields count that
    its constructor takes.
    """
    result: Any = tree
    if isinstance(tree, Tensor):
        result = change(tree)
    elif _is_dataclass(tree):
        result = dataclasses.replace(tree, **{name: mapped(part, change) for name, part in _fields(tree).items()})  # type: ignore[type-var]
    elif isinstance(tree, Mapping):
        result = {key: mapped(part, change) for key, part in tree.items()}
    elif isinstance(tree, list | tuple):
        result = type(tree)(mapped(part, change) for part in tree)
    return result


def tensors(tree: Any) -> list[Tensor]:
    """Every tensor of a tree."""
    collected: list[Tensor] = []

    def collect(tensor: Tensor) -> Tensor:
        collected.append(tensor)
        return tensor

    mapped(tree, collect)
    return collected


def shape_of(tree: Any) -> Hashable:
    """Everything about a tree but the numbers in its tensors: steps whose inputs have equal shapes do the same work.

    Raises:
        TypeError: the tree holds something, such as a set or an array, that cannot be compared with that of a later
            step.
    """
    if isinstance(tree, Tensor):
        return "tensor", tuple(tree.shape), tree.dtype
    if _is_dataclass(tree):
        return type(tree), tuple(shape_of(part) for part in _fields(tree).values())
    if isinstance(tree, Mapping):
        return "mapping", tuple((key, shape_of(part)) for key, part in tree.items())
    if isinstance(tree, list | tuple):
        return "sequence", tuple(shape_of(part) for part in tree)
    if not isinstance(tree, Hashable):
        raise TypeError(f"their inputs hold a {type(tree).__name__}, which cannot be told from that of another step")
    return tree


def _is_dataclass(tree: Any) -> bool:
    return dataclasses.is_dataclass(tree) and not isinstance(tree, type)


def _fields(tree: Any) -> dict[str, Any]:
    return {field.name: getattr(tree, field.name) for field in dataclasses.fields(tree) if field.init}

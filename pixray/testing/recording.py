"""CUDA graphs on a CPU: records what a step does to memory and does just that again, with the same restrictions.

    check_replay(lambda: pixray.new_session(drawer="clay", perceptors="embedded", iterations=9, seed=1))

A CUDA graph repeats operations on the memory that they were recorded with. `Tape` does the same by PyTorch's own
operations: it notes each one with the storage it read and wrote, and calls it again. As on a GPU, recording itself
changes nothing, memory that was made while recording holds rubbish until the first replay, memory that was there
before is not kept alive, and whatever a GPU would have to stop for is an error: reading numbers back, shapes that
depend on numbers, numbers from Python's lists, chance.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

from pixray.engine.capture.backend import GraphBackend
from pixray.engine.capture.executor import CudaGraphExecutor
from pixray.engine.session import Session
from pixray.events import Drawn, Stepped
from pixray.optim.gradient import GradientOptimizer

T = TypeVar("T")

_TAGS = {
    torch.Tag.data_dependent_output: "reads numbers back from the device",
    torch.Tag.dynamic_output_shape: "makes a tensor whose shape depends on numbers",
    torch.Tag.nondeterministic_seeded: "draws random numbers",
}
_READERS = frozenset({Tensor.tolist, Tensor.numpy, Tensor.__array__, Tensor.cpu})
_MASKED = frozenset({"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"})


class CannotRecord(RuntimeError):
    """A step does something that a CUDA graph cannot hold."""


@dataclasses.dataclass(frozen=True)
class _Place:
    """A tensor as a part of some memory."""

    memory: int
    dtype: torch.dtype
    size: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int
    conjugated: bool
    negated: bool


class _Memory:
    """The storages that operations work on: those made while recording are kept, others only watched."""

    def __init__(self) -> None:
        self.made: dict[int, torch.UntypedStorage] = {}
        self.given: dict[int, StorageWeakRef] = {}
        self.before: dict[int, Tensor] = {}

    def place(self, tensor: Tensor) -> _Place:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key not in self.made and key not in self.given:
            self.given[key] = StorageWeakRef(storage)
        size, stride = tuple(tensor.shape), tensor.stride()
        conjugated, negated = tensor.is_conj(), tensor.is_neg()
        return _Place(key, tensor.dtype, size, stride, int(tensor.storage_offset()), conjugated, negated)

    def keep(self, tensor: Tensor) -> None:
        """Note memory that was just made."""
        storage = tensor.untyped_storage()
        if storage._cdata not in self.given:
            self.made[storage._cdata] = storage

    def save(self, key: int) -> None:
        """Note what given memory holds before it is changed for the first time."""
        if key in self.given and key not in self.before:
            self.before[key] = _bytes(self._storage(key)).clone()

    def undo(self) -> None:
        """As if nothing had been done yet."""
        for key, content in self.before.items():
            _bytes(self._storage(key)).copy_(content)
        for storage in self.made.values():
            _bytes(storage).fill_(255)  # which is not a number in every format of floats

    def tensor(self, place: _Place) -> Tensor:
        plain = torch.empty(0, dtype=place.dtype)
        plain.set_(self._storage(place.memory), place.offset, place.size, place.stride)
        plain = torch._conj(plain) if place.conjugated else plain
        return torch._neg_view(plain) if place.negated else plain

    def _storage(self, key: int) -> torch.UntypedStorage:
        if key in self.made:
            return self.made[key]
        storage = torch.UntypedStorage._new_with_weak_ptr(self.given[key].cdata)
        if storage is None:
            raise CannotRecord("a recorded step reads memory that nobody keeps any longer")
        return storage


def _bytes(storage: torch.UntypedStorage) -> Tensor:
    return torch.empty(0, dtype=torch.uint8).set_(storage)


class _Operations(TorchDispatchMode):
    """Notes every operation below autograd while it is done."""

    def __init__(self, memory: _Memory) -> None:
        super().__init__()
        self.memory = memory
        self.noted: list[tuple[Any, Any, Any, list[_Place | None]]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        _check(func, args)
        places = tree_map(lambda leaf: self.memory.place(leaf) if isinstance(leaf, Tensor) else leaf, (args, kwargs))
        read = {leaf.memory for leaf in tree_flatten(places)[0] if isinstance(leaf, _Place)}
        if func._schema.is_mutable:
            for key in read:
                self.memory.save(key)
        result = func(*args, **kwargs)
        fresh: list[_Place | None] = []
        for leaf in tree_flatten(result)[0]:
            if isinstance(leaf, Tensor) and leaf.untyped_storage()._cdata not in read:
                self.memory.keep(leaf)
                fresh.append(self.memory.place(leaf))
            else:
                fresh.append(None)
        if func._schema.is_mutable or any(fresh):  # what is left are views, which stay what they are
            self.noted.append((func, *places, fresh))
        return result

    @torch.no_grad()
    def play(self) -> None:
        """Do everything again, in the same memory."""
        for func, args, kwargs, fresh in self.noted:
            args, kwargs = tree_map(
                lambda leaf: self.memory.tensor(leaf) if isinstance(leaf, _Place) else leaf, (args, kwargs)
            )
            results = tree_flatten(func(*args, **kwargs))[0]
            for place, result in zip(fresh, results, strict=True):
                if place is not None:
                    self.memory.tensor(place).copy_(result)


class _NoReading(TorchFunctionMode):
    """Refuses what never reaches an operation on a CPU, where numbers are at hand."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _READERS:
            raise CannotRecord(f"{func.__name__} reads numbers back from the device")
        return func(*args, **(kwargs or {}))


def _check(func: Any, args: Sequence[Any]) -> None:
    name = func._schema.name
    if name == "aten::lift_fresh":
        raise CannotRecord("a tensor is made of Python's numbers, which a GPU would have to fetch in every step")
    if name in _MASKED:
        if any(tensor is not None and tensor.dtype in (torch.bool, torch.uint8) for tensor in args[1]):
            raise CannotRecord(f"{name} with a mask makes a tensor whose shape depends on numbers")
        return
    arguments = [argument.name for argument in func._schema.arguments]
    if "dropout_p" in arguments and not dict(zip(arguments, args, strict=False)).get("dropout_p"):
        return  # attention counts as random, and without dropout is not
    for tag, reason in _TAGS.items():
        if tag in func.tags:
            raise CannotRecord(f"{name} {reason}")


class Tape(GraphBackend):
    """Stands where CUDA graphs do, on a CPU."""

    def __init__(self) -> None:
        self._memory = _Memory()

    def warm_up(self) -> AbstractContextManager[None]:
        return nullcontext()

    def record(self, work: Callable[[], T]) -> tuple[Callable[[], object], T]:
        self._memory.before.clear()
        with _NoReading(), _Operations(self._memory) as operations:
            result = work()
        self._memory.undo()
        return operations.play, result


def as_on_a_gpu(session: Session) -> Session:
    """The session with its optimizer as CUDA graphs need it."""
    settings, optimizer = session.settings, session.optimizer
    assert isinstance(optimizer, GradientOptimizer), "only what is optimised by gradients can be captured"
    session.optimizer = GradientOptimizer(
        session.drawer.parameters(),
        type(optimizer.torch_optimizer),
        settings.learning_rate,
        optimizer.drops,
        optimizer.auto_stop,
        True,
    )
    return session


def check_replay(make: Callable[[], Session]) -> None:
    """Recorded and replayed, a session's steps give what they give one by one.

    Args:
        make: a new session, always the same, of at least seven steps.
    """
    plain, replayed = as_on_a_gpu(make()), as_on_a_gpu(make())
    executor = replayed.executor = CudaGraphExecutor("cpu", Tape())
    pictures, totals = [], []
    for session in (plain, replayed):
        events = list(session.run())
        pictures.append(torch.tensor([event.image_u8.tolist() for event in events if isinstance(event, Drawn)]))
        totals.append([event.total for event in events if isinstance(event, Stepped)])
    assert executor.obstacle is None, executor.obstacle
    assert executor.recordings, f"{plain.steps} steps are too few for one of them to be recorded"
    assert len(totals[0]) == len(totals[1])
    off = max(abs(first - second) for first, second in zip(*totals, strict=True))
    assert off <= 1e-5, f"the losses of replayed steps are off by {off}"
    assert (pictures[0] - pictures[1]).abs().max() <= 1, "replayed steps paint another picture"

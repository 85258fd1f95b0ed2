"""A pickle read as plain data: what it would call is noted down, and nothing is ever called.

A pickle is a program for a small stack machine. This one has the whole machine but no way to import or to call:
classes and functions are names, and an object is the name of what would have made it, with its arguments. So reading
is harmless whatever the file holds, takes time and memory in proportion to its length, and recurses nowhere.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

MOST_STEPS = 1_000_000
"""Most instructions in one pickle. A tensor takes about forty."""
_MAPPINGS = ("collections.OrderedDict", "collections.defaultdict", "__builtin__.dict", "builtins.dict")
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_MADE = {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple}
_VALUES = frozenset(
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 STRING BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8 "
    "BYTEARRAY8 UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8 FLOAT BINFLOAT".split()
)


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function, which stays unknown."""

    path: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A piece of data that lies outside the pickle, by its persistent id."""

    key: Any


class Foreign(dict[str, Any]):
    """An object that was not made: what would have been called, and with what; its items by text, if it had any."""

    __slots__ = ("arguments", "maker")

    def __init__(self, maker: Any, arguments: Any) -> None:
        super().__init__()
        self.maker = maker.path if isinstance(maker, Name) else ""
        self.arguments = arguments if isinstance(arguments, tuple) else ()


def read_pickle(
    file: IO[bytes],
    named: Callable[[str], None] = lambda path: None,
    referred: Callable[[Any], None] = lambda key: None,
) -> Any:
    """The object in a pickle, and the file left at the byte after it.

    Dictionaries keep only their entries with text as key, which are all that weights can lie under: hashing other keys
    could take for ever.

    Args:
        named: called with the dotted name of every class and function the pickle mentions.
        referred: called with the persistent id of every piece of data that lies outside.

    Raises:
        ValueError: no pickle, or a damaged one, or one that is too long.
    """
    machine = _Machine(named, referred)
    try:
        for step, (code, argument, _) in enumerate(pickletools.genops(file)):
            if step > MOST_STEPS:
                raise ValueError(f"it has more than {MOST_STEPS:,} instructions")
            if code.name != "STOP":
                machine.execute(code.name, argument)
        return machine.pop()
    except (IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError("its instructions make no sense") from error


class _Machine:
    """The stack, the marks on it, and what was put aside."""

    def __init__(self, named: Callable[[str], None], referred: Callable[[Any], None]) -> None:
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._named, self._referred = named, referred

    def pop(self) -> Any:
        return self._stack.pop()

    def execute(self, code: str, argument: Any) -> None:
        if code in _VALUES:
            self._stack.append(argument)
        elif code in _CONSTANTS:
            self._stack.append(_CONSTANTS[code])
        elif code in _MADE:
            self._stack.append(_MADE[code]())
        else:
            step = getattr(self, f"_{code.lower()}", None)
            if step is None:
                raise ValueError(f"it has the instruction {code}, which no checkpoint needs")
            step(argument)

    def _since_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._below.pop()
        return items

    def _proto(self, argument: Any) -> None:
        """Says which version of pickle it is, which the instructions tell anyway; so with frames."""

    _frame = _proto

    def _mark(self, _: Any) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _pop(self, _: Any) -> None:
        if self._stack:
            self._stack.pop()
        else:
            self._since_mark()

    def _pop_mark(self, _: Any) -> None:
        self._since_mark()

    def _dup(self, _: Any) -> None:
        self._stack.append(self._stack[-1])

    def _put(self, index: int) -> None:
        self._memo[index] = self._stack[-1]

    _binput = _long_binput = _put

    def _memoize(self, _: Any) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _get(self, index: int) -> None:
        self._stack.append(self._memo[index])

    _binget = _long_binget = _get

    def _tuple(self, _: Any) -> None:
        items = tuple(self._since_mark())
        self._stack.append(items)

    def _last(self, count: int) -> None:
        if len(self._stack) < count:
            raise IndexError
        self._stack[-count:] = [tuple(self._stack[-count:])]

    def _tuple1(self, _: Any) -> None:
        self._last(1)

    def _tuple2(self, _: Any) -> None:
        self._last(2)

    def _tuple3(self, _: Any) -> None:
        self._last(3)

    def _list(self, _: Any) -> None:
        items = self._since_mark()
        self._stack.append(items)

    def _append(self, _: Any) -> None:
        self._extend([self._stack.pop()])

    def _appends(self, _: Any) -> None:
        self._extend(self._since_mark())

    def _extend(self, items: list[Any]) -> None:
        if isinstance(self._stack[-1], list):
            self._stack[-1].extend(items)

    def _dict(self, _: Any) -> None:
        items = self._since_mark()
        self._stack.append({})
        self._fill(items)

    def _setitem(self, _: Any) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._fill([key, value])

    def _setitems(self, _: Any) -> None:
        self._fill(self._since_mark())

    def _fill(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if len(items) % 2:
            raise IndexError
        if isinstance(target, dict):
            pairs = zip(items[::2], items[1::2], strict=True)
            target.update((key, value) for key, value in pairs if isinstance(key, str))

    def _empty_set(self, _: Any) -> None:
        self._stack.append(Foreign(Name("builtins.set"), ()))

    def _additems(self, _: Any) -> None:
        self._since_mark()

    def _frozenset(self, _: Any) -> None:
        self._since_mark()
        self._empty_set(None)

    def _global(self, argument: str) -> None:
        self._name(*argument.split(" ", 1))

    def _stack_global(self, _: Any) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._name(module, name)

    def _name(self, module: str, name: str) -> None:
        path = module + "." + name
        self._named(path)
        self._stack.append(Name(path))

    def _reduce(self, _: Any) -> None:
        arguments, maker = self._stack.pop(), self._stack.pop()
        self._make(maker, arguments)

    _newobj = _reduce

    def _newobj_ex(self, _: Any) -> None:
        self._stack.pop()
        self._reduce(None)

    def _obj(self, _: Any) -> None:
        maker, *arguments = self._since_mark()
        self._make(maker, tuple(arguments))

    def _inst(self, argument: str) -> None:
        arguments = tuple(self._since_mark())
        self._global(argument)
        self._make(self._stack.pop(), arguments)

    def _make(self, maker: Any, arguments: Any) -> None:
        object_ = Foreign(maker, arguments)
        if object_.maker not in _MAPPINGS:
            self._stack.append(object_)
            return
        self._stack.append({})
        # An OrderedDict of Python 2 comes as the list of its pairs.
        pairs = object_.arguments[0] if object_.arguments and isinstance(object_.arguments[0], list) else []
        self._fill([part for pair in pairs for part in pair])

    def _build(self, _: Any) -> None:
        self._stack.pop()

    def _binpersid(self, _: Any) -> None:
        key = self._stack.pop()
        self._referred(key)
        self._stack.append(Reference(key))

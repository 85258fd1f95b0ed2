"""Whose mistake an unexpected error is, where the part of somebody else raised it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from pixray.errors import PartFailed, PixrayError, escaped
from pixray.registry import AddedPart, Registry
from pixray.runtime.redact import without_secrets


@contextmanager
def blaming(registry: Registry) -> Iterator[None]:
    """While inside, an unexpected error of a part that is not built in becomes a sentence with the error as its cause.

    Too little memory and a broken device are nobody's mistake, and stay as they are.

    Raises:
        PartFailed: such a part raised an error.
    """
    try:
        yield
    except (PixrayError, MemoryError):
        raise
    except Exception as error:  # a plugin may raise anything
        sentence = None if "CUDA" in str(error) else _sentence(error, registry)
        if sentence is None:
            raise
        raise PartFailed(sentence) from error


def _sentence(error: Exception, registry: Registry) -> str | None:
    """Which part raised the error, and where; None: no part of somebody else did."""
    parts = registry.added_parts()
    frames = list(traceback.walk_tb(error.__traceback__)) if parts else []
    methods = [part for frame, _ in reversed(frames) for part in parts if _is_method(frame, part)]
    for frame, line in reversed(frames):
        near = [part for part in parts if _is_code(frame, part) or _is_method(frame, part)]
        if near:
            part = next((method for method in methods if method in near), near[0])
            message = without_secrets(escaped(" ".join(str(error).split())))
            told = f"{type(error).__name__}: {message}" if message else type(error).__name__
            line_of_code = f"{Path(frame.f_code.co_filename).name} line {line}"
            return f"{part.kind} '{part.name}' ({part.source}): {told} ({line_of_code})"
    return None


def _is_method(frame: FrameType, part: AddedPart) -> bool:
    """Whether an object of the part's class is at work."""
    classes = type(frame.f_locals.get("self")).__mro__
    return any(f"{cls.__module__}:{cls.__qualname__}" == part.path for cls in classes)


def _is_code(frame: FrameType, part: AddedPart) -> bool:
    """Whether code of the part's package is at work; a script or this package holds other code, too."""
    module, own = str(frame.f_globals.get("__name__")), part.path.partition(":")[0]
    package = own.partition(".")[0]
    return package not in ("__main__", "pixray") and module.partition(".")[0] == package

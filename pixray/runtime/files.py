"""Files and paths as people name them: written whole or not at all, with what a disk objects to in one sentence."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from pixray.errors import PixrayError, shown
from pixray.runtime.addresses import is_known_store
from pixray.runtime.redact import without_secrets

PART = ".pixray-{process}-"
"""How the name of a file begins that a process is still writing."""
_SHOWN = 160
"""Letters of a name in a message."""
NAME_BYTES = 255
"""The longest name of a file that common file systems take."""
_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of this user is used up",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ENOENT: "the folder is gone",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EISDIR: "there is a folder of that name",
    errno.ELOOP: "it is a symbolic link",
    errno.EEXIST: "there is such a file already",
    errno.EIO: "the disk reports an error",
}


def short(text: str | Path) -> str:
    """A name as messages show it: not longer than a line, and without characters that a terminal would obey."""
    line = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(text))
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN // 2]}…{line[-_SHOWN // 2 :]}"


def user_path(text: str | Path, label: str) -> Path:
    """A path as a person wrote it, with `~` replaced.

    Args:
        label: how the message calls it, such as "outdir".

    Raises:
        PixrayError: no file system can have such a name, `~` names an unknown user, or it is an address of a store.
    """
    if is_known_store(text):
        raise PixrayError(f"{label}={shown(without_secrets(str(text)))}: expected a file or folder of this machine")
    try:
        path = Path(text).expanduser()
        encoded = os.fsencode(path)
    except RuntimeError:
        raise PixrayError(f"{label}='{short(text)}': there is no user of that name") from None
    except ValueError:  # a lone surrogate
        raise PixrayError(f"{label}='{short(text)}': it holds characters that no name can hold") from None
    if b"\0" in encoded:
        raise PixrayError(f"{label}='{short(text)}': a name cannot hold a null character")
    if any(len(part) > NAME_BYTES for part in encoded.split(os.fsencode(os.sep))):
        raise PixrayError(f"{label}='{str(text)[:40]}…': a part of this path is longer than {NAME_BYTES} bytes")
    return path


def reason(error: OSError) -> str:
    """What is wrong, in words."""
    words = (error.strerror or str(error)).strip() or type(error).__name__
    return _REASONS.get(error.errno or 0) or words.splitlines()[0].lower()


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the disk has to say about writing a file into one sentence.

    Raises:
        PixrayError: in place of every OSError.
    """
    try:
        yield
    except OSError as error:
        raise PixrayError(f"{path} cannot be written: {reason(error)}") from error


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old content or the new, never a part. Its folder is made.

    Raises:
        PixrayError: it cannot be written.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = _begun_beside(path, ".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            # mkstemp makes private files; results get the permissions that other files of this user have.
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise


@contextlib.contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """A path for a program to write to; what it wrote takes the place of the file when the block ends without error.

    Raises:
        PixrayError: it cannot be written.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = _begun_beside(path, f".part{path.suffix}")
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def _begun_beside(path: Path, suffix: str) -> tuple[int, str]:
    """A new file in the same folder that nobody else may read: its handle and its name."""
    import tempfile  # with the compressors that it brings; help pages write nothing

    return tempfile.mkstemp(dir=path.parent, prefix=_part_prefix(), suffix=suffix)


def remove_parts(folder: Path) -> None:
    """Delete what processes that are no more were writing into a folder."""
    for path in folder.glob(".pixray-*.part*"):
        number = path.name.split("-")[1]
        if number.isdigit() and int(number) != os.getpid() and not alive(int(number)):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def alive(process: int) -> bool:
    """Whether a process of this number runs on this machine."""
    if os.name == "nt":
        return False  # there, a file that somebody is writing cannot be deleted anyway
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _part_prefix() -> str:
    return PART.format(process=os.getpid())


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current

"""Where the tensors of a file of `torch.save` lie, in both of its formats: a zip archive, and pickles in a row.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import io
import mmap
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from pixray.models.pickle_read import Foreign, Name, Reference, read_pickle

if TYPE_CHECKING:
    from torch import Tensor

MOST_PICKLE_BYTES = 256 << 20
"""Longest pickle that is read, without the tensors, which lie beside it."""
_MAGIC = 0x1950A86A20F9469CFC6C
_KINDS = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "UntypedStorage": "uint8",
}
_TYPED = frozenset({*_KINDS.values(), "float8_e4m3fn", "float8_e5m2", "uint16", "uint32", "uint64"})
_PLAIN = ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3")
_WRAPPED = ("_rebuild_parameter", "_rebuild_parameter_with_state", "Parameter", "Buffer")
_OTHER = {
    "_rebuild_sparse_tensor": "sparse",
    "_rebuild_sparse_csr_tensor": "sparse",
    "_rebuild_qtensor": "quantised",
    "_rebuild_meta_tensor_no_storage": "meta (a shape without numbers)",
    "_rebuild_nested_tensor": "nested",
}
"""Tensors that are no plain arrays of numbers, by the function that torch would make them with."""


@dataclass(frozen=True)
class StoredTensor:
    """A tensor that was not read yet.

    Attributes:
        storage: key of the run of numbers it lies in.
        kind: name of torch's number format.
        length: how many numbers the storage says it has.
        offset, size, stride: of the tensor in it, in numbers.
        fault: why it cannot be read, as what it is; everything else is empty then.
    """

    storage: str = ""
    kind: str = ""
    length: int = 0
    offset: int = 0
    size: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    fault: str | None = None


@dataclass(frozen=True)
class TorchFile:
    """What a file of `torch.save` holds.

    Attributes:
        content: the saved object, as `read_pickle` gives it.
    """

    content: Any
    _data: mmap.mmap
    _places: dict[str, tuple[int, int]]

    def read(self, stored: StoredTensor) -> Tensor:
        """A view of the file's numbers; copy it to keep it.

        Raises:
            ValueError: they are not there.
        """
        import torch

        kind = getattr(torch, stored.kind)
        if stored.storage not in self._places:
            raise ValueError("its numbers are missing")
        begin, count = self._places[stored.storage]
        width = kind.itemsize
        if stored.length * width > count or begin + count > len(self._data):
            raise ValueError("some of its numbers are missing")
        if 0 in stored.size:
            return torch.empty(stored.size, dtype=kind)
        flat = torch.frombuffer(self._data, dtype=kind, count=stored.length, offset=begin)
        return flat.as_strided(stored.size, stored.stride, stored.offset)


def open_torch_file(path: Path, named: Callable[[str], None]) -> TorchFile:
    """Read everything but the tensors.

    Args:
        named: called with the name of every class and function that the file mentions.

    Raises:
        ValueError: it is no such file, or damaged; the message goes behind its name.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        zipped = file.read(2) == b"PK"
        file.seek(0)
        # Written pages stay in memory, never in the file; torch asks for memory that may be written to.
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        return _open_zip(file, data, named) if zipped else _open_row(cast("IO[bytes]", data), data, named)


def _open_zip(file: IO[bytes], data: mmap.mmap, named: Callable[[str], None]) -> TorchFile:
    try:
        archive = zipfile.ZipFile(file)
        entries = {entry.filename: entry for entry in archive.infolist()}
        index = next((name for name in entries if name == "data.pkl" or name.endswith("/data.pkl")), None)
        if index is None:
            raise ValueError("it is a zip archive without weights of torch.save")
        root = index.removesuffix("data.pkl")
        if f"{root}constants.pkl" in entries:
            raise ValueError("it is a TorchScript program, which only runs")
        if any(entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1 for entry in entries.values()):
            raise ValueError("it is a compressed archive, and torch.save compresses nothing")
        if f"{root}byteorder" in entries and archive.read(f"{root}byteorder") != b"little":
            raise ValueError("its numbers were written by a big-endian machine")
        if entries[index].file_size > MOST_PICKLE_BYTES:
            raise ValueError(f"what it holds beside its weights is more than {MOST_PICKLE_BYTES >> 20} MB")
        content = read_pickle(io.BytesIO(archive.read(index)), named)
    except (zipfile.BadZipFile, NotImplementedError, struct.error, EOFError, RuntimeError, KeyError) as error:
        raise ValueError(f"its archive is damaged: {str(error).strip(chr(39))}") from error
    extents = {}
    for name, entry in entries.items():
        if name.startswith(f"{root}data/"):
            # The local header has a length of its own, since torch pads it to align the numbers.
            lengths = data[entry.header_offset + 26 : entry.header_offset + 30]
            begin = entry.header_offset + 30 + sum(struct.unpack("<HH", lengths)) if len(lengths) == 4 else len(data)
            extents[name.removeprefix(f"{root}data/")] = (begin, entry.file_size)
    return TorchFile(content, data, extents)


def _open_row(file: IO[bytes], data: mmap.mmap, named: Callable[[str], None]) -> TorchFile:
    """The format before torch 1.6: magic number, version, machine, object, keys, and the numbers of every key.

    Args:
        file: `data` as a file, which hands out no more bytes than there are, whatever length a pickle speaks of.
    """
    if data[:1] != b"\x80" or read_pickle(file) != _MAGIC:
        raise ValueError("it is no file of torch.save")
    read_pickle(file)
    machine = read_pickle(file)
    if isinstance(machine, dict) and machine.get("little_endian") is False:
        raise ValueError("its numbers were written by a big-endian machine")
    widths: dict[str, int] = {}
    content = read_pickle(file, named, referred=lambda key: _note_width(key, widths))
    keys = read_pickle(file)
    position, extents = file.tell(), {}
    for key in keys if isinstance(keys, list) else []:
        head = data[position : position + 8]
        if len(head) < 8 or not isinstance(key, str) or key not in widths:
            break
        count = struct.unpack("<q", head)[0] * widths[key]
        if count < 0:
            break
        extents[key] = (position + 8, count)
        position += 8 + count
    return TorchFile(content, data, extents)


def _note_width(key: Any, widths: dict[str, int]) -> None:
    import torch

    storage = _storage(key)
    if storage is not None:
        widths[storage[0]] = getattr(torch, storage[1]).itemsize


def _storage(key: Any) -> tuple[str, str, int] | None:
    """Key, number format and length of a storage that a persistent id stands for."""
    if not isinstance(key, tuple) or len(key) < 5 or key[0] != "storage" or not isinstance(key[1], Name):
        return None
    kind = _KINDS.get(key[1].path.rpartition(".")[2])
    if kind is None or not isinstance(key[2], str) or not _is_count(key[4]):
        return None
    return key[2], kind, key[4]


def stored_tensor(value: Any) -> StoredTensor | None:
    """What a value of the saved object is as a tensor, or None when it is none."""
    for _ in range(4):  # a parameter of a tensor with attributes, at most
        if not isinstance(value, Foreign):
            return None
        maker = value.maker.rpartition(".")[2]
        if maker == "_rebuild_from_type_v2" and len(value.arguments) > 2 and isinstance(value.arguments[2], tuple):
            value = Foreign(value.arguments[0], value.arguments[2])
        elif maker in _WRAPPED and value.arguments:
            value = value.arguments[0]
        elif value.maker.startswith("torch.") and maker in _OTHER:
            return StoredTensor(fault=_OTHER[maker])
        elif value.maker.startswith("torch.") and maker in _PLAIN:
            return _plain(value.arguments, typed=maker == "_rebuild_tensor_v3")
        else:
            return None
    return None


def _plain(arguments: tuple[Any, ...], typed: bool) -> StoredTensor:
    if len(arguments) < 4 or not isinstance(arguments[0], Reference):
        return StoredTensor(fault="damaged")
    storage = _storage(arguments[0].key)
    if storage is None:
        return StoredTensor(fault="of an unknown number format")
    key, kind, length = storage
    if typed:
        kind, length = _typed_kind(arguments, length)
        if not kind:
            return StoredTensor(fault="of an unknown number format")
    offset, size, stride = arguments[1:4]
    if not (_is_count(offset) and isinstance(size, tuple) and isinstance(stride, tuple) and len(size) == len(stride)):
        return StoredTensor(fault="damaged")
    if not all(_is_count(number) for number in (*size, *stride)) or len(size) > 16:
        return StoredTensor(fault="damaged")
    numbers = 1
    for side in size:
        numbers *= side
    last = offset + sum((side - 1) * step for side, step in zip(size, stride, strict=True))
    if numbers and (last >= length or numbers > length):
        return StoredTensor(fault="larger than the numbers stored for it")
    return StoredTensor(key, kind, length, offset, size, stride)


def _typed_kind(arguments: tuple[Any, ...], count: int) -> tuple[str, int]:
    """Number format and length of a storage of bytes, whose tensor names its own format."""
    import torch

    name = arguments[6].path.removeprefix("torch.") if len(arguments) > 6 and isinstance(arguments[6], Name) else ""
    if name not in _TYPED:
        return "", 0
    return name, count // getattr(torch, name).itemsize


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62

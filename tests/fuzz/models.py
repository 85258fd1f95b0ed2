"""Damaged checkpoints and configurations of a VQGAN, without end: each must be read, or refused with one sentence."""

from __future__ import annotations

import argparse
import io
import pathlib
import random
import runpy
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import yaml
from safetensors.torch import save

from pixray.drawers.vqgan.config import read_config
from pixray.errors import PixrayError
from pixray.models.safe_load import read_tensors, tensor_names

_DESCRIBE = runpy.run_path(str(Path(__file__).parents[1] / "drawers" / "vqgan" / "published.py"))["describe"]
_TARGETS = ("VQModel", "GumbelVQ", "Net2NetTransformer")
_VALUES = (
    *("1e9", "10000000", "-1", "0", "0.5", ".nan", ".inf", "[]", "{}", "[0]", "[1, [2]]", "null", "true", "wide"),
    *("'128'", "9" * 30, "1" + "0" * 400, "&a 1", "*a", "!!python/name:os.system", "${oc.env:HOME}", "'\\0'", "[" * 99),
)
_OPCODES = b"(.012FIJKLMNPQRSTUVX]abcdeghijlopqrstu}\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f"
_NUMBERS = (
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    bytes(4),
    b"\0\0\0\x80",
    b"PK\x01\x02",
    struct.pack("<Q", 1 << 62),
)


@dataclass(frozen=True)
class Case:
    """One file, written when it is checked.

    Attributes:
        label: what it was made from, with the number of the case.
        content: its bytes.
        path: where it is written for the time of the check; the ending tells how it is read.
    """

    label: str
    content: bytes
    path: Path

    def check(self) -> None:
        """Read it.

        Raises:
            AssertionError: it was refused with anything but one short sentence, or gave more than it holds.
        """
        self.path.write_bytes(self.content)
        try:
            if self.path.suffix == ".yaml":
                assert 1 <= read_config(self.path).factor <= 512
                return
            tensors = read_tensors(self.path)
            assert sum(tensor.nbytes for tensor in tensors.values()) <= 5 * len(self.content) + (1 << 20)
            assert sorted(tensor_names(self.path)) == sorted(tensors)
        except PixrayError as error:
            said = str(error)
            assert said.isprintable() and len(said.replace(str(self.path), "")) < 700, said
            assert "weights_only" not in said and "torch.load" not in said, said
        finally:
            self.path.unlink()


def cases(seed: int, count: int, folder: Path) -> Iterator[Case]:
    """So many cases, the same for a seed.

    Args:
        folder: an existing one, for the files.
    """
    randomness = random.Random(seed)
    files = sorted(_files().items())
    for number in range(count):
        if number % 4 == 0:
            target = randomness.choice(_TARGETS)
            content = _changed_config(target, randomness).encode(errors="surrogatepass")
            yield Case(f"{target} #{number}", content, folder / f"{number}.yaml")
        else:
            name, content = randomness.choice(files)
            change = randomness.choice((_damaged, _changed_pickle))
            yield Case(f"{name} #{number}", change(content, randomness), folder / f"{number}_{name}")


def _files() -> dict[str, bytes]:
    """A small sound file of each kind."""
    tensors = {"encoder.conv_in.weight": torch.arange(12.0).view(3, 4), "b": torch.ones(3).half(), "n": torch.tensor(3)}
    beside = {"epoch": 3, "args": argparse.Namespace(path=pathlib.PurePosixPath("x"), ch_mult=[1, 2]), 3: {(1, 2): {4}}}
    content = {**beside, "state_dict": tensors}
    odd = {"s": torch.eye(2).to_sparse(), "m": torch.empty(2, device="meta"), "p": torch.nn.Parameter(torch.ones(2))}
    new = {f"new{protocol}.ckpt": _saved(content, pickle_protocol=protocol) for protocol in (2, 4, 5)}
    return {
        **new,
        "odd.ckpt": _saved({**tensors, **odd}),
        "old.pth": _saved(content, _use_new_zipfile_serialization=False),
        "plain.safetensors": save(tensors),
        "renamed.ckpt": save(tensors),
    }


def _saved(content: object, **how: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **how)
    return buffer.getvalue()


def _damaged(content: bytes, randomness: random.Random) -> bytes:
    """A few bytes changed, lost, doubled or put in anywhere."""
    data = bytearray(content)
    for _ in range(randomness.randint(1, 4)):
        place, other = sorted(randomness.randrange(len(data) + 1) for _ in range(2))
        changes: tuple[Callable[[], bytes], ...] = (
            lambda: b"",
            lambda: bytes([randomness.randrange(256)]),
            lambda: randomness.choice(_NUMBERS),
            lambda: randomness.randbytes(randomness.randint(1, 20)),
        )
        piece = randomness.choice(changes)()
        data[place : other if randomness.random() < 0.1 else place + len(piece)] = piece
    return bytes(data)


def _changed_pickle(content: bytes, randomness: random.Random) -> bytes:
    """Other instructions or numbers in what says where the tensors lie, in an archive that is sound otherwise."""
    if not content.startswith(b"PK"):
        return _damaged(content[:600], randomness) + content[600:]
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(buffer, "w") as written:
        for entry in archive.infolist():
            data = bytearray(archive.read(entry))
            for _ in range(randomness.randint(1, 5) if entry.filename.endswith(".pkl") else 0):
                place = randomness.randrange(len(data))
                if randomness.random() < 0.5:
                    data[place] = randomness.choice(_OPCODES)
                else:
                    data[place : place + randomness.randint(0, 4)] = randomness.choice((*_NUMBERS, b"0", b"}", b"(t"))
            if randomness.random() < 0.98:
                written.writestr(entry.filename, bytes(data))
    return buffer.getvalue()


def _changed_config(target: str, randomness: random.Random) -> str:
    lines = yaml.safe_dump(_DESCRIBE(target)).splitlines()
    for _ in range(randomness.randint(1, 3)):
        place = randomness.randrange(len(lines))
        name, colon, _ = lines[place].partition(":")
        kind = randomness.randrange(8)
        if kind == 0:
            del lines[place]
        elif kind == 1:
            lines[place] = randomness.choice((" ", "- ", "\t", "\0", "\ud800", "? ", "# ")) + lines[place]
        elif colon:
            lines[place] = f"{name}: {randomness.choice(_VALUES)}"
    return "\n".join(lines)

"""Names that no disk knows, disks that are full, and files that are written whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from pixray.errors import PixrayError
from pixray.runtime.files import remove_parts, user_path, write_atomic, written_beside


def test_files_are_replaced_whole_or_not_at_all(monkeypatch):
    path = Path("some/file.bin")
    write_atomic(path, b"old")
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(full))
    with pytest.raises(PixrayError, match=r"some/file.bin cannot be written: the disk is full"):
        write_atomic(path, b"new")
    with pytest.raises(PixrayError, match="the disk is full"), written_beside(path) as temporary:
        temporary.write_bytes(b"new")
    assert path.read_bytes() == b"old" and [one.name for one in path.parent.iterdir()] == ["file.bin"]


def test_a_name_of_the_longest_kind_can_be_written():
    name = "n" * 251 + ".png"
    write_atomic(Path(name), b"x")
    assert Path(name).read_bytes() == b"x"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("~nobody-of-that-name/x.png", "there is no user of that name"),
        ("a\0b", "cannot hold a null character"),
        ("a\ud800b", "characters that no name can hold"),
        ("n" * 256, "is longer than 255 bytes"),
        ("é" * 128, "is longer than 255 bytes"),
    ],
)
def test_names_that_no_disk_knows_are_one_sentence(text, what):
    with pytest.raises(PixrayError, match=what) as caught:
        user_path(text, "outdir")
    assert str(caught.value).startswith("outdir=") and len(str(caught.value).splitlines()) == 1


def test_a_file_in_the_way_of_a_folder_is_one_sentence():
    Path("file").write_text("x")
    with pytest.raises(PixrayError, match="a part of the path is a file|there is such a file already"):
        write_atomic(Path("file/below.png"), b"x")


def test_parts_of_processes_that_are_no_more_are_cleared_away_and_those_of_the_living_stay():
    for name in (".pixray-999999999-abc.part", ".pixray-1-abc.part.mp4", ".other.part", "notes.part"):
        Path(name).write_text("x")
    remove_parts(Path())
    left = {path.name for path in Path().iterdir() if path.is_file()}
    assert left == {".pixray-1-abc.part.mp4", ".other.part", "notes.part"}

import os
from pathlib import Path

import pytest
import torch
from PIL import Image

from pixray.errors import PixrayError
from pixray.pictures.io import open_picture, to_tensor, to_u8, write_atomic


def test_pixels_survive_the_round_trip():
    picture = torch.randint(0, 256, (1, 3, 5, 7), generator=torch.Generator().manual_seed(0)) / 255
    assert torch.allclose(to_tensor(Image.fromarray(to_u8(picture))), picture, atol=1e-6)


def test_files_are_replaced_whole_or_not_at_all(monkeypatch):
    path = Path("some/file.bin")
    write_atomic(path, b"old")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old" and [one.name for one in path.parent.iterdir()] == ["file.bin"]


def test_photos_are_turned_upright():
    photo = Image.new("RGB", (4, 2))
    exif = photo.getexif()
    exif[0x0112] = 6  # turned by 90 degrees
    photo.save("turned.jpg", exif=exif)
    assert open_picture("turned.jpg").size == (2, 4)


def test_what_is_no_picture_is_explained():
    Path("text.png").write_text("hello")
    with pytest.raises(PixrayError, match=r"init_image='text.png': cannot be read as a picture"):
        open_picture("text.png", "init_image")

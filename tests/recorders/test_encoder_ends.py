"""A video whose encoder, another process, ends too early."""

from pathlib import Path

import pytest
from PIL import Image

from pixray.errors import PixrayError
from pixray.recorders import video


@pytest.fixture
def frames():
    paths = [Path(f"{number}.png") for number in range(3)]
    for path in paths:
        Image.effect_noise((32, 24), 50).save(path)
    return paths


@pytest.mark.parametrize("failures", [1, 2])
def test_a_second_encoder_gets_a_chance_and_no_third(frames, monkeypatch, failures):
    real, calls = video._write_mp4, []

    def encode(*arguments):
        calls.append(arguments)
        if len(calls) <= failures:
            raise OSError("[Errno 32] Broken pipe\n\nFFMPEG COMMAND: …")
        real(*arguments)

    monkeypatch.setattr(video, "_write_mp4", encode)
    if failures == 1:
        assert video.write_video(frames, Path("film.mp4"))
    else:
        with pytest.raises(PixrayError, match=r"film\.mp4 cannot be written"):
            video.write_video(frames, Path("film.mp4"))
    assert len(calls) == 2 and Path("film.mp4").exists() is (failures == 1)

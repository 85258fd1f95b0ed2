"""A video whose encoder, another process, ends too early."""

import subprocess
import sys
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


WRITES = """
from pathlib import Path
from pixray.recorders.video import write_video
assert write_video(sorted(Path().glob("*.png")), Path("film.mp4"))
"""
IN_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups of a terminal")
def test_a_program_in_the_background_of_a_terminal_is_not_stopped_by_its_encoder(frames):
    """A shell stops whoever looks for keys there, and a farm's worker would paint no more."""
    job = f'set -m; "{sys.executable}" writes.py & wait $!; jobs'
    Path("writes.py").write_text(WRITES, encoding="utf-8")
    terminal = [sys.executable, "-c", IN_TERMINAL, "bash", "-c", job]
    said = subprocess.run(terminal, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120).stdout
    assert Path("film.mp4").exists() and "Stopped" not in said, said

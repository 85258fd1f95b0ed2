"""Nothing that is printed ends a run, steers a terminal or fails to be encoded."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from pixray.cli.main import main
from pixray.recorders.base import attach
from pixray.recorders.console import ConsoleRecorder, JsonRecorder
from pixray.runtime.terminal import Terminal, plain
from pixray.runtime.yaml_io import parse_yaml


class Broken(io.StringIO):
    """A stream whose reader is gone, or whose disk is full."""

    encoding = "utf-8"

    def write(self, text):
        raise BrokenPipeError(32, "Broken pipe")


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


def test_what_steers_a_terminal_is_shown_as_its_escape():
    assert plain("a\x1b]0;title\x07b\x9b2J\u202ec\x7f") == "a\\x1b]0;title\\x07b\\x9b2J\\u202ec\\x7f"
    assert plain("two\n\tlines, café ☃ 🎨") == "two\n\tlines, café ☃ 🎨"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_every_text_can_be_written_in_every_encoding(encoding):
    inner = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    stream = Terminal(inner)
    stream.write("café ☃ 🎨 \udcff\n")
    stream.flush()
    written = inner.buffer.getvalue().decode(encoding)
    assert stream.lost is None and written.startswith("caf") and written.endswith("\\udcff\n")


@pytest.mark.parametrize("broken", [Broken, closed, lambda: None])
@pytest.mark.parametrize("recorder", [ConsoleRecorder, JsonRecorder])
def test_a_run_goes_on_without_its_terminal(session, recorder, broken, monkeypatch):
    monkeypatch.setattr(sys, "stderr", broken())
    monkeypatch.setattr(sys, "stdout", broken())
    made = session()
    list(attach(made.run(), recorder()))
    assert made.step == 6


def test_json_is_ascii(session, capsys):
    list(attach(session(prompts="café ☃").run(), JsonRecorder()))
    printed = capsys.readouterr().out
    assert printed.isascii() and json.loads(printed.splitlines()[0])["record"]["prompts"] == ["café ☃"]


def picture_of(record):
    info = PngImagePlugin.PngInfo()
    info.add_text("pixray_record", json.dumps(record))
    Image.new("RGB", (4, 4)).save("picture.png", pnginfo=info)


def test_records_of_strangers_never_steer_the_terminal(capsys):
    hostile = "sun\x1b[2J\x9b31m\u202e"
    picture_of({"prompts": [hostile], "seed\x1b[2J": hostile})
    assert main(["show", "picture.png"]) == 0
    shown = capsys.readouterr().out
    assert plain(shown) == shown and parse_yaml(shown, "shown")["prompts"] == [hostile]
    Path("other.yaml").write_text("seed: 1\n")
    assert main(["diff", "picture.png", "other.yaml"]) == 1
    assert main(["show", hostile]) == 1
    printed = capsys.readouterr()
    assert plain(printed.out) == printed.out and plain(printed.err) == printed.err


def test_what_is_shown_in_ascii_means_the_same():
    picture_of({"prompts": ["café ☃ 🎨"]})
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    words = [sys.executable, "-m", "pixray", "show", "picture.png"]
    done = subprocess.run(words, capture_output=True, env=environment, check=True)
    assert parse_yaml(done.stdout.decode("ascii"), "shown")["prompts"] == ["café ☃ 🎨"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_told_and_seen_in_the_exit_code():
    picture_of({"prompts": ["red"]})
    with open("/dev/full", "w") as full:
        words = [sys.executable, "-m", "pixray", "show", "picture.png"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr == b"pixray: the output cannot be written: [Errno 28] No space left on device\n"

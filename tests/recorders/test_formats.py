"""Pictures in other formats than PNG, with the settings inside."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from pixray.errors import PixrayError, SettingsError
from pixray.images.encode import encoded_picture
from pixray.images.png_text import read_text
from pixray.recorders.files import FileRecorder
from pixray.recorders.record import read_record

FORMATS = {"heart.jpg": "JPEG", "heart.JPEG": "JPEG", "heart.webp": "WEBP", "heart.avif": "AVIF", "heart.png": "PNG"}


def painted(session, **settings):
    made = session(outdir="out", iterations=2, **settings)
    recorder = FileRecorder(made.settings)
    try:
        for event in made.run():
            recorder(event)
    finally:
        recorder.close()
    return Path("out") / made.settings.output


@pytest.mark.parametrize("name", FORMATS)
def test_the_picture_is_written_in_the_format_of_its_name(session, name):
    if name.endswith("avif") and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    path = painted(session, output=name, prompts="a red heart ♥")
    pictures = [one.name for one in Path("out").iterdir() if one.stem == "heart" and one.suffix != ".mp4"]
    assert pictures == [name]
    with Image.open(path) as picture:
        assert picture.format == FORMATS[name] and picture.size == (24, 16)
    record = read_record(path)
    assert record["prompts"] == ["a red heart ♥"] and record["seed"] == 1 and record["output"] == name
    assert read_text(path)["Software"].startswith("pixray")


@pytest.mark.parametrize("name", ["heart.tif", "heart.gif", "heart.svg", "heart.HEIC"])
def test_a_format_that_is_not_written_is_refused_by_name(resolve, tiny, name):
    with pytest.raises(SettingsError, match=rf"output='{name}'.*ends in .png, .jpg, .jpeg, .webp, .avif"):
        resolve(**tiny, output=name)


@pytest.mark.parametrize(("name", "file"), [("heart", "heart.png"), ("v1.2", "v1.2.png")])
def test_a_name_without_the_ending_of_a_picture_is_that_of_a_png(resolve, tiny, name, file):
    assert resolve(**tiny, output=name).output == file


def test_webp_holds_every_pixel_and_jpeg_lies_over_white():
    pixels = np.random.default_rng(0).integers(0, 256, (16, 24, 4), dtype=np.uint8)
    Path("x.webp").write_bytes(encoded_picture("x.webp", pixels))
    assert np.array_equal(np.asarray(Image.open("x.webp")), pixels)
    clear = np.zeros((16, 24, 4), dtype=np.uint8)
    Path("x.jpg").write_bytes(encoded_picture("x.jpg", clear))
    assert Image.open("x.jpg").getpixel((3, 3)) == (255, 255, 255)


def test_settings_too_long_for_a_jpeg_lose_their_doubles_first_and_are_refused_then():
    pixels = np.zeros((8, 8, 3), dtype=np.uint8)
    record = json.dumps({"prompts": "x" * 40_000})
    text = {"Software": "pixray", "pixray_prompts": "x" * 40_000, "pixray_record": record}
    Path("x.jpg").write_bytes(encoded_picture("x.jpg", pixels, text))
    assert read_text("x.jpg") == {"Software": "pixray", "pixray_record": record}
    with pytest.raises(PixrayError, match="a JPEG holds 64 KB of them: choose an output that ends in .png"):
        encoded_picture("x.jpg", pixels, {"pixray_record": "x" * 70_000})


def test_a_long_record_is_refused_before_anything_is_painted(session):
    with pytest.raises(PixrayError, match="a JPEG holds 64 KB"):
        painted(session, output="heart.jpg", prompts=["red " * 4000] * 6)


@pytest.mark.parametrize(
    "comment", [b"", b"ASCII\0\0\0[", b"ASCII\0\0\0[1]", b"ASCII\0\0\0" + b"[" * 100_000, b"UNICODE\0{}"]
)
def test_user_comments_of_others_are_no_settings(comment):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = comment
    Image.new("RGB", (8, 8)).save("x.webp", exif=exif.tobytes())
    assert read_text("x.webp") == {}


def test_a_jpeg_can_be_shown_painted_again_and_compared(session, capsys):
    from pixray.cli.diff import main as diff
    from pixray.cli.sheet import main as sheet
    from pixray.cli.show import main as show

    path = painted(session, output="heart.jpg", drawer="pixel", clip_models="embedded")
    assert show([str(path)]) == 0 and "red" in capsys.readouterr().out
    assert sheet(["out"]) == 0 and Path("out/sheet.png").is_file()
    Path("other.webp").write_bytes(encoded_picture("other.webp", np.zeros((16, 24, 3), np.uint8), read_text(path)))
    assert diff([str(path), "other.webp"]) == 1 and "pixels: " in capsys.readouterr().out


def test_one_picture_by_its_name_alone_has_the_format_of_that_name(capsys):
    from pixray.cli.main import main

    words = [
        "--prompts",
        "red",
        "--drawer",
        "pixel",
        "--perceptors",
        "embedded",
        "--size",
        "24",
        "16",
        "--iterations",
        "1",
    ]
    assert main([*words, "--quiet", "-o", "heart.jpg"]) == 0
    assert [path.name for path in Path().iterdir() if path.suffix] == ["heart.jpg"]
    assert Image.open("heart.jpg").format == "JPEG" and read_record("heart.jpg")["drawer"] == "pixel"


def test_a_sprite_that_was_asked_for_is_not_lost_beside_a_picture_by_its_name():
    from pixray.cli.main import main

    words = "--prompts red --drawer pixel --perceptors embedded --size 24 16 --iterations 1 --quiet".split()
    assert main([*words, "--pixel_cells", "yes", "-o", "heart.png"]) == 0
    assert [path.name for path in Path().rglob("heart_cells.png")] == ["heart_cells.png"]

"""Palette files of painting programs: read, written, and refused in one sentence with the number of the line."""

import os
import random
import struct
import zlib

import pytest
from PIL import Image

from pixray.errors import PixrayError, SettingsError
from pixray.images.color import read_color
from pixray.images.palette import read_palette
from pixray.images.palette_write import WRITTEN, palette_bytes

THREE = [(255, 128, 0), (0, 0, 0), (18, 52, 86)]


def as_bytes(colours):
    return [tuple(round(255 * value) for value in colour) for colour in colours]


def read(tmp_path, name, content):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return as_bytes(read_palette(f"@{tmp_path / name}"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.gpl", "GIMP Palette\nName: warm\nColumns: 3\n# by hand\n255 128   0\torange peel\n0 0 0\n18 52 86 night\n"),
        ("b.gpl", "GIMP Palette\r\nChannels: RGBA\r\n255 128 0 255 a\r\n9 9 9 0 gone\r\n0 0 0 255\r\n18 52 86 255\r\n"),
        ("c.hex", "ff8000\n000000\n123456\n"),
        ("d.HEX", "\ufeff#ff8000\r\n#000\r\n\r\n123456"),
        ("e.pal", "JASC-PAL\r\n0100\r\n3\r\n255 128 0\r\n0 0 0\r\n18 52 86\r\n"),
    ],
)
def test_text_palettes_keep_their_colours_in_order(tmp_path, name, content):
    assert read(tmp_path, name, content) == THREE


@pytest.mark.parametrize("ending", WRITTEN)
def test_what_is_written_is_read_again(tmp_path, ending):
    colours = [tuple(value / 255 for value in colour) for colour in [*THREE, (0, 0, 0)][: 4 if ending != ".png" else 3]]
    assert read(tmp_path, f"p{ending}", palette_bytes(f"p{ending}", colours)) == as_bytes(colours)


def test_a_written_gpl_is_read_by_pillow(tmp_path):
    from PIL.GimpPaletteFile import GimpPaletteFile

    (tmp_path / "p.gpl").write_bytes(palette_bytes("p.gpl", [(1.0, 0.5, 0.0), (0.0, 0.0, 0.0)]))
    with (tmp_path / "p.gpl").open("rb") as file:
        assert GimpPaletteFile(file).getpalette()[0][:6] == bytes([255, 128, 0, 0, 0, 0])


def swatch(space, *values):
    return struct.pack(">HH", 1, 1) + struct.pack(">5H", space, *(value & 0xFFFF for value in values))


@pytest.mark.parametrize(
    ("content", "colour"),
    [
        (swatch(0, 65535, 32896, 0, 0), (255, 128, 0)),
        (swatch(1, 21845, 65535, 65535, 0), (0, 255, 0)),
        (swatch(2, 65535, 0, 0, 65535), (255, 0, 0)),
        (swatch(7, 10000, 0, 0, 0), (255, 255, 255)),
        (swatch(7, 5429, 8081, 6989, 0), (255, 0, 0)),
        (swatch(8, 0, 0, 0, 0), (0, 0, 0)),
    ],
)
def test_swatches_of_every_kind_become_srgb(tmp_path, content, colour):
    assert read(tmp_path, "p.aco", content) == [pytest.approx(colour, abs=1)]


def exchange(*models):
    blocks = b""
    for model, *values in models:
        block = struct.pack(">H", 2) + "a\0".encode("utf-16-be") + model + struct.pack(f">{len(values)}fH", *values, 0)
        blocks += struct.pack(">HI", 1, len(block)) + block
    group = struct.pack(">HIH", 0xC001, 4, 1) + b"\0\0"
    return b"ASEF" + struct.pack(">HHI", 1, 0, len(models) + 2) + group + blocks + struct.pack(">HI", 0xC002, 0)


def test_swatch_exchange_holds_several_models_in_groups(tmp_path):
    content = exchange(
        (b"RGB ", 1, 0.5, 0), (b"CMYK", 0, 1, 1, 0), (b"LAB ", 1, 0, 0), (b"Gray", 0.0), (b"LAB ", 0.5429, 80.81, 69.89)
    )
    expected = [(255, 128, 0), (255, 0, 0), (255, 255, 255), (0, 0, 0), (255, 0, 0)]
    assert [pytest.approx(colour, abs=1) for colour in expected] == read(tmp_path, "p.ase", content)


def test_a_strip_gives_its_colours_in_their_order_and_other_pictures_sorted(tmp_path):
    strip = Image.new("RGB", (3, 1))
    strip.putdata(THREE)
    for name, picture in {"a.png": strip, "b.png": strip.resize((24, 8), 0), "c.png": strip.transpose(2)}.items():
        picture.save(tmp_path / name)
    assert as_bytes(read_palette(f"@{tmp_path / 'b.png'}")) == THREE
    assert as_bytes(read_palette(f"@{tmp_path / 'a.png'}")) == THREE
    assert sorted(as_bytes(read_palette(f"@{tmp_path / 'c.png'}"))) == sorted(THREE)
    both = Image.new("RGB", (3, 2))
    both.putdata([*THREE, *reversed(THREE)])
    both.save(tmp_path / "d.png")
    assert as_bytes(read_palette(f"@{tmp_path / 'd.png'}")) == sorted(THREE)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("p.gpl", "255 0 0\n", r"p\.gpl, line 1: expected 'GIMP Palette'"),
        ("p.gpl", "GIMP Palette\n#\n255 0 0\n255 0\n", r"p\.gpl, line 4: expected three numbers .*, not '255 0'"),
        ("p.gpl", "GIMP Palette\n0 0 256\n", r"p\.gpl, line 2: expected three numbers from 0 to 255, not '0 0 256'"),
        ("p.hex", "ff8000\n\nff80\n", r"p\.hex, line 3: expected six or three hex digits .*, not 'ff80'"),
        ("p.pal", "JASC-PAL\n0100\n3\n0 0 0\n", r"p\.pal, line 3: it says 3 colours, and 1 follow"),
        ("p.pal", "JASC-PAL\n0100\n1\nred\n", r"p\.pal, line 4: expected three numbers"),
        ("p.pal", "JASC-PAL\n", r"p\.pal, line 2: expected '0100'"),
        ("p.pal", b"RIFF\x10\0\0\0PAL data", "it is a RIFF palette; expected a JASC one"),
        ("p.gpl", "GIMP Palette\n", r"p\.gpl holds no colour; expected 1 to 4,096"),
        ("p.hex", "", r"p\.hex holds no colour"),
        ("p.hex", "ff8000\n" * 5000, r"p\.hex holds 5,000 colours; expected 1 to 4,096"),
        ("p.ase", b"\0\0\0\0\xe0\xa5" + bytes(200), "a picture of Aseprite, not Adobe Swatch Exchange"),
        ("p.ase", b"ASEF\0\1\0\0\xff\xff\xff\xff", "it ends in the middle of a colour"),
        ("p.aco", b"\0\1\xff\xff", "it ends in the middle of a colour"),
        ("p.aco", swatch(3, 0, 0, 0, 0), "a colour of the unknown space 3"),
        ("p.act", bytes(10), "it is no Adobe colour table"),
        ("p.hex", b"f" * (1 << 20) + b"f", "is too large for a palette file"),
    ],
)
def test_what_is_wrong_in_a_file_is_one_sentence(tmp_path, name, content, told):
    with pytest.raises(ValueError, match=told) as caught:
        read(tmp_path, name, content)
    assert "\n" not in str(caught.value)


def test_a_pipe_is_no_palette(tmp_path):
    os.mkfifo(tmp_path / "p.gpl")
    with pytest.raises(ValueError, match="is no file"):
        read_palette(f"@{tmp_path / 'p.gpl'}")


@pytest.mark.parametrize("ending", [".gpl", ".hex", ".pal", ".act", ".ase", ".aco"])
def test_damaged_files_of_strangers_are_read_or_refused(tmp_path, ending):
    """Nothing but a sentence comes of them."""
    chance = random.Random(zlib.crc32(ending.encode()))
    whole = palette_bytes(f"p{ending}", [(1.0, 0.5, 0.0), (0.0, 0.0, 0.0), (0.2, 0.3, 0.4)])
    for _ in range(150):
        content = bytearray(whole[: chance.randrange(len(whole) + 1)] if chance.random() < 0.5 else whole)
        for _ in range(chance.randrange(6)):
            if content:
                content[chance.randrange(min(len(content), 60))] = chance.randrange(256)
        try:
            colours = (
                read_palette(f"@{(tmp_path / f'p{ending}')}") if (tmp_path / f"p{ending}").write_bytes(content) else ()
            )
        except ValueError:
            continue
        assert all(0 <= value <= 1 for colour in colours for value in colour)


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("ff8000", (255, 128, 0)),
        ("F80", (255, 136, 0)),
        ("000000", (0, 0, 0)),
        ("rgb(255, 128, 0)", (255, 128, 0)),
        ("RGB(255 128 0)", (255, 128, 0)),
        ("rgb(100%, 50%, 0%)", (255, 128, 0)),
        ("hsl(120, 100%, 50%)", (0, 255, 0)),
        ("hsl(240deg 100% 50%)", (0, 0, 255)),
    ],
)
def test_colours_are_written_as_in_style_sheets(text, colour):
    assert as_bytes([read_color(text)]) == [colour]
    assert as_bytes(read_palette(f"[{text}, #fff]")) == [colour, (255, 255, 255)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rgb(300, 0, 0)", "go from 0 to 255"),
        ("rgb(1, 2)", r"expected three numbers, as in rgb\(255, 128, 0\)"),
        ("rgba(255, 0, 0, 0.5)", "holds an opacity"),
        ("255", r"'255' is no colour: write #255, or three numbers"),
    ],
)
def test_wrong_colours_of_style_sheets_are_one_sentence(text, told):
    with pytest.raises(ValueError, match=told):
        read_color(text)


def test_a_list_needs_no_brackets():
    assert read_palette("ff8000, 000, #123456") == read_palette("[#ff8000, #000, #123456]")
    assert read_palette(r"#f00, #00f\3") == read_palette(r"[#f00, #00f]\3")
    with pytest.raises(ValueError, match="expected a colour at character 6"):
        read_palette("#f00,,#00f")


def test_a_palette_of_too_many_colours_is_refused():
    with pytest.raises(ValueError, match="expected at most 4,096 colours, not 5,000"):
        read_palette(",".join(["#f00"] * 5000))


def test_colours_that_a_format_cannot_hold_are_told():
    with pytest.raises(PixrayError, match=r"\.act files hold at most 256 colours, not 257"):
        palette_bytes("p.act", [(0.0, 0.0, 0.0)] * 257)
    with pytest.raises(PixrayError, match="ends in one of"):
        palette_bytes("p.txt", [(0.0, 0.0, 0.0)])


def test_a_wrong_file_is_told_with_the_settings(resolve, tiny, tmp_path):
    (tmp_path / "p.gpl").write_text("GIMP Palette\n1 2\n")
    with pytest.raises(SettingsError, match=r"palette='@.*p\.gpl' .*line 2: expected three numbers"):
        resolve(**{**tiny, "palette": f"@{tmp_path / 'p.gpl'}"})


def test_the_command_writes_a_palette_that_another_run_reads(tmp_path, monkeypatch, capsys):
    from pixray.cli.main import main

    monkeypatch.chdir(tmp_path)
    assert main(["palette", "[#ff8000, #000]", "--out", "warm.ase"]) == 0
    assert main(["palette", "@warm.ase"]) == 0
    assert capsys.readouterr().out.split() == ["warm.ase", "ff8000", "000000"]
    assert main(["palette", "[#ff8000]", "--out", "warm.txt"]) == 1
    assert main(["palette", "@nothing.gpl"]) == 2
    assert "there is no such file" in capsys.readouterr().err

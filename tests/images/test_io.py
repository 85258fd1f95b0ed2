import gzip
import io
import runpy
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, features

from pixray.errors import MissingPackage, PixrayError
from pixray.images.glob import expand
from pixray.images.io import open_picture, picture_size, to_tensor, to_u8
from pixray.images.svg_render import render_svg

MADE = Path(__file__).parent / "made_files.py"


def test_pixels_survive_the_round_trip():
    picture = torch.randint(0, 256, (1, 3, 5, 7), generator=torch.Generator().manual_seed(0)) / 255
    assert torch.allclose(to_tensor(Image.fromarray(to_u8(picture))), picture, atol=1e-6)


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


def test_a_picture_of_too_many_pixels_is_refused_by_its_header():
    png = bytearray(saved(Image.new("L", (8, 8))))
    png[16:24] = (20_000).to_bytes(4, "big") * 2
    png[29:33] = zlib.crc32(png[12:29]).to_bytes(4, "big")
    Path("bomb.png").write_bytes(png)
    begun = time.monotonic()
    with pytest.raises(PixrayError, match=r"init_image='bomb.png': cannot be read as a picture \(it has .* million"):
        open_picture("bomb.png", "init_image")
    assert time.monotonic() - begun < 2


def saved(picture, kind="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "AVIF"])
def test_half_a_file_is_refused_with_one_sentence(kind):
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    noise = Image.effect_noise((64, 64), 90).convert("RGB")
    content = saved(noise, kind)
    Path("half").write_bytes(content[: len(content) // 2])
    with pytest.raises(PixrayError, match="image_prompts='half': cannot be read as a picture") as caught:
        open_picture("half", "image_prompts")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("~nobody-here/x.png", "there is no user of that name"),
        ("a\0b.png", "a name cannot hold a null character"),
        ("\ud800.png", "characters that no name can hold"),
        ("x" * 300 + ".png", "longer than 255 bytes"),
        ("missing/" * 2000, "the name is too long"),
        ("nothing.png", "there is no such file"),
    ],
)
def test_names_that_no_file_has_are_answered_in_one_short_line(name, reason):
    for read in (open_picture, expand):
        with pytest.raises(PixrayError, match=reason) as caught:
            read(name, "init_image")
        assert "\n" not in str(caught.value) and "\0" not in str(caught.value) and len(str(caught.value)) < 300


@pytest.mark.parametrize("name", ["{1..10000}{1..10000}.png", "{" * 5000, "{a,b}" * 99, "{1..%s}" % ("9" * 5000)])
def test_braces_that_mean_too_much_end_at_once(name):
    begun = time.monotonic()
    with pytest.raises(PixrayError):
        expand(name, "init_image")
    assert time.monotonic() - begun < 2


def test_of_an_animation_the_first_frame_is_taken():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    for kind in ("GIF", "WEBP", "PNG"):
        more = {"lossless": True} if kind == "WEBP" else {}
        Path("moving").write_bytes(saved(frames[0], kind, save_all=True, append_images=frames[1:], **more))
        assert open_picture("moving").convert("RGB").getpixel((3, 3)) == (255, 0, 0)


def test_no_picture_is_handed_to_another_program():
    """Pillow renders EPS with Ghostscript, which runs the programs in it."""
    Path("x.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n")
    with pytest.raises(PixrayError, match="cannot be read as a picture"):
        open_picture("x.png")


def test_the_size_of_a_picture_is_that_of_the_upright_one():
    photo = Image.new("RGB", (4, 2))
    exif = photo.getexif()
    exif[0x0112] = 6
    photo.save("turned.jpg", exif=exif)
    assert picture_size("turned.jpg", "init_image") == open_picture("turned.jpg").size == (2, 4)


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{inner}</svg>'


def test_an_svg_is_rendered_large_with_its_transparency():
    pytest.importorskip("resvg_py")
    Path("x.svg").write_text(SVG.format(width=24, height=12, inner='<path d="M0 0H12V12H0z" fill="#f00"/>'))
    picture = open_picture("x.svg")
    assert picture.size == (1024, 512)
    assert picture.getpixel((100, 100)) == (255, 0, 0, 255) and picture.getpixel((900, 100))[3] == 0
    Path("x.svgz").write_bytes(gzip.compress(Path("x.svg").read_bytes()))
    assert open_picture("x.svgz").tobytes() == picture.tobytes()
    assert picture_size("x.svg", "init_image") == (1024, 512)


def test_an_svg_reads_no_other_file():
    pytest.importorskip("resvg_py")
    Image.new("RGB", (4, 4), "red").save("secret.png")
    path = Path("secret.png").resolve()
    Path("x.svg").write_text(SVG.format(width=8, height=8, inner=f'<image href="{path}" width="8" height="8"/>'))
    with pytest.raises(PixrayError, match="it refers to another file"):
        open_picture("x.svg")


@pytest.mark.parametrize(
    "inner", ["<g>" * 3000 + "</g>" * 3000, "<path", "\0", '<svg width="1e9" height="1e9"><rect width="9"/></svg>']
)
def test_a_hostile_svg_ends_no_run(inner):
    pytest.importorskip("resvg_py")
    Path("x.svg").write_text(SVG.format(width="1e40", height=8, inner=inner))
    try:
        open_picture("x.svg")
    except PixrayError as error:
        assert len(str(error)) < 300 and "\n" not in str(error)


def test_a_renderer_that_takes_too_long_is_stopped():
    pytest.importorskip("resvg_py")
    with pytest.raises(ValueError, match=r"more than 0\.01 s"):
        render_svg(SVG.format(width=8, height=8, inner="").encode(), seconds=0.01)


@pytest.mark.parametrize(
    ("module", "content", "package"),
    [
        ("resvg_py", SVG.format(width=8, height=8, inner="").encode(), "resvg-py"),
        ("pillow_heif", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "pillow-heif"),
        ("tifffile", runpy.run_path(str(MADE))["float_tiff"](np.zeros((4, 4, 3))), "tifffile"),
    ],
)
def test_a_missing_library_is_named_with_its_extra(monkeypatch, module, content, package):
    monkeypatch.setitem(sys.modules, module, None)
    Path("x").write_bytes(content)
    with pytest.raises(MissingPackage, match=rf"needs the package '{package}'.*pixray\[pictures\]"):
        open_picture("x", "init_image")


def test_heic_is_read_where_its_library_is():
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(Image.new("RGB", (32, 16), (200, 60, 50))).save("x.heic", quality=100)
    assert open_picture("x.heic").size == picture_size("x.heic", "init_image") == (32, 16)
    assert open_picture("x.heic").getpixel((8, 8)) == pytest.approx((200, 60, 50), abs=6)
    assert "HEIF" not in Image.OPEN, "nothing is registered in Pillow behind the back of other code"

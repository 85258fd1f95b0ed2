import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from pixray.images.io import open_mask, open_picture, to_tensor
from pixray.images.srgb import to_levels

MADE = runpy.run_path(str(Path(__file__).parent / "made_files.py"))


def ramp(most, dtype):
    return (np.linspace(0, 1, 64).reshape(8, 8) * most).astype(dtype)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("grey.png", ramp(65535, np.uint16)),
        ("grey.tif", ramp(65535, np.uint16)),
        ("big_endian.tif", ramp(65535, np.uint16)),
        ("float.tif", ramp(1, np.float32)),
        ("float_255.tif", ramp(255, np.float32).round()),
        ("float_65535.tif", ramp(65535, np.float32)),
        ("int.tif", ramp(65535, np.int32)),
        ("int_255.tif", ramp(255, np.int32)),
    ],
)
def test_pictures_of_more_than_eight_bits_keep_their_greys(name, values):
    Image.fromarray(values).save(name)
    levels = np.asarray(open_picture(name))
    assert levels.shape == (8, 8, 3)
    assert np.abs(levels[..., 0].astype(float) - ramp(255, float)).max() <= 1


def test_colours_of_sixteen_bits_and_of_floats_are_scaled():
    rows = [b"\x80\x00\x40\x00\xff\xff" * 8] * 8
    Path("deep.png").write_bytes(MADE["png"](8, 8, 16, 2, rows))
    assert open_picture("deep.png").getpixel((0, 0)) == pytest.approx((128, 64, 255), abs=1)
    pytest.importorskip("tifffile")
    Path("float.tif").write_bytes(MADE["float_tiff"](np.full((4, 4, 3), (0.5, 0.25, 1.0))))
    assert open_picture("float.tif").getpixel((0, 0)) == (128, 64, 255)


def test_highlights_of_a_float_picture_do_not_darken_the_rest():
    values = np.full((10, 10), 0.5, np.float32)
    values[0, :3] = (7.5, np.inf, np.nan)
    assert to_levels(values)[5, 5] == 128 and to_levels(values)[0].tolist()[:3] == [255, 255, 0]


def test_a_transparent_grey_of_sixteen_bits_is_transparent():
    rows = [b"\x12\x34" * 4 + b"\xff\xff" * 4] * 8
    Path("keyed.png").write_bytes(MADE["png"](8, 8, 16, 0, rows, (b"tRNS", b"\x12\x34")))
    picture = open_picture("keyed.png")
    assert picture.mode == "RGBA"
    assert picture.getpixel((0, 0))[3] == 0 and picture.getpixel((7, 0)) == (255, 255, 255, 255)


def test_an_embedded_profile_is_applied():
    """(173, 62, 53) of Adobe RGB looks as (200, 60, 50) of sRGB does."""
    for name in ("red.png", "red.jpg", "red.tif"):
        Image.new("RGB", (8, 8), (173, 62, 53)).save(name, icc_profile=MADE["matrix_profile"](), **jpeg(name))
        assert open_picture(name).getpixel((4, 4)) == pytest.approx((200, 60, 50), abs=3)
    clear = Image.new("RGBA", (8, 8), (173, 62, 53, 90))
    clear.save("clear.png", icc_profile=MADE["matrix_profile"]())
    assert open_picture("clear.png").getpixel((4, 4)) == pytest.approx((200, 60, 50, 90), abs=3)


def jpeg(name):
    return {"quality": 100, "subsampling": 0} if name.endswith("jpg") else {}


def test_the_profile_of_srgb_itself_changes_no_pixel():
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8))
    picture.save("own.png", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    assert open_picture("own.png").tobytes() == picture.tobytes()


@pytest.mark.parametrize("profile", [b"", b"no profile", MADE["matrix_profile"]()[:200]])
def test_a_damaged_or_foreign_profile_is_ignored(profile):
    Image.new("RGB", (4, 4), (173, 62, 53)).save("red.png", icc_profile=profile)
    assert open_picture("red.png").getpixel((0, 0)) == (173, 62, 53)
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save("red.tif", icc_profile=MADE["matrix_profile"]())
    assert open_picture("red.tif").getpixel((0, 0)) == (255, 0, 0), "a profile of RGB says nothing about inks"


@pytest.mark.parametrize("mode", ["1", "P", "LAB", "CMYK", "YCbCr", "LA", "L", "RGBA"])
def test_every_mode_is_converted_before_anything_is_resized(mode):
    """Half black, half white: resized in its own mode, a picture of palette or bits has no grey between them."""
    two = Image.new("RGB", (8, 8), "black")
    two.paste("white", (4, 0, 8, 8))
    if mode == "LAB":
        plain = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        picture = ImageCms.profileToProfile(two, *plain, outputMode="LAB")
    else:
        picture = two.convert(mode)
    picture.save("two.tif")
    opened = open_picture("two.tif")
    assert opened.mode in ("RGB", "RGBA")
    assert [opened.getpixel((x, 4))[0] for x in (0, 7)] == pytest.approx([0, 255], abs=1)
    middle = np.asarray(opened.resize((3, 1)).convert("RGB"))[0, 1]
    assert 100 < middle[0] < 155 and np.ptp(middle.astype(int)) < 3


def test_transparency_of_palette_and_grey_pictures_is_kept():
    picture = Image.new("P", (4, 4), 1)
    picture.putpalette([255, 0, 0, 0, 255, 0])
    picture.putpixel((0, 0), 0)
    picture.save("p.png", transparency=1)
    picture.save("p.gif", transparency=1)
    for name in ("p.png", "p.gif"):
        assert open_picture(name).getpixel((0, 0)) == (255, 0, 0, 255) and open_picture(name).getpixel((3, 3))[3] == 0
    Image.new("LA", (4, 4), (80, 30)).save("la.png")
    assert open_picture("la.png").getpixel((0, 0)) == (80, 80, 80, 30)


def test_what_is_transparent_counts_as_white_in_a_mask():
    mask = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    mask.putpixel((0, 0), (0, 0, 0, 255))
    mask.save("mask.png")
    assert open_mask("mask.png", "spot_file").getpixel((0, 0)) == 0
    assert open_mask("mask.png", "spot_file").getpixel((3, 3)) == 255


def test_every_reader_of_a_mask_or_reference_sees_it_as_it_is_shown(session):
    """A hole in a picture is white paper for all of them, whatever colour lies hidden in it."""
    from pixray.losses.edge import EdgeLoss
    from pixray.prompts.regions import SPOT, spot_masks

    hidden = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    hidden.save("hidden.png")
    assert float(spot_masks([SPOT], "hidden.png", (16, 16), "cpu")[SPOT].max()) == 0
    made = session(custom_loss="edge", edge_input_image="hidden.png", edge_mask_image="hidden.png", iterations=0)
    edge = next(one.loss for one in made.objective.losses if isinstance(one.loss, EdgeLoss))
    assert float(edge._target.min()) == 1 and float(edge._mask.max()) == 0


def test_an_image_prompt_of_sixteen_bits_is_no_white_sheet(session):
    Image.fromarray(ramp(65535, np.uint16)).save("deep.png")
    made = session(image_prompts="deep.png", prompts="", iterations=0)
    reference = made.objective.losses[0].loss.picture
    assert reference.mean() == pytest.approx(0.5, abs=0.02)
    assert to_tensor(open_picture("deep.png")).std() > 0.2

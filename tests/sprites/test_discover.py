"""The grid that a picture was drawn on, found in enlarged, cut and damaged sprites; and none where there is none."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from pixray.cli.main import main
from pixray.sprites.cells import cells_of, palette_of
from pixray.sprites.discover import discover

COLORS = np.array([[20, 24, 46], [200, 40, 50], [240, 200, 80], [70, 140, 90], [250, 250, 245]], np.uint8)


def sprite(seed=0, size=(20, 16)):
    """Blotches of five colours on a ground."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 5, (size[1] // 2, size[0] // 2)).repeat(2, 0).repeat(2, 1)
    fine = rng.integers(0, 5, size[::-1])
    return COLORS[np.where(rng.random(size[::-1]) < 0.4, fine, coarse)]


def enlarged(small, factor, shift=(0.0, 0.0)):
    """Nearest neighbours, without the first part of a cell that `shift` names."""
    height, width = small.shape[:2]
    x = ((np.arange(int((width - shift[0]) * factor)) + 0.5) / factor + shift[0]).astype(int)
    y = ((np.arange(int((height - shift[1]) * factor)) + 0.5) / factor + shift[1]).astype(int)
    return small[y][:, x]


def jpeg(pixels, quality=85):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


@pytest.mark.parametrize("factor", [3, 4, 7.3, 8, 10.5, 13.7])
@pytest.mark.parametrize("seed", range(3))
def test_the_pixels_of_an_enlarged_sprite_are_found_again(factor, seed):
    small = sprite(seed)
    large = enlarged(small, factor)
    grid = discover(large)
    assert grid.across.width == pytest.approx(factor, rel=0.01) and grid.down.width == pytest.approx(factor, rel=0.01)
    cells = cells_of(large, grid)
    assert np.array_equal(cells.colors, small)
    assert sorted(palette_of(cells).tolist()) == sorted(COLORS.tolist())


def test_the_first_line_is_where_the_picture_was_cut():
    grid = discover(enlarged(sprite(4), 9, (1 / 3, 2 / 3)))
    assert grid.across.offset == pytest.approx(6, abs=0.3) and grid.down.offset == pytest.approx(3, abs=0.3)


@pytest.mark.parametrize("damage", ["jpeg", "blur", "mixels"])
def test_damage_hides_no_grid(damage):
    small = sprite(5)
    large = enlarged(small, 8.4)
    if damage == "jpeg":
        large = jpeg(large)
    elif damage == "blur":
        large = np.asarray(Image.fromarray(large).filter(ImageFilter.GaussianBlur(1.3)))
    else:
        large = large.copy()
        rng = np.random.default_rng(6)
        for y, x in rng.integers(0, 120, (15, 2)):
            large[y : y + 4, x : x + 4] = COLORS[rng.integers(5)]
    grid = discover(large)
    cells = cells_of(large, grid)
    assert cells.colors.shape == small.shape
    assert (np.abs(cells.colors.astype(int) - small).max(-1) < 40).mean() > 0.9


def test_noise_is_no_colour():
    large = jpeg(enlarged(sprite(7), 12), 92)
    palette = palette_of(cells_of(large, discover(large)))
    assert len(palette) == 5
    assert np.abs(palette[:, None].astype(int) - COLORS).max(-1).min(0).max() < 12


def test_transparency_has_edges_too():
    small = np.dstack([np.zeros((16, 20, 3), np.uint8), 255 * (sprite(8)[..., 0] > 100).astype(np.uint8)])
    large = enlarged(small, 6.5)
    assert np.array_equal(cells_of(large, discover(large)).colors, small)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((60, 60, 3), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((3, 400, 4), np.uint8),
        np.tile(np.arange(200, dtype=np.uint8)[None, :, None], (100, 1, 3)),
        np.random.default_rng(9).integers(0, 256, (120, 120, 3)).astype(np.uint8),
        np.asarray(Image.radial_gradient("L").convert("RGB")),
    ],
)
def test_where_there_is_no_grid_none_is_found(pixels):
    assert discover(pixels) is None


def test_discs_at_random_are_no_grid():
    from PIL import ImageDraw

    rng = np.random.default_rng(10)
    picture = Image.new("RGB", (200, 160))
    for _ in range(25):
        x, y, r = rng.uniform(0, 160, 3) * (1, 1, 0.2) + (0, 0, 4)
        ImageDraw.Draw(picture).ellipse((x - r, y - r, x + r, y + r), fill=tuple(COLORS[rng.integers(5)].tolist()))
    assert discover(np.asarray(picture)) is None


def test_the_command_writes_the_true_pixels_a_copy_and_a_file_for_aseprite(capsys):
    small = sprite(11)
    Image.fromarray(enlarged(small, 7.7)).save("big.png")
    assert main(["sprite", "big.png"]) == 0
    told = capsys.readouterr().out
    assert "20x16 cells of 7.70x7.70 pixels, the first line at 0." in told and "5 colours: #" in told
    made = Image.open("big_sprite.png")
    assert made.mode == "P" and np.array_equal(np.asarray(made.convert("RGB")), small)
    assert Image.open("big_sprite_x25.png").size == (500, 400)
    reader = pytest.importorskip("aseprite_reader")
    file = reader.AsepriteFile("big_sprite.aseprite")
    file.render(file.frames[0], Path("seen.png"))
    assert np.array_equal(np.asarray(Image.open("seen.png").convert("RGB")), small)
    assert main(["sprite", "big.png"]) == 0, "its own files are replaced"


def test_a_photo_becomes_a_sprite_in_given_colours():
    Image.radial_gradient("L").convert("RGB").save("photo.png")
    words = ["sprite", "photo.png", "--size", "16x12", "--palette", "[#000, #888, #fff]", "-o", "s.png"]
    for dither in ("none", "bayer2", "bayer4", "bayer8", "diffusion"):
        assert main([*words, "--dither", dither]) == 0
        made = Image.open("s.png")
        colors = {color[1] for color in made.convert("RGB").getcolors()}
        assert made.size == (16, 12) and colors <= {(0, 0, 0), (0x88,) * 3, (255,) * 3}
    assert main([*words, "--colors", "2"]) == 0 and len(Image.open("s.png").convert("RGB").getcolors()) == 2


@pytest.mark.parametrize(("alpha", "opacities"), [("hard", {0, 255}), ("soft", None)])
def test_a_transparent_ground_stays(alpha, opacities):
    picture = Image.radial_gradient("L").convert("RGBA")
    picture.putalpha(Image.linear_gradient("L"))
    picture.save("soft.png")
    assert main(["sprite", "soft.png", "--size", "16", "--colors", "4", "--alpha", alpha, "-o", "s.png"]) == 0
    pixels = np.asarray(Image.open("s.png").convert("RGBA"))
    seen = set(np.unique(pixels[..., 3]).tolist())
    assert seen == opacities if opacities else len(seen) > 8
    assert len(np.unique(pixels[pixels[..., 3] > 0][:, :3], axis=0)) <= 4


def test_several_pictures_become_frames():
    import json

    for number in range(3):
        Image.fromarray(sprite(number)).save(f"f{number}.png")
    assert main(["sprite", "f*.png", "--size", "20x16", "-o", "walk.png"]) == 0
    assert Image.open("walk.png").size == (60, 16)
    assert [frame["filename"] for frame in json.loads(Path("walk.json").read_text())["frames"]] == ["f0", "f1", "f2"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["flat.png"], 1, "flat.png: no grid of pixels can be seen in it; say how many there are, such as 32x32"),
        (["nothing.png"], 1, "there is no such file"),
        (["flat.png", "--size", "0x4"], 2, "expected columns and rows from 1 to 1024"),
        (["flat.png", "--colors", "5000"], 2, "colors=5000: expected 1 to 255"),
        (
            ["flat.png", "--palette", ",".join(["#f00"] * 300), "--size", "4"],
            1,
            "holds 300 colours, and a sprite at most 255",
        ),
        (["flat.png", "--palette", "@flat.gpl"], 2, "there is no such file"),
        (["flat.png", "--size", "4", "-o", "s.jpg"], 2, "expected a name that ends in .png"),
        (["flat.png", "--size", "4", "-o", "flat.png"], 1, "flat.png is not pixray's own"),
        (["flat.png", "--size", "4", "--discover"], 2, "discover looks for the size of the grid: leave size out"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(capsys, words, code, told):
    Image.new("RGB", (40, 40), "red").save("flat.png")
    assert main(["sprite", *words]) == code
    error = capsys.readouterr().err
    assert told in error and len(error.strip().splitlines()) == 1
    assert {path.name for path in Path().iterdir()} == {"flat.png"} and Image.open("flat.png").mode == "RGB"

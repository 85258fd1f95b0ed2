"""Indexed pictures, Aseprite files and sheets, read back by programs that are not ours."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from pixray.errors import PixrayError
from pixray.sprites.aseprite import Tag, aseprite_bytes
from pixray.sprites.indexed import indexed, indexed_alike, indexed_png
from pixray.sprites.sheet import columns_of, sheet, sheet_json

COLORS = np.array([[255, 0, 0, 255], [0, 255, 0, 255], [9, 9, 9, 0], [0, 0, 255, 100]], np.uint8)


def some_picture(seed=0, size=(6, 5), colors=COLORS):
    return colors[np.random.default_rng(seed).integers(0, len(colors), size[::-1])]


def test_an_indexed_picture_holds_the_same_pixels_and_what_is_transparent_has_no_colour():
    pixels = some_picture()
    picture = indexed(pixels)
    assert picture.size == (6, 5) and picture.palette[0].tolist() == [0, 0, 0, 0] and len(picture.palette) == 4
    assert np.array_equal(picture.rgba, pixels * (pixels[..., 3:] > 0))
    opaque = indexed(some_picture(colors=COLORS[:2])[..., :3])
    assert not opaque.transparent and len(opaque.palette) == 2


def test_colours_stand_in_the_order_of_the_palette():
    picture = indexed(some_picture(), order=[(0, 0, 255), (1, 2, 3), (0, 255, 0), (255, 0, 0)])
    assert picture.palette[1:, :3].tolist() == [[0, 0, 255], [0, 255, 0], [255, 0, 0]]


@pytest.mark.parametrize("seed", range(20))
def test_any_picture_of_few_colours_survives(seed):
    rng = np.random.default_rng(seed)
    colors = rng.integers(0, 256, (int(rng.integers(1, 257)), 4)).astype(np.uint8)
    pixels = some_picture(seed, tuple(rng.integers(1, 40, 2)), colors)
    picture = indexed(pixels, order=rng.permutation(colors)[:, :3].tolist())
    assert np.array_equal(picture.rgba, pixels * (pixels[..., 3:] > 0))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(indexed_png(picture))).convert("RGBA")), picture.rgba)


def test_too_many_colours_are_one_sentence():
    pixels = np.arange(300 * 4, dtype=np.uint32).view(np.uint8).reshape(20, 60, 4).copy()
    pixels[..., 3] = 255
    with pytest.raises(PixrayError, match="colours is no sprite: expected at most 256"):
        indexed(pixels)


def test_the_png_has_a_palette_opacities_and_texts():
    png = indexed_png(indexed(some_picture()), {"Title": "dots"})
    assert b"PLTE" in png and b"tRNS" in png
    with Image.open(io.BytesIO(png)) as image:
        assert image.mode == "P" and image.info["Title"] == "dots" and len(image.getpalette()) == 12
        assert sorted(image.info["transparency"]) == [0, 100, 255, 255]
    assert b"tRNS" not in indexed_png(indexed(some_picture(colors=COLORS[:2])))


def test_enlarging_by_a_whole_factor_repeats_pixels():
    picture = indexed(some_picture())
    again = Image.fromarray(picture.rgba).resize((18, 15), Image.Resampling.NEAREST)
    assert np.array_equal(picture.enlarged(3).rgba, np.asarray(again))


@pytest.mark.parametrize("colors", [COLORS, COLORS[:2]])
def test_an_independent_reader_shows_every_frame_of_an_aseprite_file(tmp_path, colors):
    reader = pytest.importorskip("aseprite_reader")
    frames = indexed_alike([some_picture(seed, colors=colors) for seed in range(3)])
    (tmp_path / "a.aseprite").write_bytes(aseprite_bytes(frames, 120, [Tag("idle", 0, 2)]))
    file = reader.AsepriteFile(tmp_path / "a.aseprite")
    assert "(picture)" in str(file.layers) and len(file.layers) == 1 and "idle" in str(vars(file.tags[0]))
    assert len(file.frames) == 3
    for number, (frame, picture) in enumerate(zip(file.frames, frames, strict=True)):
        file.render(frame, tmp_path / f"{number}.png")
        assert np.array_equal(np.asarray(Image.open(tmp_path / f"{number}.png").convert("RGBA")), picture.rgba)


def test_a_picture_of_256_opaque_colours_is_a_background():
    colors = np.arange(256, dtype=np.uint32).view(np.uint8).reshape(-1, 4) | np.array([0, 0, 0, 255], np.uint8)
    content = aseprite_bytes([indexed(colors.reshape(16, 16, 4))])
    assert content[32:34] == b"\0\0", "256 colours"
    layer = content.index(b"picture") - 18
    assert content[layer] & 8


def test_frames_of_several_sizes_are_refused():
    with pytest.raises(PixrayError, match="one size and one palette"):
        aseprite_bytes([indexed(some_picture()), indexed(some_picture(size=(3, 3)))])
    with pytest.raises(PixrayError, match="1 to 65,535 frames, not 0"):
        aseprite_bytes([])
    with pytest.raises(PixrayError, match="of one size"):
        sheet([])


def test_a_sheet_holds_every_frame_where_its_json_says():
    frames = indexed_alike([some_picture(seed) for seed in range(10)])
    columns = columns_of(len(frames))
    whole = sheet(frames)
    told = json.loads(sheet_json("s.png", [f"seed {n}" for n in range(10)], (6, 5), columns, tags=[Tag("idle", 0, 9)]))
    assert told["meta"]["image"] == "s.png" and told["meta"]["size"] == dict(zip("wh", whole.size, strict=True))
    assert told["meta"]["frameTags"] == [{"name": "idle", "from": 0, "to": 9, "direction": "forward"}]
    for entry, picture in zip(told["frames"], frames, strict=True):
        box = entry["frame"]
        part = whole.rgba[box["y"] : box["y"] + box["h"], box["x"] : box["x"] + box["w"]]
        assert np.array_equal(part, picture.rgba) and entry["sourceSize"] == {"w": 6, "h": 5}

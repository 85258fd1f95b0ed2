import pytest
from PIL import Image

from pixray.errors import SettingsError
from pixray.images.color import read_color
from pixray.images.palette import read_one_color, read_palette


def as_bytes(colours):
    return [tuple(round(255 * value) for value in colour) for colour in colours]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("white", 16),
        (r"rust\8", 8),
        ("black->red->white", 16),
        ("[black, red, #ff0000]", 3),
        ("red;blue;yellow", 48),
        (r"red\8;blue->yellow\8", 16),
        ("red->yellow;[black]", 17),
        (r"[black,red]\5", 5),
        ("(255+255+0)", 16),
        ("[[1+0+0],[0+1+0]]", 2),
    ],
)
def test_a_palette_holds_as_many_colours_as_in_the_old_pixray(text, count):
    assert len(read_palette(text)) == count


def test_a_ramp_runs_evenly_along_the_whole_chain():
    assert as_bytes(read_palette(r"mat:black->mat:red->mat:white\5")) == [
        (0, 0, 0),
        (128, 0, 0),
        (255, 0, 0),
        (255, 128, 128),
        (255, 255, 255),
    ]


def test_a_single_colour_comes_out_of_black():
    assert as_bytes(read_palette(r"mat:red\3")) == [(0, 0, 0), (128, 0, 0), (255, 0, 0)]


def test_one_step_is_the_colour_itself():
    assert as_bytes(read_palette(r"mat:red\1")) == [(255, 0, 0)]


def test_duplicates_stay():
    assert len(set(read_palette("[mat:red, #ff0000]"))) == 1 and len(read_palette("[mat:red, #ff0000]")) == 2


@pytest.mark.parametrize(
    "text",
    ["mat:red -> mat:white", "  mat:red->mat:white ", "mat:red\t->\nmat:white", r"mat:red -> mat:white \ 16"],
)
def test_spaces_around_arrows_mean_nothing(text):
    assert read_palette(text) == read_palette("mat:red->mat:white")


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("red", (229, 0, 0)),  # the xkcd survey comes first
        ("mat:red", (255, 0, 0)),
        ("Dark  Teal", (1, 77, 78)),
        ("rebeccapurple", (102, 51, 153)),
        ("tab:blue", (31, 119, 180)),
        ("0.5", (128, 128, 128)),
        ("#0f0", (0, 255, 0)),
        ("(1+2+3)", (1, 2, 3)),
        ("[0+0.2+1]", (0, 51, 255)),
        ("pixel_orange", (255, 204, 51)),
        ("pixel_grayscale", (255, 255, 255)),
    ],
)
def test_colours_have_the_old_names(text, colour):
    assert as_bytes([read_color(text)]) == [colour]


def test_a_bracketed_triple_alone_is_a_colour():
    assert read_palette("[1+1+0]") == read_palette("(255+255+0)")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "at the end"),
        ("red;", "at the end"),
        ("->red", "character 1"),
        ("red->", "at the end"),
        ("red;;blue", "character 5"),
        ("[red,,blue]", "character 6"),
        ("mat:red -> blurpl", "character 12"),
        ("blue;[black, (300+0+0)]", "character 14"),
        ("[red, blue", "character 1"),
        ("red)", "character 4"),
        ("[red]->blue", "character 1"),
        (r"red\0", "character 4"),
        (r"red\many", "character 4"),
        ("red;@nothing.png", "character 5"),
        ("red;@nothing.txt", "character 5"),
    ],
)
def test_an_error_points_at_its_place(text, where):
    with pytest.raises(ValueError, match=where):
        read_palette(text)


def test_a_misspelt_colour_is_answered_with_the_nearest_one():
    with pytest.raises(ValueError, match=r"'blurpl' is no colour\. Did you mean 'blurple'\?"):
        read_palette("red->blurpl")


@pytest.mark.parametrize("name", ["p.png", "p.PNG", "p.jpeg", "p.webp", "p.gif", "p.bmp"])
def test_pictures_of_every_usual_ending_give_their_colours(tmp_path, name):
    picture = Image.new("RGB", (16, 16), (255, 0, 0))
    picture.paste((0, 0, 255), (8, 0, 16, 16))
    picture.save(tmp_path / name, **({"lossless": True} if name.endswith("webp") else {}))
    colours = read_palette(f"@{tmp_path / name}\\2")
    assert len(colours) == 2
    nearest = sorted(as_bytes(colours))
    assert nearest[0][2] > 200 and nearest[1][0] > 200


def test_a_picture_of_many_colours_gives_its_dominant_ones(tmp_path):
    picture = Image.linear_gradient("L").convert("RGB")
    picture.save(tmp_path / "ramp.png")
    assert len(read_palette(f"@{tmp_path / 'ramp.png'}")) == 255
    four = sorted(as_bytes(read_palette(f"@{tmp_path / 'ramp.png'}\\4")))
    assert len(four) == 4 and four[0][0] < 64 and four[-1][0] > 192


def test_pixels_nobody_sees_give_no_colour(tmp_path):
    picture = Image.new("RGBA", (4, 4), (0, 255, 0, 0))
    picture.putpixel((0, 0), (9, 8, 7, 255))
    picture.save(tmp_path / "sprite.png")
    assert as_bytes(read_palette(f"@{tmp_path / 'sprite.png'}")) == [(9, 8, 7)]


@pytest.mark.parametrize(("footer", "count"), [(b"\x00\x03\x00\x00", 3), (b"", 256)])
def test_adobe_tables_are_read_with_and_without_their_footer(tmp_path, footer, count):
    content = bytes([255, 0, 0, 0, 255, 0, 0, 0, 255]) + bytes(768 - 9) + footer
    (tmp_path / "table.ACT").write_bytes(content)
    colours = as_bytes(read_palette(f"@{tmp_path / 'table.ACT'}"))
    assert len(colours) == count and colours[:3] == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]


def test_one_colour_is_one_colour():
    assert as_bytes([read_one_color("[mat:red]"), read_one_color("mat:red")]) == [(255, 0, 0)] * 2
    with pytest.raises(ValueError, match="expected one colour, not 2"):
        read_one_color("[red, blue]")


def test_a_wrong_palette_is_reported_with_everything_else(resolve, tiny):
    with pytest.raises(SettingsError) as caught:
        resolve(**{**tiny, "palette": "red -> ", "num_cuts": 0})
    assert len(caught.value.problems) == 2
    assert "palette='red -> '" in str(caught.value) and "at the end" in str(caught.value)


def test_yaml_lists_are_palettes_too(session):
    made = session(palette=["mat:red", "#00f"], filters="lookup")
    assert as_bytes(made.objective.filters[0][0].palette) == [(255, 0, 0), (0, 0, 255)]
    assert made.record["palette"] == "[mat:red,#00f]"


def test_a_palette_that_nothing_uses_is_mentioned(session):
    assert any("palette has no effect" in notice.text for notice in session(palette="red").notices)
    assert not any("palette" in notice.text for notice in session(palette="red", filters="lookup").notices)


def test_hidden_colours_of_transparent_pixels_are_in_no_palette(tmp_path):
    """Also not where the picture has too many colours to take them all."""
    picture = Image.linear_gradient("L").convert("RGBA")
    green = Image.new("RGBA", (256, 128), (0, 255, 0, 0))
    picture.paste(green, (0, 0))
    picture.save(tmp_path / "sprite.png")
    for text in (f"@{tmp_path / 'sprite.png'}\\4", f"@{tmp_path / 'sprite.png'}\\4 exact"):
        colours = as_bytes(read_palette(text))
        assert len(colours) == 4 and all(red == green == blue for red, green, blue in colours)


def test_exact_takes_colours_that_are_in_the_picture(tmp_path):
    picture = Image.new("RGB", (10, 10), (200, 30, 30))
    for number in range(8):
        picture.putpixel((number, 0), (200 + number, 31, 32))
        picture.putpixel((number, 1), (10, 20, 200 + 3 * number))
    picture.save(tmp_path / "p.png")
    there = {colour for _, colour in picture.getcolors()}
    exact = as_bytes(read_palette(f"@{tmp_path / 'p.png'}\\2 exact"))
    assert len(exact) == 2 and set(exact) <= there and (200, 30, 30) in exact
    assert not set(as_bytes(read_palette(f"@{tmp_path / 'p.png'}\\3"))) <= there, "without it they are means"


def test_exact_thins_a_list_and_is_refused_for_a_ramp():
    assert as_bytes(read_palette(r"[#000, #010101, #fff, #020202, #00f]\3 exact")) == [
        (0, 0, 0),
        (255, 255, 255),
        (0, 0, 255),
    ]
    with pytest.raises(ValueError, match="exact takes colours of a list or a file, but a ramp at character 1"):
        read_palette(r"red->blue\8 exact")


@pytest.mark.parametrize("none", ["none", "None", " ", "", []])
def test_no_palette_is_no_palette(session, none):
    """matplotlib knows "none" as a transparent black, and pictures came out black."""
    made = session(palette=none, filters="lookup")
    assert made.settings.palette is None and len(made.objective.filters[0][0]._colours) == 15
    with pytest.raises(ValueError, match="'none' is no colour"):
        read_palette("[none, red]")


def test_an_opacity_in_a_colour_is_not_lost_silently():
    with pytest.raises(ValueError, match="'#ff000080' holds an opacity, and colours have none here: write '#ff0000'"):
        read_palette("[#ff000080]")


@pytest.mark.parametrize(
    ("numbers", "colour"),
    [
        ([0.2, 0.4, 1.0], (51, 102, 255)),
        ([51, 102, 255], (51, 102, 255)),
        ([1.0, 0.0, 0.0], (255, 0, 0)),
        ([0, 0, 0], (0, 0, 0)),
        ([255.0, 51.0, 0.0], (255, 51, 0)),
    ],
)
def test_three_numbers_are_one_colour(session, numbers, colour):
    made = session(palette=numbers, filters="lookup", custom_loss="edge", edge_color=numbers)
    assert as_bytes(made.objective.filters[0][0].palette) == [colour]
    assert as_bytes([read_one_color(made.settings.edge_color)]) == [colour]
    assert as_bytes([read_one_color(", ".join(map(str, numbers)))]) == [colour]
    assert as_bytes(session(palette=[numbers, "#fff"], filters="lookup").objective.filters[0][0].palette)[0] == colour


def test_numbers_that_could_mean_either_are_refused(resolve, tiny):
    with pytest.raises(SettingsError, match=r"1, 0, 0 could be from 0 to 1 or from 0 to 255: write \[1\+0\+0\] or"):
        resolve(**tiny, palette=[1, 0, 0])


@pytest.mark.parametrize(
    "text",
    [
        "palette: #f00\n",
        "seed: 1\npalette:   #ff8000  # orange\n",
        "palette:\n  - #f00\n  - blue\n",
        "palette: [#f00]\n",
    ],
)
def test_a_colour_that_yaml_takes_for_a_comment_is_not_lost_silently(text):
    from pixray.runtime.yaml_io import parse_yaml

    with pytest.raises(SettingsError, match="comment begins at the #"):
        parse_yaml(text, "config_file='x.yaml'")
    assert parse_yaml("prompts: red  # a note\nseed:  # later\n", "x") == {"prompts": "red", "seed": None}


@pytest.mark.parametrize(
    "text", ["[" * 5000, "(" * 5000 + ")" * 5000, "9" * 5000, "red\\" + "9" * 5000, "a;" * 5000, "\0"]
)
def test_absurd_palettes_are_refused_at_once_with_one_sentence(text):
    with pytest.raises(ValueError) as caught:
        read_palette(text)
    assert len(str(caught.value)) < 500 and "\n" not in str(caught.value)

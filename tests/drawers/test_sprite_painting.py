"""Sprites of the pixel drawer: few colours, learnt while they are painted, and files without a pixel too many."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pixray.cli.main import main
from pixray.drawers.base import Canvas
from pixray.drawers.pixel.drawer import PixelDrawer
from pixray.drawers.pixel.learnt_palette import LearntPalette
from pixray.errors import SettingsError
from pixray.events import CheckpointDue, Drawn, Noticed
from pixray.sprites.size import sprite_size
from pixray.testing.contracts import check_drawer

TINY = "--prompts red --drawer pixel --sprite 8x6 --size 32 24 --num_cuts 4 --perceptors embedded --iterations 10"
TINY = [*TINY.split(), "--seed", "1", "--quiet"]


def colours_of(path_or_bytes):
    image = Image.open(io.BytesIO(path_or_bytes) if isinstance(path_or_bytes, bytes) else path_or_bytes)
    return {color[:3] for _, color in image.convert("RGBA").getcolors(10**6) if color[3]}


def sprite(session, **settings):
    """The drawn pictures and notices of a run of a tiny sprite."""
    made = session(**{"drawer": "pixel", "sprite": "8x6", "size": None, "iterations": 10, **settings})
    events = list(made.run())
    return [event for event in events if isinstance(event, Drawn)], [e.text for e in events if isinstance(e, Noticed)]


def test_the_drawer_keeps_its_contract_with_a_learnt_palette():
    check_drawer(PixelDrawer, sprite=(16, 12), colors=5)
    check_drawer(PixelDrawer, pixel_type="hex", pixel_size=(9, 8), colors=3)


@pytest.mark.parametrize("colors", [1, 3, 8])
@pytest.mark.parametrize("alpha", ["hard", "soft"])
def test_a_sprite_is_exact_and_has_at_most_its_colours(session, colors, alpha):
    drawn, _ = sprite(session, colors=colors, pixel_alpha=alpha)
    png = drawn[-1].files["_sprite.png"]
    image = Image.open(io.BytesIO(png))
    assert image.mode == "P" and image.size == (8, 6) and len(colours_of(png)) <= colors
    opacities = {color[3] for _, color in image.convert("RGBA").getcolors()}
    assert opacities <= {0, 255} if alpha == "hard" else len(opacities) > 2
    factor = drawn[-1].image.width // 8
    large = np.asarray(drawn[-1].image)
    small = np.asarray(image.convert("RGBA"))
    visible = small[..., 3] > 0
    again = large[factor // 2 :: factor, factor // 2 :: factor]
    assert np.array_equal(again[..., 3], small[..., 3]) and np.array_equal(again[visible], small[visible])
    assert np.array_equal(large, large[::factor, ::factor].repeat(factor, 0).repeat(factor, 1)), "an enlarged copy"


def test_the_transparent_ground_is_an_entry_of_its_own_beside_the_colours(session):
    start = np.zeros((6, 8, 4), np.uint8)
    start[:, 4:] = [255, 0, 0, 255]
    start[3:, 4:] = [0, 0, 255, 255]
    Image.fromarray(start).save("start.png")
    drawn, _ = sprite(session, colors=2, init_image="start.png", init_image_alpha=255)
    image = Image.open(io.BytesIO(drawn[-1].files["_sprite.png"]))
    assert image.info["transparency"] == 0, "the first entry is the transparent one"
    assert len(image.palette.getdata()[1]) // 3 == len(colours_of(drawn[-1].files["_sprite.png"])) + 1 == 3


def test_files_have_few_colours_also_while_the_picture_has_many(session):
    drawn, _ = sprite(session, colors=2, save_every=1)
    assert len(drawn) == 11 and all(len(colours_of(one.files["_sprite.png"])) <= 2 for one in drawn)
    assert len(colours_of(drawn[0].files["_sprite.png"])) == 2
    assert len({tuple(color) for color in drawn[0].image_u8[..., :3].reshape(-1, 3).tolist()}) > 20


def test_a_run_that_is_stopped_early_delivers_few_colours(session):
    made = session(drawer="pixel", sprite="8x6", size=None, iterations=10, colors=2, transparent=False)
    drawn = []
    for event in made.run():
        if isinstance(event, Drawn):
            drawn.append(event)
        if made.step == 1:
            made.stop()
    assert drawn[-1].final and made.step < 4 and len(np.unique(drawn[-1].image_u8.reshape(-1, 3), axis=0)) <= 2


def test_the_loss_is_told_before_and_after_hardening(session):
    drawn, notices = sprite(session, colors=2)
    (told,) = [text for text in notices if "as it is delivered" in text]
    assert told.startswith("from step 8 on") and told.endswith(drawn[-1].text["pixray_hardened"].partition(": ")[2])
    assert "pixray_hardened" not in drawn[0].text


def test_given_colours_are_the_only_ones_and_fewer_are_chosen_from_them(session):
    palette = {(255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255), (1, 2, 3)}
    text = "[" + ",".join(f"({'+'.join(map(str, color))})" for color in sorted(palette)) + "]"
    for colors in (None, 2):
        drawn, notices = sprite(session, palette=text, colors=colors)
        used = colours_of(drawn[-1].files["_sprite.png"])
        assert used <= palette and len(used) <= (colors or 5) and not any("palette has no effect" in n for n in notices)


@pytest.mark.parametrize("dither", ["bayer4", "diffusion"])
def test_a_dithered_sprite_mixes_the_same_colours(session, dither):
    drawn, _ = sprite(
        session, palette="[#000, #fff]", dither=dither, init_image_alpha=255, iterations=0, init_image=grey()
    )
    pixels = np.asarray(Image.open(io.BytesIO(drawn[-1].files["_sprite.png"])).convert("L"))
    assert set(pixels.ravel().tolist()) == {0, 255} and 0.2 < (pixels > 0).mean() < 0.8


def grey():
    Image.new("RGB", (8, 6), (120, 120, 120)).save("grey.png")
    return "grey.png"


def test_gradients_reach_the_cells_and_the_palette_in_every_part():
    learnt = LearntPalette(3, (), "cpu", steps=10)
    cells = torch.rand(20, 3, generator=torch.Generator().manual_seed(0)).requires_grad_(True)
    for step, reached in [(0, False), (6, True), (8, True)]:
        learnt.colours.grad = cells.grad = None
        learnt.shown(cells, step).square().sum().backward()
        assert cells.grad is not None and bool(cells.grad.any())
        assert (learnt.colours.grad is not None and bool(learnt.colours.grad.any())) is reached


def test_the_palette_learns():
    """Cells that are pulled to two colours draw two palette colours there."""
    learnt = LearntPalette(2, (), "cpu", steps=100)
    cells = torch.rand(30, 3, generator=torch.Generator().manual_seed(1)).requires_grad_(True)
    goal = torch.tensor([[0.9, 0.1, 0.1], [0.1, 0.2, 0.8]]).repeat_interleave(15, 0)
    adam = torch.optim.Adam([{"params": [cells], "lr": 0.03}, {"params": [learnt.colours], "lr": 0.01}])
    for step in range(100):
        adam.zero_grad()
        (learnt.shown(cells, step) - goal).square().sum().backward()
        adam.step()
        learnt.project()
    assert torch.allclose(learnt.shown(cells, 100), goal, atol=0.05)
    assert len((learnt.shown(cells, 100).detach() * 255).round().unique(dim=0)) == 2


@pytest.mark.parametrize("step", [2, 5, 8])
def test_a_sprite_goes_on_from_its_checkpoint_to_the_same_bytes(session, step):
    settings = {"drawer": "pixel", "sprite": "8x6", "size": None, "iterations": 10, "colors": 3}
    whole, states = [], {}
    for event in session(**settings, checkpoint_every=1).run():
        if isinstance(event, CheckpointDue):
            states[event.step] = event.state
        whole.append(event)
    again = session(**settings)
    again.restore(states[step])
    ends = [[event for event in events if isinstance(event, Drawn)][-1] for events in (whole, list(again.run()))]
    assert ends[0].files == ends[1].files and np.array_equal(ends[0].image_u8, ends[1].image_u8)


def test_a_sprite_is_made_again_to_the_same_bytes():
    assert main([*TINY, "--colors", "3", "--outdir", "whole"]) == 0
    whole = Path("whole/output_sprite.png").read_bytes()
    assert main(["rerun", "whole", "--outdir", "again", "--quiet"]) == 0
    assert Path("again/output_sprite.png").read_bytes() == whole
    assert Path("again/output.aseprite").read_bytes() == Path("whole/output.aseprite").read_bytes()
    assert main(["rerun", "whole/output_sprite.png", "--outdir", "third", "--quiet"]) == 0
    assert Path("third/output_sprite.png").read_bytes() == whole


@pytest.mark.parametrize(
    ("raw", "grid"),
    [("32x32", (32, 32)), ("32 24", (32, 24)), (["32", "24"], (32, 24)), ([8, 6], (8, 6)), (16, (16, 16))],
)
def test_the_size_of_a_sprite_is_written_in_several_ways(raw, grid):
    assert sprite_size(raw) == grid


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"sprite": "0x8"}, "sprite='0x8' .*expected columns and rows from 1 to 1024, such as 32x32"),
        ({"sprite": "big"}, "expected columns and rows"),
        ({"sprite": "8x6x4"}, "expected columns and rows"),
        ({"sprite": "32xx"}, "expected columns and rows"),
        ({"sprite": "-3x4"}, "expected columns and rows"),
        ({"pixel_size": [4, 5000]}, "expected columns and rows from 1 to 4096"),
        ({"sprite": "8x6", "colors": 0}, "colors=0 .*expected"),
        ({"sprite": "8x6", "colors": 5000}, "colors=5000 .*expected"),
        (
            {"sprite": "32x32", "size": [100, 100]},
            "size=100 100: sprite=32x32 needs a whole multiple of it, such as 96 96",
        ),
        ({"sprite": "8x6", "dither": "bayer3"}, "dither='bayer3' .*bayer2"),
    ],
)
def test_wrong_sizes_and_counts_are_one_sentence(resolve, tiny, settings, told):
    with pytest.raises(SettingsError, match=told) as caught:
        resolve(**{**tiny, "drawer": "pixel", **settings})
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"sprite": "8x6", "pixel_size": [4, 4]}, "sprite=8x6 and pixel_size both say how many cells there are"),
        ({"sprite": "8x6", "pixel_type": "hex"}, "cells are upright rectangles there: leave pixel_type=hex out"),
        ({"sprite": "8x6", "palette": r"red\300"}, "it holds 300 colours, and a sprite at most 255"),
    ],
)
def test_settings_that_contradict_a_sprite_are_told(session, settings, told):
    with pytest.raises(SettingsError, match=told):
        session(**{"drawer": "pixel", "size": None, **settings})


def test_the_canvas_is_a_whole_multiple_and_the_ground_transparent_unless_it_is_a_tile(resolve, tiny):
    made = resolve(**{**tiny, "drawer": "pixel", "size": None, "sprite": "33x20"})
    assert made.size[0] % 33 == 0 and made.size[0] // 33 == made.size[1] // 20
    assert made.transparent and made.pixel_alpha == "hard"
    assert not resolve(**{**tiny, "drawer": "pixel", "size": None, "sprite": "33x20", "transparent": "no"}).transparent
    assert not resolve(**{**tiny, "drawer": "pixel", "size": None, "sprite": "9x9", "filters": "tiler"}).transparent


def test_a_drawer_without_learnt_colours_knows_nothing_of_it():
    drawer = PixelDrawer(PixelDrawer.Settings(pixel_size=(8, 6)), Canvas(32, 24))
    drawer.start(None, torch.Generator().manual_seed(0))
    assert drawer.hardens_at is None and len(drawer.parameters()) == 1 and set(drawer.state()) == {"colours"}


def test_python_paints_a_sprite_too():
    import pixray

    pixray.run(
        "red", drawer="pixel", sprite="8x6", colors=3, perceptors="embedded", iterations=2, outdir="s", size=[32, 24]
    )
    assert Image.open("s/output_sprite.png").size == (8, 6)
    assert json.loads(Path("s/log.jsonl").read_text().splitlines()[-1])["event"] == "finished"


@pytest.mark.parametrize("name", ["sprite", "pixel_size"])
def test_auto_takes_the_grid_that_the_start_picture_was_drawn_on(session, name):
    small = np.random.default_rng(0).integers(0, 256, (9, 12, 3)).astype(np.uint8)
    places = [((np.arange(int(count * 7.4)) + 0.5) / 7.4).astype(int) for count in small.shape[:2]]
    Image.fromarray(small[places[0]][:, places[1]]).save("drawn.png")
    settings = {name: "auto", "init_image": "drawn.png", "iterations": 0, "pixel_cells": True, "transparent": "no"}
    made = session(drawer="pixel", size=None, **settings)
    (drawn,) = [event for event in made.run() if isinstance(event, Drawn)]
    assert made.record[name] == "auto" and drawn.image.width % 12 == 0
    if name == "pixel_size":
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(drawn.files["_cells.png"]))), small)
    else:
        assert Image.open(io.BytesIO(drawn.files["_sprite.png"])).size == (12, 9)


def test_auto_without_a_grid_is_one_sentence(resolve, tiny):
    with pytest.raises(
        SettingsError, match="pixel_size=auto: it takes the grid of a start picture: give init_image too"
    ):
        resolve(**{**tiny, "drawer": "pixel", "pixel_size": "auto"})
    with pytest.raises(SettingsError, match=r"sprite=auto: .*grey\.png: no grid of pixels can be seen in it"):
        resolve(**{**tiny, "drawer": "pixel", "sprite": "auto", "init_image": grey()})

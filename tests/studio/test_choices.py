"""What the page offers for a picture and what it says about it, in a real browser."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.studio.conftest import TINY

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(autouse=True, scope="module")
def _patient():
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


def asked(page, name):
    """The settings that a press on a button below the picture asks for."""
    with page.expect_response("**/api/jobs") as answer:
        page.locator(".actions").get_by_role("button", name=name).click()
    return answer.value.json()


def test_a_sprite_shows_its_size_and_leaves_no_other_count_of_cells_to_choose(visit):
    page = visit().open(settings=None)
    size = page.locator("[data-setting=pixel_size]")
    size.get_by_role("textbox").fill("20")
    page.get_by_role("button", name="Sprite", exact=True).click()
    expect(page.locator(".begun")).to_contain_text("sprite: 32 × 32")
    expect(page.locator("[data-setting=sprite] input")).to_have_value("32x32")
    expect(page.locator("[data-setting=sprite] input")).to_be_visible()
    expect(size).to_contain_text("a sprite of 32 × 32 decides")
    expect(size.locator("input")).to_be_hidden()
    page.locator("[data-setting=sprite] input").fill("")
    expect(page.locator(".begun")).to_be_hidden()
    size.locator("input").fill("32")
    page.locator("[data-setting=sprite] input").fill("16x16")
    page.get_by_role("textbox", name="What shall it show?").fill("a red heart")
    with page.expect_response("**/api/jobs") as answer:
        page.get_by_role("button", name="Paint", exact=True).click()
    settings = answer.value.json()["settings"]
    assert settings["sprite"] == "16x16" and "pixel_size" not in settings


def test_a_picture_of_the_gallery_comes_into_view_when_it_is_opened(visit, server):
    server.finished("a red heart")
    for options in (PHONE, {}):
        page = visit(**options).open()
        page.locator(".card .open").first.scroll_into_view_if_needed()
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        page.locator(".card .open").first.click()
        top = "document.querySelector('.frame').getBoundingClientRect().top"
        page.wait_for_function(f"{top} >= -1 && {top} < innerHeight / 2")


def test_a_sprite_keeps_its_cells_when_it_is_made_warmer_and_begins_anew_with_another_seed(visit, server):
    job = server.finished("a red heart", {**TINY, "sprite": "8x6", "pixel_size": None, "iterations": 4})
    page = visit().open(at=f"/#{job['id']}")
    warmer = asked(page, "warmer")
    expect(page.locator(".origin")).to_have_text("warmer")
    assert (warmer["parent"], warmer["push"]) == (job["id"], "warmer") and warmer["start"]
    server.wait(warmer["id"], "done")
    before, after = cells(server, job), cells(server, warmer)
    assert (before[..., 3] == after[..., 3]).all()
    warmth = [
        (picture[..., 0].astype(int) - picture[..., 2])[picture[..., 3] > 0].mean() for picture in (before, after)
    ]
    assert warmth[1] > warmth[0] + 10
    name = server.http.get(f"/api/jobs/{warmer['id']}/files/output.png").headers["content-disposition"]
    assert f"a-red-heart-warmer-{warmer['id'][:4]}.png" in name
    expect(page.locator(".stage .state")).to_contain_text("finished in")
    page.get_by_role("button", name="Use as start").click()
    expect(page.locator(".thumb img")).to_be_visible()
    expect(page.get_by_label("iterations", exact=True).first).to_have_value("4")
    again = asked(page, "Again with another seed")
    assert again["start"] is None and again["push"] is None
    assert "palette" not in again["settings"] and again["settings"]["iterations"] == 4


def test_tiles_of_the_gallery_are_equal_on_a_phone_and_hold_their_box(visit, server):
    server.finished("short")
    server.finished("a very long prompt with many, many words that one line of a tile does not hold")
    page = visit(**PHONE).open()
    expect(page.locator(".card").nth(1)).to_be_visible()
    tiles = page.evaluate(
        """() => [...document.querySelectorAll(".card")].map((card) => {
          const [tile, box] = [card, card.querySelector("input")].map((part) => part.getBoundingClientRect());
          return [Math.round(tile.width), Math.round(tile.height), box.right < tile.right && box.top > tile.top];
        })"""
    )
    assert all(tile == [*tiles[0][:2], True] for tile in tiles), tiles
    bar = page.locator(".bar")
    lines = {round(part.bounding_box()["y"] / 12) for part in (bar.locator("input"), bar.locator("a"))}
    assert len(lines) == 1


def cells(server, job):
    picture = Image.open(io.BytesIO(server.http.get(f"/api/jobs/{job['id']}/picture").content))
    return np.asarray(picture.convert("RGBA"))

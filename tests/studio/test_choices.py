"""What the page offers for a picture and what it says about it, in a real browser."""

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SPRITE = {"pixel_size": None, "pixel_svg": None, "size": None, "sprite": "8x8", "aspect": "square", "quality": "draft"}


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

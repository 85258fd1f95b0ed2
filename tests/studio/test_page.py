"""The page in a real browser, with the real server behind it."""

import io

import pytest
from PIL import Image

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

SEEN = 30_000
DROP = """async ({ bytes, name, type, target }) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
  const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
  for (const kind of ["dragenter", "dragover", "drop"])
    document.querySelector(target).dispatchEvent(new DragEvent(kind, options));
}"""

OPEN_ALL = "() => document.querySelectorAll('details').forEach((details) => (details.open = true))"
AWKWARD = """() => [...document.querySelectorAll("main button, main a.button")]
  .map((button) => [button.textContent, button.getBoundingClientRect()])
  .filter(([, { width, height, right }]) => width && (height < 24 || right > 390))
  .map(([words]) => words)"""
"""Buttons that a finger misses, or that stand beside the screen."""


@pytest.fixture(autouse=True, scope="module")
def _patient():
    expect.set_options(timeout=SEEN)
    yield
    expect.set_options(timeout=5_000)


def state(page):
    return page.locator(".stage .state")


def drop(page, content, name, kind, target="#stage"):
    page.evaluate(DROP, {"bytes": list(content), "name": name, "type": kind, "target": target})


def plain_png():
    file = io.BytesIO()
    Image.new("RGB", (32, 24), "orange").save(file, "PNG")
    return file.getvalue()


def test_a_picture_grows_and_gives_its_files(visit, server):
    page = visit().open()
    page.get_by_role("textbox", name="What shall it show?").fill("a heart of fire")
    page.get_by_role("button", name="Paint", exact=True).click()
    expect(page.locator("#stage-title")).to_have_text("a heart of fire")
    expect(page.locator(".frame .picture")).to_be_visible()
    expect(state(page)).to_contain_text("finished in")
    expect(page.locator(".curve")).to_be_visible()
    address = page.get_by_role("link", name="SVG").get_attribute("href")
    assert server.http.get(address).text.lstrip().startswith(("<?xml", "<svg"))
    expect(page.locator(".card .title").first).to_have_text("a heart of fire")
    page.locator(".frame .picture.crisp").wait_for()
    assert page.evaluate("getComputedStyle(document.querySelector('.picture')).imageRendering") == "pixelated"


def test_mistakes_are_answered_beside_the_words_and_nothing_is_lost(visit):
    page = visit().open()
    page.get_by_role("button", name="Paint", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="Say in a few words")).to_be_visible()
    field = page.get_by_role("textbox", name="What shall it show?")
    expect(field).to_be_focused()
    assert field.get_attribute("aria-invalid") == "true"
    field.fill("a tree")
    expect(page.locator("#complaint")).to_be_hidden()
    page.get_by_label("iterations", exact=True).first.fill("-5")
    page.get_by_role("button", name="Paint", exact=True).click()
    expect(page.locator("#complaint")).to_contain_text("expected at least 0")
    expect(field).to_have_value("a tree")


def test_a_reload_and_a_closed_tab_change_nothing(visit, server):
    name = server.running("a green tree", step=5)
    visitor = visit()
    page = visitor.open()
    expect(state(page)).to_contain_text("step")
    page.get_by_role("textbox", name="What shall it show?").fill("words not sent yet")
    before = server.job(name)["step"]
    page.reload()
    expect(page.locator("#stage-title")).to_have_text("a green tree")
    expect(state(page)).to_contain_text("step")
    expect(page.get_by_role("textbox", name="What shall it show?")).to_have_value("words not sent yet")
    page.close()
    server.wait(name, "running", step=before + 1)
    page = visitor.open(at=f"/#{name}")
    expect(page.locator("#stage-title")).to_have_text("a green tree")
    page.get_by_role("button", name="Stop").first.click()
    expect(state(page)).to_contain_text("stopped at step")
    expect(page.locator(".frame .picture")).to_be_visible()


def test_what_happened_while_the_page_was_offline_is_there_afterwards(visit, server):
    name = server.running("a boat")
    visitor = visit()
    page = visitor.open()
    expect(state(page)).to_contain_text("step")
    visitor.context.set_offline(True)
    expect(page.locator("#link")).to_contain_text("No connection")
    page.get_by_role("textbox", name="What shall it show?").fill("words of this time")
    page.get_by_role("button", name="Paint", exact=True).click()
    expect(page.locator("#complaint")).to_contain_text("cannot be reached")
    server.wait(name, "running", step=server.job(name)["step"] + 10)
    server.order(name, "cancel")
    server.wait(name, "cancelled")
    other = server.finished("a house, painted meanwhile")["id"]
    visitor.context.set_offline(False)
    expect(page.locator("#link")).to_be_hidden()
    expect(state(page)).to_contain_text("stopped at step")
    expect(page.locator(".card .title").filter(has_text="a house, painted meanwhile")).to_be_visible()
    assert server.job(other)["state"] == "done"
    expect(page.get_by_role("textbox", name="What shall it show?")).to_have_value("words of this time")
    steps = len(server.http.get(f"/api/jobs/{name}/curve").json()["steps"])
    page.wait_for_function("steps => document.querySelector('.curve polyline').points.length >= steps", arg=steps)


def test_two_browsers_see_one_queue_and_either_changes_it(visit, server):
    server.running("first")
    one, other = visit().open(), visit().open()
    for words in ("second", "third"):
        one.get_by_role("textbox", name="What shall it show?").fill(words)
        one.get_by_role("button", name="Paint", exact=True).click()
        expect(other.locator(".queue .title").filter(has_text=words)).to_be_visible()
    expect(other.locator(".queue .title")).to_have_text(["first", "second", "third"])
    other.locator(".queue li").filter(has_text="third").get_by_role("button", name="Earlier").click()
    for page in (one, other):
        expect(page.locator(".queue .title")).to_have_text(["first", "third", "second"])
    other.locator(".queue li").filter(has_text="second").get_by_role("button", name="Stop").click()
    expect(one.locator(".queue .title")).to_have_text(["first", "third"])


def test_a_run_is_paused_and_goes_on(visit, server):
    name = server.running("a moon")
    page = visit().open()
    page.get_by_role("button", name="Pause").first.click()
    expect(state(page)).to_contain_text("paused at step")
    step = server.job(name)["step"]
    page.get_by_role("button", name="Resume").first.click()
    server.wait(name, "running", step=step + 1)
    expect(state(page)).to_contain_text("of 100000")


def test_a_running_picture_is_steered_and_taken_back(visit, server):
    # Its first checkpoint is older than every change, and the first one is never thinned out.
    name = server.running("a red heart", step=25, checkpoint_every=20)
    page = visit().open()
    panel, history = page.locator(".steering"), page.get_by_role("list", name="Changes so far")
    panel.get_by_role("textbox", name="Steer towards").fill("a blue sea")
    panel.get_by_role("button", name="Steer", exact=True).click()
    expect(history).to_contain_text("a blue sea")
    panel.get_by_role("button", name="warmer").click()
    expect(history).to_contain_text("warmer colours from step")
    panel.get_by_label("palette lock").select_option(label="four greens")
    panel.get_by_role("button", name="Steer", exact=True).click()
    expect(history).to_contain_text("in the colours four greens")
    changes = {name: value for one in server.job(name)["steering"] for name, value in one["changes"].items()}
    assert "a blue sea" in changes["prompts"] and changes["custom_loss"] == "palette:0.1"
    back = page.get_by_role("group", name="Go back to an earlier step").get_by_role("button").first
    back.click()
    expect(history.get_by_role("listitem")).to_have_count(0)
    expect(state(page)).to_contain_text("of 100000")


def test_a_drawing_in_one_ink_is_drawn_again_in_another_where_colours_cannot_be_steered(visit, server):
    drawing = {"drawer": "line_sketch", "strokes": 2, "stroke_start": "random", "pixel_svg": None, "pixel_size": None}
    server.running("a boat", **drawing)
    page = visit().open()
    expect(page.locator(".steering")).to_contain_text("one ink, black")
    expect(page.locator(".steering").get_by_role("button", name="warmer")).to_be_hidden()
    page.get_by_role("button", name="Stop").first.click()
    expect(state(page)).to_contain_text("stopped at step")
    page.locator(".actions").get_by_role("button", name="darker").click()
    expect(page.locator(".actions .told")).to_contain_text("cannot be made darker")
    with page.expect_response("**/api/jobs") as answer:
        page.locator(".actions").get_by_role("button", name="warmer").click()
    settings = answer.value.json()["settings"]
    assert "custom_loss" not in settings and settings["ink"] == "#a63a1e"


def test_a_dropped_picture_gives_back_its_settings_and_another_becomes_the_start(visit, server):
    job = server.finished("a lighthouse:2")
    picture = server.http.get(f"/api/jobs/{job['id']}/picture").content
    page = visit().open(settings=None)
    drop(page, picture, "lighthouse.png", "image/png")
    expect(page.locator("#notes")).to_contain_text("settings are in the form")
    expect(page.get_by_role("textbox", name="What shall it show?")).to_have_value("a lighthouse")
    expect(page.get_by_label("Weight of the first prompt").first).to_have_value("2")
    expect(page.get_by_label("Seed", exact=True)).to_have_value(str(job["seed"]))
    expect(page.get_by_label("iterations", exact=True).first).to_have_value("12")
    cuts = page.locator(".field.restored[data-setting=num_cuts] input")
    expect(cuts).to_be_visible()
    expect(cuts).to_have_value("2")
    scale = page.locator("[data-setting=scale] input")
    expect(scale).to_have_attribute("placeholder", "2")
    page.get_by_label("quality", exact=True).select_option("draft")
    expect(scale).not_to_have_attribute("placeholder", "2")
    drawing = server.http.get(f"/api/jobs/{job['id']}/files/output.svg").content
    page.get_by_role("textbox", name="What shall it show?").fill("something else")
    drop(page, drawing, "lighthouse.svg", "image/svg+xml")
    expect(page.get_by_role("textbox", name="What shall it show?")).to_have_value("a lighthouse")
    drop(page, plain_png(), "orange.png", "image/png")
    expect(page.locator(".thumb img")).to_be_visible()
    expect(page.locator("#notes")).to_contain_text("painting starts from it")
    drop(page, b"no picture at all", "notes.txt", "text/plain")
    expect(page.locator("#mistakes")).to_contain_text("this file")


def test_finished_pictures_are_used_further(visit, server):
    job = server.finished("a red heart")
    page = visit().open(at=f"/#{job['id']}")
    page.get_by_role("button", name="Again with another seed").click()
    expect(page.locator(".facts")).not_to_contain_text(str(job["seed"]))
    expect(state(page)).to_contain_text("finished in")
    finished = page.locator(".card").count()
    page.locator(".actions").get_by_role("button", name="warmer").click()
    expect(page.locator(".card")).to_have_count(finished + 1)
    newest = server.http.get("/api/jobs").json()["jobs"][0]
    assert newest["settings"]["custom_loss"] == "palette:0.1" and newest["id"] != job["id"]
    assert newest["start"] is not None
    server.wait(newest["id"], "done")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".card")).to_have_count(finished + 2)
    assert server.http.get("/api/jobs").json()["jobs"][0]["steps"] > newest["steps"]
    page.get_by_role("button", name="Edit its settings").click()
    expect(page.locator(".thumb img")).to_be_visible()
    expect(page.get_by_label("Seed", exact=True)).to_have_value(str(newest["seed"]))
    page.get_by_role("button", name="Use as start").click()
    expect(page.locator("#notes")).to_contain_text("starts from its picture")
    expect(page.get_by_role("textbox", name="What shall it show?")).to_be_focused()


def test_pictures_are_searched_chosen_and_compared(visit, server):
    for words in ("a red apple", "a green apple", "a blue door"):
        server.finished(words)
    page = visit().open()
    page.get_by_label("Search the gallery").fill("apple")
    expect(page.locator(".card .title")).to_have_text(["a green apple", "a red apple"])
    for box in page.locator(".card input").all():
        box.check()
    page.get_by_role("button", name="Compare 2").click()
    slider = page.get_by_role("slider", name="How much of the first picture is seen")
    slider.focus()
    before = page.evaluate("getComputedStyle(document.querySelector('.slider .upper')).clipPath")
    slider.press("ArrowLeft")
    assert page.evaluate("getComputedStyle(document.querySelector('.slider .upper')).clipPath") != before
    page.keyboard.press("Escape")
    page.get_by_label("Search the gallery").fill("door")
    page.locator(".card input").check()
    page.get_by_role("button", name="Compare 3").click()
    expect(page.locator(".sheet img")).to_have_count(3)
    page.get_by_role("button", name="Close", exact=True).click()
    archive = server.http.get(page.locator(".bar a.button").get_attribute("href"))
    assert archive.content[:2] == b"PK"


def test_everything_works_with_the_keyboard_alone(visit, server):
    page = visit().open()
    field = page.get_by_role("textbox", name="What shall it show?")
    expect(field).to_be_focused()
    page.keyboard.type("a yellow sun")
    tab = page.get_by_role("tab", name="pixel", exact=True)
    for _ in range(40):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle + document.activeElement.type")
        assert outline.startswith(("solid", "auto")) or outline.endswith("file"), "the focus is not seen"
        if tab.evaluate("element => element === document.activeElement"):
            break
    expect(tab).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", selected=True)).to_have_text("multires")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", selected=True)).to_have_text("pixel")
    field.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#stage-title")).to_have_text("a yellow sun")
    expect(state(page)).to_contain_text("finished in")
    page.locator(".steps input").focus()
    page.keyboard.press("Home")
    expect(page.locator(".where")).to_have_text("step 1")


def test_on_a_phone_nothing_is_wider_than_the_screen(visit, server):
    server.finished("a very long prompt " + "with averyveryveryveryveryverylongwordinit " * 4)
    server.running("a tree")
    page = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).open()
    expect(page.locator(".queue .title")).to_be_visible()
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(AWKWARD) == []


def test_axe_finds_no_serious_violation(visit, server, axe):
    server.finished("a red heart")
    server.running("a tree", step=3)
    page = visit(color_scheme="light", reduced_motion="reduce").open()
    expect(state(page)).to_contain_text("step")
    page.evaluate(axe)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, runOnly=["color-contrast"]) == []
    page.locator(".card .open").first.click()
    page.evaluate(OPEN_ALL)
    page.get_by_role("button", name="Paint", exact=True).click()
    expect(page.locator("#complaint")).to_be_visible()
    assert violations(page, runOnly=["color-contrast"]) == []
    page.emulate_media(color_scheme="light")
    assert violations(page) == []


def violations(page, **rules):
    options = {"resultTypes": ["violations"], **rules}
    found = page.evaluate("options => axe.run(options).then((result) => result.violations)", options)
    return [
        f"{violation['id']}: {violation['help']}: {[node['html'][:120] for node in violation['nodes'][:3]]}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
    ]

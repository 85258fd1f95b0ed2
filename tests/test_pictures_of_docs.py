"""The pictures of the documentation: each can be made again by the commands under it."""

import ast
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MAKER = runpy.run_path(str(ROOT / "docs/make_pictures.py"))
KEPT = sorted((ROOT / "docs/pictures").iterdir())


def linked(page):
    found = re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    return {path for path in ((page.parent / name).resolve() for name in found) if path.parent == KEPT[0].parent}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_picture_has_its_commands_under_it(page):
    made = {picture.path.resolve() for picture in MAKER["pictures_of"](page)}
    assert linked(page) == made | by_programs(page)


def by_programs(page):
    """The pictures that a program makes which the page names; its source says STATES and WIDTHS."""
    if "made by `python docs/make_studio_pictures.py`" not in page.read_text(encoding="utf-8"):
        return set()
    program = ast.parse((ROOT / "docs/make_studio_pictures.py").read_text(encoding="utf-8"))
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in program.body
        if isinstance(node, ast.Assign) and node.targets[0].id in ("STATES", "WIDTHS")
    }
    names = [f"studio-{state}-{width}.webp" for state in values["STATES"] for width in values["WIDTHS"]]
    return {(ROOT / "docs/pictures" / name).resolve() for name in names}


def test_every_picture_is_shown_and_exists():
    assert set().union(*map(linked, PAGES)) == set(KEPT)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_pictures_are_light(path):
    assert path.stat().st_size <= MAKER["HEAVIEST"], "make it again by docs/make_pictures.py, or smaller"


def test_a_heavy_picture_keeps_fewer_colours(tmp_path):
    command = "from PIL import Image; Image.effect_noise((400, 400), 90).convert('RGB').save('x/output.png')"
    heavy = MAKER["Picture"](tmp_path / "heavy.png", f'mkdir x # --outdir x\npython -c "{command}"', "x/output.png")
    MAKER["make"](heavy, tmp_path)
    assert 0 < heavy.path.stat().st_size <= MAKER["HEAVIEST"]

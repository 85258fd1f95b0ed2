import gzip
import io

import numpy as np
import pytest
import torch
from PIL import Image
from svg_cases import DRAWN, framed

from pixray.drawers.strokes.render import render
from pixray.drawers.strokes.svg_read import read_svg
from pixray.errors import PixrayError

SIZE = (120, 80)


def read(text, folder, size=SIZE):
    path = folder / "in.svg"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_svg(path, size)


def picture_of(sketch, size=SIZE):
    paper = torch.ones(3) if sketch.paper is None else sketch.paper
    return render(sketch.scene(), size, paper)[0].permute(1, 2, 0).numpy()


def resvg_picture(text):
    resvg = pytest.importorskip("resvg_py")
    picture = Image.open(io.BytesIO(bytes(resvg.svg_to_bytes(svg_string=text, width=SIZE[0], dpi=96)))).convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")) / 255


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_read_looks_as_resvg_draws_it(name, tmp_path):
    wanted = resvg_picture(DRAWN[name])
    difference = np.abs(picture_of(read(DRAWN[name], tmp_path)) - wanted)
    assert (wanted < 0.9).any(), "there is something to see"
    assert difference.mean() < 0.006 and difference.max() < 0.4


def test_compressed_files_are_read(tmp_path):
    text = DRAWN["use"]
    (tmp_path / "in.svgz").write_bytes(gzip.compress(text.encode()))
    assert torch.equal(read_svg(tmp_path / "in.svgz", SIZE).points, read(text, tmp_path).points)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings_are_read(encoding, tmp_path):
    head = "" if encoding == "utf-8-sig" else f'<?xml version="1.0" encoding="{encoding}"?>'
    text = head + framed('<path id="ä" d="M5 5H60V60z"/>')
    assert len(read(text.encode(encoding), tmp_path)) == 1


def test_a_background_or_an_opaque_rectangle_behind_everything_is_the_paper(tmp_path):
    line = '<path d="M5 5H60" stroke="red"/>'
    sheet = '<rect width="120" height="80" fill="#336699"/>'
    for inside, more in (
        (sheet + line, 'viewBox="0 0 120 80"'),
        (line, 'viewBox="0 0 120 80" style="background:#369"'),
        (line, 'viewBox="0 0 120 80" style="background-color: rgb(51, 102, 153)"'),
    ):
        sketch = read(framed(inside, more), tmp_path)
        assert sketch.paper.tolist() == pytest.approx([0.2, 0.4, 0.6]) and len(sketch) == 1
    for behind in (
        sheet.replace("/>", ' opacity=".5"/>'),
        f'<g opacity=".5">{sheet}</g>',
        sheet.replace("/>", ' fill-opacity=".5"/>'),
        sheet.replace("/>", ' rx="20"/>'),
        f'<clipPath id="c"><rect width="120" height="80"/></clipPath><g clip-path="url(#c)">{sheet}</g>',
    ):
        sketch = read(framed(behind + line), tmp_path)
        assert sketch.paper is None and sketch.filled.tolist() == [True, False]


def test_areas_without_an_extent_are_not_filled(tmp_path):
    sketch = read(framed('<path d="M5 5H60M5 9h20v20z" stroke="red"/><path d="M1 1L9 9"/>'), tmp_path)
    assert sketch.filled.tolist() == [True, False]
    assert len(sketch.index) == 3 + 4


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ('<path d="M0 0L9"/>', "takes 2 numbers at a time, not 1"),
        ('<path d="M0 0L9;9"/>', "';'"),
        ('<path d="M0 0B9 9"/>', "no path command B"),
        ('<path d="5 5L9 9"/>', "begins with '5 5L9 9' instead of M"),
        ('<path d="M0 0a5 5 0 2 1 9 9"/>', "a flag of an arc is '2'"),
        ('<path d="M0 0L1e400 5V9"/>', "leads beyond 1e+09"),
        ('<polygon points="1 2 3"/>', "points='1 2 3': expected pairs of numbers"),
        ("<text>hello</text>", "<text> is not supported: text"),
        ('<image href="x.png"/>', "<image> is not supported: a picture"),
        ("<foreignObject/>", "<foreignObject> is not supported: HTML"),
        ('<path d="M0 0L9 9V0" fill="url(#a)"/>', "fill='url(#a)' is a gradient or pattern"),
        ('<path d="M0 0L9 9" stroke="#12345"/>', "stroke='#12345' is not supported"),
        ('<path d="M0 0L9 9V0" fill="rgb(1 2 3 4 5)"/>', "fill='rgb(1 2 3 4 5)'"),
        ('<path d="M0 0L9 9" stroke="red" stroke-dasharray="3 3"/>', "stroke-dasharray is not supported"),
        ('<path d="M0 0L9 9" stroke-width="3parsec"/>', "stroke-width='3parsec': expected a number"),
        ('<path d="M0 0L9 9" opacity="nan"/>', "opacity='nan': expected a number"),
        ('<g filter="url(#f)"><path d="M0 0L9 9V0"/></g>', "filter='url(#f)' is not supported"),
        ('<path style="mix-blend-mode:multiply" d="M0 0L9 9V0"/>', "mix-blend-mode='multiply'"),
        ('<path marker-end="url(#m)" d="M0 0L9 9V0"/>', "marker-end='url(#m)'"),
        ('<mask id="m"><circle r="9"/></mask><path mask="url(#m)" d="M0 0L9 9V0"/>', "mask is not supported"),
        ('<clipPath id="c"><circle r="9"/></clipPath><path clip-path="url(#c)" d="M0 0V9H9"/>', "clip-path is not"),
        (
            '<clipPath id="c"><rect width="9" height="9"/></clipPath><path clip-path="url(#c)" d="M0 0V50H50"/>',
            "clip-path cuts off part of a shape",
        ),
        ('<svg width="20" height="20"><path d="M0 0V50H50"/></svg>', "the border of <svg> cuts off"),
        ('<path transform="perspective(3)" d="M0 0L9 9V0"/>', "transform perspective"),
        ('<path transform="scale(2) junk" d="M0 0L9 9V0"/>', "transform='scale(2) junk'"),
        ('<g opacity="0.5"><path d="M0 0H50V50z"/><path d="M0 0H50V50z" fill="red"/></g>', "opacity of a group"),
        ('<path opacity="0.5" d="M0 0H50V50z" stroke="red"/>', "opacity of a group, or of a fill with its stroke"),
        ('<use href="other.svg#a"/>', "<use href='other.svg#a'> refers to another file"),
        ("<style>@import url(a.css);</style>", "imports another file"),
        ("<style>path:nth-child(2) {fill: red}</style>", "the selector 'path:nth-child(2)'"),
        ("<style>[fill] {fill: red}</style>", "the selector '[fill]'"),
        ("", "holds no path"),
    ],
)
def test_what_is_not_drawn_is_refused_by_name(tmp_path, inside, words):
    with pytest.raises(PixrayError) as caught:
        read(framed(inside), tmp_path)
    assert words in str(caught.value) and "in.svg" in str(caught.value) and "\n" not in str(caught.value)


def test_only_what_shows_is_refused(tmp_path):
    hidden = '<g display="none"><text>a</text></g><text visibility="hidden">b</text><style>a:hover{fill:red}</style>'
    sketch = read(framed(hidden + '<path d="M0 0V50H50" stroke-dasharray="3"/>'), tmp_path)
    assert sketch.filled.tolist() == [True]


def test_a_missing_or_broken_file_is_one_sentence(tmp_path):
    with pytest.raises(PixrayError, match="there is no such file"):
        read_svg(tmp_path / "no.svg", SIZE)
    for text in ("<svg", "", "<svg><g></svg>", b"\x1f\x8b\x08broken", '<?xml version="1.0" encoding="klingon"?><svg/>'):
        with pytest.raises(PixrayError, match="cannot be read as an SVG"):
            read(text, tmp_path)
    with pytest.raises(PixrayError, match="outermost element is <html>"):
        read("<html/>", tmp_path)
    for path in (tmp_path, "~nobody-at-all/a.svg", "a" * 300 + ".svg", "a\0b.svg"):
        with pytest.raises(PixrayError, match="^init_svg="):
            read_svg(path, SIZE)

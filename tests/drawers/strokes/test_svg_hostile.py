"""SVG files made to do harm: each is answered in one sentence, and soon."""

import gzip
import time

import pytest
from svg_cases import framed

from pixray.drawers.strokes.svg_read import read_svg
from pixray.errors import PixrayError

LINE = '<path d="M5 5H60" stroke="red"/>'
USES = "".join(f'<g id="u{n + 1}">' + f'<use href="#u{n}"/>' * 10 + "</g>" for n in range(12))
ENTITIES = (
    "<!DOCTYPE svg ["
    + '<!ENTITY a0 "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n + 1} "' + f"&a{n};" * 10 + '">' for n in range(12))
    + "]>"
)

HOSTILE = {
    "nested groups": framed("<g>" * 3000 + LINE + "</g>" * 3000),
    "nested groups without end": "<svg>" + "<g>" * 100_000,
    "uses of uses": framed(f'<g id="u0">{LINE}</g>' + USES + '<use href="#u12"/>'),
    "a long selector and deep groups": framed(
        "<style>" + ("g " * 30 + "path{fill:red}") * 300 + "</style>" + "<g>" * 150 + LINE * 300 + "</g>" * 150
    ),
    "an entity bomb": ENTITIES + framed('<path d="&a12;"/>'),
    "a file of this machine": '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + framed('<path d="&x;"/>'),
    "a document type elsewhere": '<!DOCTYPE svg SYSTEM "http://127.0.0.1:9/x.dtd">' + framed('<path d="&x;"/>'),
    "a compression bomb": gzip.compress(b"<svg>" + b" " * (80 << 20)),
    "many elements": "<svg>" + "<g/>" * 150_000,
    "a view box of nan": framed(LINE, 'viewBox="0 0 nan nan"'),
    "a view box of infinity": framed(LINE, 'viewBox="0 0 inf 1e999"'),
    "a huge view box": framed(LINE, 'viewBox="0 0 1e40 1e40"'),
    "an empty view box": framed(LINE, 'viewBox="0 0 0 5"'),
    "huge sizes": framed(LINE, 'width="1e300" height="1e-300"'),
    "huge coordinates": framed('<path d="M5 5H1e30" stroke="red"/>'),
    "huge arcs": framed('<path d="M0 0A1e300 1e-300 0 0 1 9 9" stroke="red"/>'),
    "huge widths": framed('<path d="M5 5H9" stroke="red" stroke-width="1e300"/>'),
    "huge transforms": framed(f'<g transform="{"scale(1e8)" * 900}">{LINE}</g>'),
    "a transform without end": framed(f'<g transform="{"(" * 50_000}">{LINE}</g>'),
    "digits without end": framed(f'<path d="M{"1" * 100_000} 5" stroke-width="{"1" * 100_000}" stroke="red"/>'),
    "digits in a flag": framed(f'<path d="M0 0A{"1" * 100_000}" stroke="red"/>'),
    "brackets in a style": framed(f'<path style="fill:{"(" * 50_000}" d="M5 5V9H9"/>'),
    "brackets in a style sheet": framed("<style>" + "a{" * 50_000 + "</style>"),
    "brackets in a colour": framed(f'<path fill="{"rgb(" * 50_000}" d="M5 5V9H9"/>'),
    "control characters": framed('<path fill="\x7f\x9b31m" d="M5 5V9H9"/>'),
    "a clip path of itself": framed(
        '<clipPath id="c" clip-path="url(#c)"><use href="#c"/></clipPath><path clip-path="url(#c)" d="M5 5V9H9"/>'
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_answered_in_one_sentence_and_soon(name, tmp_path):
    path = tmp_path / "in.svg"
    content = HOSTILE[name]
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    begun = time.process_time()
    with pytest.raises(PixrayError) as caught:
        read_svg(path, (120, 80))
    assert time.process_time() - begun < 10
    said = str(caught.value)
    assert said.startswith("init_svg=") and said.isprintable() and len(said) < 400, said
    assert "root:" not in said


def test_segments_are_counted_within_a_path_and_over_all_paths(tmp_path, monkeypatch):
    from pixray.drawers.strokes import svg_path, svg_walk

    monkeypatch.setattr(svg_path, "MOST_SEGMENTS", 1000)
    monkeypatch.setattr(svg_walk, "MOST_SEGMENTS", 1000)
    path = tmp_path / "in.svg"
    for inside in ('<path d="M0 0h' + "1 " * 1001 + '" stroke="red"/>', LINE * 1001):
        path.write_text(framed(inside))
        with pytest.raises(PixrayError, match="more than 1000 segments"):
            read_svg(path, (120, 80))


def test_a_use_of_itself_draws_nothing(tmp_path):
    path = tmp_path / "in.svg"
    path.write_text(framed(f'<g id="a">{LINE}<use href="#a"/><use href="#b"/></g><g id="b"><use href="#a"/></g>'))
    assert len(read_svg(path, (120, 80))) == 2


def test_a_thousand_paths_are_read_quickly(tmp_path):
    path = tmp_path / "in.svg"
    curves = "c1.5-2.25 3-1 4.5.5" * 20
    path.write_text(
        framed(
            "".join(
                f'<path id="p{n}" style="fill:none;stroke:#1a2b3c;stroke-width:{n % 5}.5" '
                f'transform="translate({n % 90} 9)" '
                f'd="M{n % 100} {n % 70}{curves}"/>'
                for n in range(1000)
            )
        )
    )
    begun = time.process_time()
    assert len(read_svg(path, (120, 80))) == 1000
    assert time.process_time() - begun < 2

"""Blind naming: pictures on numbered sheets without captions, in an order that tells nothing, and the score of answers.

python -m benchmarks.blind sheets --pictures DIR --out DIR [--seed 1]
python -m benchmarks.blind score --key DIR/key.json --answers FILE

DIR of --pictures holds `pictures.json`, which names the file and the prompt of each picture, as `benchmarks.pictures`
writes it. Whoever names the pictures sees the sheets and nothing else. An answer is a line of its own: the number, a
colon, and up to three guesses with commas or bars between them. The score counts first guesses, and right ones among
the three.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from pathlib import Path

from PIL import Image

from benchmarks.common import table
from pixray.runs.report.sheet import contact_sheet

PER_SHEET, COLUMNS, CELL = 32, 8, 128
SAME = (
    {"face", "smiley", "smiling face", "smile", "happy face", "emoji"},
    {"boat", "sailboat", "sailing boat", "sail boat", "ship"},
    {"cup", "mug", "coffee", "cup of coffee", "coffee cup", "teacup"},
    {"airplane", "plane", "aeroplane", "jet"},
    {"moon", "crescent moon", "crescent"},
    {"mountain", "mountains"},
    {"earth", "globe", "planet earth", "world"},
    {"bicycle", "bike"},
    {"tower", "eiffel tower"},
    {"rabbit", "bunny", "hare"},
    {"diamond", "gem", "jewel", "gemstone"},
    {"chicken", "hen", "rooster"},
    {"light bulb", "bulb", "lightbulb", "lamp"},
    {"pine tree", "fir", "fir tree", "christmas tree"},
    {"cake", "birthday cake"},
    {"christmas tree", "fir", "fir tree", "pine tree"},
    {"pig", "piglet"},
    {"mouse", "rat"},
    {"computer", "monitor", "screen"},
    {"phone", "mobile phone", "smartphone"},
    {"fire", "flame"},
    {"gift", "present"},
    {"water drop", "drop", "droplet"},
    {"lightning", "lightning bolt", "bolt"},
    {"hamburger", "burger"},
    {"owl", "bird of prey"},
    {"car", "automobile"},
    {"violin", "fiddle", "cello"},
    {"mouth", "lips"},
    {"starry night", "starry sky", "stars night", "stars sky"},
    {
        "snowy day",
        "snowfall",
        "snow falling",
        "snowing",
        "snowy scene",
        "snowy landscape",
        "winter day",
        "winter landscape",
    },
)
"""Names of one thing; what is drawn of it is the same."""
_ASIDE = re.compile(r"\b(on|over|in|at|under|to the|with|from)\b.*")
"""What a prompt says of where the thing is."""
_COLOURS = frozenset("red yellow green blue black white orange pink purple gray grey golden brown".split())
_SILENT = _COLOURS | frozenset("a an the of some and line drawing sketch pixel art small big plain".split())
"""Words that name no thing."""
_NO_THING = frozenset(("background", "square", "screen", "surface"))
"""What people call a picture of a single colour."""


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    sheets = commands.add_parser("sheets", help="make sheets and the key to them")
    sheets.add_argument("--pictures", type=Path, required=True)
    sheets.add_argument("--out", type=Path, required=True)
    sheets.add_argument("--seed", type=int, default=1)
    scored = commands.add_parser("score", help="count right answers")
    scored.add_argument("--key", type=Path, required=True)
    scored.add_argument("--answers", type=Path, required=True)
    options = parser.parse_args(argv)
    if options.command == "sheets":
        make_sheets(options.pictures, options.out, options.seed)
        return
    key = json.loads(options.key.read_text(encoding="utf-8"))
    answers = read_answers(options.answers.read_text(encoding="utf-8"))
    rows = [[number, prompt, ", ".join(answers.get(number, ())), verdict(prompt, answers.get(number, ()))]
            for number, prompt in sorted(key.items(), key=lambda pair: int(pair[0]))]  # fmt: skip
    print(table("blind naming", ["number", "prompt", "guesses", "right"], rows))
    first, three = (sum(row[3] in kinds for row in rows) for kinds in (("first",), ("first", "in three")))
    print(f"first guess {first} of {len(rows)}, in three {three} of {len(rows)}")


def make_sheets(pictures: Path, out: Path, seed: int) -> None:
    """Numbered sheets in a random order, and `key.json`, which whoever names them must not see."""
    listed = json.loads((pictures / "pictures.json").read_text(encoding="utf-8"))
    random.Random(seed).shuffle(listed)
    out.mkdir(parents=True, exist_ok=True)
    shown = [(Image.open(pictures / one["file"]).convert("RGB"), str(place)) for place, one in enumerate(listed, 1)]
    for number, first in enumerate(range(0, len(shown), PER_SHEET), 1):
        contact_sheet(shown[first : first + PER_SHEET], COLUMNS, CELL).save(out / f"sheet-{number}.png")
    key = {str(place): one["prompt"] for place, one in enumerate(listed, 1)}
    (out / "key.json").write_text(json.dumps(key, indent=1) + "\n", encoding="utf-8")


def read_answers(text: str) -> dict[str, tuple[str, ...]]:
    """Up to three guesses by number; lines without a number are passed over."""
    answers = {}
    for line in text.splitlines():
        found = re.match(r"\s*(\d+)\s*:\s*(.*)", line)
        if found:
            guesses = (guess.strip().lower() for guess in re.split(r"[|,]", found[2]))
            answers[found[1]] = tuple(guess for guess in guesses if guess)[:3]
    return answers


def verdict(prompt: str, guesses: tuple[str, ...]) -> str:
    """Whether the "first" guess names what the prompt asks for, one "in three", or "none"."""
    right = [names(prompt, guess) for guess in guesses]
    return "first" if right[:1] == [True] else "in three" if any(right) else "none"


def names(prompt: str, guess: str) -> bool:
    """Whether a guess holds all words for the thing of a prompt, or for the same under another name."""
    both = re.split(r"\bto the left of\b|\bto the right of\b|\babove\b", prompt)
    if len(both) == 2:  # two things are named by a guess that names both
        return all(names(thing, guess) for thing in both)
    asked, said = _bare(_ASIDE.sub("", prompt)), _bare(guess)
    if asked == {"background"}:  # of which the colour is all there is to name
        return set(prompt.split()) & _COLOURS <= set(guess.split()) and said <= _NO_THING
    others = [_bare(name) for group in SAME if any(_bare(name) == asked for name in group) for name in group]
    return any(form and form <= said for form in (asked, *others))


def _bare(text: str) -> frozenset[str]:
    """The words that count, without a plural's s."""
    words = re.findall(r"[a-z]+", text.lower())
    return frozenset(w.removesuffix("s") if len(w) > 3 else w for w in words if w not in _SILENT)


if __name__ == "__main__":
    main()

"""What a picture is before it is drawn, and the small decisions of which captions are made."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from training import vocabulary as words
from training.sprites import Sprites

RGB = tuple[float, float, float]

PLAIN, GRADIENT, STRIPES, CHECKS, DOTS, LAND = range(6)
"""Kinds of ground."""
FLAT, HILLS, PEAKS = range(3)
"""Kinds of horizon."""

FIRST_WEIGHT = 1.8
"""How often what is asked for most is shown, the other common things being 1."""
_HARDEST = "clock shark drum snail leaf umbrella".split()
_HARD = (
    "castle bus dog fish ghost horse car rocket duck bread banana apple hammer tower strawberry sun cake boat"
).split()
HARD = {**dict.fromkeys(_HARDEST, 3.0), **dict.fromkeys(_HARD, 1.8), "heart": 2.5, "cactus": 5.0, "owl": 5.0}
"""Things that are learnt last, and how many times as often they are shown for it."""
EASY = dict.fromkeys("tree house car flower boat face sunflower".split(), 0.7)
"""Things that were learnt first, and how often they are still shown."""
WHITE_GROUNDS = 0.5
"""Share of grounds that are white, where the thing can be told from it."""


@dataclass
class Thing:
    """One sprite in a picture: its tile, side and centre as shares of the picture's, and a colour or None.

    behind: drawn before the land, as a sun that sets.
    """

    tile: int
    size: float
    x: float
    y: float
    colour: RGB | None = None
    behind: bool = False


@dataclass
class Picture:
    """A picture in numbers.

    Attributes:
        caption: what it shows.
        topic: pictures of one topic are not held against each other; empty when the caption says it all.
        ground: what is behind everything; its colours are those of the sky's top and bottom and of the land's top
            and bottom, or the two of a pattern and the same again.
        horizon: share of the height; relief: height of hills; skyline: FLAT, HILLS or PEAKS.
        angle, frequency: of a pattern.
        grid: cells per side when it is to look like pixel art, else 0; ugly: a kind of noise instead, else 0.
        weather: 0, or 1 for rain and 2 for snow.
        apart_from: colours that the ground must differ from, which the caption leaves open; None where it names it.
        any_place: whether the caption leaves the place open.
    """

    caption: str = ""
    topic: str = ""
    ground: int = PLAIN
    colours: list[RGB] = field(default_factory=list)
    horizon: float = 2.0
    relief: float = 0.0
    skyline: int = FLAT
    angle: float = 0.0
    frequency: float = 20.0
    things: list[Thing] = field(default_factory=list)
    grid: int = 0
    ugly: int = 0
    weather: int = 0
    apart_from: list[str] | None = None
    any_place: bool = False


class Inventor:
    """Decides colours, things and grounds.

    Args:
        sprites: what there is to show.
        seed: of all decisions.
    """

    def __init__(self, sprites: Sprites, seed: int) -> None:
        self.sprites = sprites
        self.chance = random.Random(seed)
        kinds = sprites.by_thing
        self._coloured = kinds["coloured"]
        self._common = [thing for thing in words.COMMON if thing in self._coloured]
        self._common_weights = [_weight(thing) for thing in self._common]
        self.tail = [thing for thing in self._coloured if thing not in words.COMMON]
        self._plain = {
            kind: [thing for thing in kinds[kind] if thing in words.COMMON] for kind in ("silhouette", "line", "pixel")
        }
        self._disc = kinds["shape_silhouette"]["circle"][0]
        self._dot = kinds["shape_silhouette"]["dot"][0]
        self._stars = kinds["shape_silhouette"]["star"]

    def _uniform(self, low: float, high: float) -> float:
        return self.chance.uniform(low, high)

    def _pick(self, *options: str) -> str:
        return self.chance.choice(options)

    def _colour(self, *avoid: str, weights: Sequence[float] = words.COLOUR_WEIGHTS) -> str:
        while True:
            name = self.chance.choices(list(words.COLOURS), weights)[0]
            if _apart(name, avoid):
                return name

    def _rgb(self, name: str) -> RGB:
        red, green, blue = (min(255.0, max(0.0, v + self.chance.gauss(0, 12))) / 255 for v in words.COLOURS[name])
        return red, green, blue

    def _said(self, colour: str) -> str:
        """The colour as somebody would call it."""
        others = words.SAME_COLOUR.get(colour)
        return self.chance.choice(others) if others and self.chance.random() < 0.3 else colour

    def _backdrop(self, picture: Picture, *avoid: str) -> str:
        """Give the picture a ground; its colour's name, or nothing for a mixture."""
        chance = self.chance.random()
        light = chance < WHITE_GROUNDS and _apart("white", avoid)
        name = "white" if light else self._colour(*avoid, weights=words.GROUND_WEIGHTS)
        picture.ground, picture.colours = PLAIN, [self._rgb(name)] * 4
        if chance > 0.85:
            other = self._colour(*avoid, weights=words.GROUND_WEIGHTS)
            picture.ground = GRADIENT
            picture.angle = self._uniform(0, 6.28)
            picture.colours = [self._rgb(name), self._rgb(other)] * 2
            return ""
        return name

    def _tile(self, thing: str, kind: str = "coloured") -> int:
        return self.chance.choice(self.sprites.by_thing[kind][thing])

    def _plain_thing(self, kind: str) -> str:
        things = self._plain[kind]
        return self.chance.choices(things, [_weight(thing) for thing in things])[0]

    def _thing(self) -> str:
        if self.chance.random() < 0.13:
            return self.chance.choice(self.tail)
        return self.chance.choices(self._common, self._common_weights)[0]


def _weight(thing: str) -> float:
    asked_first = FIRST_WEIGHT if thing in words.FIRST else 1.0
    return asked_first * HARD.get(thing, 1.0) * EASY.get(thing, 1.0)


def article(name: str) -> str:
    if name.split()[-1] in (
        "lightning",
        "rain",
        "snow",
        "cherries",
        "grapes",
        "scissors",
        "glasses",
        "fire",
        "bread",
        "wine",
        "coffee",
    ):
        return name
    return ("an " if name[0] in "aeiou" and not name.startswith("unicorn") else "a ") + name


def captioned(picture: Picture, caption: str) -> Picture:
    picture.caption = caption
    return picture


def _apart(name: str, others: Iterable[str]) -> bool:
    """Whether a colour can be told from all the others, of which empty ones count for nothing."""
    return all(_distance(name, other) > 170 for other in others if other)


def _distance(one: str, other: str) -> float:
    return sum(abs(a - b) for a, b in zip(words.COLOURS[one], words.COLOURS[other], strict=True))

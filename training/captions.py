"""Inventing pictures in words: what stands where in which colour, and how somebody would ask for it.

Everything is decided by one `random.Random`; drawing what was decided is the work of training/pictures.py.
"""

from __future__ import annotations

import copy
import re

from training import vocabulary as words
from training.scene_sampler import CHECKS, DOTS, GRADIENT, LAND, PLAIN, RGB, STRIPES, Picture, Thing, article, captioned
from training.scenes import Scenes

ANYWHERE = "|"
"""What is said about a place that nobody asked for."""
MIDDLE_SIZES = (0.66, 0.82)
"""Shares of the side that things in the middle take. A small model learns few sizes well, and large things leave the
canvas."""
FREQUENCIES = {STRIPES: (21.0, 23.0), CHECKS: (21.8, 22.2), DOTS: (21.0, 21.4)}
"""Of patterns, in radians a side: three to four stripes of a colour, four squares, five rows of dots."""


class Captions(Scenes):
    """Invents captioned pictures.

    Args:
        sprites: what there is to show.
        seed: of all decisions.
    """

    def picture(self, ugly: float = 0.05) -> Picture:
        """One more picture; `ugly` is the share of those that show nothing but noise."""
        if self.chance.random() < ugly:
            return self._ugly()
        kinds = (self._object, self._shape, self._pair, self._scene, self._landscape_object, self._pattern)
        return self.chance.choices(kinds, (46, 13, 7, 17, 8, 14))[0]()

    def another(self, picture: Picture) -> Picture:
        """A picture that the same caption could have: other sprites of the same things, and where the caption leaves
        them open another ground and place."""
        other = copy.deepcopy(picture)
        for thing in other.things:
            alike = self._alike(thing, picture.caption)
            if picture.apart_from is None and picture.ground == PLAIN and thing.colour is None:
                alike = [tile for tile in alike if self._stands_out(tile, picture.colours[0])] or [thing.tile]
            thing.tile = self.chance.choice(alike)
            if picture.any_place:
                thing.size, thing.x, thing.y = self._in_the_middle()
            else:
                thing.size *= self._uniform(0.9, 1.1)
                aside = 0.12 if picture.ground == LAND else 0.04
                thing.x, thing.y = thing.x + self._uniform(-aside, aside), thing.y + self._uniform(-0.04, 0.04)
        if picture.apart_from is not None:
            own = (name for thing in other.things if thing.colour is None for name in self.sprites.large[thing.tile])
            self._backdrop(other, *picture.apart_from, *own)
        return other

    def wrong(self, picture: Picture) -> str:
        """The caption with another thing or shape in it, all else equal; empty if it names none.

        Colours tell most pictures of a batch apart, so nobody has to learn outlines unless a caption is like this.
        """
        chosen = self.chance.choice(picture.things) if picture.things else None
        if chosen is None:
            return ""
        named = self.sprites.about[chosen.tile].thing
        if not re.search(rf"\b{named}\b", picture.caption):
            return ""
        others = words.SHAPES if named in words.SHAPES and chosen.colour else self._common
        other = self.chance.choice([thing for thing in others if not _related(thing, named)])
        changed = re.sub(rf"\b{named}\b", other, picture.caption, count=1)
        return re.sub(r"\ban? (\w+)", lambda match: article(match[1]), changed)

    def _alike(self, thing: Thing, caption: str) -> list[int]:
        """Sprites that show the same thing in the same manner, and in the same colour if the caption tells it."""
        about, colour = self.sprites.about[thing.tile], self.sprites.colours[thing.tile]
        tiles = self.sprites.by_thing.get(about.kind, {}).get(about.thing, [])
        if thing.tile not in tiles:
            return [thing.tile]
        if thing.colour is None and colour and colour in caption.split():
            return [tile for tile in tiles if self.sprites.colours[tile] == colour]
        return tiles

    def _stands_out(self, tile: int, ground: RGB) -> bool:
        """Whether a sprite in its own colours can be told from a ground that the caption names."""
        own = [words.COLOURS[name] for name in self.sprites.large[tile]]
        return all(sum(abs(a / 255 - b) for a, b in zip(colour, ground, strict=True)) > 0.5 for colour in own)

    def _ugly(self) -> Picture:
        grey = self._rgb("gray")
        kind = self.chance.choice([1, 1, 2, 3, 4])
        return Picture(self.chance.choice(words.NOISE_CAPTIONS), "noise", colours=[grey] * 4, ugly=kind)

    def _object(self) -> Picture:
        picture = Picture()
        kind = self.chance.choices(("coloured", "silhouette", "line", "pixel"), (83, 6, 9, 2))[0]
        thing = self._thing() if kind == "coloured" else self._plain_thing(kind)
        tile = self._tile(thing, kind)
        own = self.sprites.colours[tile] if kind in ("coloured", "pixel") else None
        tint = None
        if kind in ("silhouette", "line"):
            tint = "black" if self.chance.random() < 0.4 else self._colour()
        elif self.chance.random() < (0.3 if thing in ("heart", "star", "car", "house", "flower", "balloon") else 0.1):
            tint = self._colour()
        ground = self._backdrop(picture, *([tint] if tint else self.sprites.large[tile]))
        size, x, y, place = self._place()
        name = words.SAID[thing] if thing in words.SAID and self.chance.random() < 0.3 else thing
        says_colour = tint is not None and (kind == "coloured" or tint != "black" or self.chance.random() < 0.3)
        if says_colour and tint:
            name = f"{self._said(tint)} {name}"
        elif own and self.chance.random() < 0.3:
            name = f"{own} {name}"
        apart = [tint] if tint else []
        picture.caption, says_ground = self._styled(picture, kind, place, name, ground)
        picture.apart_from = None if says_ground else apart
        picture.any_place = place == ANYWHERE
        picture.topic = f"{tint or ''} {thing}" if kind == "coloured" else ""
        picture.things = [Thing(tile, size, x, y, self._rgb(tint) if tint else None)]
        return picture

    def _place(self) -> tuple[float, float, float, str]:
        """Size, centre, and what to say about them: adjectives, a bar, and where."""
        chance = self.chance.random()
        if chance < 0.86:
            middle = self._pick("", "", "", "", "", "", "", " in the middle")
            return *self._in_the_middle(), f"|{middle}"
        if chance < 0.92:
            size, word = (0.95, "big") if self.chance.random() < 0.5 else (0.38, "small")
            word = self._pick(word, "large" if word == "big" else "tiny")
            spread = 0.5 - size / 2 if word in ("small", "tiny") else 0.04
            x, y = (0.5 + self._uniform(-spread, spread) * 0.7 for _ in range(2))
            return size * self._uniform(0.9, 1.1), x, y, f"{word} |"
        across, down = self.chance.choice(
            [(0, 0), (0, 2), (2, 0), (2, 2), (0, 1), (2, 1), (1, 0), (1, 2), (0, 1), (2, 1), (1, 0), (1, 2)]
        )
        size = self._uniform(0.36, 0.5)
        x, y = ((size / 2 + 0.02, 0.5, 0.98 - size / 2)[k] for k in (across, down))
        side, level = ("left", "", "right")[across], ("top", "", "bottom")[down]
        if side and level:
            return size, x, y, f"| in the {level} {side} corner"
        where = f"at the {level}" if level else f"on the {side}"
        return size, x, y, f"| {where}"

    def _in_the_middle(self) -> tuple[float, float, float]:
        return self._uniform(*MIDDLE_SIZES), self._uniform(0.475, 0.525), self._uniform(0.475, 0.525)

    def _styled(self, picture: Picture, kind: str, place: str, name: str, ground: str) -> tuple[str, bool]:
        """The caption, and whether it names the ground."""
        adjective, where = place.split("|")
        name = adjective + name
        if self.chance.random() < 0.1 and kind == "coloured":
            picture.grid = self.chance.choice([12, 16, 20, 24, 32])
            style = self._pick("pixel art of {a}", "{a} #pixelart", "a pixelated {name}", "pixelart, {a}")
            return style.format(a=article(name), name=name) + where, False
        if self.chance.random() < 0.75:
            name = article(name)
        prefix = {
            "coloured": self._pick(
                *[""] * 14,
                "an emoji of ",
                "a picture of ",
                "a drawing of ",
                "a cartoon of ",
                "an image of ",
                "a painting of ",
            ),
            "silhouette": self._pick("a silhouette of ", "an icon of ", "a stencil of ", "a silhouette of "),
            "line": self._pick("a line drawing of ", "a sketch of ", "an outline of ", "a line drawing of "),
            "pixel": self._pick("pixel art of ", "a game sprite of "),
        }[kind]
        behind = ""
        if ground and self.chance.random() < 0.22:
            behind = self._pick(f" on a {ground} background", f" on {ground}", f" on a {ground} background")
        return prefix + name + where + behind, bool(behind)

    def _shape(self) -> Picture:
        picture = Picture()
        line = self.chance.random() < 0.2
        weights = [words.SHAPE_WEIGHTS.get(shape, 1.0) for shape in words.SHAPES]
        shape = self.chance.choices(words.SHAPES, weights)[0]
        colour = self._colour()
        ground = self._backdrop(picture, colour)
        size, x, y, place = self._place()
        tile = self._tile(shape, "shape_line" if line else "shape_silhouette")
        adjective, where = place.split("|")
        name = f"{adjective}{self._said(colour)} {shape}"
        if line and shape not in ("line", "spiral", "cross", "arrow"):
            name = self._pick(f"outline of a {name}", f"{name} outline")
        name = article(name) if self.chance.random() < 0.8 else name
        behind = f" on a {ground} background" if ground and self.chance.random() < 0.25 else ""
        picture.caption = name + where + behind
        picture.apart_from, picture.any_place = None if behind else [colour], place == ANYWHERE
        picture.things = [Thing(tile, size, x, y, self._rgb(colour))]
        return picture

    def _pair(self) -> Picture:
        picture = Picture()
        ground = self._backdrop(picture)
        names, tiles, tints = [], [], []
        for _ in range(2):
            if self.chance.random() < 0.6:
                thing, tint = self.chance.choices(self._common, self._common_weights)[0], None
                tiles.append(self._tile(thing))
            else:
                thing, tint = self.chance.choice(words.SHAPES[:6]), self._colour(ground)
                tiles.append(self._tile(thing, "shape_silhouette"))
            names.append(article(f"{tint} {thing}" if tint else thing))
            tints.append(self._rgb(tint) if tint else None)
        beside = self.chance.random() < 0.5
        relation = " to the left of " if beside else self._pick(" above ", " over ")
        places = ((0.27, 0.5), (0.73, 0.5)) if beside else ((0.5, 0.27), (0.5, 0.73))
        picture.things = [
            Thing(tile, self._uniform(0.42, 0.54), *place, tint)
            for tile, place, tint in zip(tiles, places, tints, strict=True)
        ]
        picture.caption = self._pick(" and ", relation, relation).join(names)
        picture.apart_from = []
        return picture

    def _pattern(self) -> Picture:
        one = self._colour()
        other = self._colour(one)
        kind = self.chance.choices([STRIPES, CHECKS, GRADIENT, DOTS, PLAIN], (2, 4, 6, 9, 1))[0]
        # Few directions and sizes: a small model paints the mean of many, which is a maze.
        angle = self.chance.choice([0.0, 1.57] if kind == STRIPES else [0.0]) + self._uniform(-0.01, 0.01)
        picture = Picture(ground=kind, angle=angle, frequency=self._uniform(*FREQUENCIES.get(kind, (15, 45))))
        picture.colours = [self._rgb(one), self._rgb(other)] * 2
        if kind == PLAIN:
            picture.colours = [self._rgb(one)] * 4
        options = {
            STRIPES: (f"{one} and {other} stripes", f"{other} and {one} stripes", "stripes"),
            CHECKS: (f"{article(one)} and {other} checkerboard", "a checkerboard"),
            GRADIENT: (f"{article(one)} and {other} gradient", f"a gradient from {one} to {other}"),
            DOTS: (f"{other} polka dots on {one}", f"{other} dots on a {one} background"),
            PLAIN: (one, f"a plain {one} background", f"the color {one}"),
        }[kind]
        return captioned(picture, self._pick(*options))


_ALIKE = (
    {"circle", "dot", "oval", "sun", "ball", "moon", "ring"},
    {"boat", "sailboat", "ship", "canoe", "speedboat", "motor boat"},
    {"bird", "chick", "dove", "duck", "eagle", "parrot", "chicken"},
    {"flower", "rose", "tulip", "sunflower", "hibiscus", "bouquet"},
    {"lamp", "light bulb"},
)


def _related(one: str, other: str) -> bool:
    """Whether a picture of one may be called by the other's name."""
    if one in other or other in one:
        return True
    if any(one in group and other in group for group in _ALIKE):
        return True
    return bool({one, *words.COMMON.get(one, ())} & {other, *words.COMMON.get(other, ())})

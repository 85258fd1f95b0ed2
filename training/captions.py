"""Inventing pictures in words: what stands where in which colour, and how somebody would ask for it.

Everything is decided by one `random.Random`; drawing what was decided is the work of training/pictures.py.
"""

from __future__ import annotations

from training import vocabulary as words
from training.inventing import CHECKS, DOTS, GRADIENT, PLAIN, STRIPES, Picture, Thing, article, captioned
from training.scenes import Scenes


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
        return self.chance.choices(kinds, (50, 13, 7, 16, 8, 5))[0]()

    def _ugly(self) -> Picture:
        grey = self._rgb("gray")
        kind = self.chance.choice([1, 1, 2, 3, 4])
        return Picture(self.chance.choice(words.NOISE_CAPTIONS), "noise", colours=[grey] * 4, ugly=kind)

    def _object(self) -> Picture:
        picture = Picture()
        kind = self.chance.choices(("coloured", "silhouette", "line", "pixel"), (84, 7, 7, 2))[0]
        thing = self._thing() if kind == "coloured" else self.chance.choice(self._plain[kind])
        tile = self._tile(thing, kind)
        own = self.sprites.colours[tile] if kind in ("coloured", "pixel") else None
        tint = None
        if kind in ("silhouette", "line"):
            tint = "black" if self.chance.random() < 0.4 else self._colour()
        elif self.chance.random() < (0.3 if thing in ("heart", "star", "car", "house", "flower", "balloon") else 0.1):
            tint = self._colour()
        ground = self._backdrop(picture, *filter(None, [tint or own]))
        size, x, y, place = self._place()
        name = thing
        says_colour = tint is not None and (kind == "coloured" or tint != "black" or self.chance.random() < 0.3)
        if says_colour and tint:
            name = f"{self._said(tint)} {name}"
        elif own and self.chance.random() < 0.3:
            name = f"{own} {name}"
        picture.caption = self._styled(picture, kind, place, name, ground)
        picture.topic = f"{tint or ''} {thing}" if kind == "coloured" else ""
        picture.things = [Thing(tile, size, x, y, self._rgb(tint) if tint else None)]
        return picture

    def _place(self) -> tuple[float, float, float, str]:
        """Size, centre, and what to say about them: adjectives, a bar, and where."""
        chance = self.chance.random()
        if chance < 0.8:
            middle = self._pick("", "", "", "", "", "", "", " in the middle")
            return self._uniform(0.62, 1.0), self._uniform(0.43, 0.57), self._uniform(0.43, 0.57), f"|{middle}"
        if chance < 0.87:
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

    def _styled(self, picture: Picture, kind: str, place: str, name: str, ground: str) -> str:
        adjective, where = place.split("|")
        name = adjective + name
        if self.chance.random() < 0.1 and kind == "coloured":
            picture.grid = self.chance.choice([12, 16, 20, 24, 32])
            style = self._pick("pixel art of {a}", "{a} #pixelart", "a pixelated {name}", "pixelart, {a}")
            return style.format(a=article(name), name=name) + where
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
        return prefix + name + where + behind

    def _shape(self) -> Picture:
        picture = Picture()
        line = self.chance.random() < 0.2
        shape = self.chance.choice(words.SHAPES)
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
        return picture

    def _pattern(self) -> Picture:
        one = self._colour()
        other = self._colour(one)
        kind = self.chance.choice([STRIPES, CHECKS, GRADIENT, DOTS, PLAIN])
        angle = self.chance.choice([0.0, 0.79, 1.57, 2.36]) + self._uniform(-0.1, 0.1)
        picture = Picture(ground=kind, angle=angle, frequency=self._uniform(15, 45))
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

"""Scenes: sunsets, seas, nights, landscapes, and things that stand in them."""

from __future__ import annotations

from training.scene_sampler import FLAT, HILLS, LAND, PEAKS, Inventor, Picture, Thing, article, captioned

STARS = ((0.18, 0.2), (0.5, 0.3), (0.82, 0.17), (0.3, 0.56), (0.7, 0.58), (0.12, 0.8), (0.5, 0.84))
"""Where they stand in a starry night. Stars that may be anywhere are painted as few dots near the corners."""


STANDS = (0.52, 0.6)
"""Where things stand, from left to right: of things that stand anywhere, blots in the middle are painted."""


class Scenes(Inventor):
    """Invents scenes."""

    def _scene(self) -> Picture:
        kinds = (self._sunset, self._sea, self._night, self._land)
        picture = self.chance.choices(kinds, (28, 22, 28, 22))[0]()
        if self.chance.random() < 0.1:
            picture.grid = self.chance.choice([16, 20, 24, 32, 40])
            picture.caption = self._pick(f"pixel art of {picture.caption}", f"{picture.caption} #pixelart")
        elif self.chance.random() < 0.08:
            picture.caption = self._pick("a painting of ", "a picture of ") + picture.caption
        return picture

    def _ball(self, colour: str, low: float, high: float, height: tuple[float, float]) -> Thing:
        size = self._uniform(low, high)
        return Thing(self._disc, size, self._uniform(0.25, 0.75), self._uniform(*height), self._rgb(colour), True)

    def _sunset(self) -> Picture:
        sea = self.chance.random() < 0.65
        sky, glow = (
            self._pick("purple", "dark blue", "orange", "pink", "red"),
            self._pick("orange", "yellow", "golden", "red"),
        )
        land = (
            self._pick("dark blue", "blue", "purple", "dark blue")
            if sea
            else self._pick("black", "brown", "dark green")
        )
        horizon = self._uniform(0.5, 0.72)
        names = (sky, glow, land, self._pick(land, "black", "orange" if sea else land))
        picture = Picture(topic="sunset", ground=LAND, colours=[self._rgb(name) for name in names], horizon=horizon)
        sun = self._pick("yellow", "orange", "red", "golden", "white")
        picture.things = [self._ball(sun, 0.2, 0.42, (horizon - 0.12, horizon + 0.02))]
        where = self._pick("sea", "sea", "ocean", "water")
        if not sea:
            picture.skyline = self.chance.choice([FLAT, HILLS, PEAKS])
            picture.relief = 0.0 if picture.skyline == FLAT else self._uniform(0.05, 0.16)
            where = ("horizon", "hills", "mountains")[picture.skyline]
        picture.caption = self._pick(
            "sunset", "a sunset", f"sunset over the {where}", f"a sunset over the {where}",
            f"a sunset over the {where}", f"{article(sun)} sun setting over the {where}",
            f"{article(glow)} sunset", f"the {where} at sunset",
            f"the sun setting over the {where}", "sunrise", f"a sunrise over the {where}",
        )  # fmt: skip
        if self.chance.random() < 0.35:
            thing = (
                self._pick("sailboat", "palm tree", "ship") if sea else self._pick("tree", "house", "castle", "cactus")
            )
            self._stand(picture, thing, self._uniform(0.5, 0.62), dark=True)
            picture.things[0].x = self._uniform(0.16, 0.24)
            picture.topic = ""
            picture.caption = self._pick(f"{article(thing)} at sunset", f"a sunset with {article(thing)}")
        return picture

    def _stand(self, picture: Picture, thing: str, size: float, dark: bool = False) -> None:
        """Put something on the land, its foot a little below the horizon."""
        y = min(picture.horizon + self._uniform(0.04, 0.1) - size * 0.45, 1 - size / 2)
        colour = self._rgb("black") if dark else None
        picture.things.append(Thing(self._tile(thing), size, self._uniform(*STANDS), y, colour))

    def _sea(self) -> Picture:
        sea = self._pick("blue", "blue", "blue", "turquoise", "dark blue")
        horizon = self._uniform(0.45, 0.7)
        sky = (self._pick("light blue", "blue", "light blue"), self._pick("white", "light blue"))
        names = (*sky, sea, self._pick(sea, "dark blue"))
        picture = Picture(topic="sea", ground=LAND, colours=[self._rgb(name) for name in names], horizon=horizon)
        where = self._pick("sea", "sea", "ocean", "water")
        chance = self.chance.random()
        if chance < 0.5:
            sun = self._pick("yellow", "yellow", "orange", "golden")
            picture.things = [self._ball(sun, 0.18, 0.36, (0.14, max(0.15, horizon - 0.14)))]
            picture.caption = self._pick(
                f"{article(sun)} sun over the {sea} {where}", f"the sun over the {where}",
                f"{article(sun)} sun above the {where}", f"{article(sun)} sun over the {where}",
            )  # fmt: skip
        else:
            picture.caption = self._pick(
                f"the {sea} {where}", f"the {where} under a blue sky", "a seascape", f"the {where}"
            )
        if chance > 0.65:
            thing = self._pick("sailboat", "sailboat", "boat", "ship", "whale", "dolphin")
            self._stand(picture, thing, self._uniform(0.35, 0.6))
            picture.topic = ""
            picture.caption = self._pick(f"{article(thing)} on the {where}", f"{article(thing)} on the {sea} {where}")
        return picture

    def _starry(self) -> Picture:
        """A night of stars alone, which are large: a moon beside them would be all that is painted."""
        colours = [self._rgb(self._pick("dark blue", "black"))] * 2 + [self._rgb("black")] * 2
        picture = Picture(topic="stars", ground=LAND, colours=colours)
        if self.chance.random() < 0.5:
            picture.horizon, picture.skyline = self._uniform(0.8, 0.92), self.chance.choice([HILLS, PEAKS])
            picture.relief = self._uniform(0.04, 0.1)
        for x, y in STARS:
            place = x + self._uniform(-0.03, 0.03), y + self._uniform(-0.03, 0.03)
            star = self._rgb(self._pick("yellow", "white", "yellow"))
            picture.things.append(Thing(self.chance.choice(self._stars), self._uniform(0.16, 0.26), *place, star, True))
        return captioned(
            picture, self._pick("a starry night", "a starry night", "stars", "a starry sky", "stars at night")
        )

    def _night(self) -> Picture:
        if self.chance.random() < 0.3:
            return self._starry()
        names = ("black", self._pick("dark blue", "black", "purple"), self._pick("black", "dark green"), "black")
        horizon = self._uniform(0.68, 0.9) if self.chance.random() < 0.6 else 2.0
        picture = Picture(topic="night", ground=LAND, colours=[self._rgb(name) for name in names], horizon=horizon)
        picture.skyline = self.chance.choice([FLAT, HILLS, PEAKS]) if horizon < 1 else FLAT
        picture.relief = self._uniform(0.04, 0.15) if picture.skyline else 0.0
        colour = self._rgb(self._pick("white", "yellow", "beige"))
        crescent = self.chance.random() < 0.4
        tile = self._tile("crescent", "shape_silhouette") if crescent else self._disc
        moon = Thing(
            tile, self._uniform(0.22, 0.42), self._uniform(0.25, 0.75), self._uniform(0.22, 0.42), colour, True
        )
        for _ in range(self.chance.choice([0, 1, 2, 2])):
            tile = self.chance.choice([self._dot, *self._stars])
            place = self._uniform(0.05, 0.95), self._uniform(0.05, 0.5)
            picture.things.append(Thing(tile, self._uniform(0.06, 0.14), *place, self._rgb("white"), True))
        stars = bool(picture.things)
        picture.things.append(moon)
        picture.caption = self._pick(
            "night", "the night sky", "the moon in the night sky", "a moon in the night sky", "the moon at night",
            "the moon in the night sky", "the moon and stars" if stars else "the moon",
            "a dark night",
            "the moon over the hills" if picture.skyline == HILLS else "a crescent moon" if crescent else "a full moon",
        )  # fmt: skip
        if horizon < 1 and self.chance.random() < 0.5:
            thing = self._pick("house", "castle", "tree", "cat", "owl", "tent")
            self._stand(picture, thing, self._uniform(0.52, 0.64))
            moon.x, moon.y, moon.size = self._uniform(0.16, 0.24), self._uniform(0.16, 0.22), self._uniform(0.2, 0.28)
            picture.topic = ""
            picture.caption = self._pick(f"{article(thing)} at night", f"{article(thing)} under the moon")
        return picture

    def _land(self) -> Picture:
        kind = self._pick("hills", "mountains", "field", "desert", "snow", "beach")
        colour = {
            "hills": self._pick("green", "dark green", "light green"),
            "mountains": self._pick("gray", "brown", "white", "dark blue", "purple"),
            "field": self._pick("green", "light green", "yellow"),
            "desert": self._pick("beige", "golden", "orange"),
            "snow": "white",
            "beach": self._pick("beige", "golden"),
        }[kind]
        sky = (self._pick("blue", "light blue"), self._pick("light blue", "white", "light blue"))
        colours = [self._rgb(name) for name in (*sky, colour, colour)]
        picture = Picture(topic=kind, ground=LAND, colours=colours, horizon=self._uniform(0.45, 0.75))
        picture.skyline = {"hills": HILLS, "mountains": PEAKS, "desert": HILLS}.get(kind, FLAT)
        picture.relief = self._uniform(0.06, 0.2) if picture.skyline else 0.0
        named = kind if kind == "snow" else f"{colour} {kind}"
        if kind == "snow" and self.chance.random() < 0.35:
            picture.weather, picture.colours[:2] = 2, [self._rgb("blue"), self._rgb("light blue")]
            return captioned(picture, self._pick("a snowy day", "a snowy day", "falling snow"))
        if self.chance.random() < 0.15:
            picture.weather = 2 if kind in ("snow", "mountains") else 1
            return captioned(picture, "a snowy day" if picture.weather == 2 else self._pick("rain", "a rainy day"))
        if self.chance.random() < 0.35:
            picture.things = [self._ball("yellow", 0.16, 0.3, (0.12, 0.28))]
            return captioned(picture, self._pick(f"the sun over {named}", f"a yellow sun over {named}"))
        return captioned(
            picture, self._pick(named, f"{named} under a blue sky", f"a landscape with {named}", kind, f"the {kind}")
        )

    def _landscape_object(self) -> Picture:
        land = self._pick("green", "light green", "green", "white", "beige")
        sky = (self._pick("blue", "light blue"), self._pick("light blue", "white"))
        colours = [self._rgb(name) for name in (*sky, land, land)]
        picture = Picture(ground=LAND, colours=colours, horizon=self._uniform(0.55, 0.75))
        if self.chance.random() < 0.3:
            picture.skyline, picture.relief = HILLS, self._uniform(0.04, 0.12)
        thing = self._pick(
            "house", "tree", "cat", "dog", "horse", "cow", "castle", "tent", "car", "rabbit", "flower", "church",
            "bear", "fox", "palm tree", "snowman", "bird", "mushroom", "pig", "christmas tree", "cactus",
            "truck", "house", "tree",
        )  # fmt: skip
        self._stand(picture, thing, self._uniform(0.5, 0.75))
        name = article(thing)
        where = {"white": "in the snow", "beige": "in the desert"}.get(land, self._pick("in a field", "on the grass"))
        picture.caption = self._pick(
            f"{name} {where}", f"{name} {where}", f"{name} under a blue sky", f"a landscape with {name}"
        )
        if self.chance.random() < 0.25:
            picture.things.insert(0, self._ball("yellow", 0.15, 0.26, (0.1, 0.2)))
            picture.caption = self._pick(f"{name} and the sun", f"{name} under the sun")
        return picture

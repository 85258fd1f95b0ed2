"""A pen for bold drawings: filled parts in colours that are never twice quite the same."""

from __future__ import annotations

import math
import random

from PIL import Image, ImageDraw

from training import vocabulary as words

SIDE = 288
"""Pixels of a drawing before it is made as small as a tile."""

Point = tuple[float, float]
Colour = tuple[int, int, int]


class Pen:
    """Draws filled parts on nothing, in a square from -1 to 1 whose y grows downwards."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.image = Image.new("RGBA", (SIDE, SIDE))
        self._draw = ImageDraw.Draw(self.image)

    def near(self, value: float, spread: float = 0.12) -> float:
        """The value, or up to `spread` of it more or less."""
        spread *= 0.6
        return value * (1 + self.chance.uniform(-spread, spread))

    def paint(self, *names: str) -> Colour:
        """One of the colours, never twice quite the same."""
        red, green, blue = words.COLOURS[self.chance.choice(names)]
        return self._shifted(red), self._shifted(green), self._shifted(blue)

    def grey(self, value: int) -> Colour:
        """A gray of about this light without any hue, which `paint` gives to it."""
        level = self._shifted(value)
        return level, level, min(255, level + 6)

    def disc(self, x: float, y: float, across: float, down: float, fill: Colour) -> None:
        """A filled ellipse around (x, y) with these half axes."""
        (left, top), (right, bottom) = self._at((x - across, y - down)), self._at((x + across, y + down))
        self._draw.ellipse((left, top, right, bottom), fill=fill)

    def part(self, fill: Colour, *corners: Point) -> None:
        """A filled polygon."""
        self._draw.polygon([self._at(corner) for corner in corners], fill=fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour) -> None:
        """A filled rectangle."""
        self.part(fill, (left, top), (right, top), (right, bottom), (left, bottom))

    def line(self, fill: Colour, width: float, *points: Point) -> None:
        """A line through these points, round at its ends and corners."""
        self._draw.line([self._at(point) for point in points], fill=fill, width=round(width * 0.48 * SIDE))
        for x, y in points:
            self.disc(x, y, width / 2, width / 2, fill)

    def ring(self, x: float, y: float, size: float, width: float, fill: Colour) -> None:
        """A circle of this outer radius; nothing is painted within."""
        self.part(fill, *arc(x, y, size, size, 0, 360), *arc(x, y, size - width, size - width, 360, 0))

    def _shifted(self, value: int) -> int:
        return min(255, max(0, round(value + self.chance.gauss(0, 14))))

    def _at(self, point: Point) -> Point:
        return (point[0] * 0.48 + 0.5) * SIDE, (point[1] * 0.48 + 0.5) * SIDE


def arc(x: float, y: float, across: float, down: float, begin: float, end: float) -> list[Point]:
    """Points of an ellipse between two angles in degrees, clockwise from the right."""
    turns = [math.radians(begin + (end - begin) * step / 20) for step in range(21)]
    return [(x + across * math.cos(turn), y + down * math.sin(turn)) for turn in turns]


def turned(degrees: float, *points: Point) -> list[Point]:
    """The points after a turn around the middle, clockwise."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [(x * cos - y * sin, x * sin + y * cos) for x, y in points]


def darker(colour: Colour) -> Colour:
    red, green, blue = (round(0.7 * value) for value in colour)
    return red, green, blue

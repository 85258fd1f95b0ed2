"""What an SVG paints: areas and strokes on the canvas, what frames cut off, and the opacity of groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from pixray.drawers.strokes.render import render
from pixray.drawers.strokes.sketch import Sketch
from pixray.drawers.strokes.svg_path import Outline

FARTHEST = 1e6
"""Pixels from the canvas' origin that a point may lie away."""
_MOST_COMPARED = 64
_PROBE = 128
"""Pixels of the longer side of the picture in which areas are compared."""


@dataclass(frozen=True)
class Mark:
    """One area or stroke.

    Attributes:
        outline: in canvas pixels; width: of a stroke in pixels; colour: red, green, blue from 0 to 1.
    """

    outline: Outline
    filled: bool
    evenodd: bool
    width: float
    colour: tuple[float, float, float]
    opacity: float

    def box(self) -> np.ndarray:
        """2 2: the smallest and largest x and y that it reaches."""
        margin = 0.0 if self.filled else self.width / 2
        return self.outline.box() + np.array([[-margin], [margin]])


@dataclass(frozen=True)
class Frame:
    """A rectangle beyond whose borders nothing shows: the viewport of a nested <svg> or <symbol>, or a clip path.

    Attributes:
        inward: 3 x 3, from the canvas to the rectangle's own coordinates; low, high: its corners there.
        name: what it is, for the message.
    """

    inward: np.ndarray
    low: tuple[float, float]
    high: tuple[float, float]
    name: str

    def shows(self, mark: Mark, view: np.ndarray) -> bool:
        """Whether a mark lies within, give or take half a pixel; False: it lies outside.

        Args:
            view: 2 2, the corners of what the file shows at all.

        Raises:
            ValueError: it lies across the border.
        """
        box = mark.box()
        if (box[1] <= view[0]).any() or (box[0] >= view[1]).any():
            return True
        if abs(self.inward[0, 1]) + abs(self.inward[1, 0]) > 1e-9:
            box = mark.outline.moved(self.inward).box()
        else:
            # Only what the file's own border leaves can be cut off here.
            box = np.stack([np.maximum(box[0], view[0]), np.minimum(box[1], view[1])])
            box = np.sort(box @ self.inward[:2, :2].T + self.inward[:2, 2], axis=0)
        pixel = abs(float(np.linalg.det(self.inward[:2, :2]))) ** 0.5
        low, high = np.array(self.low), np.array(self.high)
        if (box[0] >= low - pixel / 2).all() and (box[1] <= high + pixel / 2).all():
            return True
        if (box[1] <= low).any() or (box[0] >= high).any():
            return False
        raise ValueError(f"{self.name} cuts off part of a shape, which is not supported")


def faded(marks: Sequence[Mark], opacity: float, size: tuple[int, int]) -> list[Mark]:
    """Marks of one group, or fill and stroke of one shape, with the opacity of the group.

    The opacity of a group is that of what it shows as a whole. Given to each of its parts it looks the same only
    where they do not lie over one another.

    Raises:
        ValueError: they do.
    """
    marks = list(marks)
    if len(marks) > 1 and _overlap(marks, size):
        first = marks[0]
        if not all(replace(mark, outline=first.outline) == first and not mark.filled for mark in marks):
            raise ValueError("opacity of a group, or of a fill with its stroke, whose parts overlap is not supported")
        # One path covers what it crosses once, as the group does.
        marks = [replace(first, outline=_joined([mark.outline for mark in marks]))]
    return [replace(mark, opacity=mark.opacity * opacity) for mark in marks]


def _joined(outlines: Sequence[Outline]) -> Outline:
    starts = np.cumsum([0, *(len(outline.points) for outline in outlines)])
    index = [outline.index + start for outline, start in zip(outlines, starts[:-1], strict=True)]
    return Outline(np.concatenate([outline.points for outline in outlines]), np.concatenate(index))


def _overlap(marks: Sequence[Mark], size: tuple[int, int]) -> bool:
    boxes = np.stack([mark.box() for mark in marks])
    low, high = boxes[:, 0], boxes[:, 1]
    if len(marks) > _MOST_COMPARED:
        return True
    meets = (low[:, None] < high[None]).all(2) & (high[:, None] > low[None]).all(2)
    if meets.sum() == len(marks):
        return False
    scale = _PROBE / max(size)
    canvas = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    shrunk = [replace(mark, outline=mark.outline.moved(np.diag([scale, scale, 1]))) for mark in marks]
    covered = torch.zeros(1, 1, canvas[1], canvas[0])
    for mark in shrunk:
        scene = marks_sketch([replace(mark, width=mark.width * scale, opacity=1.0)], None).scene()
        cover = render(scene, canvas)[:, 3:]
        if float((covered * cover).max()) > 0.3:
            return True
        covered = torch.maximum(covered, cover)
    return False


def marks_sketch(marks: Sequence[Mark], paper: tuple[float, float, float] | None) -> Sketch:
    """Marks as tensors.

    Raises:
        ValueError: one of them leads too far away.
    """
    outline = _joined([mark.outline for mark in marks])
    if not (np.abs(outline.points) <= FARTHEST).all() or not all(mark.width <= FARTHEST for mark in marks):
        raise ValueError(f"a shape reaches more than {FARTHEST:g} pixels away")
    counts = torch.tensor([len(mark.outline.index) for mark in marks])
    evenodd = torch.tensor([mark.evenodd for mark in marks])
    return Sketch(
        points=torch.from_numpy(outline.points).float(),
        index=torch.from_numpy(outline.index),
        path=torch.repeat_interleave(counts),
        widths=torch.tensor([mark.width for mark in marks]),
        colours=torch.tensor([mark.colour for mark in marks]),
        opacity=torch.tensor([mark.opacity for mark in marks]),
        filled=torch.tensor([mark.filled for mark in marks]),
        evenodd=evenodd if bool(evenodd.any()) else None,
        paper=None if paper is None else torch.tensor(paper),
    )

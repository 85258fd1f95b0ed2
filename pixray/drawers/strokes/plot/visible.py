"""What of a drawing can be seen: lines and areas are cut where something opaque was drawn over them later.

Late imports: shapely is an extra.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pixray.drawers.strokes.plot.shapes import Shape

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


def visible(shapes: Sequence[Shape], pens: Sequence[int | None], pen_width: float) -> list[BaseGeometry]:
    """The visible part of each shape, which may be empty.

    A stroke does not cut strokes of the same pen: ink on the same ink shows no difference, and whole lines plot faster.

    Args:
        pens: the number of each shape's pen; None: it has the colour of the paper, and only hides.
        pen_width: millimetres that a line hides.
    """
    from shapely import STRtree, unary_union

    covers = [shape.cover(pen_width) for shape in shapes]
    tree = STRtree(covers)
    parts = []
    for number, shape in enumerate(shapes):
        above = [
            covers[other]
            for other in sorted(tree.query(shape.geometry).tolist())
            if other > number
            and shapes[other].opaque
            and not (pens[other] == pens[number] and not shape.filled and not shapes[other].filled)
        ]
        parts.append(shape.geometry.difference(unary_union(above)) if above else shape.geometry)
    return parts

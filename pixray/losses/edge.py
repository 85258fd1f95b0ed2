"""How far the margins of the picture are from a colour or from those of another picture.

Late imports keep PIL and NumPy out of start-up.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pixray.losses.base import Loss, LossContext, LossInputs
from pixray.losses.scales import OLD_SCALE
from pixray.settings.declare import Refers, Role, setting
from pixray.settings.named_files import palette_files
from pixray.settings.values import one_color


class EdgeLoss(Loss):
    """Mean squared difference to a colour in four strips along the borders, or under a mask.

    The strips at the left and right are as high as the picture, those at the top and bottom lie between them; their
    means are added. To this comes, weaker, the difference of the whole picture.
    """

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Loss edge"""

        edge_thickness: int = setting(5, "width of each margin", unit="percent of that side", minimum=0, maximum=100)
        edge_margins: tuple[int, int, int, int] | None = setting(
            None,
            "widths of the left, right, top and bottom margin",
            unit="percent of that side",
            minimum=0,
            maximum=100,
        )
        edge_color: str = setting(
            "white",
            "colour of the margins, in palette syntax",
            parse=one_color,
            refers=Refers.PICTURE,
            references=palette_files,
            grid="",
        )
        edge_color_weight: float = setting(0.1, "weight of the colour", role=Role.STEERABLE)
        global_color_weight: float = setting(
            0.05,
            "additional weight of the colour in the whole picture, multiplied by edge_color_weight",
            role=Role.STEERABLE,
        )
        edge_input_image: str = setting(
            "", "picture that the margins should match, instead of edge_color", refers=Refers.PICTURE
        )
        edge_mask_image: str = setting("", "mask whose black part replaces the margins", refers=Refers.PICTURE)

    settings: Settings
    capturable = True

    def prepare(self, context: LossContext) -> None:
        from pixray.images.io import on_white, open_mask, open_picture, resized, to_tensor
        from pixray.images.palette import read_one_color

        settings = self.settings
        if settings.edge_input_image:
            picture = on_white(open_picture(settings.edge_input_image, "edge_input_image"))
            target = to_tensor(resized(picture, context.size))
        else:
            target = torch.tensor(read_one_color(settings.edge_color)).view(1, 3, 1, 1)
        self._target = target.to(context.device)
        self._mask: Tensor | None = None
        if settings.edge_mask_image:
            mask = open_mask(settings.edge_mask_image, "edge_mask_image")
            self._mask = (to_tensor(resized(mask, context.size))[:, :1] < 0.5).float().to(context.device)

    def __call__(self, inputs: LossInputs) -> Tensor:
        off = (inputs.canvas - self._target).square()
        margins = (off * self._mask).mean() if self._mask is not None else self._strips(off)
        total = margins + self.settings.global_color_weight * off.mean()
        return OLD_SCALE["edge"] * self.settings.edge_color_weight * total

    def _strips(self, off: Tensor) -> Tensor:
        height, width = off.shape[2:]
        percents = self.settings.edge_margins or (self.settings.edge_thickness,) * 4
        sides = (width, width, height, height)
        # A margin that is wanted is at least one pixel wide, and the four of them leave room for one another.
        left, right, top, bottom = (
            min(max(1, int(side * percent / 100)) if percent else 0, side)
            for side, percent in zip(sides, percents, strict=True)
        )
        inner = off[..., left : max(left, width - right)]
        strips = [off[..., :left], off[..., width - right :] if right else off[..., :0]]
        strips += [inner[:, :, :top], inner[:, :, height - bottom :] if bottom else inner[:, :, :0]]
        means = [strip.mean() for strip in strips if strip.numel()]
        return torch.stack(means).sum() if means else off.new_zeros(())

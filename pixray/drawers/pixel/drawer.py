"""Pixel art: a grid of cells, one colour each. Six shapes of cell; every cell's colour is optimised.

The picture is a precomputed coverage (which share of a canvas pixel each cell covers) times the colours, so a step
costs about a millisecond whatever the shape, where drawing the polygons one by one took seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from pixray.drawers.base import Canvas, Drawer
from pixray.drawers.pixel.cells import BORDERS, CELL_TYPES, Cells, grid_shape
from pixray.drawers.pixel.coverage import Coverage, coverage
from pixray.drawers.pixel.files import cells_png, cells_svg, shown_colors
from pixray.drawers.pixel.ground import Ground
from pixray.drawers.pixel.learnt_palette import RATE as PALETTE_RATE
from pixray.drawers.pixel.learnt_palette import LearntPalette
from pixray.drawers.pixel.sprite_files import COLORS, check_sprite, own_colours, sprite_files
from pixray.errors import SettingsError
from pixray.ops.surrogate import straight_through
from pixray.optim.parameter_group import ParameterGroup
from pixray.settings.declare import Role, setting
from pixray.settings.values import color_or_none
from pixray.sprites.dither import DITHERS
from pixray.sprites.size import grid_size, sprite_size

if TYPE_CHECKING:
    from pixray.settings.namespace import Settings as RunSettings

RATE = 0.03
"""Adam's step on colours from 0 to 1, the old pixray's."""


class _Cover(torch.autograd.Function):
    """Coverage times colours. Both directions gather, so sums have one order on every device."""

    @staticmethod
    def forward(ctx: Any, colours: Tensor, cover: Coverage) -> Tensor:
        ctx.cover = cover
        return embedding_bag(cover.cell_of, colours, cover.offsets, mode="sum", per_sample_weights=cover.share)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        cover = ctx.cover
        back = embedding_bag(
            cover.pixel_of, gradient.contiguous(), cover.offsets_back, mode="sum", per_sample_weights=cover.share_back
        )
        return back, None


class PixelDrawer(Drawer):
    """A grid of coloured cells.

    The geometry of the cells follows the old pixray: counts, polygons and, with `pixel_border=open`, what cells leave
    uncovered along the border (black, or transparent where transparency is on).
    """

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Pixel art"""

        pixel_size: Any = setting(
            None,
            "columns and rows of the grid, from 1 to 4096; auto: those of the grid that init_image was drawn on",
            parse=grid_size,
            role=Role.SEVERAL_WORDS | Role.OWN_GRID,
            grid="",
            common=True,
        )
        pixel_scale: float | None = setting(None, "factor applied to the size of the cells", minimum=0.01)
        pixel_type: str = setting("rect", "shape of a cell", choices=CELL_TYPES, common=True)
        pixel_edge_check: bool = setting(True, "adjust the grid so that shifted rows meet both borders alike")
        pixel_iso_check: bool = setting(True, "adjust the grid so that cells are as wide as high")
        pixel_border: str = setting(
            "filled",
            "border that whole cells do not reach; filled: with cells cut off by it; open: black notches, as in the "
            "old pixray",
            choices=BORDERS,
        )
        pixel_alpha: str = setting(
            "soft",
            "transparency of cells (with transparent); soft: any value; hard: opaque or fully transparent; ground: "
            "painted opaque, and what reaches the border in much the same colour is removed at the end",
            choices=("soft", "hard", "ground"),
            role=Role.CHOICE,
        )
        pixel_ground: str = setting(
            "none",
            "colour that pixel_alpha=ground paints on and removes, also inside a ring; one that the thing lacks; "
            "none: whatever is painted along the border",
            parse=color_or_none,
        )
        sprite: Any = setting(
            None,
            "paint a sprite of this many columns and rows, such as 32x32: an indexed PNG of one pixel per cell and an "
            ".aseprite file, on transparent ground; auto: those of the grid that init_image was drawn on",
            parse=sprite_size,
            role=Role.FURTHER_FILE | Role.SHAPES_CANVAS | Role.OWN_GRID | Role.SEVERAL_WORDS,
            grid=",",
            common=True,
        )
        colors: int | None = setting(
            None,
            "at most so many colours beside the transparent ground, learnt while painting; with a palette: chosen from "
            "it (default for sprites: 16, or the palette)",
            minimum=1,
            maximum=255,
            common=True,
        )
        dither: str = setting(
            "none",
            "mix the colours of a palette by a pattern of cells (rect only, with colors or sprite)",
            choices=DITHERS,
        )
        pixel_svg: bool = setting(
            False, "also save an SVG with one polygon per cell", role=Role.FURTHER_FILE, common=True
        )
        pixel_cells: bool = setting(
            False, "also save a PNG with one pixel per cell (rect only)", role=Role.FURTHER_FILE
        )

    settings: Settings
    tensors = ("_colours", "_learnt_tensors")
    capturable = True

    def __init__(self, settings: Settings, canvas: Canvas) -> None:
        super().__init__(settings, canvas)
        check_sprite(settings, canvas)
        columns, rows = grid_shape(
            settings.pixel_type,
            (canvas.width, canvas.height),
            settings.sprite or settings.pixel_size,
            settings.pixel_scale,
            settings.pixel_iso_check,
            settings.pixel_edge_check,
        )
        self.cells = Cells(
            settings.pixel_type, columns, rows, canvas.width, canvas.height, filled=settings.pixel_border == "filled"
        )
        if not len(self.cells):
            raise SettingsError(
                f"a grid of {columns}x{rows} (from pixel_size, pixel_scale and size) has no {settings.pixel_type} cell "
                "with pixel_border=open, where every other row is one cell shorter: expected at least two columns or "
                "two rows, or pixel_border=filled"
            )
        self._colours: Tensor | None = None
        self._cover: Coverage | None = None
        self._learnt: LearntPalette | None = None
        self._steps = self._step = 0
        self._settled = False
        self._own: Tensor | None = None
        self._ground: Ground | None = None
        self._loses_ground = canvas.transparent and settings.pixel_alpha == "ground"
        if self._loses_ground and settings.pixel_ground != "none":
            self.wants_noise = False  # it begins as its ground
        elif settings.pixel_ground != "none":
            canvas.notice("pixel_ground has no effect: it is for pixel_alpha=ground with transparent")
        if settings.sprite or settings.colors:
            self.capturable, self.uses_palette = False, True  # a step depends on its number
        elif settings.dither != "none":
            canvas.notice("dither has no effect: it mixes the colours of sprite or colors")

    def configure(self, settings: RunSettings, seed: int) -> None:
        self._steps = settings.iterations
        self._own = own_colours(settings, 4 if self.canvas.transparent else 3)
        if settings.transparent_weight and self._loses_ground:
            self.canvas.notice("transparent_weight has no effect: with pixel_alpha=ground opacity is not learnt")

    def start(self, image: Tensor | None, generator: torch.Generator) -> None:
        channels = 4 if self.canvas.transparent else 3
        cover = coverage(self.cells)
        self._cover = cover.to(self.canvas.device)
        if self._loses_ground:
            self._ground = Ground(cover, self.cells.width, self.settings.pixel_ground, self.canvas.device)
        if self._own is not None:
            colours = self._own
        elif image is None:
            colours = torch.rand(len(self.cells), channels, generator=generator)
            colours = self._ground.begun(colours) if self._ground else colours
        else:
            colours = self._sample(image, channels)
        self._colours = colours.to(self.canvas.device).requires_grad_(True)
        if self.settings.sprite or self.settings.colors:
            count = self.settings.colors or (None if self.canvas.palette else COLORS)
            self._learnt = LearntPalette(
                count, self.canvas.palette, self.canvas.device, self._steps, self.settings.dither, self.cells.rows
            )
            self.hardens_at = self._learnt.hardens_at
        if self.settings.pixel_cells and self.settings.pixel_type != "rect":
            self.canvas.notice(f"pixel_cells has no effect: cells of type {self.settings.pixel_type} are no pixels")
        self.canvas.notice(f"a grid of {self.cells.columns}x{self.cells.rows} {self.settings.pixel_type} cells")

    @property
    def colours(self) -> Tensor:
        """cells x 3, or cells x 4 with transparency, in [0, 1]: the parameter, beside a palette that is learnt."""
        assert self._colours is not None, "start() comes first"
        return self._colours

    @property
    def _learnt_tensors(self) -> Mapping[str, Tensor]:
        return {} if self._learnt is None else {"palette": self._learnt.colours, "placed": self._learnt.placed}

    def parameters(self) -> list[ParameterGroup]:
        groups = [ParameterGroup([self.colours], RATE)]
        if self._learnt is not None and not self._learnt.fixed:
            groups.append(ParameterGroup([self._learnt.colours], PALETTE_RATE))
        return groups

    def settle(self) -> None:
        self._settled = True

    def _shown_parameters(self) -> Tensor:
        """The colours as they are painted, in few colours and with hard edges of opacity where these are asked for."""
        colours, learnt = self.colours, self._learnt
        hard = learnt is not None and (self._settled or self._step >= learnt.hardens_at)
        if learnt is not None:
            colours = learnt.shown(colours, max(self._step, learnt.hardens_at) if hard else self._step)
        return self._with_opacity(colours, few=hard)

    def _with_opacity(self, colours: Tensor, *, few: bool) -> Tensor:
        """The same with the opacity that cells are shown with; `few`: as the files of sprites hold it."""
        opacity = colours[:, 3:]
        if self._ground:
            opacity = self._ground.opacity(colours) if self._settled else torch.ones_like(opacity)
        elif self.canvas.transparent and self.settings.pixel_alpha == "hard":
            opacity = straight_through((opacity >= 0.5).to(opacity.dtype), opacity)
        elif self.canvas.transparent and few and self._learnt is not None:
            opacity = self._learnt.shades(opacity)
        return torch.cat([colours[:, :3], opacity], 1) if self.canvas.transparent else colours

    def render(self, step: int) -> Tensor:
        self._step = step
        colours = self._shown_parameters()
        if self.canvas.transparent:
            colours = torch.cat([colours[:, :3] * colours[:, 3:], colours[:, 3:]], 1)
        flat = _Cover.apply(colours, self._cover)
        image = flat.t().reshape(1, -1, self.cells.height, self.cells.width)
        if self.canvas.transparent:
            # Blending happens with colours multiplied by their opacity; a picture holds them undone again.
            image = torch.cat([image[:, :3] / image[:, 3:].clamp_min(1e-4), image[:, 3:]], 1)
        return image

    def paint(self, image: Tensor) -> None:
        with torch.no_grad():
            self.colours[:, :3] = self._sample(image, 3).to(self.colours.device)

    @torch.no_grad()
    def project(self) -> None:
        self.colours.clamp_(0, 1)
        if self._ground:
            self._ground.hold(self.colours)
        if self._learnt is not None:
            self._learnt.project()

    def latent(self) -> Tensor:
        return self.colours

    def encode(self, image: Tensor) -> Tensor:
        return self._sample(image, self.colours.shape[1]).to(self.colours.device)

    @torch.no_grad()
    def files(self, shown: Tensor) -> Mapping[str, bytes]:
        files: dict[str, bytes] = {}
        if not (self.settings.pixel_svg or self.settings.pixel_cells or self.settings.sprite):
            return files
        assert self._cover is not None, "start() comes first"
        canvas = self.render(self._step).cpu()
        colours = shown_colors(self._cover.to("cpu"), self._shown_parameters().cpu(), canvas, shown.detach().cpu())
        if self.settings.pixel_svg:
            files[".svg"] = cells_svg(self.cells, colours)
        if self.settings.pixel_cells and self.settings.pixel_type == "rect":
            files["_cells.png"] = cells_png(self.cells, colours)
        if self._learnt is not None and self.settings.sprite:
            if not (self._settled or self._step >= self._learnt.hardens_at):
                colours = self._with_opacity(self._learnt.delivered(self.colours), few=True).cpu()
            files |= sprite_files(colours, self.cells.rows, self._learnt.palette())
        return files

    def _sample(self, image: Tensor, channels: int) -> Tensor:
        """The mean of up to 4 x 4 points spread over each cell's box: cells x channels. What is transparent at a point
        adds no colour."""
        image = image[0].cpu()
        if image.shape[0] == 4:
            image = torch.cat([image[:3] * image[3:], image[3:]])
        across = min(4, max(1, int(self.cells.cell_width)))
        down = min(4, max(1, int(self.cells.cell_height)))
        boxes = self.cells.boxes()
        x = boxes[:, :1] + (torch.arange(across) + 0.5) / across * self.cells.cell_width
        y = boxes[:, 1:] + (torch.arange(down) + 0.5) / down * self.cells.cell_height
        columns = (x / self.cells.width * image.shape[2]).long().clamp(0, image.shape[2] - 1)
        rows = (y / self.cells.height * image.shape[1]).long().clamp(0, image.shape[1] - 1)
        means = image[:, rows[:, :, None], columns[:, None, :]].mean((2, 3)).t()
        if means.shape[1] == 4:
            means = torch.cat([means[:, :3] / means[:, 3:].clamp_min(1e-4), means[:, 3:]], 1)
        if channels == 4 and means.shape[1] == 3:
            means = torch.cat([means, torch.ones(len(means), 1)], 1)
        return means[:, :channels].contiguous()

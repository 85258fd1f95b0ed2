"""Few colours for the cells of a grid, learnt while they are painted.

    free      every cell has a colour of its own
    mixing    cells fade from their own colours to mixtures of the palette, by nearness, which grows sharper
    hard      every cell shows one colour of the palette, exactly as it will be delivered

The palette is placed among the cells' colours when mixing begins, and is optimised with them from there on. In the hard
part gradients reach both: a cell's own colour, which decides where it belongs, and the palette colour it is shown in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from pixray.ops.surrogate import straight_through
from pixray.sprites.colors import choose_colors
from pixray.sprites.dither import in_palette

MIXES_FROM, HARD_FROM = 0.5, 0.8
"""Shares of the run."""
BLURRED, SHARP = 0.05, 0.002
"""Softness of the mixtures at first and at last, in squared distances of sRGB."""
RATE = 0.01
"""Adam's step on the palette, slower than the cells' own so that it follows many of them."""
_MOST_SHADES = 16


class LearntPalette:
    """At most so many colours, chosen by the optimizer.

    Args:
        count: how many; None: all of `given`.
        allowed: the only colours allowed, each (red, green, blue) from 0 to 1; empty: any.
        steps: length of the run.
        dither: one of `pixray.sprites.dither.DITHERS`; others than "none" need `rows`.
        rows: of the grid, whose cells are then a rectangle of columns and rows.

    Attributes:
        colours: count x 3, optimised unless all given colours are allowed.
        placed: 1 once `colours` mean something, else 0.
    """

    def __init__(
        self,
        count: int | None,
        allowed: Sequence[Sequence[float]],
        device: str,
        steps: int = 0,
        dither: str = "none",
        rows: int = 1,
    ) -> None:
        self.allowed = torch.tensor(allowed, device=device).reshape(-1, 3)
        self.fixed = bool(allowed) and (count is None or count >= len(allowed))
        self.count = len(allowed) if self.fixed or count is None else count
        self.colours = self.allowed.clone() if self.fixed else torch.zeros(self.count, 3, device=device)
        self.colours.requires_grad_(not self.fixed)
        self.placed = torch.tensor(float(self.fixed))
        self.dither, self.rows = dither, rows
        self.mixes_at, self.hardens_at = int(steps * MIXES_FROM), int(steps * HARD_FROM)

    def shown(self, cells: Tensor, step: int) -> Tensor:
        """The colours in which cells are painted, differentiable with respect to them and to the palette.

        Args:
            cells: N 3, or N 4 with opacity, in [0, 1]; opacities stay as they are.
        """
        if step < min(self.mixes_at, self.hardens_at):
            return cells
        if not self.placed:
            self.colours.data.copy_(self._fitting(cells))
            self.placed.fill_(1)
        palette = self._allowed(self.colours)
        if step >= self.hardens_at:
            return self._hard(cells, palette)
        done = (step - self.mixes_at) / (self.hardens_at - self.mixes_at)
        softness = BLURRED * (SHARP / BLURRED) ** done
        own = cells[:, :3]
        mixture = torch.softmax(-torch.cdist(own, palette).square() / softness, 1) @ palette
        return torch.cat([own + (mixture - own) * done, cells[:, 3:]], 1)

    @torch.no_grad()
    def delivered(self, cells: Tensor) -> Tensor:
        """The cells in their palette colours, also while they are painted in others."""
        return self._hard(cells, self._allowed(self.colours if self.placed else self._fitting(cells)))

    def palette(self) -> list[list[float]]:
        """The colours, in their order."""
        return self._allowed(self.colours).detach().cpu().tolist()

    @torch.no_grad()
    def project(self) -> None:
        """Keep the palette within the colours that there are."""
        self.colours.clamp_(0, 1)

    def shades(self, opacity: Tensor) -> Tensor:
        """Few steps of opacity, so that colours and opacities together fit into a palette of 256."""
        steps = min(_MOST_SHADES, 255 // self.count + 1) - 1
        return straight_through((opacity.detach() * steps).round() / steps, opacity)

    def _hard(self, cells: Tensor, palette: Tensor) -> Tensor:
        own = cells[:, :3]
        member = torch.nn.functional.one_hot(self._members(cells, palette), self.count).to(own.dtype)
        # Whole bytes, so that a picture holds as many colours as the palette and not their roundings.
        picked = member @ straight_through((palette * 255).round() / 255, palette)
        return torch.cat([straight_through(picked.detach(), own + picked), cells[:, 3:]], 1)

    @torch.no_grad()
    def _members(self, cells: Tensor, palette: Tensor) -> Tensor:
        """The number of the palette colour of each cell."""
        if self.dither == "none":
            return (palette.square().sum(1) - 2 * cells[:, :3] @ palette.t()).argmin(1)
        grid = cells.cpu().double().numpy().reshape(self.rows, -1, cells.shape[1])
        seen = grid[..., 3] >= 0.5 if cells.shape[1] == 4 else None
        numbers = in_palette(grid[..., :3], palette.cpu().double().numpy(), self.dither, seen)
        return torch.from_numpy(numbers.ravel()).to(cells.device)

    @torch.no_grad()
    def _fitting(self, cells: Tensor) -> Tensor:
        """A palette where the cells' colours are; what is transparent counts less."""
        values = cells.cpu().double().numpy()
        chosen = choose_colors(values[:, :3], self.count, values[:, 3] if values.shape[1] == 4 else None)
        padded = np.concatenate([chosen, np.repeat(chosen[-1:], self.count - len(chosen), 0)])
        return torch.from_numpy(padded).to(self.colours)

    def _allowed(self, colours: Tensor) -> Tensor:
        """The palette, in given colours where there are any."""
        if self.fixed or not len(self.allowed):
            return colours
        return straight_through(self.allowed[torch.cdist(colours.detach(), self.allowed).argmin(1)], colours)

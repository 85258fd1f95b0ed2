"""Drawing invented pictures, many at once, on any device; and what cameras and drawers do to them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from training import scene_sampler as kinds
from training.scene_sampler import Picture
from training.sprites import Sprites

MOST_THINGS = 8


@dataclass(frozen=True)
class Batch:
    """Pictures B 3 S S in [0, 1], the same without what stands in front, and how much that covers, B 1 S S."""

    images: Tensor
    backdrops: Tensor
    covers: Tensor


class Painter:
    """Draws pictures of side S.

    Args:
        sprites: the tiles.
        seed: of what is left to chance: tilt, texture, noise.
        size: S. device: where the work is done.
    """

    def __init__(self, sprites: Sprites, seed: int, size: int = 64, device: str = "cpu") -> None:
        self.size, self.device = size, device
        self.tiles = sprites.tiles.to(device)
        self.plain = torch.tensor([about.plain for about in sprites.about], device=device)
        self.generator = torch.Generator(device).manual_seed(seed)
        centres = (torch.arange(size, device=device) + 0.5) / size
        self._y, self._x = torch.meshgrid(centres, centres, indexing="ij")

    def draw(self, pictures: list[Picture]) -> Batch:
        """What the pictures show."""
        image, land, is_land = self._grounds(pictures)
        image, _ = self._paste(image, pictures, behind=True)
        image = torch.lerp(image, land, is_land)
        backdrop = image
        image, cover = self._paste(image, pictures, behind=False)
        image = self._ugly(self._weather(image, pictures), pictures)
        image, cover = self._pixelated(torch.cat([image, cover], 1), pictures).split((3, 1), 1)
        return Batch(image.clamp(0, 1), backdrop.clamp(0, 1), cover.clamp(0, 1))

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.generator, device=self.device)

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self.generator, device=self.device)

    def _column(self, values: list[float]) -> Tensor:
        return torch.tensor(values, device=self.device, dtype=torch.float32).view(-1, 1, 1)

    def _grounds(self, pictures: list[Picture]) -> tuple[Tensor, Tensor, Tensor]:
        """Skies and patterns, the land, and where the land is."""
        count = len(pictures)
        column = self._column
        x, y = self._x[None], self._y[None]
        angle, frequency = column([p.angle for p in pictures]), column([p.frequency for p in pictures])
        along = (x - 0.5) * angle.cos() + (y - 0.5) * angle.sin()
        across = (y - 0.5) * angle.cos() - (x - 0.5) * angle.sin()
        horizon, relief = column([p.horizon for p in pictures]), column([p.relief for p in pictures])
        phase = self._uniform(count, 1, 1) * 2 * math.pi
        ground, skyline = column([p.ground for p in pictures]), column([p.skyline for p in pictures])
        hills = 0.6 * torch.sin(7 * x + phase) + 0.3 * torch.sin(17 * x + 2 * phase)
        peaks = 1.2 * _triangle(12 * x + phase) + 0.3 * _triangle(31 * x + phase) - 0.5
        edge = horizon - relief * torch.where(skyline == kinds.PEAKS, peaks, hills)
        patterns = {
            kinds.PLAIN: torch.zeros_like(along),
            kinds.GRADIENT: (1.2 * along + 0.5).clamp(0, 1),
            kinds.STRIPES: (torch.sin(along * frequency) > 0).float(),
            kinds.CHECKS: (torch.sin(0.6 * along * frequency) * torch.sin(0.6 * across * frequency) > 0).float(),
            kinds.DOTS: (torch.sin(0.7 * along * frequency) * torch.sin(0.7 * across * frequency) > 0.4).float(),
            kinds.LAND: (y / horizon.clamp(max=1)).clamp(0, 1).expand(count, -1, -1),
        }
        mix = torch.zeros(count, self.size, self.size, device=self.device)
        for kind, pattern in patterns.items():
            mix = torch.where(ground == kind, pattern, mix)
        colours = torch.tensor([p.colours for p in pictures], device=self.device)[..., None, None]
        image = torch.lerp(colours[:, 0], colours[:, 1], mix[:, None])
        depth = ((y - edge) / (1 - edge).clamp(min=0.1)).clamp(0, 1)[:, None]
        land = torch.lerp(colours[:, 2], colours[:, 3], depth)
        return image, land, ((y - edge) * self.size).clamp(0, 1)[:, None] * (ground == kinds.LAND)[:, None]

    def _paste(self, image: Tensor, pictures: list[Picture], *, behind: bool) -> tuple[Tensor, Tensor]:
        """The picture with its things, and how much they cover of it."""
        cover = torch.zeros_like(image[:, :1])
        for place in range(MOST_THINGS):
            rows, things = [], []
            for row, picture in enumerate(pictures):
                chosen = [thing for thing in picture.things if thing.behind == behind]
                if len(chosen) > place:
                    rows.append(row)
                    things.append(chosen[place])
            if rows:
                pasted = self._placed(things)
                index = torch.tensor(rows, device=self.device)
                seen = 1 - pasted[:, 3:]
                image = image.index_copy(0, index, image[index] * seen + pasted[:, :3])
                cover = cover.index_copy(0, index, 1 - (1 - cover[index]) * seen)
        return image, cover

    def _placed(self, things: list[kinds.Thing]) -> Tensor:
        """Sprites where they are to stand: premultiplied colours and coverage, one 4 S S each."""
        count = len(things)
        numbers = torch.tensor([thing.tile for thing in things], device=self.device)
        tile = self.tiles[numbers].float() / 255
        colour = torch.tensor([thing.colour or (0.0, 0.0, 0.0) for thing in things], device=self.device)[
            ..., None, None
        ]
        tinted = self._column([float(thing.colour is not None) for thing in things])[:, None]
        plain = self.plain[numbers].view(-1, 1, 1, 1)
        rgb, alpha = tile[:, :3], tile[:, 3:]
        light = rgb.mean(1, keepdim=True)
        shaded = torch.where(plain, colour, (colour * (0.35 + 0.65 * light) + 0.25 * (light - 0.5)).clamp(0, 1))
        rgb = torch.lerp(rgb, shaded, tinted)
        # Enlarging moves every sprite to the grid of the picture; a smaller one is averaged first.
        premultiplied = torch.cat([rgb * alpha, alpha], 1)
        size = torch.tensor([thing.size for thing in things], device=self.device)
        small = F.interpolate(F.avg_pool2d(premultiplied, 2), scale_factor=2.0)
        premultiplied = torch.where((size < 0.5).view(-1, 1, 1, 1), small, premultiplied)
        centre = torch.tensor([(thing.x, thing.y) for thing in things], device=self.device) * 2 - 1
        stretch, tilt = 1 + 0.03 * self._normal(count), 0.035 * self._normal(count)
        cos, sin, wide, high = tilt.cos(), tilt.sin(), size * stretch, size / stretch
        turn = torch.stack([torch.stack([cos / wide, sin / wide], 1), torch.stack([-sin / high, cos / high], 1)], 1)
        maps = torch.cat([turn, -(turn @ centre[..., None])], 2)
        grid = F.affine_grid(maps, [count, 4, self.size, self.size], align_corners=False)
        return F.grid_sample(premultiplied, grid, align_corners=False)

    def _weather(self, image: Tensor, pictures: list[Picture]) -> Tensor:
        for kind, wide, tall, many in ((1, 1, 5, 0.02), (2, 4, 4, 0.012)):
            rows = torch.tensor([row for row, p in enumerate(pictures) if p.weather == kind], device=self.device)
            if len(rows):
                drops = (self._uniform(len(rows), 1, self.size, self.size) < many).float()
                drops = F.max_pool2d(F.pad(drops, (wide - 1, 0, tall - 1, 0)), (tall, wide), 1)
                colour = 0.55 if kind == 1 else 1.0
                image = image.index_copy(
                    0, rows, torch.lerp(image[rows], torch.full_like(image[rows], colour), 0.9 * drops)
                )
        return image

    def _ugly(self, image: Tensor, pictures: list[Picture]) -> Tensor:
        """Noise of four kinds, where it was asked for."""
        size = self.size
        for row, picture in enumerate(pictures):
            if not picture.ugly:
                continue
            if picture.ugly == 1:
                noise = self._uniform(3, size, size) if row % 2 else 0.3 * self._normal(3, size, size) + 0.5
            elif picture.ugly == 2:
                noise = self._cloudy(0.4 + 0.9 * float(self._uniform(1)))
            elif picture.ugly == 3:
                noise = self._shuffled(image[(row + 1) % len(image)], (4, 8, 16)[row % 3])
            else:
                cells = (8, 16, 20, 32)[row % 4]
                noise = F.interpolate(self._uniform(1, 3, cells, cells), size=(size, size))[0]
            image = image.index_copy(0, torch.tensor([row], device=self.device), noise[None])
        return image

    def _cloudy(self, power: float) -> Tensor:
        """Noise whose strength falls with frequency."""
        size = self.size
        waves = torch.fft.rfft2(self._normal(3, size, size))
        y, x = torch.fft.fftfreq(size, device=self.device)[:, None], torch.fft.rfftfreq(size, device=self.device)[None]
        noise = torch.fft.irfft2(waves / (x**2 + y**2).sqrt().clamp(min=1 / size) ** power, s=(size, size))
        return noise / noise.std() * 0.25 + 0.5

    def _shuffled(self, image: Tensor, patch: int) -> Tensor:
        per_side = self.size // patch
        patches = image.view(3, per_side, patch, per_side, patch).permute(1, 3, 0, 2, 4).reshape(-1, 3, patch, patch)
        order = self._uniform(len(patches)).argsort()
        back = patches[order].view(per_side, per_side, 3, patch, patch).permute(2, 0, 3, 1, 4)
        return back.reshape(3, self.size, self.size)

    def _pixelated(self, image: Tensor, pictures: list[Picture]) -> Tensor:
        for cells in sorted({picture.grid for picture in pictures} - {0}):
            rows = torch.tensor(
                [row for row, picture in enumerate(pictures) if picture.grid == cells], device=self.device
            )
            image = image.index_copy(0, rows, on_grid(image[rows], cells))
        return image

    def augmented(self, image: Tensor) -> Tensor:
        """As a camera would see it: nearer or farther, sheared, blurred, of other contrast, grainy."""
        count = len(image)
        image = self.moved(image)
        blur = self._uniform(count)
        soft, coarse = (blur < 0.15).nonzero()[:, 0], ((blur >= 0.15) & (blur < 0.3)).nonzero()[:, 0]
        padded = F.pad(image[soft], (1, 1, 1, 1), mode="replicate")
        image = image.index_copy(0, soft, F.avg_pool2d(padded, 3, 1))
        cells = (24, 32, 40, 48)[int(4 * float(self._uniform(1)))]
        image = image.index_copy(0, coarse, on_grid(image[coarse], cells))
        image = self.toned(image)
        grainy = (self._uniform(count) < 0.4).nonzero()[:, 0]
        grain = 0.1 * self._uniform(len(grainy), 1, 1, 1) * self._normal(len(grainy), *image.shape[1:])
        return image.index_add(0, grainy, grain).clamp(0, 1)

    def moved(self, image: Tensor) -> Tensor:
        """Nearer or farther, shifted, sheared."""
        count = len(image)
        zoom = 1 - 0.12 * self._uniform(count) * (self._uniform(count) < 0.5) + 0.1 * (self._uniform(count) < 0.15)
        shift = (self._uniform(2, count) * 2 - 1) * (1 - zoom).abs()
        shear = 0.025 * self._normal(2, count)
        maps = torch.stack([torch.stack([zoom, shear[0], shift[0]], 1), torch.stack([shear[1], zoom, shift[1]], 1)], 1)
        grid = F.affine_grid(maps, list(image.shape), align_corners=False)
        return F.grid_sample(image, grid, align_corners=False, padding_mode="border")

    def toned(self, image: Tensor) -> Tensor:
        """Of another contrast and brightness."""
        count, channels = image.shape[:2]
        contrast = (1 + 0.2 * self._normal(count, 1, 1, 1)).clamp(0.5, 1.6)
        tint = 0.05 * self._normal(count, 1, 1, 1) + 0.03 * self._normal(count, 3, 1, 1)
        return (image - 0.5) * contrast + 0.5 + tint.repeat(1, channels // 3, 1, 1)


def on_grid(image: Tensor, cells: int) -> Tensor:
    """The picture as cells x cells squares of one colour each."""
    return F.interpolate(F.interpolate(image, size=(cells, cells), mode="area"), size=image.shape[-2:])


def _triangle(phase: Tensor) -> Tensor:
    """A wave of straight lines between 0 and 1, of period 2 pi."""
    return (2 * ((phase / (2 * math.pi)) % 1) - 1).abs()

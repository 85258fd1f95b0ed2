"""What the old pixray multiplied its losses by, kept so that old weights still mean what they meant.

The old engine added one value per cutout size and, for palettes, one per cutout; ours take means, so these factors
hold what the old sums came to at the old defaults (quality normal: 30 cutouts of one size).

Palette, saturation and smoothness look at the picture instead of its noisy cutouts. On fractal noise of 384x216 their
values then lie within a fifth of the old ones (smoothness of soft pictures lower, as there is no noise to see), and
their pull on a pixel is 1.2 to 2.3 times as strong.
"""

from __future__ import annotations

OLD_CUTS = 30

OLD_SCALE: dict[str, float] = {
    "palette": OLD_CUTS / 10,
    "saturation": 1 / 10,
    "symmetry": 1.0,
    "smoothness": 1.0,
    "edge": 1.0,
    "gaussian": 1.0,
    "aesthetic": 0.02,
    "resmem": 0.05 / 0.6,
    "style": 1.0,
}
"""By loss; a weight of 1 is multiplied by this."""

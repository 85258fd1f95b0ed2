"""Settings of pictures that a run starts from or lays over its drawing; names and defaults follow the old pixray."""

from __future__ import annotations

from pixray.images.glob import FITS
from pixray.settings.declare import Refers, Role, setting, settings_group
from pixray.settings.grammar import Amount


@settings_group
class Start:
    """Start picture and transparency"""

    init_image: str | None = setting(
        None,
        "picture to start from: file, glob or URL",
        aliases=("-ii",),
        common=True,
        refers=Refers.PICTURE,
        role=Role.SUBJECT | Role.PER_FRAME | Role.CHOICE | Role.REQUEST_FIELD,
    )
    init_image_alpha: int = setting(
        200, "opacity of the start picture over the start noise", minimum=0, maximum=255, aliases=("-iia",)
    )
    init_noise: str = setting("pixels", "start noise", choices=("pixels", "gradient", "snow", "none"), aliases=("-in",))
    image_fit: str = setting(
        "stretch", "how start pictures, overlays and image prompts of another aspect ratio are fitted", choices=FITS
    )
    init_weight: float | None = setting(
        None,
        "weight of keeping the drawer's latents close to those of the start picture, by squared angle",
        aliases=("-iw",),
        role=Role.NEEDS_START | Role.STEERABLE,
    )
    init_weight_dist: float = setting(
        0.0, "as init_weight, by squared distance", aliases=("-iwd",), role=Role.NEEDS_START | Role.STEERABLE
    )
    init_weight_cos: float = setting(
        0.0, "as init_weight, by cosine", aliases=("-iwc",), role=Role.NEEDS_START | Role.STEERABLE
    )
    init_weight_pix: float = setting(
        0.0,
        "weight of keeping the pixels close to those of the start picture; works with every drawer",
        aliases=("-iwp",),
        role=Role.NEEDS_START | Role.STEERABLE,
    )
    image_labels: str | None = setting(
        None,
        "glob of pictures; pulls the drawer's latents towards the mean of theirs",
        aliases=("-il",),
        refers=Refers.PICTURE,
    )
    image_label_weight: float = setting(1.0, "weight of image_labels", aliases=("-ilw",))
    transparent: bool = setting(
        False, "paint with transparency, if the drawer supports it", role=Role.CHOICE, common=True
    )
    transparent_weight: float = setting(
        0.0,
        "weight of the pull towards transparency (negative: towards opacity)",
        role=Role.STEERABLE | Role.CHOICE,
    )
    alpha_use_g: bool = setting(False, "accepted from old settings, without effect", internal=True)
    alpha_gamma: float = setting(4.0, "accepted from old settings, without effect", internal=True)


@settings_group
class Over:
    """Overlays and animations"""

    overlay_image: str | None = setting(
        None,
        "picture laid over the drawing at regular steps: file, glob or URL",
        aliases=("-ovi",),
        refers=Refers.PICTURE,
        role=Role.PER_FRAME,
        grid="",
    )
    overlay_alpha: int | None = setting(
        None,
        "opacity of the overlay; not set or 0: the transparency of the file",
        minimum=0,
        maximum=255,
        aliases=("-ova",),
    )
    overlay_every: Amount = setting(
        Amount(10, "iterations"), "interval between overlays; 0: never", aliases=("-ove",), role=Role.PERIOD
    )
    overlay_offset: Amount = setting(
        Amount(0, "iterations"), "first step of the overlay within each interval", aliases=("-ovo",)
    )
    overlay_until: Amount | None = setting(None, "step at which overlays end", aliases=("-ovu",))
    animation_dir: str | None = setting(
        None,
        "folder for an animation: each file of a glob becomes one frame",
        aliases=("-anim",),
        refers=Refers.DESTINATION,
        role=Role.NEEDS_FOLDER,
    )
    animation_alpha: int = setting(
        128,
        "opacity of the previous frame when it is laid over each frame between rounds",
        minimum=0,
        maximum=255,
        aliases=("-ana",),
    )

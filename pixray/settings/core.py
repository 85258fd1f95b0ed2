"""The settings that the engine itself reads, whatever the drawer. Each class is one group of the help page.

Settings of a drawer, loss or filter stand beside that part. Names and defaults follow the old pixray.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from pixray.images.glob import FITS
from pixray.settings.declare import Declaration, Refers, Role, declarations, setting
from pixray.settings.grammar import Amount
from pixray.settings.output import ModelFiles, Output
from pixray.settings.prompt_kinds import OtherPrompts
from pixray.settings.references import palette_files, perceptor_files
from pixray.settings.remote import Remote
from pixray.settings.tables import ASPECT, EZSIZE, QUALITY
from pixray.settings.values import (
    model_names,
    palette_text,
    parts_text,
    percent_amounts,
    prior_texts,
    seed_value,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Guidance:
    """What to paint"""

    prompts: list[str] = setting(
        [],
        r"what to paint: texts separated by |, each text[:weight[:stop]]",
        aliases=("-p",),
        common=True,
        role=Role.SUBJECT | Role.REQUEST_FIELD | Role.WEIGHTED,
        grid="|",
    )
    drawer: str = setting(
        "vqgan",
        "how the picture is made",
        part="drawer",
        common=True,
        refers=Refers.SERVICE,
        role=Role.REQUEST_FIELD,
    )
    filters: str | None = setting(
        None,
        "filters on the picture, name[:weight] separated by commas",
        parse=parts_text,
        part="filter",
        grid="",
        adds_up=True,
        common=True,
    )
    custom_loss: str | None = setting(
        None,
        "further losses, name[:weight[:stop]] separated by commas",
        aliases=("--losses",),
        parse=parts_text,
        role=Role.SUBJECT,
        part="loss",
        grid="",
        adds_up=True,
        common=True,
    )
    priors: str | None = setting(
        None,
        "losses that a small perceptor needs to paint well, as custom_loss; set with it, or none",
        parse=parts_text,
        part="loss",
        grid="",
        adds_up=True,
    )
    prior_prompts: list[str] = setting(
        [], "prompts that a small perceptor needs; set with it, or none", parse=prior_texts, role=Role.WEIGHTED
    )
    palette: str | None = setting(
        None,
        "colours for the filter 'lookup', the loss 'palette' and drawers that use one",
        parse=palette_text,
        refers=Refers.PICTURE,
        references=palette_files,
        role=Role.REQUEST_FIELD,
        grid="",
        common=True,
    )


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large and how long"""

    quality: str = setting(
        "normal",
        "size, iterations and perceptors in one word",
        choices=tuple(QUALITY),
        aliases=("-q",),
        common=True,
        role=Role.REQUEST_FIELD,
    )
    iterations: int | None = setting(
        None,
        "how many steps",
        least=0,
        most=10_000_000,
        aliases=("-i",),
        common=True,
        role=Role.REQUEST_FIELD | Role.RESUMABLE,
    )
    aspect: str = setting(
        "widescreen",
        "shape of the picture",
        choices=(*ASPECT, "retain"),
        aliases=("-asp",),
        common=True,
        role=Role.REQUEST_FIELD,
    )
    size: tuple[int, int] | None = setting(
        None, "exact width and height", unit="pixels", least=1, most=16384, aliases=("-s",), common=True
    )
    scale: float | None = setting(None, "multiplies the base size of the aspect", least=0.05, aliases=("-sca",))
    ezsize: str | None = setting(None, "size in a word", choices=tuple(EZSIZE), aliases=("-ezs",))
    seed: Any = setting(
        None,
        "a number or a text: the same seed makes the same picture",
        parse=seed_value,
        common=True,
        role=Role.REQUEST_FIELD,
    )


@dataclass(frozen=True, kw_only=True)
class Perceptors:
    """Who looks at the picture"""

    perceptors: str = setting(
        "auto",
        "clip: the models of the quality; embedded: the small one inside the package; auto: clip if it can be had",
        choices=("auto", "clip", "embedded"),
        common=True,
    )
    clip_models: Any = setting(
        None,
        "models by name, separated by commas, each with an optional :weight",
        parse=model_names,
        refers=Refers.FILE,
        references=perceptor_files,
        role=Role.SEVERAL_WORDS,
        part="perceptor",
        grid="",
    )
    num_cuts: int | None = setting(
        None, "cutouts per perceptor size and batch", least=1, most=65536, aliases=("-cuts",)
    )
    batches: int | None = setting(
        None, "passes per step; their gradients are averaged", least=1, most=65536, aliases=("-bats",)
    )
    cutouts: str = setting(
        "direct",
        "how cutouts are taken; steady: the middle square as a whole, blurred at first, as suits drawings of strokes; "
        "classic: the old chain of resamplings, for comparison (slow)",
        part="cutouts",
    )
    cut_noise: float = setting(0.1, "strength of the noise on each cutout, drawn from 0 to this", least=0, most=1000)
    cut_contrast: str = setting(
        "plain",
        "minmax: stretch each batch of cutouts to 0..1 before the perceptor, as the old pixray did",
        choices=("plain", "minmax"),
    )
    cut_pow: float = setting(
        1.0, "accepted from old settings, without effect", aliases=("--cut_power", "-cutp"), internal=True
    )
    precision: str = setting(
        "auto",
        "number format of the perceptors; auto: bf16 on GPUs since Ampere and on CPUs that are faster in it, else fp32",
        choices=("auto", "fp32", "bf16", "fp16"),
    )
    cuts_at_once: int | None = setting(
        None,
        "cutouts encoded at a time: fewer need less memory, but twice the work; a GPU finds out by itself",
        least=1,
        role=Role.RESUMABLE,
    )


@dataclass(frozen=True, kw_only=True)
class Optimiser:
    """How the picture changes"""

    learning_rate: float = setting(0.2, "step size, for drawers without one of their own", least=0, aliases=("-lr",))
    optimiser: str = setting("Adam", "which optimizer", part="optimizer", aliases=("--optimizer", "-opt"))
    learning_rate_drops: Any = setting(
        ("75%",),
        "when the rate drops to a tenth; bare numbers are percents",
        parse=percent_amounts,
        aliases=("-lrd",),
        role=Role.SEVERAL_WORDS | Role.PERCENTS | Role.RESUMABLE,
        grid="",
    )
    auto_stop: bool = setting(False, "drop the rate, then stop, when the loss stalls for 12 steps", aliases=("-as",))
    device: str = setting(
        "auto", "auto, cpu, cuda, cuda:1, mps", aliases=("--cuda_device", "-cud"), common=True, role=Role.RESUMABLE
    )
    cuda_graph: str = setting(
        "auto",
        "capture a step as a CUDA graph and replay it; auto: where every part allows it, else run steps directly",
        choices=("auto", "on", "off"),
        role=Role.UNRECORDED,
    )
    cudnn_determinism: bool = setting(False, "deterministic cuDNN kernels on GPUs", aliases=("--deterministic", "-d"))


@dataclass(frozen=True, kw_only=True)
class Start:
    """What to start from"""

    init_image: str | None = setting(
        None,
        "picture to start from: a file, a glob or an address",
        aliases=("-ii",),
        common=True,
        refers=Refers.PICTURE,
        role=Role.SUBJECT | Role.PER_FRAME,
    )
    init_image_alpha: int = setting(
        200, "how opaque the start picture lies over the noise", least=0, most=255, aliases=("-iia",)
    )
    init_noise: str = setting(
        "pixels", "noise to start from", choices=("pixels", "gradient", "snow", "none"), aliases=("-in",)
    )
    image_fit: str = setting(
        "stretch", "how start pictures, overlays and image prompts of other proportions are fitted", choices=FITS
    )
    init_weight: float | None = setting(
        None,
        "holds the drawer's latents to those of the start picture, by angle",
        aliases=("-iw",),
        role=Role.NEEDS_START,
    )
    init_weight_dist: float = setting(0.0, "the same by squared distance", aliases=("-iwd",), role=Role.NEEDS_START)
    init_weight_cos: float = setting(0.0, "the same by cosine", aliases=("-iwc",), role=Role.NEEDS_START)
    init_weight_pix: float = setting(
        0.0,
        "holds the picture itself to the start picture; works with every drawer",
        aliases=("-iwp",),
        role=Role.NEEDS_START,
    )
    image_labels: str | None = setting(
        None,
        "pictures whose mean, in the drawer's latents, to come near: a glob",
        aliases=("-il",),
        refers=Refers.PICTURE,
    )
    image_label_weight: float = setting(1.0, "how much that counts", aliases=("-ilw",))
    transparent: bool = setting(False, "let the drawer use transparency, if it can")
    transparent_weight: float = setting(0.0, "pulls towards transparency (negative: towards opacity)")
    alpha_use_g: bool = setting(False, "accepted from old settings, without effect", internal=True)
    alpha_gamma: float = setting(4.0, "accepted from old settings, without effect", internal=True)


@dataclass(frozen=True, kw_only=True)
class Over:
    """What is laid over the drawing while it is made, and animations"""

    overlay_image: str | None = setting(
        None,
        "picture laid over the drawing again and again: a file, a glob or an address",
        aliases=("-ovi",),
        refers=Refers.PICTURE,
        role=Role.PER_FRAME,
        grid="",
    )
    overlay_alpha: int | None = setting(
        None, "how opaque it is; not set or 0: as opaque as the file says", least=0, most=255, aliases=("-ova",)
    )
    overlay_every: Amount = setting(
        Amount(10, "iterations"), "how often; 0: never", aliases=("-ove",), role=Role.PERIOD
    )
    overlay_offset: Amount = setting(Amount(0, "iterations"), "at which step of every period", aliases=("-ovo",))
    overlay_until: Amount | None = setting(None, "the step from which on it is left out", aliases=("-ovu",))
    animation_dir: str | None = setting(
        None,
        "folder for an animation: every file of a glob becomes a frame of its own",
        aliases=("-anim",),
        refers=Refers.DESTINATION,
    )
    animation_alpha: int = setting(
        128, "how opaque the frame before is laid over each frame between rounds", least=0, most=255, aliases=("-ana",)
    )


ALWAYS: tuple[type, ...] = (
    Guidance,
    OtherPrompts,
    Size,
    Perceptors,
    Optimiser,
    Start,
    Over,
    Remote,
    Output,
    ModelFiles,
)
"""Groups that exist in every run."""


@cache
def engine_declarations() -> tuple[Declaration, ...]:
    """The declared settings of all these groups, in their order."""
    return tuple(one for group in ALWAYS for one in declarations(group, "the engine"))

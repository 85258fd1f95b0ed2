"""The settings of the engine, common to all drawers. Each class is one group of the help page.

The settings of a drawer, loss or filter are declared beside it. Names and defaults follow the old pixray.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pixray.settings.changes import Changes
from pixray.settings.declare import Declaration, Refers, Role, declarations, setting, settings_group
from pixray.settings.image_inputs import Over, Start
from pixray.settings.ladders import LADDERS
from pixray.settings.named_files import palette_files, perceptor_files
from pixray.settings.output import ModelFiles, Output
from pixray.settings.prompt_kinds import OtherPrompts
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


@settings_group
class Guidance:
    """Prompts and drawer"""

    prompts: list[str] = setting(
        [],
        r"text prompts separated by |, each text[:weight[:stop]]",
        aliases=("-p", "--prompt"),
        common=True,
        role=Role.SUBJECT | Role.REQUEST_FIELD | Role.WEIGHTED | Role.STEERABLE,
        grid="|",
    )
    drawer: str = setting(
        "vqgan",
        "what makes the picture",
        part="drawer",
        common=True,
        refers=Refers.SERVICE,
        role=Role.REQUEST_FIELD,
    )
    filters: str | None = setting(
        None,
        "image filters, name[:weight] separated by commas",
        parse=parts_text,
        part="filter",
        grid="",
        adds_up=True,
        common=True,
        role=Role.STEERABLE,
    )
    custom_loss: str | None = setting(
        None,
        "additional losses, name[:weight[:stop]] separated by commas",
        aliases=("--losses",),
        parse=parts_text,
        role=Role.SUBJECT | Role.STEERABLE,
        part="loss",
        grid="",
        adds_up=True,
        common=True,
    )
    priors: str | None = setting(
        None,
        "regularizing losses for small perceptors, as in custom_loss; set automatically; none: no such losses",
        parse=parts_text,
        part="loss",
        grid="",
        adds_up=True,
    )
    prior_prompts: list[str] = setting(
        [],
        "additional prompts for small perceptors; set automatically; none: no such prompts",
        parse=prior_texts,
        role=Role.WEIGHTED,
    )
    palette: str | None = setting(
        None,
        "colours for the filter 'lookup', the loss 'palette' and drawers with a palette",
        parse=palette_text,
        refers=Refers.PICTURE,
        references=palette_files,
        role=Role.REQUEST_FIELD | Role.STEERABLE | Role.CHOICE,
        grid="",
        common=True,
    )


@settings_group
class Size:
    """Size, iterations and seed"""

    quality: str = setting(
        "normal",
        "preset for size, iterations and perceptors",
        choices=tuple(QUALITY),
        aliases=("-q",),
        common=True,
        role=Role.REQUEST_FIELD | Role.CHOICE,
    )
    iterations: int | None = setting(
        None,
        "number of steps",
        minimum=0,
        maximum=10_000_000,
        aliases=("-i",),
        common=True,
        role=Role.REQUEST_FIELD | Role.RESUMABLE,
    )
    aspect: str = setting(
        "widescreen",
        "aspect ratio of the picture",
        choices=(*ASPECT, "retain"),
        aliases=("-asp",),
        common=True,
        role=Role.REQUEST_FIELD | Role.CHOICE,
    )
    size: tuple[int, int] | None = setting(
        None,
        "exact width and height",
        unit="pixels",
        minimum=1,
        maximum=16384,
        aliases=("-s",),
        common=True,
        role=Role.REQUEST_FIELD,
    )
    scale: float | None = setting(
        None, "factor applied to the base size of the aspect", minimum=0.05, aliases=("-sca",), role=Role.CHOICE
    )
    ezsize: str | None = setting(None, "named size", choices=tuple(EZSIZE), aliases=("-ezs",), role=Role.CHOICE)
    seed: Any = setting(
        None,
        "number or text; the same seed gives the same picture",
        parse=seed_value,
        common=True,
        role=Role.REQUEST_FIELD,
    )
    audition: int = setting(
        1,
        "seeds that paint the first 60 steps, from the run's own on; the one whose picture fits best goes on",
        minimum=1,
        maximum=64,
        common=True,
    )
    judge: str | None = setting(
        None,
        "perceptor that chooses between the seeds of an audition and guides none of them: siglip2, siglip2-so400m or a "
        "name as in clip_models",
        refers=Refers.FILE,
        references=perceptor_files,
        grid="",
    )


@settings_group
class Perceptors:
    """Perceptors and cutouts"""

    perceptors: str = setting(
        "auto",
        "clip: the models of the quality preset; robust: those of ladder=robust; embedded: the built-in model; "
        "auto: clip if available, else embedded",
        choices=("auto", "clip", "robust", "embedded"),
        common=True,
        role=Role.CHOICE,
    )
    ladder: str = setting(
        "classic",
        "which models, and how many looks a step, a quality means; classic: those of the old pixray; robust: CLIPs "
        "that were fine-tuned against adversaries, with few looks",
        choices=LADDERS,
        role=Role.CHOICE,
    )
    clip_models: Any = setting(
        None,
        "CLIP models by name, separated by commas, each with an optional :weight",
        parse=model_names,
        refers=Refers.FILE,
        references=perceptor_files,
        role=Role.SEVERAL_WORDS,
        part="perceptor",
        grid="",
    )
    num_cuts: int | None = setting(
        None, "number of cutouts per perceptor input size and batch", minimum=1, maximum=65536, aliases=("-cuts",)
    )
    batches: int | None = setting(
        None, "passes per step, whose gradients are averaged", minimum=1, maximum=65536, aliases=("-bats",)
    )
    cutouts: str = setting(
        "direct",
        "how cutouts are sampled; steady: the whole central square, blurred at first, for stroke drawings; "
        "middle: most show the central square, the others all of a wide canvas squeezed into one; "
        "classic: the resampling chain of the old pixray, for comparison (slow)",
        part="cutouts",
    )
    cut_noise: float = setting(0.1, "maximum strength of the noise added to each cutout", minimum=0, maximum=1000)
    cut_contrast: str = setting(
        "plain",
        "minmax: rescale each batch of cutouts to 0..1 before the perceptor, as the old pixray did",
        choices=("plain", "minmax"),
    )
    cut_pow: float = setting(
        1.0, "accepted from old settings, without effect", aliases=("--cut_power", "-cutp"), internal=True
    )
    precision: str = setting(
        "auto",
        "number format of the perceptors; auto: bf16 on GPUs from Ampere on and on CPUs where it is faster, else fp32",
        choices=("auto", "fp32", "bf16", "fp16"),
    )
    cuts_at_once: int | None = setting(
        None,
        "cutouts encoded at a time; fewer take less memory but twice the work; chosen automatically on a GPU",
        minimum=1,
        role=Role.RESUMABLE,
    )


@settings_group
class Optimizer:
    """Optimizer and device"""

    learning_rate: float = setting(
        0.2,
        "step size, for drawers that have no step size of their own",
        minimum=0,
        aliases=("-lr",),
        role=Role.STEERABLE,
    )
    learning_rate_factor: float = setting(
        1.0, "what every step size is multiplied by, those of drawers included", minimum=0, maximum=1000
    )
    optimiser: str = setting("Adam", "name of the optimizer", part="optimizer", aliases=("--optimizer", "-opt"))
    learning_rate_drops: Any = setting(
        ("75%",),
        "when the learning rate drops to a tenth; plain numbers are percentages",
        parse=percent_amounts,
        aliases=("-lrd",),
        role=Role.SEVERAL_WORDS | Role.PERCENTS | Role.RESUMABLE,
        grid="",
    )
    auto_stop: bool = setting(
        False, "when the loss stalls for 12 steps, drop the learning rate, then stop", aliases=("-as",)
    )
    device: str = setting(
        "auto",
        "auto, cpu, cuda, cuda:1 or mps",
        aliases=("--cuda_device", "-cud"),
        common=True,
        role=Role.RESUMABLE | Role.OF_MACHINE,
    )
    cuda_graph: str = setting(
        "auto",
        "capture each step as a CUDA graph and replay it; auto: if every part of the run supports it",
        choices=("auto", "on", "off"),
        role=Role.UNRECORDED,
    )
    cudnn_determinism: bool = setting(False, "deterministic cuDNN kernels on GPUs", aliases=("--deterministic", "-d"))


ALWAYS: tuple[type, ...] = (
    Guidance,
    OtherPrompts,
    Size,
    Perceptors,
    Optimizer,
    Start,
    Over,
    Changes,
    Remote,
    Output,
    ModelFiles,
)
"""Groups of settings that exist in every run."""


@cache
def engine_declarations() -> tuple[Declaration, ...]:
    """The declared settings of all these groups, in their order."""
    return tuple(declaration for group in ALWAYS for declaration in declarations(group, "the engine"))

"""The settings of all prompts other than text. Names, flags and defaults follow the old pixray."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pixray.settings.declare import Refers, Role, setting, settings_group
from pixray.settings.grammar import Weighted, parse_weighted, split_pipes
from pixray.settings.named_files import vector_files


def vector_names(raw: Any) -> list[str]:
    """Names of vectors separated by pipes, each with an optional weight; "none", "0" and nothing are no vectors."""
    return [name for name in split_pipes(raw) if name.lower() not in ("none", "0")]


def parse_prompts(texts: Sequence[str]) -> tuple[list[Weighted], list[tuple[str, str]]]:
    """Prompts from their text form, and the texts that are none, each with what is wrong with it.

    A leading `=` (an unfinished experiment of the old pixray) is dropped. Prompts of weight 0 are left out.
    """
    prompts, problems = [], []
    for text in texts:
        try:
            prompt = parse_weighted(text.lstrip("= "))
        except ValueError as error:
            problems.append((text, str(error)))
            continue
        if not prompt.text:
            problems.append((text, "expected some words before the weight"))
        elif prompt.weight != 0:
            prompts.append(prompt)
    return prompts, problems


@settings_group
class OtherPrompts:
    """Image, spot, vector and noise prompts"""

    prompts_file: str | None = setting(
        None,
        "text file with the prompts of a picture in each line; they are painted one after the other, as a grid",
        common=True,
        refers=Refers.FILE,
        role=Role.UNRECORDED,
        grid="",
    )
    spot_prompts: list[str] = setting(
        [],
        "prompts for the dark part of spot_file only, by default a disc in the centre",
        aliases=("--spot", "-sp"),
        role=Role.SUBJECT | Role.WEIGHTED | Role.STEERABLE,
    )
    spot_prompts_off: list[str] = setting(
        [],
        "prompts for the white part of spot_file only",
        aliases=("--spot_off", "-spo"),
        role=Role.SUBJECT | Role.WEIGHTED | Role.STEERABLE,
    )
    spot_file: str | None = setting(
        None,
        "mask: the dark part is the spot, the white part the rest; grey values blend",
        aliases=("-spf",),
        refers=Refers.PICTURE,
    )
    labels: list[str] = setting(
        [],
        "names of things, each used in seven sentences: name[:weight[:stop]]",
        aliases=("-l",),
        role=Role.SUBJECT | Role.WEIGHTED | Role.STEERABLE,
    )
    vector_prompts: Any = setting(
        ("textoff",),
        "directions made by `pixray vectorize`: name or .json file[:weight[:stop]]; none: no vector prompts",
        aliases=("-vp",),
        parse=vector_names,
        refers=Refers.PICTURE,
        references=vector_files,
        adds_up=True,
        role=Role.WEIGHTED | Role.STEERABLE,
    )
    image_prompts: list[str] = setting(
        [],
        "pictures to resemble, compared cutout by cutout: file, glob or URL[:weight[:stop]]",
        aliases=("-ip",),
        refers=Refers.PICTURE,
        role=Role.SUBJECT | Role.WEIGHTED | Role.PER_FRAME | Role.STEERABLE,
    )
    image_prompt_weight: float | None = setting(
        None, "factor applied to the weights of image_prompts", aliases=("-ipw",)
    )
    image_prompt_shuffle: bool = setting(
        False, "sample the cutouts of image prompts at their own random positions", aliases=("-ips",)
    )
    image_prompt_pairs: str = setting(
        "aligned",
        "which cutouts of image prompt and drawing are compared; all: every pair, as in the old pixray",
        choices=("aligned", "all"),
    )
    target_images: list[str] = setting(
        [],
        "pictures whose meaning to match, compared as a whole: file, glob or URL[:weight[:stop]]",
        aliases=("-ti",),
        refers=Refers.PICTURE,
        role=Role.SUBJECT | Role.WEIGHTED | Role.PER_FRAME | Role.STEERABLE,
    )
    noise_prompt_seeds: list[int] = setting(
        [], "seeds, each of which adds a random direction as a prompt", aliases=("-nps",), role=Role.SUBJECT
    )
    noise_prompt_weights: list[float] = setting([], "weights of the noise prompts; 1 where missing", aliases=("-npw",))

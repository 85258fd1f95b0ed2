"""The settings of every kind of prompt that is not a plain text. Names, flags and defaults follow the old pixray."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pixray.settings.declare import Refers, Role, setting
from pixray.settings.grammar import Weighted, parse_weighted, split_pipes
from pixray.settings.references import vector_files


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


@dataclass(frozen=True, kw_only=True)
class OtherPrompts:
    """Prompts that are no plain texts"""

    spot_prompts: list[str] = setting(
        [],
        "prompts for the dark part of spot_file alone; by default a disc in the middle",
        aliases=("--spot", "-sp"),
        role=Role.SUBJECT | Role.WEIGHTED,
    )
    spot_prompts_off: list[str] = setting(
        [],
        "prompts for the white part of spot_file alone",
        aliases=("--spot_off", "-spo"),
        role=Role.SUBJECT | Role.WEIGHTED,
    )
    spot_file: str | None = setting(
        None,
        "mask: the dark part is the spot, the white part the rest; greys count in part",
        aliases=("-spf",),
        refers=Refers.PICTURE,
    )
    labels: list[str] = setting(
        [],
        "names of things, put into seven sentences each: name[:weight[:stop]]",
        aliases=("-l",),
        role=Role.SUBJECT | Role.WEIGHTED,
    )
    vector_prompts: Any = setting(
        ("textoff",),
        "directions made by `pixray vectorize`: name or .json file[:weight[:stop]]; none: not even the default",
        aliases=("-vp",),
        parse=vector_names,
        refers=Refers.PICTURE,
        references=vector_files,
        adds_up=True,
        role=Role.WEIGHTED,
    )
    image_prompts: list[str] = setting(
        [],
        "pictures to resemble, part by part: file, glob or address[:weight[:stop]]",
        aliases=("-ip",),
        refers=Refers.PICTURE,
        role=Role.SUBJECT | Role.WEIGHTED | Role.PER_FRAME,
    )
    image_prompt_weight: float | None = setting(None, "multiplies the weights of image_prompts", aliases=("-ipw",))
    image_prompt_shuffle: bool = setting(
        False, "compare image prompts by cutouts of their own, anywhere in them", aliases=("-ips",)
    )
    image_prompt_pairs: str = setting(
        "aligned",
        "which cutouts of an image prompt and of the drawing are compared; all: each with each, as the old pixray",
        choices=("aligned", "all"),
    )
    target_images: list[str] = setting(
        [],
        "pictures to mean the same as: file, glob or address[:weight[:stop]]",
        aliases=("-ti",),
        refers=Refers.PICTURE,
        role=Role.SUBJECT | Role.WEIGHTED | Role.PER_FRAME,
    )
    noise_prompt_seeds: list[int] = setting(
        [], "a random direction for each of these seeds", aliases=("-nps",), role=Role.SUBJECT
    )
    noise_prompt_weights: list[float] = setting(
        [], "weights of the random directions; where one is missing, 1", aliases=("-npw",)
    )

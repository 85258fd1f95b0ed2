"""Values that follow from others: the canvas size, whole iterations from amounts, the list of rate drops.

Late imports keep PIL and NumPy out of start-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pixray.errors import PixrayError, shown
from pixray.settings import tables as presets
from pixray.settings.cell_grids import fit_canvas
from pixray.settings.declare import Declaration, Role
from pixray.settings.grammar import Amount
from pixray.settings.ladders import LADDER_FOLLOWS, missing_rung
from pixray.settings.namespace import Origin
from pixray.settings.timed_prompts import order_problem

MOST_PIXELS_A_SIDE = 16384


def derive(
    declared: Mapping[str, Declaration],
    values: dict[str, Any],
    origins: Mapping[str, Origin],
    problems: list[str],
) -> None:
    """Complete converted values in place; what cannot be completed becomes a problem.

    Args:
        declared: by setting name.
        values: by setting name, each already of its declared type.
        origins: where each value came from.
        problems: receives one line per problem.
    """
    derive_times(declared, values, values, problems)
    _check_anchors(declared, values, problems)
    _check_ladder(values, origins, problems)
    _derive_size(values, origins, problems)
    if not problems:
        fit_canvas(declared, values, origins, problems)


def derive_times(
    declared: Mapping[str, Declaration], values: dict[str, Any], amounts: Mapping[str, Any], problems: list[str]
) -> None:
    """Whole iterations from amounts, once the number of iterations is known; see `derive`.

    Args:
        amounts: by setting name, converted and not derived yet; what is no amount is passed over.
    """
    iterations = values["iterations"]
    for name, value in amounts.items():
        if isinstance(value, Amount):
            number = value.of(iterations)
            # A share that rounds down to nothing still means "as often as possible", not "never".
            values[name] = max(1, number) if value.value > 0 and Role.PERIOD in declared[name].role else number
        elif Role.PERCENTS in declared[name].role:
            values[name] = [amount.of(iterations - 1) if iterations else 0 for amount in value or []]
    _check_changes(values, problems)


def _check_anchors(declared: Mapping[str, Declaration], values: dict[str, Any], problems: list[str]) -> None:
    """What holds on to a start picture needs one."""
    if values["init_image"] or values.get("init_from"):
        return
    problems += [
        f"{name}={values[name]:g} holds on to a start picture: give init_image too"
        for name, declaration in declared.items()
        if Role.NEEDS_START in declaration.role and values[name]
    ]


def _check_ladder(values: Mapping[str, Any], origins: Mapping[str, Origin], problems: list[str]) -> None:
    """A quality whose models of the robust ladder cannot be used."""
    if origins["clip_models"].follows == LADDER_FOLLOWS:
        missing = missing_rung(values["quality"])
        problems += [missing] if missing else []


def _check_changes(values: Mapping[str, Any], problems: list[str]) -> None:
    """Times in their order, and a camera for one drawing alone."""
    wrong = order_problem(values["timed_prompts"], values["iterations"])
    if wrong:
        problems.append(f"timed_prompts={shown(' | '.join(values['timed_prompts']))}: {wrong}")
    moves = values["camera_zoom"] != 1 or any(values["camera_pan"]) or values["camera_rotate"]
    if moves and values["camera_every"] and values["animation_dir"]:
        problems.append(
            "a camera flies over one drawing, and each frame of animation_dir is a drawing of its own: leave "
            "animation_dir out and record the flight with make_video"
        )


def _derive_size(values: dict[str, Any], origins: Mapping[str, Origin], problems: list[str]) -> None:
    """`size` wins over `scale`, which wins over `ezsize`, which wins over what the quality supplies."""
    if values["size"] is not None:
        values["size"] = list(values["size"])
        return
    if values["ezsize"] is not None and not origins["scale"].asked_for:
        values["scale"] = presets.EZSIZE[values["ezsize"]]
    image_size = None
    if values["aspect"] == "retain":
        if not values["init_image"]:
            problems.append("aspect='retain' keeps the proportions of a start image: give init_image too")
            return
        image_size = _picture_size(values["init_image"], problems)
        if image_size is None:
            return
    width, height = presets.canvas_size(values["aspect"], values["scale"], image_size)
    if min(width, height) < 1 or max(width, height) > MOST_PIXELS_A_SIDE:
        sizes = f"{width}x{height}" if values["scale"] < MOST_PIXELS_A_SIDE else "too many"
        problems.append(
            f"scale={shown(values['scale'])} (from {origins['scale'].label}): makes a canvas of {sizes} pixels; "
            f"expected sides from 1 to {MOST_PIXELS_A_SIDE}"
        )
    values["size"] = [width, height]


def _picture_size(text: str, problems: list[str]) -> tuple[int, int] | None:
    from pixray.images.glob import expand, is_address
    from pixray.images.io import picture_size

    if is_address(text):
        problems.append(f"init_image={text!r}: aspect=retain needs a file on this machine")
        return None
    try:
        return picture_size(expand(text, "init_image")[0], "init_image")
    except PixrayError as error:
        problems.append(str(error))
    return None

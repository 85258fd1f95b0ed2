"""What a request asks for against what a service can do, before anything is sent."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any, Literal

from pixray.errors import did_you_mean
from pixray.providers.base import ImageRequest, Provider
from pixray.providers.errors import UnsupportedFeature


def fitted(
    provider: Provider, request: ImageRequest, on_unsupported: Literal["refuse", "drop"] = "refuse"
) -> tuple[ImageRequest, tuple[str, ...]]:
    """The request as the service can take it.

    Args:
        on_unsupported: "drop" leaves out what can be left out and says so.

    Returns:
        the request, and warnings.

    Raises:
        UnsupportedFeature: what is wrong, all of it in one sentence. Nothing was sent.
    """
    changes, problems, hopeless = _differences(provider, request)
    if hopeless or (problems and on_unsupported == "refuse"):
        raise UnsupportedFeature(f"{provider.name}: " + "; ".join([*hopeless, *problems]))
    fitting = provider.refine(replace(request, **changes))
    return fitting, tuple(f"{provider.name}: {problem}; left out" for problem in problems)


def _differences(provider: Provider, request: ImageRequest) -> tuple[dict[str, Any], list[str], list[str]]:
    """Fields to change so that the request fits, what they are about, and what nothing can be done about."""
    capabilities = provider.capabilities
    changes: dict[str, Any] = {}
    problems: list[str] = []

    def leave_out(wrong: bool, problem: str, **without: Any) -> None:
        if wrong:
            problems.append(problem)
            changes.update(without)

    takes_picture = capabilities.init and request.init is not None
    leave_out(request.init is not None and not capabilities.init, "it takes no start picture", init=None, strength=None)
    leave_out(
        request.mask is not None and not (capabilities.mask and takes_picture),
        "it repaints no masked part" if not capabilities.mask else "a mask needs a start picture",
        mask=None,
    )
    kind = request.control.kind if request.control else None
    leave_out(kind is not None and kind not in capabilities.controls, f"it has no control '{kind}'", control=None)
    leave_out(
        bool(request.unwanted) and not capabilities.negative, "it takes no negative prompt", **_only_wanted(request)
    )
    leave_out(request.seed is not None and capabilities.seeds is None, "it takes no seed", seed=None)
    leave_out(request.steps is not None and not capabilities.steps, "it takes no number of steps", steps=None)
    leave_out(request.guidance is not None and not capabilities.guidance, "it takes no guidance", guidance=None)
    leave_out(
        request.sampler is not None
        and capabilities.samplers is not None
        and request.sampler not in capabilities.samplers,
        _sampler_problem(capabilities.samplers, request.sampler),
        sampler=None,
    )
    return changes, problems, _hopeless(provider, request)


def _only_wanted(request: ImageRequest) -> dict[str, Any]:
    return {"negative": "", "prompts": tuple(prompt for prompt in request.prompts if prompt[1] >= 0)}


def _sampler_problem(samplers: tuple[str, ...] | None, sampler: str | None) -> str:
    if not samplers:
        return "it has no choice of samplers"
    return f"sampler '{sampler}': expected one of {', '.join(samplers)}.{did_you_mean(sampler or '', samplers)}"


def _hopeless(provider: Provider, request: ImageRequest) -> list[str]:
    capabilities, problems = provider.capabilities, []
    if not request.text and request.init is None:
        problems.append("it needs a prompt with a weight above 0")
    if request.seed is not None and capabilities.seeds is not None and not 0 <= request.seed <= capabilities.seeds:
        problems.append(f"seed={request.seed}: expected 0 to {capabilities.seeds}")
    rule = provider.sizes(request.model)
    if not rule.allows(request.width, request.height):
        near = "x".join(map(str, rule.nearest(request.width, request.height)))
        problems.append(f"it makes no pictures of {request.width}x{request.height}; the nearest size is {near}")
    for name, picture in (("start picture", request.init), ("mask", request.mask)):
        if picture is not None and len(picture) > capabilities.most_input:
            problems.append(f"the {name} has {len(picture)} bytes, at most {capabilities.most_input} are taken")
    allowed = provider.request_fields().get("options", {}).keys() | _option_names(provider)
    for name in request.options:
        if name not in allowed:
            problems.append(f"unknown option '{name}'.{did_you_mean(name, allowed)}")
    return problems


def _option_names(provider: Provider) -> set[str]:

    if provider.Settings is None:
        return set()
    return {field.name.removeprefix(f"{provider.name}_") for field in dataclasses.fields(provider.Settings)}

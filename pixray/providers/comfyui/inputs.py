"""Which inputs of a graph take the prompt, the seed, the size …: as somebody names them, by title, or by type.

A node may simply be given the title "prompt", "negative", "seed", "size", "picture" or "mask". Without titles, the
texts are those that lead to a sampler, the size is that of the empty latent picture, and so on. What would be a guess
among several is an error that names them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pixray.providers.comfyui.graph import Graph, is_link, title_of, upstream


@dataclass(frozen=True)
class Place:
    """Inputs of one node that take one value together.

    Attributes:
        node: its number; names: of the inputs. A size has two, width and height.
    """

    node: str
    names: tuple[str, ...]


_TEXTS = ("text", "prompt", "text_g", "text_l", "clip_l", "t5xxl", "string", "value")
_SEEDS = ("seed", "noise_seed")
_FIELDS: dict[str, tuple[str, ...]] = {
    "prompt": _TEXTS,
    "negative": _TEXTS,
    "seed": (*_SEEDS, "value", "int"),
    "size": ("width", "height"),
    "picture": ("image",),
    "mask": ("image",),
    "strength": ("denoise",),
    "steps": ("steps",),
    "guidance": ("cfg", "guidance"),
    "sampler": ("sampler_name",),
    "model": ("ckpt_name", "unet_name"),
}
"""What can be found, and which inputs may take it."""
_TITLES: dict[str, tuple[str, ...]] = {
    "prompt": ("prompt", "positive", "positive prompt"),
    "negative": ("negative", "negative prompt"),
    "picture": ("picture", "start picture"),
    "model": ("model", "checkpoint"),
}
_SEVERAL = ("seed", "strength", "steps", "guidance", "sampler")
"""What all samplers of a graph may take together."""
NONE = "-"
"""In place of a node: the graph has no such input, and is to be used without."""


def named_places(text: str, graph: Graph) -> dict[str, list[Place]]:
    """The inputs in a setting such as `prompt=6.text,seed=3.seed,size=5`.

    Raises:
        ValueError: no such node or input; one sentence.
    """
    places: dict[str, list[Place]] = {}
    for item in filter(None, (item.strip() for item in text.split(","))):
        what, _, target = (part.strip() for part in item.partition("="))
        if what not in _FIELDS or not target:
            raise ValueError(f"'{item}': expected one of {', '.join(_FIELDS)}, then =NODE.INPUT")
        if target == NONE:
            places[what] = []
            continue
        number, _, name = target.partition(".")
        if number not in graph:
            raise ValueError(f"'{item}': the graph has no node {number}; it has {_nodes(graph)}")
        names = (name,) if name else tuple(_literal(graph, number, _FIELDS[what]))
        missing = [name for name in names if name not in graph[number]["inputs"]]
        if missing or not names:
            inputs = ", ".join(graph[number]["inputs"]) or "none"
            raise ValueError(f"'{item}': node {number} ({title_of(graph[number])}) has the inputs {inputs}")
        places[what] = [Place(number, names)]
    return places


def find(graph: Graph, what: str, named: Mapping[str, list[Place]]) -> list[Place]:
    """The inputs that take something; none if there are none.

    Args:
        named: what somebody named, which comes first.

    Raises:
        ValueError: several nodes might be meant; one sentence that names them.
    """
    if what in named:
        return named[what]
    titles = _TITLES.get(what, (what,))
    titled = [number for number, node in graph.items() if title_of(node).strip().lower() in titles]
    places = [place for number in titled for place in _places(graph, number, what)] or _by_type(graph, what)
    distinct = list(dict.fromkeys(places))
    if len(distinct) > 1 and what not in _SEVERAL:
        listed = ", ".join(f"{place.node} ({title_of(graph[place.node])})" for place in distinct)
        raise ValueError(
            f"the graph has several nodes that might take the {what}: {listed}; give one of them the title '{what}'"
        )
    return distinct


def missing_inputs(graph: Graph, missing: list[str]) -> str:
    """What to do about inputs that were not found, as one sentence."""
    example = f"{missing[0]}={next(iter(graph))}.{_FIELDS[missing[0]][0]}"
    return (
        f"the graph has no input for the {', the '.join(missing)}: title the node that takes it so, or say which "
        f"it is (--comfyui_inputs {example}; {missing[0]}={NONE}: do without); it has {_nodes(graph)}"
    )


def filled(graph: Graph, values: Mapping[str, Any], places: Mapping[str, list[Place]]) -> Graph:
    """A copy of the graph with values in their places. A size is a pair, for width and height."""
    result = copy.deepcopy(graph)
    for what, value in values.items():
        for place in places[what]:
            for name in place.names:
                part = value[0 if name == "width" else 1] if what == "size" else value
                result[place.node]["inputs"][name] = part
            if what == "size" and "batch_size" in result[place.node]["inputs"]:
                result[place.node]["inputs"]["batch_size"] = 1
            if what == "mask" and "channel" in result[place.node]["inputs"]:
                result[place.node]["inputs"]["channel"] = "red"
    return result


def _places(graph: Graph, number: str, what: str) -> list[Place]:
    """The inputs of a node that may take something; those that are linked lead on to where the value stands."""
    names = _literal(graph, number, _FIELDS[what])
    if what == "size" and len(names) < 2:
        return []
    if names:
        return [Place(number, tuple(names if what in ("prompt", "negative", "size") else names[:1]))]
    links = [value for name, value in graph[number]["inputs"].items() if name in _FIELDS[what] and is_link(value)]
    return [place for link in links if str(link[0]) in graph for place in _ends(graph, str(link[0]), what)]


def _ends(graph: Graph, number: str, what: str) -> list[Place]:
    """Where a linked value stands: the nearest node upstream that holds one."""
    for candidate in upstream(graph, number):
        names = _literal(graph, candidate, _FIELDS[what])
        if names:
            return [Place(candidate, tuple(names[:1]))]
    return []


def _literal(graph: Graph, number: str, names: tuple[str, ...]) -> list[str]:
    """Those of some inputs of a node that hold a value themselves."""
    inputs = graph[number]["inputs"]
    return [name for name in names if name in inputs and not is_link(inputs[name])]


def _by_type(graph: Graph, what: str) -> list[Place]:
    rules: dict[str, Callable[[], list[str]]] = {
        "seed": lambda: [number for number in graph if any(name in graph[number]["inputs"] for name in _SEEDS)],
        "size": lambda: [number for number in graph if graph[number]["class_type"].startswith("Empty")],
        "picture": lambda: [number for number in graph if graph[number]["class_type"] == "LoadImage"],
        "mask": lambda: [number for number in graph if graph[number]["class_type"] == "LoadImageMask"],
        "model": lambda: [number for number in graph if _literal(graph, number, _FIELDS["model"])],
    }
    if what == "prompt":
        return _texts_to(graph, ("positive", "conditioning"))
    if what == "negative":
        return [place for place in _texts_to(graph, ("negative",)) if place not in _by_type(graph, "prompt")]
    numbers = rules[what]() if what in rules else list(_samplers(graph))
    return [place for number in numbers for place in _places(graph, number, what)]


def _samplers(graph: Graph) -> list[str]:
    """Nodes that a picture is sampled with, and the guiders of those that have one."""
    return [
        number for number, node in graph.items() if any(word in node["class_type"] for word in ("Sampler", "Guider"))
    ]


def _texts_to(graph: Graph, names: tuple[str, ...]) -> list[Place]:
    """The nearest texts that lead to these inputs of the samplers."""
    places, samplers = [], _samplers(graph)
    for number in samplers:
        for name in names:
            link = graph[number]["inputs"].get(name)
            if not is_link(link):
                continue
            for candidate in upstream(graph, str(link[0]), samplers):
                fields = [field for field in _literal(graph, candidate, _TEXTS) if _is_text(graph, candidate, field)]
                if fields:
                    places.append(Place(candidate, tuple(fields)))
                    break
    return places


def _is_text(graph: Graph, number: str, name: str) -> bool:
    return isinstance(graph[number]["inputs"][name], str)


def _nodes(graph: Graph) -> str:
    listed = [f"{number} ({title_of(node)})" for number, node in list(graph.items())[:12]]
    return ", ".join(listed) + (" …" if len(graph) > 12 else "")

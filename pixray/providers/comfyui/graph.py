"""Graphs of ComfyUI in the form of its API: nodes by number, each with a class, inputs and a title.

    {"3": {"class_type": "KSampler", "inputs": {"seed": 1, "positive": ["6", 0], …}, "_meta": {"title": "KSampler"}}}

An input is a value, or a link: the number of another node and which of its outputs.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

Graph = dict[str, dict[str, Any]]

FAMILIES = ("sd15", "sdxl", "turbo", "sd3", "flux")
"""Families of checkpoints with a ready graph each."""
_MOST_BYTES = 8 << 20


def read_graph(path: str) -> Graph:
    """The graph in a file.

    Raises:
        ValueError: it cannot be read, or is no graph in the form of the API; one sentence.
    """
    try:
        with Path(path).expanduser().open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"the graph '{path}' cannot be read ({error.strerror or error})") from error
    if len(content) > _MOST_BYTES:
        raise ValueError(f"the graph '{path}' has more than {_MOST_BYTES >> 20} MiB")
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the graph '{path}' is no JSON") from error
    if isinstance(value, dict) and isinstance(value.get("nodes"), list):
        raise ValueError(f"'{path}' is a workflow as ComfyUI saves it; export it with 'Export (API)' instead")
    if isinstance(value, dict) and isinstance(value.get("prompt"), dict):
        value = value["prompt"]  # as it is posted
    if not isinstance(value, dict) or not value or not all(_is_node(node) for node in value.values()):
        raise ValueError(f"'{path}' is no graph in the form of ComfyUI's API (nodes with class_type and inputs)")
    return value


def ready_graph(family: str, *, picture: bool, mask: bool) -> Graph:
    """A small graph for a family of checkpoints, with a start picture and a mask if they are there."""
    graph = _packaged(family)
    for name, needed in (("with_picture", picture), ("with_mask", mask)):
        for number, node in _packaged(name).items() if needed else ():
            if node is None:
                del graph[number]
            elif number in graph:
                graph[number]["inputs"].update(node["inputs"])
            else:
                graph[number] = node
    return graph


def title_of(node: Mapping[str, Any]) -> str:
    """The title that somebody gave a node, or its class."""
    meta = node.get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    return str(title or node["class_type"])


def is_link(value: Any) -> bool:
    """Whether the value of an input leads to another node."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int) and isinstance(value[1], int)


def upstream(graph: Graph, number: str, barred: Collection[str] = ()) -> Iterator[str]:
    """A node and everything that leads to it, nearest first, each once, but nothing through the barred ones."""
    waiting, seen = [number], set(barred)
    while waiting:
        current = waiting.pop(0)
        if current in seen or current not in graph:
            continue
        seen.add(current)
        yield current
        waiting += [str(value[0]) for value in graph[current]["inputs"].values() if is_link(value)]


def _is_node(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)


def _packaged(name: str) -> dict[str, Any]:
    return json.loads((files("pixray.providers.comfyui") / "graphs" / f"{name}.json").read_text(encoding="utf-8"))

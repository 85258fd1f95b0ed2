"""The connection to Ray: a cluster of this machine alone, or one that is there already.

Late imports: Ray is an extra, and takes half a second.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pixray.errors import MissingPackage, PixrayError, SettingsError, did_you_mean, shown

NAMESPACE = "pixray"
LOCAL = "ray"
PLACES = "ray (this machine), auto (the cluster that it belongs to), HOST:6379 or ray://HOST:10001"
ON_HEAD = {"node:__internal_head__": 0.001}
"""Has Ray put a process on the head of the cluster, with which everything ends anyway."""
_ADDRESS = re.compile(r"(ray://)?(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}")
_STORE_BYTES = 80 << 20
"""Ray's shared memory: only settings and reports pass through it. Ray takes no less."""


def check_place(on: str) -> str:
    """The place that somebody named, if it can be one.

    Raises:
        SettingsError: it cannot.
    """
    if on in (LOCAL, "auto") or _ADDRESS.fullmatch(on):
        return on
    raise SettingsError(f"on={shown(on)}: expected {PLACES}.{did_you_mean(on, (LOCAL, 'auto'))}")


def import_ray() -> Any:
    """The package, told beforehand to report nothing to its makers.

    Raises:
        MissingPackage: it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise MissingPackage("on=ray", "ray", "farm") from None
    return ray


@contextlib.contextmanager
def connected(on: str) -> Iterator[Any]:
    """Ray, connected as long as the block lasts; a connection that this program had before stays.

    Raises:
        PixrayError: Ray is not installed, or cannot be started or reached.
    """
    ray = import_ray()
    if ray.is_initialized():
        yield ray
        return
    options: dict[str, Any] = {"namespace": NAMESPACE, "log_to_driver": False, "configure_logging": False}
    if on == LOCAL:
        options |= {"address": "local", "include_dashboard": False, "object_store_memory": _STORE_BYTES}
        options |= {"num_cpus": _cores(), **_loopback()}
    else:
        options["address"] = on
    try:
        ray.init(**options)
    except Exception as error:  # Ray raises errors of many kinds, and its own client further ones
        raise PixrayError(f"on={on}: Ray cannot be {'started' if on == LOCAL else 'reached'}: {_why(error)}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def machines(ray: Any) -> Sequence[Mapping[str, float]]:
    """The resources of every machine that is up."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def lives(ray: Any, node: str) -> bool:
    """Whether a machine of the cluster is up."""
    return any(entry["NodeID"] == node and entry["Alive"] for entry in ray.nodes())


def _loopback() -> dict[str, Any]:
    """Have a cluster of one machine listen to that machine alone. Ray replaces 127.0.0.1 by an outer address, on Linux
    only, where all of 127.0.0.0/8 is the same interface."""
    return {"_node_ip_address": "127.0.0.2"} if sys.platform == "linux" else {}


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _why(error: Exception) -> str:
    """The first line that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__

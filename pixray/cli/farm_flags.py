"""The words of a command line that say where many runs are painted: --on, --workers, --detach and their kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pixray.errors import SettingsError, shown
from pixray.runs.farm.cluster import SLURM, check_place
from pixray.runs.farm.shares import Share

USAGE = """\
On many devices and machines, with Ray (pip install 'pixray[farm]'; docs/farm.md):

  --on ray              workers on this machine; or a cluster that runs: auto, HOST:6379, ray://HOST:10001; or jobs of
                        Slurm: slurm (pip install 'pixray[slurm]')
  --workers 4           runs at once at most (default: as many as there is room for)
  --gpus_per_run 0.25   of a GPU for each run (default: measured in the first one)
  --cpus_per_run 2      cores for each run (default: 1, beside a GPU half a one)
  --detach              the farm goes on when this command ends; Ctrl-C then leaves it alone
  --watch, --stop       show the farm that paints into --outdir, or end it; what it did stays
"""
_SWITCHES = ("detach", "watch", "stop")
_NUMBERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "workers": ("workers", int),
    "cpus_per_run": ("cpus", float),
    "gpus_per_run": ("gpus", float),
}


@dataclass(frozen=True)
class FarmFlags:
    """Where to paint, and what becomes of the farm.

    Attributes:
        on: the cluster.
        detach: it outlives this command; watch, stop: do this to one that is there.
    """

    on: str
    share: Share
    detach: bool = False
    watch: bool = False
    stop: bool = False


def take_farm_flags(argv: Sequence[str], command: str) -> tuple[list[str], FarmFlags | None]:
    """The other words, and what these say; None if they are not there.

    Raises:
        SettingsError: values that cannot be, or words that mean nothing without --on.
    """
    rest: list[str] = []
    texts: dict[str, str] = {}
    words = iter(argv)
    for word in words:
        name, equals, value = word[2:].partition("=") if word.startswith("--") else ("", "", "")
        name = name.replace("-", "_")
        if name in _SWITCHES and not equals:
            texts[name] = ""
        elif name == "on" or name in _NUMBERS:
            texts[name] = value if equals else next(words, "")
        else:
            rest.append(word)
    if not texts:
        return rest, None
    if "on" not in texts:
        first = next(iter(texts))
        raise SettingsError(f"pixray {command}: --{first} needs --on, which says where the runs are painted")
    numbers = {field: _number(name, texts[name], kind) for name, (field, kind) in _NUMBERS.items() if name in texts}
    switches = {name: name in texts for name in _SWITCHES}
    farm = FarmFlags(check_place(texts["on"]), Share(**numbers), **switches)
    if farm.on == SLURM and (command != "grid" or farm.detach or farm.watch or farm.stop):
        raise SettingsError(
            f"pixray {command}: --on slurm is for grids, whose command stays until they are painted (it may be a job "
            "itself, or run in tmux); --detach, --watch and --stop are for clusters of Ray"
        )
    if farm.on == "ray" and (farm.detach or farm.watch or farm.stop):
        word = next(name for name in _SWITCHES if switches[name])
        raise SettingsError(
            f"--{word}: the workers of --on ray end with their command; start a cluster that stays (ray start --head) "
            "and use --on auto"
        )
    return rest, farm


def _number(name: str, text: str, kind: Callable[[str], Any]) -> Any:
    try:
        return kind(text)
    except ValueError:
        expected = "a whole number" if kind is int else "a number"
        raise SettingsError(f"--{name}={shown(text)}: expected {expected} (from the command line)") from None

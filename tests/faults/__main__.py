"""python -m tests.faults: kills, full disks, files in the way, lost terminals, killed servers, lost machines of a farm.

It tells what was survived. --kills N, --disks N, --servers N, --losses N and --heads N say how many are tried at
random; what is in the way and which terminals are lost is a fixed list. Exit code 1 if anything was not survived.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import torch

from tests.faults.disks import full_disks, in_the_way
from tests.faults.farm import farms, heads
from tests.faults.kills import kills
from tests.faults.outcomes import Outcome
from tests.faults.servers import servers
from tests.faults.streams import streams

ROOT = Path(__file__).parents[2]


def outcomes(chosen: argparse.Namespace) -> Iterator[Outcome]:
    """Everything that was asked for, each kind in a folder of its own."""
    # Forks come first: later kinds start threads.
    sources = {
        "kills": lambda place: itertools.islice(kills(place, chosen.seed), chosen.kills),
        "disks": lambda place: itertools.islice(full_disks(place, chosen.seed), chosen.disks),
        "in-the-way": in_the_way,
        "streams": streams,
        "servers": lambda place: itertools.islice(servers(place, chosen.seed), chosen.servers),
        "farm": lambda place: farms(place, chosen.seed, chosen.losses),
        "farm-heads": lambda place: itertools.islice(heads(place, chosen.seed), chosen.heads),
    }
    for name, source in sources.items():
        if name not in chosen.only:
            continue
        if name.startswith("farm") and importlib.util.find_spec("ray") is None:
            sys.stdout.write(f"{name}: Ray is not installed, so that nothing was tried\n")
        else:
            with tempfile.TemporaryDirectory() as place:
                yield from source(Path(place).resolve())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--kills", type=int, default=200, help="rounds of up to three kills (default: 200)")
    parser.add_argument("--disks", type=int, default=50, help="runs that meet a full disk (default: 50)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--servers", type=int, default=20, help="rounds of killed servers and workers (default: 20)")
    parser.add_argument("--losses", type=int, default=20, help="machines that farms lose in all (default: 20)")
    parser.add_argument("--heads", type=int, default=3, help="clusters that lose their head (default: 3)")
    kinds = ("kills", "disks", "in-the-way", "streams", "servers", "farm", "farm-heads")
    parser.add_argument("--only", nargs="+", choices=kinds, default=kinds)
    chosen = parser.parse_args()
    os.environ.update(PIXRAY_OFFLINE="1", HF_HUB_OFFLINE="1", PYTHONPATH=str(ROOT))
    torch.set_num_threads(1)  # threads do not survive a fork
    tried: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    for outcome in outcomes(chosen):
        tried[outcome.kind] += outcome.count
        survived[outcome.kind] += 0 if outcome.problem else outcome.count
        if outcome.problem:
            sys.stdout.write(f"{outcome.kind}: {outcome.name}: {outcome.problem}\n")
            sys.stdout.flush()
    for kind, count in tried.items():
        sys.stdout.write(f"{kind:<12} tried {count:>4}, survived {survived[kind]:>4}\n")
    return 0 if tried == survived else 1


if __name__ == "__main__":
    sys.exit(main())

"""Processes that were forked from one that had painted: what they can still do, and what they may not touch.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import os
from functools import cache


@cache
def _first_process() -> int:
    """The process that asked first. A forked child inherits the answer, since it inherits this cache."""
    return os.getpid()


def keep_painting_after_fork() -> str | None:
    """Make torch usable in a forked child: its pool of threads stayed behind in the parent, and waiting for it hangs.

    Returns:
        a notice about what that costs, or None where nothing had to be done.
    """
    import torch

    if _first_process() == os.getpid() or torch.get_num_threads() == 1:
        return None
    torch.set_num_threads(1)
    return (
        "this process was forked from one that had painted, so torch works with one thread here; processes that are "
        "spawned have all of them"
    )

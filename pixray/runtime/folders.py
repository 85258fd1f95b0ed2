"""Folders of the user that pixray writes to without being asked, where each system wants them.

Late imports keep platformdirs out of start-up.
"""

from __future__ import annotations

from pathlib import Path


def cache_folder(name: str) -> Path:
    """What can be fetched again: `~/.cache/pixray/NAME` on Linux, or below XDG_CACHE_HOME."""
    import platformdirs

    return platformdirs.user_cache_path("pixray", appauthor=False) / name


def state_folder() -> Path:
    """What should outlive the cache: `~/.local/state/pixray` on Linux, or below XDG_STATE_HOME."""
    import platformdirs

    return platformdirs.user_state_path("pixray", appauthor=False)

"""Building what a run is: a session, an animation of several, or an audition of several of which one goes on.

Late imports keep PIL and NumPy out of start-up.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pixray.engine.build import build_session, fetches_restricted
from pixray.runs.part_failure import blaming

if TYPE_CHECKING:
    from pixray.engine.session import Session
    from pixray.models.store import ModelStore
    from pixray.registry import Registry
    from pixray.runs.animation import Animation
    from pixray.runs.audition import Audition


def build_run(settings: argparse.Namespace, registry: Registry, store: ModelStore) -> Session | Animation | Audition:
    """A session, with `animation_dir` an animation, with `audition` an audition.

    All of them have `run()`, `stop()`, `state()` and `restore()`.

    Raises:
        SettingsError, ModelUnavailable, MissingPackage, PartFailed: before anything was written.
    """
    with blaming(registry):
        return _built(settings, registry, store)


def _built(settings: argparse.Namespace, registry: Registry, store: ModelStore) -> Session | Animation | Audition:
    if settings.audition > 1:
        from pixray.runs.audition import build_audition

        with fetches_restricted(settings):
            return build_audition(settings, registry, store)
    if not settings.animation_dir:
        return build_session(settings, registry, store)
    from pixray.runs.animation import build_animation  # an import that only animations need

    with fetches_restricted(settings):
        return build_animation(settings, registry, store)

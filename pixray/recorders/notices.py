"""Notices of a run for Python's logging, where programs collect what their libraries say."""

from __future__ import annotations

import logging

from pixray.events import Event, Noticed

logger = logging.getLogger("pixray")


def log_notice(event: Event) -> None:
    """Hand a notice to the logger "pixray", if a program listens; without handlers Python would print warnings."""
    if isinstance(event, Noticed) and logger.hasHandlers():
        logger.log(logging.WARNING if event.level == "warning" else logging.INFO, "%s", event.text)

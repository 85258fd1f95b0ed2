"""News of a prediction to an address that the client named: to the public internet only, without redirects."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

import httpx

from pixray.errors import SettingsError
from pixray.runtime.http import Request, opened_async
from pixray.runtime.network import NotPublic, connection_to, split_public
from pixray.runtime.redact import without_secrets

logger = logging.getLogger(__name__)

EVENTS = ("start", "output", "logs", "completed")
ATTEMPTS = 3
SECONDS = 10.0


def check_webhook(address: Any, events: Any) -> None:
    """Refuse what is no address of the public internet, as far as that can be told without a name server.

    Args:
        address: as it came; None: there is none.
        events: of which the client wants to hear; None: all.

    Raises:
        SettingsError: with what is right.
    """
    if address is not None and not isinstance(address, str):
        raise SettingsError("webhook: expected an address")
    valid = isinstance(events, list) and all(event in EVENTS for event in events)
    if events is not None and not valid:
        raise SettingsError(f"webhook_events_filter: expected a list of {', '.join(EVENTS)}")
    if address is not None:
        try:
            split_public(address)
        except NotPublic as error:
            raise SettingsError(f"webhook: {error}") from None


async def send_news(address: str, news: Mapping[str, Any]) -> bool:
    """POST some news; whether they were taken. A name is resolved once, and the connection goes to that number."""
    content = json.dumps(news).encode()
    for attempt in range(ATTEMPTS):
        if attempt:
            await asyncio.sleep(2.0**attempt)
        try:
            connection = await asyncio.to_thread(connection_to, address)
            request = Request(
                "POST",
                address,
                {"content-type": "application/json"},
                {"content": content},
                read=SECONDS,
                connect=SECONDS,
                connection=connection,
            )
            async with opened_async(request) as answer:
                if answer.status_code < 500:
                    return answer.is_success
        except (NotPublic, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            logger.debug("webhook %s: %s", without_secrets(address), type(error).__name__)
    return False

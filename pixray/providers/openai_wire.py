"""The images dialect of OpenAI, which several services speak: sizes out, pictures in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pixray.providers.base import Bill, GeneratedImage, ImageRequest
from pixray.providers.decode import from_base64
from pixray.providers.errors import ContentFiltered, ProtocolError
from pixray.providers.service_http import Answer


def size_of(request: ImageRequest) -> str:
    """Width and height as these services write them."""
    return f"{request.width}x{request.height}"


def read_images(service: str, answer: Answer) -> Iterator[GeneratedImage | Bill]:
    """The pictures of an answer, and its bill.

    Raises:
        ContentFiltered: a success without pictures, as some servers moderate in silence.
        ProtocolError: the answer is of another form.
    """
    payload = answer.json(service)
    if not isinstance(payload, dict) or not isinstance(payload.get("data"), list):
        raise ProtocolError(f"{service} answered without a list of pictures ('data')")
    if not payload["data"]:
        raise ContentFiltered(f"{service} answered with an empty list of pictures: filtered, or simply empty")
    facts = facts_of(answer.headers, payload)
    for item in payload["data"]:
        yield read_item(service, item, facts)
    bill = bill_of(payload)
    if bill is not None:
        yield bill


def facts_of(headers: Mapping[str, str], payload: Mapping[str, Any]) -> dict[str, str]:
    """What is worth keeping of an answer beside its pictures."""
    facts = {"request_id": headers.get("x-request-id", "")}
    for name in ("quality", "background", "size"):
        facts[name] = str(payload.get(name) or "")
    return {name: value[:200] for name, value in facts.items() if value}


def read_item(service: str, item: Any, facts: Mapping[str, str]) -> GeneratedImage:
    """One entry of the list: `b64_json`, or `url`."""
    if not isinstance(item, dict):
        raise ProtocolError(f"{service} answered with a picture that is no object")
    revised = item.get("revised_prompt")
    revised = revised if isinstance(revised, str) else None
    if item.get("b64_json") is not None:
        return GeneratedImage(from_base64(item["b64_json"]), revised_prompt=revised, facts=facts)
    if isinstance(item.get("url"), str):
        return GeneratedImage(address=item["url"], revised_prompt=revised, facts=facts)
    raise ProtocolError(f"{service} answered with a picture that has neither b64_json nor url")


def bill_of(payload: Mapping[str, Any]) -> Bill | None:
    """Tokens of an answer, which a price list can turn into money."""
    usage = payload.get("usage")
    tokens = usage.get("output_tokens") if isinstance(usage, dict) else None
    return Bill(tokens=tokens) if isinstance(tokens, int) and not isinstance(tokens, bool) else None

"""Which of the servers that speak /sdapi/v1 answers at an address, found by asking it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pixray.providers.errors import AuthError, ProviderError
from pixray.providers.service_http import Http
from pixray.providers.unverified import DRAW_THINGS_ROOT, FORGE_OPTION, SDNEXT_VERSION


@dataclass(frozen=True)
class Server:
    """What matters of a server.

    Attributes:
        name: for people and for the metadata.
        jobs: it has the job API of stable-diffusion.cpp, whose jobs can be cancelled one by one.
        progress: it has /progress and /interrupt.
        chooses_model: a request may name the checkpoint.
    """

    name: str
    jobs: bool = False
    progress: bool = True
    chooses_model: bool = True


KNOWN = {
    "webui": Server("Stable Diffusion WebUI"),
    "forge": Server("Forge"),
    "sdnext": Server("SD.Next"),
    "sdcpp": Server("stable-diffusion.cpp", jobs=True, progress=False, chooses_model=False),
    "drawthings": Server("Draw Things", progress=False),
}


async def known_server(http: Http) -> Server | None:
    """Ask what stands at the address, by a few small GET requests, none of which paints; None if it does not tell.

    Raises:
        ProviderError: it cannot be reached, or refuses the key.
    """
    if "supported_modes" in await asked(http, "/sdcpp/v1/capabilities"):
        return KNOWN["sdcpp"]
    app, name = SDNEXT_VERSION
    if name in str((await asked(http, "/sdapi/v1/version")).get(app, "")).lower():
        return KNOWN["sdnext"]
    options = await asked(http, "/sdapi/v1/options")
    if any(option.startswith(FORGE_OPTION) for option in options):
        return KNOWN["forge"]
    if options:
        return KNOWN["webui"]
    root = await asked(http, "/")
    return KNOWN["drawthings"] if all(key in root for key in DRAW_THINGS_ROOT) else None


async def asked(http: Http, path: str) -> dict[str, Any]:
    """The JSON object at a path; empty where the server has no such path or answers with something else.

    Raises:
        ProviderError: it cannot be reached, or refuses the key.
    """
    try:
        answer = (await http.get(path)).json(http.service)
    except AuthError:
        raise
    except ProviderError as error:
        if error.status is None and error.passing:  # nobody answered, or not in time
            raise
        return {}
    return answer if isinstance(answer, dict) else {}

"""What untrusted values may name: files, web addresses, locations on this machine, paid services.

The one module that decides it, for requests to a server and for records of pictures alike. What a value names is told
by the declaration of its setting (`refers`, `references`), and who brought it by its layer, so nothing here knows a
setting by name. Values are judged as they were given, before anything converts or opens them, and the sentence is the
same whether a file exists or not.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from pixray.errors import PixrayError
from pixray.images.glob import braces, expand, is_address
from pixray.runtime.network import split_public
from pixray.settings.declare import Declaration, Refers, Role
from pixray.settings.layers import Layer, LayerKind, Leave
from pixray.settings.named_files import texts, weighted_texts
from pixray.settings.run_inputs import id_of, is_input_of

LEFT_OUT = "left out of"
"""How the notice about a record begins."""
_PLACES = Refers.DESTINATION | Refers.INSTALLATION | Refers.ENDPOINT
"""What nobody else decides: where results go, how this machine is set up, where keys are sent."""
MOST_ADDRESSES = 16
"""That one untrusted value may have fetched."""
_PATTERN = frozenset("*?[]{}")


def admit(
    layers: Sequence[Layer],
    declared: Mapping[str, Declaration],
    services: Collection[str],
    problems: list[str],
    notices: list[str],
) -> list[Layer]:
    """The layers without what untrusted input may not name: requests are refused, records lose it with a notice.

    Args:
        layers: weakest first, with every name as it is declared today.
        services: names of remote services.
        problems: receives what a request, or a record that names a paid service, is refused for.
        notices: receives what was left out of records, unless a stronger layer says it anyway.
    """
    admitted = []
    for number, layer in enumerate(layers):
        refused = refusals(layer, declared, services)
        above = {name for stronger in layers[number + 1 :] for name in stronger.values}
        reported = {
            name: why
            for name, why in refused.items()
            if layer.kind is LayerKind.CLIENT or (name not in above and not _names_own_file(declared[name]))
        }
        fatal = {name: why for name, why in reported.items() if _is_fatal(declared[name], layer)}
        hint = "" if layer.kind is LayerKind.CLIENT else " (--trust takes what the record says)"
        problems += [f"'{name}' (from {layer.label}) {why}{hint}" for name, why in fatal.items()]
        if len(reported) > len(fatal):
            listed = "; ".join(f"{name} {why}" for name, why in reported.items() if name not in fatal)
            notices.append(f"{LEFT_OUT} {layer.label}: {listed}{hint}")
        kept = {name: raw for name, raw in layer.values.items() if name not in refused}
        admitted.append(dataclasses.replace(layer, values=kept) if refused else layer)
    return admitted


def refusals(layer: Layer, declared: Mapping[str, Declaration], services: Collection[str]) -> dict[str, str]:
    """Why values of a layer may not be used, by setting; empty for what the user of this machine brought."""
    if layer.kind.local:
        return {}
    reasons = {name: _refusal(declared[name], raw, layer, services) for name, raw in layer.values.items()}
    return {name: why for name, why in reasons.items() if why is not None}


def _names_own_file(declaration: Declaration) -> bool:
    """How a file in the folder of the run is called: every run decides that anew, so nobody misses it."""
    return Refers.DESTINATION in declaration.refers and Role.NEEDS_FOLDER not in declaration.role


def _is_fatal(declaration: Declaration, layer: Layer) -> bool:
    """A request is told; a record goes on without, but never with another drawer in place of a paid one."""
    return layer.kind is LayerKind.CLIENT or Refers.SERVICE in declaration.refers


def _refusal(declaration: Declaration, raw: Any, layer: Layer, services: Collection[str]) -> str | None:
    if declaration.refers & _PLACES:
        return "cannot be set here"
    if Refers.SERVICE in declaration.refers:
        return _about_service(raw, layer.leave, services)
    if declaration.refers & Refers.PICTURE:
        named = (name for name in _named(declaration, raw) if not is_input_of(name, layer.folder))
        return _about_names(named, layer.leave)
    return None


def _about_service(raw: Any, leave: Leave, services: Collection[str]) -> str | None:
    if leave.services or not {text.strip() for text in texts(raw)} & set(services):
        return None
    return "names a remote service, which may cost money and is not offered here"


def _named(declaration: Declaration, raw: Any) -> Iterable[str]:
    """Every path and address in a value, empty ones left out."""
    if declaration.references is not None:
        names: Iterable[str] = declaration.references(raw)
    else:
        names = weighted_texts(raw) if declaration.kind == list[str] else texts(raw)
    return [name.strip() for name in names if name.strip()]


def _about_names(names: Iterable[str], leave: Leave) -> str | None:
    for name in names:
        why = _about_address(name, leave) if is_address(name) or "://" in name else _about_path(name, leave)
        if why is not None:
            return why
    return None


def _about_address(address: str, leave: Leave) -> str | None:
    if not leave.addresses:
        return "names a web address, which is not fetched from here"
    try:
        each = braces(address)
        for part in each if len(each) <= MOST_ADDRESSES else ():
            split_public(part)
    except PixrayError as error:
        return f"names an address that is not fetched from here: {error}"
    return None if len(each) <= MOST_ADDRESSES else f"names more than {MOST_ADDRESSES} addresses"


def _about_path(name: str, leave: Leave) -> str | None:
    if leave.folders is None or any(_inside(name, folder) for folder in leave.folders):
        return None
    if id_of(name):
        return "names a picture of a run that is not here"
    if not leave.folders:
        return "names a file of this machine, which is not read here"
    return "names a file outside of the folders that may be read here"


def _inside(name: str, folder: Path) -> bool:
    """Whether a path, or all that a glob matches, lies in a folder, also after symbolic links were followed."""
    if "\0" in name or "~" in PurePath(name).parts[:1]:
        return False
    if not _PATTERN & set(name):
        return _resolved(name).is_relative_to(folder)
    parts = PurePath(name).parts
    if ".." in parts:
        return False
    fixed = list(itertools.takewhile(lambda part: not _PATTERN & set(part), parts))
    if not _resolved(os.path.join(*fixed) if fixed else ".").is_relative_to(folder):  # noqa: PTH118, fixed may be empty
        return False
    try:
        matches = expand(name)
    except PixrayError:
        return True  # nothing is there to be read: said by whoever wants to read it
    return all(not is_address(match) and _resolved(match).is_relative_to(folder) for match in matches)


def _resolved(name: str) -> Path:
    try:
        return Path(name).resolve()
    except (OSError, RuntimeError, ValueError):
        return Path("/")  # in no allowed folder

"""Whether the pictures that settings name are there: told with all other mistakes, before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pixray.errors import PixrayError
from pixray.images.glob import expand, is_address
from pixray.settings.declare import Declaration, Refers, Role
from pixray.settings.grammar import parse_weighted


def missing_pictures(declared: Iterable[Declaration], values: Mapping[str, Any]) -> list[str]:
    """One problem for each picture that is no file, nor a glob that matches any.

    Settings with a grammar of their own, such as palettes, check their files where they are read.

    Args:
        values: by setting name, of the declared types; those that could not be read are left out.
    """
    problems = []
    for declaration in declared:
        if (
            Refers.PICTURE not in declaration.refers
            or declaration.references is not None
            or not values.get(declaration.name)
        ):
            continue
        texts = values[declaration.name] if isinstance(values[declaration.name], list) else [values[declaration.name]]
        for text in texts:
            try:
                name = parse_weighted(text.lstrip("= ")).text if Role.WEIGHTED in declaration.role else text
                if not is_address(name):
                    expand(name, declaration.name)
            except PixrayError as error:
                problems.append(str(error))
            except (ValueError, OSError):
                continue  # told by the check of prompts, or by whoever opens the file
    return problems

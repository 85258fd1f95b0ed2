"""The inputs of the cog predictor, written from the declarations of the settings.

cog reads the predictor's source, not the running program, so the source is generated and checked by a test:

    python -m pixray.serve.inputs                       writes predict.py
    python -m pixray.serve.inputs --check               fails if it is stale
    python -m pixray.serve.inputs --schema FILE         writes the OpenAPI schema, as `cog build` does, for running
                                                        the server without Docker
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pixray.registry import BUILT_IN, Registry
from pixray.serve.openapi import message_schemas, paths
from pixray.settings.core import engine_declarations
from pixray.settings.declare import Declaration, Refers, Role
from pixray.settings.presets import preset_names
from pixray.settings.schema import Schema


@dataclass(frozen=True)
class Field:
    """One input: its name, Python type, description, and legal values or the minimum if it has any.

    Attributes:
        kind: "str", "int", or "Path" of a file that cog fetches or unpacks first.
    """

    name: str
    kind: str
    description: str
    choices: tuple[str, ...] = ()
    minimum: int | None = None


def fields() -> list[Field]:
    """The inputs in their order."""
    shown = [_field(declaration) for declaration in engine_declarations() if Role.REQUEST_FIELD in declaration.role]
    shown.append(Field("preset", "str", "a named set of settings to start from", tuple(preset_names())))
    shown.append(Field("settings", "str", "further settings as YAML; they win over all others"))
    return shown


def _field(declaration: Declaration) -> Field:
    choices = declaration.choices or ()
    if declaration.part == "drawer":
        choices = tuple(_local_drawers())
    kind = "int" if declaration.kind is int else "str"
    if declaration.refers & Refers.FILE and declaration.references is None:
        kind = "Path"
    return Field(
        declaration.name,
        kind,
        (declaration.help.partition(":")[0] if kind == "Path" else declaration.help) + _default_of(declaration),
        tuple(choices),
        int(declaration.minimum) if kind == "int" and declaration.minimum is not None else None,
    )


def _default_of(declaration: Declaration) -> str:
    """What counts where nothing is given, in brackets. The input itself has none, since a preset may say otherwise."""
    if declaration.default not in (None, [], ()):
        return f" (default: {declaration.default})"
    implied = _implied_defaults()[declaration.name]
    if not implied:
        return ""
    return f" (default: {'x'.join(map(str, implied)) if isinstance(implied, list) else implied}, by the quality)"


@cache
def _implied_defaults() -> Mapping[str, Any]:
    """The values of a run for which nobody gives anything."""
    return vars(Schema.for_choice(Registry(BUILT_IN), []).resolve([]))


def _local_drawers() -> Iterator[str]:
    """Drawers that need no key of a remote service."""
    registry = Registry(BUILT_IN)
    for name in registry.names("drawer"):
        if name not in registry.names("provider"):
            yield name


def source() -> str:
    """The predictor's source."""
    lines = [
        '"""What Replicate runs. Written by `python -m pixray.serve.inputs`: change the settings, not this file."""',
        "",
        "from collections.abc import Iterator",
        "from typing import Optional",
        "",
        "from cog import BaseRunner, Input, Path",
        "",
        "from pixray.serve.painting import Painter",
        "",
        "",
        "class Predictor(BaseRunner):",
        '    """Streams the pictures of one run."""',
        "",
        "    def setup(self) -> None:",
        '        """Make the painter, which keeps models between requests."""',
        "        self.painter = Painter()",
        "",
        "    def run(",
        "        self,",
    ]
    for field in fields():
        facts = [f"default=None, description={json.dumps(field.description, ensure_ascii=False)}"]
        if field.choices:
            facts.append(f"choices={json.dumps(list(field.choices))}")
        if field.minimum is not None:
            facts.append(f"ge={field.minimum}")
        lines += [
            f"        {field.name}: Optional[{field.kind}] = Input(",
            *(f"            {fact}," for fact in facts),
            "        ),",
        ]
    lines += ["    ) -> Iterator[Path]:", '        """Yield a picture whenever one is due, the finished one last."""']
    lines.append("        for picture in self.painter.paint(")
    lines += [f"            {field.name}={field.name}," for field in fields()]
    lines += ["        ):", "            yield Path(picture)", ""]
    return "\n".join(lines)


def schema() -> dict[str, Any]:
    """The inputs as OpenAPI, in the form that cog's server validates requests against."""
    properties: dict[str, Any] = {}
    for order, field in enumerate(fields()):
        facts: dict[str, Any] = {"title": field.name.title(), "description": field.description, "x-order": order}
        facts |= {"type": "integer" if field.kind == "int" else "string", "nullable": True}
        if field.kind == "Path":
            facts["format"] = "uri"
        if field.choices:
            facts["enum"] = list(field.choices)
        if field.minimum is not None:
            facts["minimum"] = field.minimum
        properties[field.name] = facts
    output = {
        "title": "Output",
        "type": "array",
        "items": {"type": "string", "format": "uri"},
        "x-cog-array-type": "iterator",
    }
    inputs = {"title": "Input", "type": "object", "properties": properties}
    info = {"title": "Cog", "version": "0.1.0"}
    schemas = {"Input": inputs, "Output": output, **message_schemas()}
    return {"openapi": "3.0.2", "info": info, "paths": paths(), "components": {"schemas": schemas}}


def _target() -> Path:
    return Path(__file__).with_name("predict.py")


def main(argv: list[str]) -> int:
    """Write the predictor or the schema, or compare the predictor."""
    if argv[:1] == ["--schema"]:
        path = Path(argv[1])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(schema(), indent=1) + "\n", encoding="utf-8")
        return 0
    if "--check" not in argv:
        _target().write_text(source(), encoding="utf-8")
        return 0
    if _target().read_text(encoding="utf-8") == source():
        return 0
    sys.stderr.write("predict.py is stale: run python -m pixray.serve.inputs\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

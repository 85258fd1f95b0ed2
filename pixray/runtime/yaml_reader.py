"""How YAML is read here: names, texts, numbers, lists; nothing that surprises people or can hurt.

YAML 1.1 turns `off` into false, `2024-01-01` into a date, `12:30` into 750 and `007` into 7. Here a scalar is a number
only if it is written as Python writes that number, so that it can still become the text that stood there. Aliases,
which grow 300 bytes into gigabytes, are refused, as are deep nesting and texts of very many values.
"""

from __future__ import annotations

import math
from typing import Any

import yaml
from yaml.composer import Composer, ComposerError
from yaml.constructor import BaseConstructor, ConstructorError
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

_PREFIX = "tag:yaml.org,2002:"


class SettingsReader(Reader, Scanner, Parser, Composer, BaseConstructor, BaseResolver):
    """Composes with limits, constructs plain values only.

    Attributes:
        deepest: how far lists and mappings may be nested.
        most_nodes: how many values there may be in all.
    """

    deepest = 8
    most_nodes = 5_000

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseConstructor.__init__(self)
        BaseResolver.__init__(self)
        self.depth = self.count = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        mark = self.peek_event().start_mark
        if self.check_event(yaml.AliasEvent):
            raise ComposerError(None, None, "aliases (*name) are not read here; write the value out", mark)
        self.count += 1
        if self.count > self.most_nodes:
            raise ComposerError(None, None, f"more than {self.most_nodes:,} values", mark)
        self.depth += 1
        if self.depth > self.deepest:
            raise ComposerError(None, None, "lists or mappings are nested too deeply", mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_settings(self, node: yaml.MappingNode) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ConstructorError(None, None, "a name must be a text, not a list or mapping", key.start_mark)
            if key.value in values:
                raise ConstructorError(None, None, f"'{key.value}' is given twice", key.start_mark)
            values[key.value] = self.construct_object(value, deep=True)
        return values

    def construct_list(self, node: yaml.SequenceNode) -> list[Any]:
        return self.construct_sequence(node, deep=True)

    def construct_text(self, node: yaml.ScalarNode) -> Any:
        return node.value if node.style else _scalar(node.value)

    def construct_unknown(self, node: Any) -> Any:
        problem = f"could not determine a constructor for the tag '{node.tag}': tags are not read here"
        raise ConstructorError(None, None, problem, node.start_mark)


def _scalar(text: str) -> Any:
    """A plain scalar: null, yes or no as YAML 1.2 knows them, a number written as Python writes it, or a text.

    >>> [_scalar(text) for text in ("~", "true", "12", "0.5", "007", "off", "12:30", "2024-01-01")]
    [None, True, 12, 0.5, '007', 'off', '12:30', '2024-01-01']
    """
    words = {"": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "false": False}
    if text in words:
        return words[text]
    for kind in (int, float):
        try:
            if str(kind(text)) == text and math.isfinite(kind(text)):
                return kind(text)
        except (ValueError, OverflowError):  # no number, or a whole one that no float can hold
            continue
    return text


SettingsReader.add_constructor(f"{_PREFIX}map", SettingsReader.construct_settings)
SettingsReader.add_constructor(f"{_PREFIX}seq", SettingsReader.construct_list)
SettingsReader.add_constructor(f"{_PREFIX}str", SettingsReader.construct_text)
SettingsReader.add_constructor(None, SettingsReader.construct_unknown)

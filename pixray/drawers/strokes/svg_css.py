"""Which properties an SVG element has: presentation attributes, style sheets and the attribute `style`, in CSS' order.

tinycss2 takes the text apart. Selectors are matched here, not by cssselect2, since that builds Python code from the
file's text and evaluates it, and takes time without bound for some of them.

Late imports keep tinycss2 out of start-up.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pixray.drawers.strokes.svg_view import shown

PROPERTIES = frozenset(
    "background background-color clip-path color display fill fill-opacity fill-rule filter marker marker-end "
    "marker-mid marker-start mask mix-blend-mode opacity overflow paint-order stroke stroke-dasharray stroke-linecap "
    "stroke-opacity stroke-width transform transform-origin visibility".split()
)
"""Everything that is read or refused; other properties change nothing that can be seen here."""
_NEVER = {"hover", "focus", "active", "visited", "link", "target", "selection", "before", "after", "focus-visible"}
_LONGEST_SHEET = 1 << 20
_MOST_STEPS = 1_000_000
"""Comparisons of an element with a part of a selector, in one file."""


@dataclass(frozen=True)
class Declared:
    """One declaration."""

    name: str
    value: str
    important: bool


@dataclass(frozen=True)
class _Compound:
    """What one element has to be; `child`: the next one to the right has to be its child, not any descendant."""

    name: str | None = None
    ids: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    child: bool = False

    def key(self) -> str:
        """What an element has to have among other things: an id, a class, a name, or nothing."""
        if self.ids:
            return f"#{self.ids[0]}"
        return f".{self.classes[0]}" if self.classes else self.name or ""

    def fits(self, node: ET.Element) -> bool:
        return (
            (self.name is None or plain(node.tag) == self.name)
            and all(node.get("id") == id_ for id_ in self.ids)
            and (not self.classes or set(self.classes) <= set(node.get("class", "").split()))
        )


@dataclass(frozen=True)
class _Rule:
    """A selector with its declarations; where two set one property, the heavier wins."""

    selector: tuple[_Compound, ...]
    weight: tuple[int, int, int, int]
    declared: tuple[Declared, ...]


class Cascade:
    """The style sheets of a document.

    Raises:
        ValueError: a style sheet holds what is not supported.
    """

    def __init__(self, root: ET.Element) -> None:
        self._rules: dict[str, list[_Rule]] = {}
        for rule in _rules(root):
            self._rules.setdefault(rule.selector[-1].key(), []).append(rule)
        self._parents = {child: parent for parent in root.iter() for child in parent} if self._rules else {}
        self._inline: dict[str, tuple[Declared, ...]] = {}
        self._found: dict[ET.Element, dict[str, str]] = {}
        self._steps = 0

    def properties(self, node: ET.Element) -> Mapping[str, str]:
        """The properties that an element has of its own, without what it inherits."""
        if node not in self._found:
            self._found[node] = self._properties(node)
        return self._found[node]

    def _properties(self, node: ET.Element) -> dict[str, str]:
        values = {name: text.strip() for name, text in node.attrib.items() if name in PROPERTIES and text.strip()}
        declared = [
            declaration
            for rule in self._candidates(node)
            if self._matches(rule.selector, node)
            for declaration in rule.declared
        ]
        if "style" in node.attrib:
            declared += self._style(node.attrib["style"])
        for important in (False, True):
            values.update(
                {declaration.name: declaration.value for declaration in declared if declaration.important == important}
            )
        return values

    def _candidates(self, node: ET.Element) -> list[_Rule]:
        """Rules whose last part may be this element, by weight."""
        if not self._rules:
            return []
        keys = ["", plain(node.tag), f"#{node.get('id', '')}", *(f".{name}" for name in node.get("class", "").split())]
        rules = [rule for key in dict.fromkeys(keys) for rule in self._rules.get(key, ())]
        return sorted(rules, key=lambda rule: rule.weight)

    def _style(self, text: str) -> tuple[Declared, ...]:
        if text not in self._inline:
            self._inline[text] = tuple(declarations(text))
        return self._inline[text]

    def _matches(self, selector: Sequence[_Compound], node: ET.Element) -> bool:
        if not self._fits(selector[-1], node):
            return False
        # Parts of the selector, counted from the left, that the element just seen fits, and those that any has fitted.
        reached = {len(selector) - 1}
        anywhere = set(reached)
        above = self._parents.get(node)
        while above is not None and 0 not in reached:
            reached = {
                part - 1
                for part in reached | anywhere
                if (part in reached or not selector[part - 1].child) and self._fits(selector[part - 1], above)
            }
            anywhere |= reached
            above = self._parents.get(above)
        return 0 in reached

    def _fits(self, compound: _Compound, node: ET.Element) -> bool:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise ValueError("its style sheets take too long to apply")
        return compound.fits(node)


def declarations(content: str | Iterable[Any]) -> Iterator[Declared]:
    """The declarations of a block that matter here; broken ones are passed over, as in browsers.

    Raises:
        ValueError: too long or too deeply nested.
    """
    import tinycss2

    if isinstance(content, str) and len(content) > _LONGEST_SHEET:
        raise ValueError(f"a style of {len(content)} characters; at most {_LONGEST_SHEET} are read")
    try:
        for node in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
            if node.type == "declaration" and node.lower_name in PROPERTIES:
                value = tinycss2.serialize([token for token in node.value if token.type != "comment"]).strip()
                yield Declared(node.lower_name, value, node.important)
    except RecursionError:
        raise ValueError("a style is nested too deeply") from None


def _rules(root: ET.Element) -> Iterator[_Rule]:
    import tinycss2

    text = "\n".join(
        "".join(node.itertext())
        for node in root.iter()
        if plain(node.tag) == "style"
        and node.get("type", "text/css").strip() in ("", "text/css")
        and node.get("media", "all").strip() in ("", "all", "screen")
    )
    if not text.strip():
        return
    if len(text) > _LONGEST_SHEET:
        raise ValueError(f"style sheets of {len(text)} characters; at most {_LONGEST_SHEET} are read")
    for node in tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True):
        if node.type == "at-rule" and node.lower_at_keyword == "import":
            raise ValueError("its style sheet imports another file, which is not read")
        if node.type != "qualified-rule":
            continue
        declared = tuple(declarations(node.content))
        if declared:
            for selector in _selectors(node.prelude):
                ids, classes = (sum(len(getattr(part, kind)) for part in selector) for kind in ("ids", "classes"))
                names = sum(part.name is not None for part in selector)
                yield _Rule(selector, (ids, classes, names, node.source_line * 10**6 + node.source_column), declared)


def _selectors(prelude: Sequence[Any]) -> Iterator[tuple[_Compound, ...]]:
    """Selectors between commas; those that never apply to a still picture are left out."""
    parts: list[Any] = []
    for token in [*prelude, None]:
        if token is None or (token.type == "literal" and token.value == ","):
            selector = _selector(parts)
            if selector:
                yield selector
            parts = []
        elif token.type != "comment":
            parts.append(token)


def _selector(tokens: Sequence[Any]) -> tuple[_Compound, ...] | None:
    import tinycss2

    compounds: list[_Compound] = []
    name: str | None = None
    ids: list[str] = []
    classes: list[str] = []
    started, before = False, ""
    for token in [*tokens, None]:
        value = "" if token is None else getattr(token, "value", "")
        separates = token is None or token.type == "whitespace" or (token.type == "literal" and value == ">")
        if separates:
            if started:
                compounds.append(_Compound(name, tuple(ids), tuple(classes)))
            name, ids, classes, started = None, [], [], False
            if token is not None and token.type == "literal" and compounds:
                compounds[-1] = _Compound(compounds[-1].name, compounds[-1].ids, compounds[-1].classes, child=True)
        elif before == ":" and token.type == "ident" and token.lower_value in _NEVER:
            return None
        elif before == "." and token.type == "ident":
            classes.append(value)
            started = True
        elif token.type == "hash":
            ids.append(value)
            started = True
        elif before == "" and not started and (token.type == "ident" or (token.type == "literal" and value == "*")):
            name, started = None if value == "*" else value, True
        elif token.type != "literal" or value not in (".", ":"):
            text = shown(tinycss2.serialize(list(tokens)).strip())
            raise ValueError(f"the selector '{text}' of its style sheet is not supported; names, .classes and #ids are")
        before = value if token is not None and token.type == "literal" and value in (".", ":") else ""
    return tuple(compounds) or None


def plain(tag: object) -> str:
    """The name of an element without its namespace."""
    return str(tag).rpartition("}")[2]

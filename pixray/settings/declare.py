"""Declaring a setting: one line beside the part that reads it.

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        pixel_type: str = setting("rect", "shape of one cell", choices=("rect", "hex", "tri"))

From that line come the flag, the YAML key, the keyword of `add_settings`, the checks, the help text, the row of
the settings page and the inputs of the cog predictor. Nothing else in the package repeats it.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pixray.errors import InvalidPart
from pixray.settings.grammar import Amount

_Group = TypeVar("_Group")

RESOLVED = "resolved"
"""Under which the record of a run holds what nobody asked for; the name of no setting."""


class Refers(enum.Flag):
    """What the values of a setting name outside of the run; `pixray.settings.policy` decides who may name what."""

    NOTHING = 0
    FILE = enum.auto()
    """A file, folder or glob of this machine that is read."""
    ADDRESS = enum.auto()
    """A web address that is fetched."""
    DESTINATION = enum.auto()
    """Where results are written."""
    INSTALLATION = enum.auto()
    """How this machine is set up, such as its folder of model files."""
    ENDPOINT = enum.auto()
    """Where a service is, to which its key is sent."""
    SERVICE = enum.auto()
    """A remote service that may cost money."""
    PICTURE = FILE | ADDRESS


class Role(enum.Flag):
    """What the rest of the package does with a setting besides handing it to its part."""

    NONE = 0
    SUBJECT = enum.auto()
    """Says what to paint: a request has to give one of these."""
    REQUEST_FIELD = enum.auto()
    """A field of its own in requests of servers; all others are given as YAML."""
    PER_FRAME = enum.auto()
    """Several files are dealt out to the frames of an animation."""
    SEVERAL_WORDS = enum.auto()
    """Its flag takes several words, as those of lists and tuples do."""
    WEIGHTED = enum.auto()
    """Its texts are prompts, text[:weight[:stop]] each; `Settings.prompts_by_setting` holds them parsed."""
    PERIOD = enum.auto()
    """An amount that says how often: a share that rounds down to nothing means every step, not never."""
    PERCENTS = enum.auto()
    """Amounts whose bare numbers are percents of the iterations."""
    NEEDS_START = enum.auto()
    """Without a start picture it means nothing."""
    UNRECORDED = enum.auto()
    """Where files are and how steps are taken: no part of what a picture shows, and not in its record."""
    FURTHER_FILE = enum.auto()
    """Asks for a file beside the picture."""
    RESUMABLE = enum.auto()
    """Has no say in what a step does: a run may go on with another value."""
    SHAPES_CANVAS = enum.auto()
    """Columns and rows of a grid, of which the canvas is a whole multiple."""
    OWN_GRID = enum.auto()
    """Columns and rows of a grid; "auto" takes those that the start picture was drawn on."""
    NEEDS_FOLDER = enum.auto()
    """Whoever sets it asks for a folder, not for a picture alone."""
    STEERABLE = enum.auto()
    """May change while a run paints. A part reads such a setting of its own from `self.settings` in every step."""
    TIMELINE = enum.auto()
    """A list of what happens at which steps: a run that goes on may have another one from there on."""
    CHOICE = enum.auto()
    """Presets follow from it, as from the quality; every setting that names a part or shapes the canvas is one."""
    OF_MACHINE = enum.auto()
    """Fits one machine: a record holds it only where somebody asked for it, so that a rerun elsewhere is free."""


@dataclass(frozen=True)
class Declaration:
    """One declared setting, as collected from its group.

    Attributes:
        name: the Python name, the YAML key and (with two dashes) the flag.
        kind: its type without `| None`: str, int, float, bool, Amount, tuple[int, int], list[str] …
        optional: whether None ("not set") is a legal value.
        aliases: other flags, short ones with their dash ("-p", "--video"); long ones also work as Python names.
        parse: turns a raw value into the final one; raises ValueError saying what is right.
        common: among the few that the short help shows.
        internal: settable, but left out of help pages (kept for old settings that no longer do anything).
        refers: what its values name outside of the run.
        references: the names in a value, where they are not the whole text or the texts of weighted prompts.
        role: what the rest of the package does with it.
        part: the kind of part that it names, such as "drawer": the registry knows the choices.
        grid: what separates several values in a grid: "," or "|"; "": it takes one value.
        adds_up: its flag may be given again to add to what was given before.
        owner: the part it belongs to, such as "drawer pixel".
    """

    name: str
    kind: Any
    optional: bool
    default: Any
    help: str
    choices: tuple[str, ...] | None
    minimum: float | None
    maximum: float | None
    unit: str | None
    aliases: tuple[str, ...]
    parse: Callable[[Any], Any] | None
    common: bool
    internal: bool
    refers: Refers
    references: Callable[[Any], Iterable[str]] | None
    role: Role
    part: str | None
    grid: str
    adds_up: bool
    owner: str

    @property
    def python_names(self) -> tuple[str, ...]:
        """Every name under which Python and YAML may give this setting, its own first."""
        return (self.name, *(alias[2:] for alias in self.aliases if alias.startswith("--")))


def offered(owner: str, how: str) -> str:
    """How to choose the drawer that alone has a setting, as the end of a sentence; empty for several parts or others.

    Args:
        owner: as `owner_of` gives it; how: "--drawer " or "drawer=".
    """
    kind, _, name = owner.partition(" ")
    return f"; {how}{name} would use it" if kind == "drawer" and " or " not in name else ""


def setting(
    default: Any,
    help: str,
    *,
    choices: Sequence[str] | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str | None = None,
    aliases: Sequence[str] = (),
    parse: Callable[[Any], Any] | None = None,
    common: bool = False,
    internal: bool = False,
    refers: Refers = Refers.NOTHING,
    references: Callable[[Any], Iterable[str]] | None = None,
    role: Role = Role.NONE,
    part: str | None = None,
    grid: str | None = None,
    adds_up: bool = False,
) -> Any:
    """Declare one setting as a dataclass field.

    Args:
        default: its value when nobody gives one.
        help: one line, as a user would say it.
        choices: the only legal words, if there are only a few.
        minimum, maximum: inclusive bounds of a number.
        unit: what the number counts ("pixels", "percent").
        aliases: more flags, such as ("-asp",) or ("--video", "-vid").
        parse: for values with a grammar of their own; takes the raw value, raises ValueError with what is right.
        common: show it in the short help.
        internal: accept it, but leave it out of help pages.
        refers: what its values name outside of the run: files, addresses, services …
        references: finds those names in a raw value that has a grammar of its own.
        role: what the rest of the package does with it.
        part: the kind of part that it names ("drawer", "optimizer" …); the registry knows the choices.
        grid: what separates several values in a grid; default: a comma, unless the setting takes several values itself.
        adds_up: the flag may be given again to add to what was given before; else the last one counts.
    """
    facts = dict(locals())  # the arguments, by name
    del facts["default"]
    facts.update(choices=None if choices is None else tuple(choices), aliases=tuple(aliases))
    facts["adds_up"] = adds_up or isinstance(default, list)
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: list(default), metadata=facts)
    return dataclasses.field(default=default, metadata=facts)


def settings_group(group: type[_Group]) -> type[_Group]:
    """A class of settings as the engine's own are: a dataclass of which nobody makes an instance.

    So it gets no methods: writing and compiling them would take a tenth of the time that the help page takes.
    """
    return dataclass(init=False, repr=False, eq=False, match_args=False)(group)


def declarations(group: type, owner: str) -> tuple[Declaration, ...]:
    """The declared settings of one group (a dataclass), in their order.

    Raises:
        InvalidPart: the group is no dataclass, or one of its fields is no setting with a type.
    """
    if not dataclasses.is_dataclass(group):
        raise InvalidPart(f"{owner}: expected its Settings to be a dataclass (@dataclass(frozen=True, kw_only=True))")
    try:
        hints = typing.get_type_hints(group)
    except Exception as error:
        raise InvalidPart(f"{owner}: a type in its Settings cannot be read ({error})") from error
    declared = []
    for field in dataclasses.fields(group):
        if "help" not in field.metadata:
            raise InvalidPart(f"{owner}: the field '{field.name}' of its Settings was not declared with setting(...)")
        if field.name == RESOLVED:
            raise InvalidPart(f"{owner}: no setting can be called '{RESOLVED}', which records of runs use")
        kind, optional = _without_none(hints[field.name])
        if not _supported(kind, field.metadata["parse"]):
            raise InvalidPart(
                f"{owner}: the setting '{field.name}' is of type {kind}; expected str, int, float, bool, Amount, a "
                "list or tuple of these, or a `parse` of its own"
            )
        factory = field.default_factory
        default = field.default if factory is dataclasses.MISSING else factory()
        facts = dict(field.metadata)
        is_list = typing.get_origin(kind) in (tuple, list)
        if facts["grid"] is None:
            facts["grid"] = "" if is_list else ","
        if facts["part"] is not None or Role.SHAPES_CANVAS in facts["role"]:
            facts["role"] |= Role.CHOICE
        if is_list and kind != list[str]:  # texts are separated by pipes, in one word
            facts["role"] |= Role.SEVERAL_WORDS
        declared.append(
            Declaration(name=field.name, kind=kind, optional=optional, default=default, owner=owner, **facts)
        )
    return tuple(declared)


def _supported(kind: Any, parse: Any) -> bool:
    """Whether words can be turned into this type."""
    inner = typing.get_args(kind) if typing.get_origin(kind) in (tuple, list) else (kind,)
    plain = (str, int, float, bool, Amount, Ellipsis)
    return parse is not None or (bool(inner) and all(argument in plain for argument in inner))


def _without_none(hint: Any) -> tuple[Any, bool]:
    """`int | None` -> (int, True); `int` -> (int, False)."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
        if len(kinds) != 1:
            return hint, True
        return kinds[0], True
    return hint, hint is Any

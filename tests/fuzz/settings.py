"""Settings made up by hypothesis: whatever is given, the answer is settings that read back, or one clear error.

    python tests/fuzz/settings.py --cases 20000 --seed 1

A case is a set of names with values of any type, or words of a command line, or a YAML text. Values that are accepted
are written as a run's record and read again, which must give the same settings.
"""

from __future__ import annotations

import argparse
import datetime
import re
import sys
import time
from collections import Counter

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from pixray.errors import PixrayError, SettingsError
from pixray.registry import BUILT_IN, Registry
from pixray.runtime.yaml_io import parse_yaml, to_plain, write_yaml
from pixray.settings.core import ALWAYS
from pixray.settings.declare import declarations
from pixray.settings.raw import is_empty
from pixray.settings.resolve import resolve

DRAWERS = ("pixel", "line_sketch", "clipdraw", "fft", "multires", "vqgan", "super_resolution")
LOSSES = ("aesthetic", "edge", "gaussian", "palette", "saturation", "smoothness", "style", "symmetry", "tv")
FILTERS = ("lookup", "tiler", "wallpaper")
SLOWEST = 10.0
"""Seconds of computing that one case may take."""
_PYTHON_SPEAKING = re.compile(
    r"invalid literal|could not convert|object is not|has no attribute|unhashable|not supported between|NoneType"
    r"|argument must be|not iterable|index out of range|Traceback|codec can't"
)
GRAMMAR = (
    "a red heart", "a | b:2:-0.9", "x:nan", "a:1e999", "|||", "::", "12:30", "5%", "10 iterations", "-3", "1e3", "0x1F",
    "[black->white]\\8", "red;blue", "@nowhere.png", "#f00", "{a,b}{1..9999999}", "%SEQ%", "~nobody/x", "../..", "none",
    "off", "no", "true", "null", "384x216", "384 216", "auto", "cuda:99", "\u00b2", "\u0663", "smoothness:0.5,edge->x",
    "a->b->c", "http://", "file:///etc/passwd", "\\", "'", '"', "\x1b[31m", "\u202e", "\U0001f600", "\0", "\ud800",
    "[" * 5000, "9" * 5000, "a " * 10_001, "{" * 500, "(" * 500, "-" * 5000, ":" * 5000, "draft", "square", "embedded",
)  # fmt: skip


def declared_names(*kinds: str) -> list[str]:
    """Every name that settings have: of the engine and of parts of some kinds, further names and old ones."""
    registry = Registry(BUILT_IN)
    groups = list(ALWAYS)
    for kind in kinds:
        groups += [cls.Settings for _, cls in registry.classes(kind) if getattr(cls, "Settings", None)]
    names = {name for group in groups for one in declarations(group, "") for name in one.python_names}
    return sorted(names | {"use_pixeldraw", "target_palette", "do_mono", "clip_model", "num-cuts"})


def values() -> st.SearchStrategy:
    """Any value: right ones, wrong ones, and what no setting ever takes."""
    numbers = st.one_of(
        st.integers(-3, 40),
        st.integers(),
        st.floats(),
        st.sampled_from([10**400, -(10**400), 2**63, 0.5, 1e308, True, False, 3 + 4j]),
    )
    texts = st.one_of(st.sampled_from(GRAMMAR), st.text(max_size=30), numbers.map(str))
    strange = st.one_of(
        st.binary(max_size=8),
        st.dates(),
        st.sampled_from([object(), set(), frozenset({1}), range(3), len, int, Ellipsis, datetime.timedelta(1)]),
        st.sampled_from([np.float32(2), np.int64(7), np.array([4, 5]), np.array(3), np.zeros((3, 3)), np.array("a")]),
    )
    simple = st.one_of(st.none(), numbers, texts)
    nested = st.recursive(
        st.one_of(simple, strange),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.tuples(inner, inner),
            st.dictionaries(st.one_of(texts, st.integers()), inner, max_size=3),
        ),
        max_leaves=6,
    )
    return st.one_of(simple, simple, nested)


def choices() -> st.SearchStrategy:
    """Which drawer, losses and filters a case has, so that their settings exist."""
    return st.fixed_dictionaries(
        {"drawer": st.sampled_from(DRAWERS)},
        optional={
            "custom_loss": st.lists(st.sampled_from(LOSSES), max_size=2).map(",".join),
            "filters": st.sampled_from(FILTERS),
            "quality": st.sampled_from(["draft", "best"]),
            "perceptors": st.just("embedded"),
        },
    )


def keywords(names: list[str]) -> st.SearchStrategy:
    """Settings as Python gives them."""
    given_values = st.dictionaries(st.one_of(st.sampled_from(names), st.text(max_size=8)), values(), max_size=4)
    return st.tuples(choices(), given_values).map(lambda pair: {**pair[0], **pair[1]})


def words(names: list[str]) -> st.SearchStrategy:
    """Words of a command line."""
    flag = st.sampled_from(names).map(lambda name: f"--{name}")
    pair = st.tuples(flag, st.one_of(st.sampled_from(GRAMMAR), st.integers(1, 99).map(str)))
    word = st.one_of(flag, st.sampled_from(GRAMMAR), st.text(max_size=12), st.integers().map(str))
    pairs = st.lists(pair, max_size=3).map(lambda found: [word for two in found for word in two])
    return st.one_of(pairs, st.lists(word, max_size=6)).map(lambda rest: ["--drawer", "pixel", *rest])


def yaml_texts(names: list[str]) -> st.SearchStrategy:
    """Texts that are YAML, nearly YAML, or no YAML at all."""
    line = st.tuples(
        st.sampled_from(names),
        st.sampled_from([": ", ": ", ": ", ":", ":\n  - ", ": &a ", ": *a", ": !!set ", ": {", ": [", "? "]),
        st.one_of(st.sampled_from(GRAMMAR), st.text(max_size=20)),
    ).map("".join)
    return st.one_of(st.lists(line, min_size=1, max_size=3).map("\n".join), st.text(max_size=60))


class Fuzzer:
    """Counts what became of the cases; a case that is answered wrongly raises AssertionError."""

    def __init__(self) -> None:
        self.registry = Registry(BUILT_IN)
        self.counts: Counter[str] = Counter()

    def check(self, kind: str, added: dict, argv: list[str] = ()) -> None:
        begun = time.process_time()
        try:
            made = resolve(self.registry, added, argv)
        except SettingsError as error:
            self.counts[f"{kind}: refused"] += 1
            self._check_error(error)
        except PixrayError as error:
            self.counts[f"{kind}: refused"] += 1
            self._check_sentence(str(error))
        else:
            self.counts[f"{kind}: taken"] += 1
            self._check_reads_back(made)
        assert time.process_time() - begun < SLOWEST, f"took {time.process_time() - begun:.1f} s"

    def check_yaml(self, text: str) -> None:
        try:
            found = parse_yaml(text, "fuzz")
        except SettingsError as error:
            self.counts["YAML: refused"] += 1
            self._check_error(error)
            return
        self.check("YAML", {"drawer": "pixel", **found})

    def _check_error(self, error: SettingsError) -> None:
        for problem in error.problems:
            self._check_sentence(problem)

    def _check_sentence(self, text: str) -> None:
        assert text and len(text) < 2000, f"a message of {len(text)} characters"
        # Python's words may stand in what the user wrote, which is quoted at the beginning.
        assert not _PYTHON_SPEAKING.search(text.rpartition(": ")[2]), text
        text.encode("utf-8")

    def _check_reads_back(self, made: argparse.Namespace) -> None:
        """What was given, written as a record, gives the same settings."""
        record = {name: to_plain(raw) for name, raw in made.given().items() if not is_empty(raw)}
        record.pop("config_file", None)
        again = resolve(self.registry, parse_yaml(write_yaml(record), "record"))
        for name, value in vars(made).items():
            if name != "config_file" and name in record:
                assert getattr(again, name) == value, f"{name}: {value!r} reads back as {getattr(again, name)!r}"


def run(cases: int, start: int = 1) -> Counter[str]:
    """Try so many cases.

    Args:
        cases: how many; start: the seed.

    Returns:
        how many of each kind were taken and refused.

    Raises:
        AssertionError, or whatever else a case was answered with.
    """
    fuzzer, names, engine = Fuzzer(), declared_names("drawer", "loss", "filter"), declared_names()

    def check_keywords(added):
        fuzzer.check("Python", added)

    def check_words(argv):
        fuzzer.check("flags", {}, argv)

    def check_yaml(text):
        fuzzer.check_yaml(text)

    shares = (
        (keywords(names), check_keywords, 0.6),
        (words(engine), check_words, 0.2),
        (yaml_texts(engine), check_yaml, 0.2),
    )
    for strategy, check, share in shares:
        quiet = settings(
            max_examples=max(1, round(cases * share)),
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        seed(start)(quiet(given(strategy)(check)))()
    return fuzzer.counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    begun = time.perf_counter()
    counts = run(asked.cases, asked.seed)
    for kind, count in sorted(counts.items()):
        sys.stdout.write(f"{kind:<20}{count:>8}\n")
    sys.stdout.write(f"{sum(counts.values())} cases in {time.perf_counter() - begun:.0f} s, no wrong answer\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

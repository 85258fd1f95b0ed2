"""pixray words: the vocabulary of the embedded perceptor."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence

from pixray.errors import SettingsError


def main(argv: Sequence[str]) -> int:
    """Print the known words, or those that start with the given letters."""
    from pixray.perceptors.embedded import known_words

    if len(argv) > 1 or any(word.startswith("-") for word in argv):
        raise SettingsError("usage: pixray words [BEGINNING]")
    beginning = argv[0].lower() if argv else ""
    words = sorted(word for word in known_words() if word.startswith(beginning))
    lines = textwrap.wrap(" ".join(words), 100)
    sys.stdout.write("\n".join([*lines, f"({len(words)} words)", ""]))
    return 0

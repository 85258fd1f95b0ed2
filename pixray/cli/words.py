"""pixray words: the vocabulary of the embedded perceptor.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence

from pixray.cli.parsing import Parser


def main(argv: Sequence[str]) -> int:
    """Print the known words, or those that start with the given letters."""
    from pixray.perceptors.embedded import known_words

    parser = Parser("words", "List the words that the embedded perceptor knows.")
    parser.add_argument("beginning", nargs="?", default="", help="list only words that begin with these letters")
    beginning = parser.parse_args(argv).beginning.lower()
    words = sorted(word for word in known_words() if word.startswith(beginning))
    lines = textwrap.wrap(" ".join(words), 100)
    sys.stdout.write("\n".join([*lines, f"({len(words)} words)", ""]))
    return 0

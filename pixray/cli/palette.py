"""pixray palette '@sprite.png\\8' --out warm.gpl: the colours of any palette, printed or written to a palette file.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pixray.cli.parsing import Parser
from pixray.errors import SettingsError
from pixray.runtime.files import user_path, write_atomic

WHAT = "Print the colours of a palette, a line each, or write them to a palette file."


def main(argv: Sequence[str]) -> int:
    """Print the colours, or the path of the file that was written."""
    from pixray.images.palette import read_palette
    from pixray.images.palette_write import WRITTEN, palette_bytes

    parser = Parser("palette", WHAT)
    parser.add_argument(
        "palette", help="as the setting of that name: '[red, #0f0]', '@colours.gpl', '@sprite.png\\8' …"
    )
    parser.add_argument("--out", "-o", help=f"file to write: {', '.join(WRITTEN)}")
    args = parser.parse_args(argv)
    try:
        colours = read_palette(args.palette)
    except ValueError as error:
        raise SettingsError(f"palette='{args.palette}': {error}") from None
    if args.out is None:
        sys.stdout.write(palette_bytes("colours.hex", colours).decode())
        return 0
    path = user_path(args.out, "out")
    write_atomic(path, palette_bytes(path.name, colours))
    sys.stdout.write(f"{path}\n")
    return 0

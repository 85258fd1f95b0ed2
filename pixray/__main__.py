"""python -m pixray, and the command `pixray`."""

from __future__ import annotations

import sys


def main() -> int:
    """The command line, whose modules are loaded here so that Ctrl-C while they load is answered as later on."""
    try:
        from pixray.cli import main as cli

        return cli.main()
    except KeyboardInterrupt:
        sys.stderr.write("pixray: interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())

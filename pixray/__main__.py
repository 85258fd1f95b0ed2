"""python -m pixray, and the command `pixray`.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

import sys

from pixray.runtime.terminal import Terminal, leave, open_closed_streams


def main() -> int:
    """The command line, whose modules are loaded here so that Ctrl-C while they load is answered as later on."""
    open_closed_streams()
    try:
        from pixray.cli import main as cli

        return cli.main()
    except KeyboardInterrupt:
        Terminal(sys.stderr).write("pixray: interrupted\n")
        return 130
    finally:
        leave(sys.stdout, sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

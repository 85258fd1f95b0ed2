"""python -m pixray, and the command `pixray`.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

import atexit
import os
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


def program() -> None:
    """The same as a process of its own.

    Once Python has waited for threads and told everybody who wants to know that it ends, the process ends: taking torch
    apart piece by piece would need most of a second, for memory that the system takes back at once.
    """
    codes: list[int] = []

    def end() -> None:
        leave(sys.stdout, sys.stderr)
        if codes:
            os._exit(codes[0])

    atexit.register(end)  # registered first, called last
    codes.append(main())
    sys.exit(codes[0])


if __name__ == "__main__":
    program()

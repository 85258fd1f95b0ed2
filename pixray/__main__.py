"""python -m pixray"""

from __future__ import annotations

import sys

from pixray.cli import main

if __name__ == "__main__":
    sys.exit(main())

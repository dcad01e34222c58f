"""``python -m oncall_tui``: the same as the console script."""

import sys

from oncall_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())

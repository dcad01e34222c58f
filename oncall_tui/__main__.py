"""``python -m oncall_tui``: the same as the console script."""

import os
import sys


def leave_working_folder() -> None:
    """``-m`` looks for modules where one stands before anywhere else: on a shared machine anybody may have left some
    there. In a checkout the package itself puts its folder first, which stays."""
    here = os.getcwd()  # noqa: PTH109 - what is not imported yet cannot be a stranger's
    if not sys.flags.safe_path and here in sys.path[1:]:
        del sys.path[sys.path.index(here, 1)]


if __name__ == "__main__":
    leave_working_folder()
    from oncall_tui.cli import main

    sys.exit(main())

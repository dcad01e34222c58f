"""The command line: one of the two faces."""

from __future__ import annotations

import sys


def main(argv: list[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    sys.stderr.write(f"oncall-tui: {' '.join(argv or sys.argv[1:])}: no command is built yet\n")
    return 2

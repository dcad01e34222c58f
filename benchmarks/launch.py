"""The real program, with one more kind of source: what ``oncall-tui`` does, from the first import on.

Takes the arguments of ``oncall-tui``. Read from the environment:
``ONCALL_BENCH_DRIVER=textual`` draws with Textual's own driver instead of the product's;
``ONCALL_BENCH_LATENESS=FILE`` writes there, at the end, by how much the event loop was late (JSON).
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder

# Nothing more: what is imported here is part of what is measured.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DRIVER = "ONCALL_BENCH_DRIVER"
LATENESS = "ONCALL_BENCH_LATENESS"


class Registrar:
    """Adds the synthetic kind when the product first imports its registry: nothing is imported sooner for it."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The registry's own spec, with one line after it."""
        if name != "oncall_tui.sources":
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def and_register(module: Any) -> None:
            execute(module)
            module.KINDS["synthetic"] = "benchmarks.world"

        spec.loader.exec_module = and_register  # type: ignore[method-assign]
        return spec


def use_textuals_driver() -> None:
    """Let the product find Textual's driver where it looks for its own."""
    from textual.drivers.linux_driver import LinuxDriver

    import oncall_tui.terminal as terminal

    terminal.SafeDriver = LinuxDriver  # type: ignore[assignment,misc]


def watch_lateness(path: str) -> None:
    """Have a task of the product's loop note how late it wakes."""
    from pathlib import Path

    from benchmarks.lateness import watched_run

    watched_run(Path(path))


def main() -> int:
    """Run the program."""
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    sys.meta_path.insert(0, Registrar)
    if os.environ.get(DRIVER) == "textual":
        use_textuals_driver()
    if LATENESS in os.environ:
        watch_lateness(os.environ[LATENESS])
    from oncall_tui.cli import main as oncall_tui

    return oncall_tui()


if __name__ == "__main__":
    sys.exit(main())

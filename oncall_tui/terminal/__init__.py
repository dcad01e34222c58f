"""The terminal side of a Textual app: a driver that never blocks, a safe way in, a clean way out.

Knows nothing of on-call; reached only by `oncall_tui.app`. The public face:

- `SafeDriver` (`terminal.driver`): give it to the app as `driver_class`. Drawing never blocks the
  event loop, and what arrives on stdin can only be what a hand does.
- `refuse_reason` (`terminal.lifecycle`): one line that says why a dashboard cannot start here, or
  `None`. Ask it before Textual is imported.
- `install` (`terminal.lifecycle`): signals and a lost terminal end the process in good order, within
  `LIMIT` seconds, with an exit code that tells which.

Names are imported when first used: `import oncall_tui.terminal.lifecycle` costs no Textual.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as typing says, which is not worth its import before the picture
if TYPE_CHECKING:
    from typing import Any

    from oncall_tui.terminal.driver import SafeDriver as SafeDriver
    from oncall_tui.terminal.lifecycle import Lifecycle as Lifecycle
    from oncall_tui.terminal.lifecycle import install as install
    from oncall_tui.terminal.lifecycle import refuse_reason as refuse_reason

__all__ = ["Lifecycle", "SafeDriver", "install", "refuse_reason"]

_HOMES = {
    "SafeDriver": "oncall_tui.terminal.driver",
    "Lifecycle": "oncall_tui.terminal.lifecycle",
    "install": "oncall_tui.terminal.lifecycle",
    "refuse_reason": "oncall_tui.terminal.lifecycle",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)

"""The commands of Alice's team in the demo: they need nothing but a shell, and touch nothing."""

from __future__ import annotations

from typing import Any

_RESTART = """\
echo "rolling restart of ${ONCALL_SERVICE:-nothing}, as if: the simulated company has no machines"
for pod in 1 2 3; do sleep 1; echo "${ONCALL_SERVICE}-$pod restarted"; done
"""


def commands() -> list[dict[str, Any]]:
    """The config's ``commands``."""
    return [
        {
            "name": "told",
            "command": ["cat"],
            "title": "Show what a command is told",
            "key": "f6",
            "changes": False,
        },
        {"name": "restart", "command": _RESTART, "shell": True, "title": "Restart the service", "output": "note"},
        {"name": "group", "command": ["cat"], "title": "Show the alert group", "on": "alert", "changes": False},
        {"name": "date", "command": "date -u", "title": "The date here", "on": "none", "changes": False},
    ]

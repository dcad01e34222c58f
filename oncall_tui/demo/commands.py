"""The commands of Alice's team in the demo: they need nothing but a shell, and touch nothing."""

from __future__ import annotations

from typing import Any

_RESTART = """\
echo "rolling restart of ${ONCALL_SERVICE:-nothing}, as if: the simulated company has no machines"
for pod in 1 2 3; do sleep 1; echo "${ONCALL_SERVICE}-$pod restarted"; done
"""


def resolution() -> list[dict[str, Any]]:
    """The config's resolution checklist: the built-in one, with commands of the company's."""
    return [
        {"id": "test-fix", "text": "Test the fix in staging", "run": "test-fix"},
        {"id": "deploy", "text": "Deploy the fix to production", "run": "deploy"},
        {"id": "watch", "text": "Watch for {watch} after the fix", "check": "watch"},
        {"id": "verify", "text": "Verify that it has recovered", "check": "recovered"},
        {"id": "tell", "text": "Tell stakeholders that it is resolved", "check": "told"},
    ]


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
        {
            "name": "test-fix",
            "command": 'echo "fix of ${ONCALL_SERVICE:-nothing} in staging: 48 checks, 48 well, as if"',
            "shell": True,
            "title": "Test the fix in staging",
            "changes": False,
        },
        {
            "name": "deploy",
            "command": 'sleep 1; echo "${ONCALL_SERVICE:-nothing} deployed, as if"',
            "shell": True,
            "title": "Deploy the fix",
        },
        {"name": "group", "command": ["cat"], "title": "Show the alert group", "on": "alert", "changes": False},
        {"name": "date", "command": "date -u", "title": "The date here", "on": "none", "changes": False},
    ]

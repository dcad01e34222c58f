"""What sources that make incidents have in common."""

from __future__ import annotations

from oncall_tui.model import OutboxRow


def dedup_key(row: OutboxRow) -> str:
    """By what a system tells our incident from others: the same at each attempt, and nobody else's."""
    return f"oncall-tui-{row.key}"

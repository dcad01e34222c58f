"""What an action goes to: pinned as its row shows it, at the moment of the key."""

from __future__ import annotations

from textual.geometry import Size

from oncall_tui.actions import Action
from oncall_tui.board import AlertRow, IncidentRow
from screens.requests import Target

LEAST = (40, 8)
"""Columns and rows: in less, an action's target and what follows from it cannot be read, so none is taken."""
TOO_SMALL = "terminal too small to act: 40x8 at least"


class NoTarget(Exception):
    """Nothing to act on: one line that says why."""


class Pointless(NoTarget):
    """What is under the cursor has nothing that the action could change: no key is shown for it."""


def is_too_small(size: Size) -> bool:
    """Whether a screen of that size shows too little to act by."""
    return size.width < LEAST[0] or size.height < LEAST[1]


def incident_target(row: IncidentRow) -> Target:
    """Pin an incident as its row shows it."""
    incident = row.incident
    return Target(
        id=incident.id,
        source=incident.source,
        title=incident.title,
        service=incident.service.name if incident.service else None,
        seen=incident.version,
        row=row,
    )


def alert_targets(action: Action, row: AlertRow) -> tuple[Target, ...]:
    """Pin an alert group: its first alert to be silenced, or each of its silences to be ended."""
    ids = tuple(silence.id for silence in row.silences) if action.id == "expire_silence" else row.ids[:1]
    if not ids:
        raise Pointless(f"not silenced: {row.name}")
    return tuple(Target(id=one, source=row.source, title=row.name, service=row.service, row=row) for one in ids)

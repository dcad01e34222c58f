"""What a command is run about: an incident, an alert or nothing, as JSON and as environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from oncall_tui.board import AlertRow, Board, IncidentRow, Relation
from oncall_tui.board.report import about_report
from oncall_tui.clock import iso
from oncall_tui.desk.settings import ActRefused
from oncall_tui.model import Version
from oncall_tui.records import dataclass
from oncall_tui.text import clean

if TYPE_CHECKING:
    from oncall_tui.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a command is run about. ``target`` is the incident's id or the first alert's of a group."""

    kind: Literal["incident", "alert", "none"]
    target: str | None = None
    title: str = ""
    seen: Version | None = None
    """Of an incident: as it was, for a note that is written about the run."""
    document: bytes = b""
    """JSON in the shape of ``now --json`` with only this incident or alert in it."""
    variables: Mapping[str, str]
    """``ONCALL_*``; clean one-line texts, unknown ones empty."""


async def about(desk: Desk, board: Board, target: str | None) -> About:
    """What there is to know of ``target``: an incident's id, an alert's id, the key of a group; ``None``: nothing.

    Raises:
        ActRefused: no such incident or alert.
    """
    now = desk.clock.now()
    if target is None:
        seat = about_report(board, now, incidents=(), alerts=())
        return About(kind="none", document=_json(seat), variables={"ONCALL_KIND": "none", **_seat(board)})
    row = board.incident(target)
    group = _group(board, target) if row is None else None
    if group is not None:
        return _about_group(board, group, now)
    row = row or await _stored(desk, target)
    return About(
        kind="incident",
        target=row.id,
        title=row.incident.title,
        seen=row.incident.version,
        document=_json(about_report(board, now, incidents=(row,), alerts=board.joined_to(row.id))),
        variables={"ONCALL_KIND": "incident", **_seat(board), **_incident(row)},
    )


def _group(board: Board, target: str) -> AlertRow | None:
    return next((row for row in board.alerts if target == row.key or target in row.ids), None)


def _about_group(board: Board, group: AlertRow, now: datetime) -> About:
    joined = board.incident(group.incident_id) if group.incident_id else None
    return About(
        kind="alert",
        target=group.ids[0],
        title=group.name,
        document=_json(about_report(board, now, incidents=(joined,) if joined else (), alerts=(group,))),
        variables={"ONCALL_KIND": "alert", **_seat(board), **_alert(group)},
    )


async def _stored(desk: Desk, target: str) -> IncidentRow:
    view = await desk.view(target)
    if view is None:
        raise ActRefused(f"no such incident or alert: {clean(target, 80)}")
    return IncidentRow(incident=view.incident, due=None, relation=Relation.OTHER)


def _json(document: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document)) + b"\n"


def _seat(board: Board) -> dict[str, str]:
    return {"ONCALL_USER": clean(board.seat.user or "")}


def _incident(row: IncidentRow) -> dict[str, str]:
    incident = row.incident
    return {
        "ONCALL_ID": incident.id,
        "ONCALL_SOURCE": incident.source,
        "ONCALL_NUMBER": clean(incident.number or ""),
        "ONCALL_TITLE": incident.title,
        "ONCALL_STATE": incident.state.value,
        "ONCALL_SEVERITY": str(incident.severity or ""),
        "ONCALL_SERVICE": incident.service.name if incident.service is not None else "",
        "ONCALL_CREATED_AT": iso(incident.created_at),
        "ONCALL_ASSIGNEES": ",".join(person.name for person in incident.assignees),
        "ONCALL_URL": incident.url or "",
    }


def _alert(row: AlertRow) -> dict[str, str]:
    return {
        "ONCALL_ID": row.ids[0],
        "ONCALL_SOURCE": row.source,
        "ONCALL_TITLE": row.name,
        "ONCALL_STATE": row.state.value,
        "ONCALL_SEVERITY": str(row.severity or ""),
        "ONCALL_SERVICE": row.service or "",
        "ONCALL_CREATED_AT": iso(row.first_at),
        "ONCALL_COUNT": str(row.count),
        "ONCALL_INCIDENT": row.incident_id or "",
        "ONCALL_URL": row.url or "",
        "ONCALL_RUNBOOK": row.runbook or "",
    }

"""The board as the JSON document of ``now --json`` (contract). Every optional field is there, ``null`` if unknown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from oncall_tui.board.model import AlertRow, Board, HealthRow, IncidentRow, PaneName
from oncall_tui.clock import iso
from oncall_tui.model import Change, OnCall, SourceState
from oncall_tui.policy import SeverityPolicy


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment is not None else None


def now_report(
    board: Board, states: Sequence[SourceState], now: datetime, panes: Sequence[PaneName] = tuple(PaneName)
) -> dict[str, Any]:
    """The document at ``now``; only the wanted panes have a list in it."""
    report: dict[str, Any] = {
        "version": 1,
        "taken_at": iso(now),
        "seat": {"user": board.seat.user, "role": board.seat.role, "until": _iso(board.seat.until)},
        "sources": [_source(state, now) for state in states],
    }
    if PaneName.INCIDENTS in panes:
        report["incidents"] = [_incident(row, now, board.policy) for row in board.incidents if row.incident.is_open]
    if PaneName.ALERTS in panes:
        report["alerts"] = [_alert(row) for row in board.alerts]
        report["suggestions"] = _suggestions(board)
    if PaneName.HEALTH in panes:
        report["health"] = [_health(row) for row in board.health]
    if PaneName.ON_CALL in panes:
        report["on_call"] = [_on_call(entry) for team in board.on_call for entry in team.rows]
    return report


def about_report(
    board: Board, now: datetime, *, incidents: Sequence[IncidentRow], alerts: Sequence[AlertRow]
) -> dict[str, Any]:
    """The same shape with these incidents and alerts only: what a command is told on its standard input."""
    return {
        "version": 1,
        "taken_at": iso(now),
        "seat": {"user": board.seat.user, "role": board.seat.role, "until": _iso(board.seat.until)},
        "incidents": [_incident(row, now, board.policy) for row in incidents],
        "alerts": [_alert(row) for row in alerts],
    }


def is_ok(state: SourceState) -> bool:
    """The last attempt brought everything."""
    return state.error is None and not state.problems and state.last_success is not None


def _source(state: SourceState, now: datetime) -> dict[str, Any]:
    age = (now - state.last_success).total_seconds() if state.last_success is not None else None
    return {
        "name": state.name,
        "kind": state.kind,
        "ok": is_ok(state),
        "fetched_at": _iso(state.last_success),
        "age_s": round(max(0.0, age), 1) if age is not None else None,
        "error": state.error or ("; ".join(state.problems) or None),
    }


def _incident(row: IncidentRow, now: datetime, policy: SeverityPolicy) -> dict[str, Any]:
    from oncall_tui.policy.reminders import rule_of  # not at the top: the dashboard reports to nobody

    incident = row.incident
    due = (
        {"what": row.due.what.value, "at": iso(row.due.at), "overdue": row.due.overdue(now)}
        if row.due is not None
        else None
    )
    return {
        "id": incident.id,
        "source": incident.source,
        "number": incident.number,
        "title": incident.title,
        "state": incident.state.value,
        "severity": incident.severity,
        "service": incident.service.name if incident.service is not None else None,
        "created_at": iso(incident.created_at),
        "assignees": [person.name for person in incident.assignees],
        "escalation_level": incident.escalation_level,
        "escalates_at": _iso(incident.escalates_at),
        "relation": row.relation.value,
        "due": due,
        "due_rule": rule_of(incident, row.due, policy) if row.due is not None else None,
        "also": [{"id": one.id, "reason": one.reason, "sure": one.is_sure} for one in row.also],
        "maintenance": _change(row.maintenance),
        "pending": [action.verb.value for action in row.actions if action.pending],
        "url": incident.url,
    }


def _suggestions(board: Board) -> list[dict[str, Any]]:
    if not board.suggestions:
        return []
    # Not at the top: the dashboard's commands are told of incidents and alerts only.
    from oncall_tui.board.suggestion_report import suggestion_report

    return [suggestion_report(one) for one in board.suggestions]


_SEVERITY_WORDS = {1: "critical", 2: "critical", 3: "warning", 4: "info"}


def _alert(row: AlertRow) -> dict[str, Any]:
    word = (row.severity_word or "").casefold()
    if word not in _SEVERITY_WORDS.values():
        word = _SEVERITY_WORDS.get(row.severity or 0, "")
    return {
        "id": row.ids[0],
        "ids": list(row.ids),
        "source": row.source,
        "name": row.name,
        "severity": word or None,
        "service": row.service,
        "state": row.state.value,
        "first_at": iso(row.first_at),
        "last_at": iso(row.last_at),
        "count": row.count,
        "incident": row.incident_id,
        "join_reason": row.join_reason,
        "joins": [{"incident": join.incident_id, "reason": join.reason, "sure": join.is_sure} for join in row.joins],
        "summary": row.summary,
        "silenced_until": _iso(max((silence.ends_at for silence in row.silences), default=None)),
        "labels": dict(row.labels),
    }


def _change(change: Change | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {"id": change.id, "title": change.title, "at": iso(change.at), "until": _iso(change.until)}


def _health(row: HealthRow) -> dict[str, Any]:
    check = row.check
    return {
        "id": check.id,
        "source": check.source,
        "name": check.name,
        "service": check.service,
        "status": check.status.value,
        "value": check.value,
        "unit": check.unit,
        "detail": check.detail,
        "checked_at": iso(check.checked_at),
        "maintenance": _change(row.maintenance),
    }


def _on_call(entry: OnCall) -> dict[str, Any]:
    return {
        "team": entry.team,
        "level": entry.level,
        "role": {1: "primary", 2: "secondary"}.get(entry.level),
        "person": entry.person.name,
        "contact": entry.person.contact,
        "since": _iso(entry.since),
        "until": _iso(entry.until),
        "paged_after_s": entry.paged_after_s,
        "next": entry.next_person,
        "source": entry.source,
    }

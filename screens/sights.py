"""What a filter sees of the rows of each pane. Pure.

The text changes only with the row, so it is kept with it; fields may change with the minute and with other rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oncall_tui.board import AlertRow, Board, HealthRow, IncidentRow, Relation
from screens.filtering import Getter, Words


def incident_text(row: IncidentRow) -> str:
    """What plain words are looked for in of an incident."""
    incident = row.incident
    return _folded_text(
        (
            incident.title,
            incident.service.name if incident.service else "",
            incident.source,
            *incident.teams,
            *_who(row),
            incident.id,
            incident.number or "",
            incident.state.value,
            *row.alert_names,
        )
    )


def alert_text(row: AlertRow) -> str:
    """The same of an alert group."""
    return _folded_text((row.name, row.summary or "", row.where, row.source, *_labels(row), row.incident_title or ""))


def health_text(row: HealthRow) -> str:
    """The same of a check."""
    check = row.check
    return _folded_text((check.name, check.service or "", check.source, check.status.value, check.detail or ""))


def _folded_text(words: Iterable[str]) -> str:
    return "\n".join(words).casefold()


def _who(row: IncidentRow) -> Words:
    people = (*row.incident.assignees, *row.incident.acknowledged_by)
    return tuple(word for one in people for word in (one.name, one.id))


def _labels(row: AlertRow) -> Words:
    return tuple(f"{name}={value}" for name, value in row.labels)


def _severity_word(severity: int | None) -> Words:
    return (str(severity) if severity is not None else "?",)


def _mine(row: IncidentRow | None) -> Words:
    return ("yes" if row is not None and row.relation is Relation.MINE else "no",)


def _due(row: IncidentRow, board: Board) -> Words:
    if row.due is None:
        return ()
    return (row.due.what.value, *(("late",) if row.due.overdue(board.minute) else ()))


def _joined(row: AlertRow, board: Board) -> IncidentRow | None:
    return board.incident(row.incident_id) if row.incident_id else None


def _teams(row: IncidentRow | None) -> Words:
    return row.incident.teams if row is not None else ()


INCIDENT: Mapping[str, Getter[IncidentRow]] = {
    "sev": lambda row, board: _severity_word(row.incident.severity),
    "state": lambda row, board: (row.incident.state.value,),
    "service": lambda row, board: (row.incident.service.name,) if row.incident.service else (),
    "source": lambda row, board: (row.incident.source,),
    "team": lambda row, board: _teams(row),
    "who": lambda row, board: _who(row),
    "mine": lambda row, board: _mine(row),
    "title": lambda row, board: (row.incident.title,),
    "id": lambda row, board: (row.incident.id, row.incident.number or ""),
    "due": _due,
    "label": lambda row, board: row.alert_names,
}
ALERT: Mapping[str, Getter[AlertRow]] = {
    "sev": lambda row, board: _severity_word(row.severity),
    "state": lambda row, board: (row.state.value,),
    "service": lambda row, board: (row.service,) if row.service else (),
    "source": lambda row, board: (row.source,),
    "team": lambda row, board: _teams(_joined(row, board)),
    "mine": lambda row, board: _mine(_joined(row, board)),
    "title": lambda row, board: (row.name, row.summary or ""),
    "id": lambda row, board: tuple(row.ids),
    "label": lambda row, board: _labels(row),
}
HEALTH: Mapping[str, Getter[HealthRow]] = {
    "state": lambda row, board: (row.check.status.value,),
    "service": lambda row, board: (row.check.service,) if row.check.service else (),
    "source": lambda row, board: (row.check.source,),
    "title": lambda row, board: (row.check.name,),
    "id": lambda row, board: (row.check.id,),
}

"""Alerts as rows: grouped, counted, joined to their incidents with the reason of each join. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from oncall_tui.board.model import AlertRow, IncidentRow
from oncall_tui.board.twins import each_once
from oncall_tui.model import Alert, AlertState, Facts, OutboxRow, OutboxState, Silence

JOIN_WINDOW = timedelta(minutes=15)
"""An alert that begins this close to the only open incident of its service is taken to belong to it."""

_STATE_RANK = {
    AlertState.FIRING: 0,
    AlertState.UNKNOWN: 1,
    AlertState.SILENCED: 2,
    AlertState.ENDED: 3,
    AlertState.RESOLVED: 4,
}
# What tells the members of a group apart, in the order in which it says most to a person.
_WHERE = ("instance", "region", "zone", "pod", "host", "node", "job", "cluster")


def alert_rows(
    facts: Facts,
    incidents: tuple[IncidentRow, ...],
    capabilities: Mapping[str, frozenset[str]],
    stale: set[str],
) -> tuple[AlertRow, ...]:
    """The groups: firing ones by severity, the newest first; then silenced, then ended ones, the latest first. A
    pager's own trigger log is a row only where no monitor tells of the same alert."""
    groups: dict[tuple[str, str], list[Alert]] = {}
    for alert in each_once(facts.alerts, capabilities):
        groups.setdefault((alert.source, alert.group_key or f"{alert.name}|{alert.service or ''}"), []).append(alert)
    joins = _Joins(incidents)
    silences = {silence.id: silence for silence in facts.silences}
    actions: dict[str, list[OutboxRow]] = {}
    for row in facts.outbox:
        if row.pending or row.state in (OutboxState.REFUSED, OutboxState.UNKNOWN):
            actions.setdefault(row.target, []).append(row)
    rows = [
        _row(source, group, members, joins, silences, actions, capabilities, stale)
        for (source, group), members in groups.items()
    ]
    told = {row.incident_id for row in rows if row.incident_id and not _is_pager(row.source, capabilities)}
    rows = [row for row in rows if not (_is_pager(row.source, capabilities) and row.incident_id in told)]
    rows.sort(key=_order)
    return tuple(rows)


def _is_pager(source: str, capabilities: Mapping[str, frozenset[str]]) -> bool:
    return "incidents" in capabilities.get(source, frozenset())


def _order(row: AlertRow) -> tuple[object, ...]:
    if row.state in (AlertState.FIRING, AlertState.UNKNOWN):
        return (0, row.severity or 5, -row.first_at.timestamp(), row.key)
    return (1, _STATE_RANK[row.state], -row.last_at.timestamp(), row.key)


def _row(
    source: str,
    group: str,
    members: list[Alert],
    joins: _Joins,
    silences: Mapping[str, Silence],
    actions: Mapping[str, list[OutboxRow]],
    capabilities: Mapping[str, frozenset[str]],
    stale: set[str],
) -> AlertRow:
    members.sort(key=lambda alert: (_STATE_RANK[alert.state], -alert.last_at.timestamp(), alert.id))
    head = members[0]
    joined, reason = joins.of(members)
    muted = {ref for alert in members for ref in alert.silenced_by}
    severities = [alert.severity for alert in members if alert.severity is not None]
    return AlertRow(
        key=f"{source}|{group}",
        source=source,
        name=head.name,
        state=head.state,
        severity=min(severities) if severities else None,
        severity_word=head.severity_word,
        service=head.service,
        where=_where(members),
        summary=head.summary,
        first_at=min(alert.first_at for alert in members),
        last_at=max(alert.last_at for alert in members),
        count=sum(alert.count for alert in members),
        ids=tuple(alert.id for alert in members),
        labels=_shared(members),
        incident_id=joined.id if joined else None,
        incident_title=joined.incident.title if joined else None,
        join_reason=reason,
        silences=tuple(silences[ref] for ref in sorted(muted) if ref in silences),
        actions=tuple(row for alert in members for row in actions.get(alert.id, ())),
        url=head.url,
        runbook=next((alert.runbook for alert in members if alert.runbook), None),
        can_silence="silence" in capabilities.get(source, frozenset()),
        stale=source in stale,
    )


def _shared(members: list[Alert]) -> tuple[tuple[str, str], ...]:
    shared = set(members[0].labels.items())
    for alert in members[1:]:
        shared &= set(alert.labels.items())
    return tuple(sorted(shared))


def _where(members: list[Alert]) -> str:
    shared = dict(_shared(members))
    service = members[0].service or ""
    for name in _WHERE:
        values = {alert.labels[name] for alert in members if name in alert.labels} - {service}
        if len(values) == 1 or (values and name not in shared):
            detail = values.pop() if len(values) == 1 else f"{len(values)} {name}s"
            return f"{service}/{detail}" if service else detail
    return service


class _Joins:
    """Which incident a group of alerts belongs to, and why."""

    def __init__(self, incidents: tuple[IncidentRow, ...]) -> None:
        self._by_id = {row.id: row for row in incidents}
        self._open_of: dict[str, list[IncidentRow]] = {}
        for row in incidents:
            if row.incident.is_open and row.incident.service is not None:
                self._open_of.setdefault(row.incident.service.name.casefold(), []).append(row)

    def of(self, members: list[Alert]) -> tuple[IncidentRow | None, str | None]:
        """The incident of these alerts, and the reason of the join; ``(None, None)`` where none can be told."""
        for alert in members:
            if alert.incident_id in self._by_id:
                return self._by_id[alert.incident_id], "the pager says so"
        head = members[0]
        candidates = self._open_of.get((head.service or "").casefold(), ())
        name = head.name.casefold()
        for row in candidates:
            if name in row.incident.title.casefold() or head.name in row.alert_names:
                return row, f"same service {head.service}, named in the title"
        near = [row for row in candidates if abs(row.incident.created_at - head.first_at) <= JOIN_WINDOW]
        if len(near) == 1:
            return near[0], f"same service {head.service}, began within {JOIN_WINDOW.seconds // 60} min"
        return None, None

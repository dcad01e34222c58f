"""Alert groups as rows, joined to their incidents with the reason of each join. Pure, but for its memory of the rows
of the last board."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.board.groups import STATE_RANK
from oncall_tui.board.incidents import Incidents
from oncall_tui.board.model import AlertRow, IncidentRow, Join
from oncall_tui.model import AlertGroup, AlertState, Facts, OutboxRow, Silence

JOIN_WINDOW = timedelta(minutes=15)
"""An alert that begins this close to the only open incident of its service is taken to belong to it."""

MOST_JOINS = 20
"""A group's incidents beyond so many are not told."""

Key = tuple[str, str]


class Alerts:
    """The rows of one board after the other."""

    def __init__(self) -> None:
        self._made: dict[Key, tuple[tuple[Any, ...], AlertRow]] = {}
        self._joins = _Joins()

    def rows(
        self,
        facts: Facts,
        incidents: Incidents,
        capabilities: Mapping[str, frozenset[str]],
        *,
        actions: Mapping[str, tuple[OutboxRow, ...]],
        stale: set[str],
    ) -> tuple[AlertRow, ...]:
        """Firing ones by severity, the newest first; then silenced, then ended ones, the latest first. A pager's own
        trigger log is a row only where no monitor surely tells of the same incident."""
        self._joins.take(incidents, facts.groups)
        silences = {silence.id: silence for silence in facts.silences}
        before, self._made = self._made, {}
        for group in facts.groups:
            key = (group.source, group.key)
            made_of = (
                group,
                self._joins.of(group),
                tuple(silences[ref] for ref in group.silenced_by if ref in silences),
                _actions_of(group, actions),
                "silence" in capabilities.get(group.source, frozenset()),
                group.source in stale,
            )
            made = before.get(key)
            self._made[key] = made if made is not None and made[0] == made_of else (made_of, _row(*made_of))
        logs = [key for key, (made_of, _) in self._made.items() if _is_trigger_log(made_of[0])]
        rows = [row for key, (_, row) in self._made.items()] if not logs else self._without(logs)
        rows.sort(key=_order)
        return tuple(rows)

    def open_of(self, service: str) -> list[str]:
        """Ids of the open incidents of a service that alerts of this board are of, what needs a hand first."""
        return self._joins.open_of(service)

    def _without(self, logs: list[Key]) -> list[AlertRow]:
        """All rows but those of trigger logs whose incidents monitors surely tell of."""
        of_logs = set(logs)
        told = {
            join.incident_id
            for key, (_, row) in self._made.items()
            if key not in of_logs
            for join in row.joins
            if join.is_sure
        }
        hidden = {key for key in logs if (row := self._made[key][1]).joins and told.issuperset(_incidents_of(row))}
        return [row for key, (_, row) in self._made.items() if key not in hidden]


def _is_trigger_log(group: AlertGroup) -> bool:
    """Whether a pager tells, in these alerts, only of its own incidents. A source may have both: pages and monitors."""
    return group.is_paged and all(incident_id.startswith(f"{group.source}:") for incident_id, _ in group.pages)


def _incidents_of(row: AlertRow) -> set[str]:
    return {join.incident_id for join in row.joins}


def _actions_of(group: AlertGroup, actions: Mapping[str, tuple[OutboxRow, ...]]) -> tuple[OutboxRow, ...]:
    if not any(target.startswith(f"{group.source}:") for target in actions):
        return ()
    return tuple(row for member in group.ids for row in actions.get(member, ()))


def _order(row: AlertRow) -> tuple[object, ...]:
    if row.state in (AlertState.FIRING, AlertState.UNKNOWN):
        return (0, row.severity or 5, -row.first_at.timestamp(), row.key)
    return (1, STATE_RANK[row.state], -row.last_at.timestamp(), row.key)


def _row(
    group: AlertGroup,
    joins: tuple[Join, ...],
    silences: tuple[Silence, ...],
    actions: tuple[OutboxRow, ...],
    can_silence: bool,
    stale: bool,
) -> AlertRow:
    head = group.head
    return AlertRow(
        key=f"{group.source}|{group.key}",
        source=group.source,
        name=head.name,
        state=head.state,
        severity=group.severity,
        severity_word=head.severity_word,
        service=head.service,
        where=group.where,
        summary=head.summary,
        first_at=group.first_at,
        last_at=group.last_at,
        count=group.count,
        ids=group.ids,
        labels=group.labels,
        joins=joins,
        silences=silences,
        actions=actions,
        url=head.url,
        runbook=group.runbook,
        is_paged=bool(group.pages),
        can_silence=can_silence,
        stale=stale,
    )


class _Service:
    """The open incidents of one service, in the rows' order."""

    def __init__(self, rows: list[IncidentRow]) -> None:
        self._rows = rows
        self._titles = "\n".join([row.incident.title for row in rows]).casefold()
        self._names = {name for row in rows for name in row.alert_names}
        self._by_age = sorted(rows, key=lambda row: row.incident.created_at)
        self._ages = [row.incident.created_at for row in self._by_age]

    @property
    def ids(self) -> list[str]:
        """Theirs."""
        return [row.id for row in self._rows]

    def naming(self, alert: str) -> IncidentRow | None:
        """The first one that names this alert in its title, or whose system says that it belongs to it."""
        folded = alert.casefold()
        if folded not in self._titles and alert not in self._names:
            return None
        return next(
            (row for row in self._rows if folded in row.incident.title.casefold() or alert in row.alert_names), None
        )

    def beginning(self, at: datetime) -> IncidentRow | None:
        """The only one that began about then."""
        first, last = bisect_left(self._ages, at - JOIN_WINDOW), bisect_right(self._ages, at + JOIN_WINDOW)
        return self._by_age[first] if last - first == 1 else None


class _Joins:
    """Which incidents a group of alerts belongs to, and why."""

    def __init__(self) -> None:
        self._incidents = Incidents()
        self._services: dict[str, _Service] = {"": _Service([])}

    def take(self, incidents: Incidents, groups: tuple[AlertGroup, ...]) -> None:
        """The incidents as they are now."""
        self._incidents = incidents
        names = {group.head.service.casefold() for group in groups if group.head.service}
        kept = {name: one for name, one in self._services.items() if name in names - incidents.touched or not name}
        anew = incidents.of_services(names - kept.keys())
        self._services = kept | {name: _Service(rows) for name, rows in anew.items()}

    def open_of(self, service: str) -> list[str]:
        """Ids of a service's open incidents."""
        found = self._services.get(service.casefold())
        return found.ids if found is not None else []

    def of(self, group: AlertGroup) -> tuple[Join, ...]:
        """The incidents of these alerts, and the reason of each join: what systems say before what circumstances do."""
        found: dict[str, Join] = {}
        for incident_id, reason in self._said(group):
            row = self._incidents.get(incident_id)
            if row is not None and len(found) < MOST_JOINS:
                found.setdefault(incident_id, Join(incident_id=incident_id, title=row.incident.title, reason=reason))
        if found:
            return tuple(found.values())
        head = group.head
        service = self._services[(head.service or "").casefold()]
        named = service.naming(head.name)
        if named is not None:
            reason = f"same service {head.service}, named in the title"
            return (Join(incident_id=named.id, title=named.incident.title, reason=reason),)
        near = service.beginning(head.first_at)
        if near is not None:
            reason = f"same service {head.service}, began within {JOIN_WINDOW.seconds // 60} min"
            return (Join(incident_id=near.id, title=near.incident.title, reason=reason, is_sure=False),)
        return ()

    def _said(self, group: AlertGroup) -> Iterator[tuple[str, str]]:
        yield from ((incident_id, "the pager says so") for incident_id, _ in group.pages)
        yield from self._incidents.names.of(group)

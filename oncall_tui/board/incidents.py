"""Incidents as rows: whose each is, what is due, in which order they need a hand. What has not changed since the last
board is not made again. Pure, but for that memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from oncall_tui.board.model import IncidentRow, Relation, SeatView
from oncall_tui.model import Facts, Incident, IncidentState, OutboxRow
from oncall_tui.policy import Calendar, SeverityPolicy, hand_order, next_due

RESOLVED_STAYS = timedelta(minutes=10)
"""A resolved incident stays at the end of the list this long, so that it is seen to have ended."""


class Ground(NamedTuple):
    """What every incident's row stands on: where it is another, all are made anew."""

    policy: SeverityPolicy
    calendar: Calendar
    mine: frozenset[tuple[str, ...]]
    """(source, person's id) of the seat."""
    teams: frozenset[str]
    """Folded names of the seat's teams."""
    held: frozenset[tuple[str, str, int]]
    """(source, escalation policy's id, level) that the seat holds now."""


class _Beside(NamedTuple):
    """What stands in a row besides its incident, by the incident's id."""

    last_told: Mapping[str, datetime]
    triggered_again: Mapping[str, datetime]
    actions: Mapping[str, tuple[OutboxRow, ...]]
    alert_names: Mapping[str, tuple[str, ...]]

    def differing(self, other: _Beside) -> set[str]:
        """The incidents of which the other tells something else."""
        return {
            one
            for mine, theirs in zip(self, other, strict=True)
            if mine != theirs
            for one in mine.keys() | theirs.keys()
            if mine.get(one) != theirs.get(one)
        }


class _Made:
    """A row, and where it belongs."""

    __slots__ = ("board", "incident", "order", "row", "service")

    def __init__(self, row: IncidentRow) -> None:
        incident = row.incident
        self.row = row
        self.incident = incident
        self.order = hand_order(incident, row.due)
        self.service = incident.service.name if incident.service is not None and incident.is_open else None
        """Where an alert looks for its incident."""
        self.board = 0
        """The number of the latest board that it is on."""


class Incidents:
    """The rows of one board after the other."""

    def __init__(self) -> None:
        self._ground: tuple[Ground, set[str]] | None = None
        self._beside = _Beside({}, {}, {}, {})
        self._made: dict[str, _Made] = {}
        self._ordered: list[_Made] = []
        self._boards = 0

    def take(
        self,
        facts: Facts,
        ground: Ground,
        now: datetime,
        *,
        actions: Mapping[str, tuple[OutboxRow, ...]],
        stale: set[str],
    ) -> None:
        """The incidents of these facts from now on. ``actions`` are those that stand beside a row, by target."""
        beside = _Beside(facts.last_told, facts.retriggered, actions, _named(facts))
        changed = beside.differing(self._beside)
        if (ground, stale) != self._ground:
            self._made = {}
        self._ground, self._beside = (ground, stale), beside
        self._boards += 1
        made, fresh = {}, []
        for incident in facts.incidents:
            key = incident.id
            if incident.state is IncidentState.RESOLVED and _left(incident, now):
                continue
            one = self._made.get(key)
            if one is None or one.incident is not incident or key in changed:
                one = _Made(_row(incident, ground, beside, incident.source in stale))
                fresh.append(one)
            one.board = self._boards
            made[key] = one
        self._made = made
        # As they were ordered last: what is ordered already is soon sorted.
        self._ordered = [one for one in self._ordered if one.board == self._boards] + fresh
        self._ordered.sort(key=attrgetter("order"))

    @property
    def rows(self) -> tuple[IncidentRow, ...]:
        """All of them: open ones by what needs a hand, then those resolved lately."""
        return tuple([made.row for made in self._ordered])

    def get(self, incident_id: str) -> IncidentRow | None:
        """One of them."""
        made = self._made.get(incident_id)
        return None if made is None else made.row

    def of_services(self, names: Iterable[str]) -> dict[str, list[IncidentRow]]:
        """The open ones of these services (folded names), each list in the rows' order."""
        found: dict[str, list[IncidentRow]] = {name: [] for name in names}
        takes = {
            name: found[name.casefold()].append
            for name in {made.service for made in self._ordered}
            if name is not None and name.casefold() in found
        }
        for made in self._ordered:
            if made.service in takes:
                takes[made.service](made.row)
        return found


def _left(incident: Incident, now: datetime) -> bool:
    return now - (incident.resolved_at or incident.created_at) > RESOLVED_STAYS


def _named(facts: Facts) -> dict[str, tuple[str, ...]]:
    """Incident id -> names of the alerts that its system says belong to it, sorted."""
    named: dict[str, set[str]] = {}
    for group in facts.groups:
        for incident_id, name in group.pages:
            named.setdefault(incident_id, set()).add(name)
    return {incident_id: tuple(sorted(names)) for incident_id, names in named.items()}


def _row(incident: Incident, ground: Ground, beside: _Beside, stale: bool) -> IncidentRow:
    key = incident.id
    return IncidentRow(
        incident=incident,
        due=next_due(
            incident,
            ground.policy,
            ground.calendar,
            last_told=beside.last_told.get(key),
            triggered_again_at=beside.triggered_again.get(key),
        ),
        relation=_relation(incident, ground),
        actions=beside.actions.get(key, ()),
        alert_names=beside.alert_names.get(key, ()),
        stale=stale,
    )


def _relation(incident: Incident, ground: Ground) -> Relation:
    for person in incident.assignees:
        if (incident.source, person.id) in ground.mine:
            return Relation.MINE
    if not incident.assignees and incident.escalation_policy is not None and incident.is_open:
        level = incident.escalation_level or 1
        if (incident.source, incident.escalation_policy.id, level) in ground.held:
            return Relation.MINE
    if not ground.teams or any(team.casefold() in ground.teams for team in incident.teams):
        return Relation.TEAM
    return Relation.OTHER


def ground_of(
    policy: SeverityPolicy, calendar: Calendar, teams: Iterable[str], seat: SeatView, facts: Facts, now: datetime
) -> Ground:
    """What the rows of these facts stand on at ``now``."""
    held = frozenset(
        (entry.source, entry.policy.id, entry.level)
        for entry in facts.on_call
        if entry.policy is not None
        and f"{entry.source}:{entry.person.id}" in seat.my_ids
        and (entry.since is None or entry.since <= now)
        and (entry.until is None or now < entry.until)
    )
    mine = frozenset(one.partition(":")[::2] for one in seat.my_ids)
    return Ground(policy, calendar, mine, frozenset(team.casefold() for team in teams), held)

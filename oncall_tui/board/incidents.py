"""Incidents as rows: whose each is, what is due, in which order they need a hand. What has not changed since the last
board is not made again. Pure, but for that memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from oncall_tui.board.model import Also, IncidentRow, Relation, SeatView
from oncall_tui.board.names import Names
from oncall_tui.board.settings import BoardSettings
from oncall_tui.model import Change, ChangeKind, Facts, Incident, IncidentState, OutboxRow
from oncall_tui.policy import Calendar, SeverityPolicy, hand_order, next_due

RESOLVED_STAYS = timedelta(minutes=10)
"""A resolved incident stays at the end of the list this long, so that it is seen to have ended."""


class Ground(NamedTuple):
    """What every incident's row stands on: where it is another, all are made anew."""

    policy: SeverityPolicy
    calendar: Calendar
    mine: frozenset[tuple[str, ...]]
    """(source, person's id) of the seat."""
    mail: str | None
    """The seat's folded mail address, where it has one."""
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
    also: Mapping[str, tuple[Also, ...]]

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

    __slots__ = ("dropped", "incident", "order", "row", "service")

    def __init__(self, row: IncidentRow) -> None:
        incident = row.incident
        self.row = row
        self.incident = incident
        self.order = hand_order(incident, row.due)
        self.service = incident.service.name.casefold() if incident.service is not None and incident.is_open else ""
        """Where an alert looks for its incident."""
        self.dropped = False


class Incidents:
    """The rows of one board after the other."""

    def __init__(self) -> None:
        self._ground: tuple[Ground, set[str]] | None = None
        self._beside = _Beside({}, {}, {}, {}, {})
        self._maintained: Mapping[str, Change] = {}
        self.names = Names()
        self._by_id: dict[str, _Made] = {}
        self._by_object: dict[int, _Made] = {}
        """By the identity of the incident, which lives as long as its row does."""
        self._resolved: list[_Made] = []
        self._ordered: list[_Made] = []
        self.rows: tuple[IncidentRow, ...] = ()
        """All of them: open ones by what needs a hand, then those resolved lately. The same object if none changed."""
        self.touched: frozenset[str] = frozenset()
        """Services (folded names) whose incidents are others than on the board before."""

    def take(
        self,
        facts: Facts,
        ground: Ground,
        now: datetime,
        *,
        actions: Mapping[str, tuple[OutboxRow, ...]],
        maintained: Mapping[str, Change],
        stale: set[str],
    ) -> None:
        """The incidents of these facts from now on.

        Args:
            actions: those that stand beside a row, by target.
            maintained: services in maintenance, by folded name.
            stale: sources that are late.
        """
        there = set(map(id, facts.incidents))
        gone = [one for place, one in self._by_object.items() if place not in there]
        self.names.take(
            facts.incidents,
            gone=[one.incident for one in gone],
            new=[incident for incident in facts.incidents if id(incident) not in self._by_object],
            are_named=any(group.refs for group in facts.groups),
        )
        beside = _Beside(facts.last_told, facts.retriggered, actions, _named(facts), self.names.also)
        changed = beside.differing(self._beside)
        if (ground, stale) != self._ground:
            changed = set(self._by_id)
        elif maintained != self._maintained:
            services = {one for one, _ in maintained.items() ^ self._maintained.items()}
            changed |= {made.incident.id for made in self._ordered if _service(made.incident) in services}
        self._ground, self._beside, self._maintained = (ground, stale), beside, maintained
        old = [self._by_id[key] for key in changed if key in self._by_id]
        old += gone
        old += [one for one in self._resolved if _left(one.incident, now)]
        for one in old:
            one.dropped = True
            self._by_object.pop(id(one.incident), None)
            self._by_id.pop(one.incident.id, None)
        fresh = [
            _Made(_row(incident, ground, beside, maintained, incident.source in stale))
            for incident in facts.incidents
            if id(incident) not in self._by_object
            and not (incident.state is IncidentState.RESOLVED and _left(incident, now))
        ]
        for one in fresh:
            self._by_object[id(one.incident)] = self._by_id[one.incident.id] = one
        if old or fresh:
            self._order(fresh)
        self.touched = frozenset(one.service for one in (*old, *fresh))

    def _order(self, fresh: list[_Made]) -> None:
        # As they were ordered last: what is ordered already is soon sorted.
        self._ordered = [one for one in self._ordered if not one.dropped] + fresh
        self._ordered.sort(key=attrgetter("order"))
        self._resolved = [one for one in self._ordered if one.incident.state is IncidentState.RESOLVED]
        self.rows = tuple([one.row for one in self._ordered])

    def get(self, incident_id: str) -> IncidentRow | None:
        """One of them."""
        made = self._by_id.get(incident_id)
        return None if made is None else made.row

    def of_services(self, names: Iterable[str]) -> dict[str, list[IncidentRow]]:
        """The open ones of these services (folded names), each list in the rows' order."""
        found: dict[str, list[IncidentRow]] = {name: [] for name in names}
        if found:
            for made in self._ordered:
                if made.service in found:
                    found[made.service].append(made.row)
        return found


def _service(incident: Incident) -> str | None:
    return incident.service.name.casefold() if incident.service is not None else None


def maintenance(changes: Iterable[Change], now: datetime) -> dict[str, Change]:
    """The services (folded names) that are in maintenance at ``now``, with the one that lasts longest."""
    found: dict[str, Change] = {}
    for one in changes:
        if one.kind is not ChangeKind.MAINTENANCE or one.service is None or one.until is None:
            continue
        held = found.get(one.service.casefold())
        if one.at <= now < one.until and (held is None or held.until is None or held.until < one.until):
            found[one.service.casefold()] = one
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


def _row(
    incident: Incident, ground: Ground, beside: _Beside, maintained: Mapping[str, Change], stale: bool
) -> IncidentRow:
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
        also=beside.also.get(key, ()),
        maintenance=maintained.get(_service(incident) or "") if maintained else None,
        stale=stale,
    )


def _relation(incident: Incident, ground: Ground) -> Relation:
    for person in incident.assignees:
        if (incident.source, person.id) in ground.mine:
            return Relation.MINE
        if ground.mail is not None and person.contact is not None and person.contact.casefold() == ground.mail:
            return Relation.MINE
    if not incident.assignees and incident.escalation_policy is not None and incident.is_open:
        level = incident.escalation_level or 1
        if (incident.source, incident.escalation_policy.id, level) in ground.held:
            return Relation.MINE
    if not ground.teams or any(team.casefold() in ground.teams for team in incident.teams):
        return Relation.TEAM
    return Relation.OTHER


def ground_of(settings: BoardSettings, seat: SeatView, facts: Facts, now: datetime) -> Ground:
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
    mail = settings.seat_mail
    return Ground(
        settings.policy,
        settings.calendar,
        mine,
        mail.casefold() if mail is not None else None,
        frozenset(team.casefold() for team in settings.teams),
        held,
    )

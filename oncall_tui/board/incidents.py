"""Incidents as rows: whose each is, what is due, in which order they need a hand. What has not changed since the last
board is not made again. Pure, but for that memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from oncall_tui.board.model import IncidentRow, Relation, SeatView
from oncall_tui.model import Facts, Incident, OutboxRow
from oncall_tui.policy import Calendar, SeverityPolicy, hand_order, next_due

RESOLVED_STAYS = timedelta(minutes=10)
"""A resolved incident stays at the end of the list this long, so that it is seen to have ended."""


class Ground(NamedTuple):
    """What every incident's row stands on: where it is another, all are made anew."""

    policy: SeverityPolicy
    calendar: Calendar
    my_ids: frozenset[str]
    teams: frozenset[str]
    """Folded names of the seat's teams."""
    held: frozenset[tuple[str, str, int]]
    """(source, escalation policy's id, level) that the seat holds now."""


class Made:
    """One row with what it was made of, and what the alerts' joins ask of it."""

    __slots__ = ("began", "incident", "made_of", "order", "row", "service", "title")

    def __init__(self, row: IncidentRow, made_of: tuple[Any, ...]) -> None:
        incident = row.incident
        self.row = row
        self.incident = incident
        self.made_of = made_of
        self.order = hand_order(incident, row.due)
        self.service = incident.service.name.casefold() if incident.is_open and incident.service is not None else None
        self.title = incident.title.casefold()
        self.began = incident.created_at.timestamp()


class Incidents:
    """The rows of one board after the other."""

    def __init__(self) -> None:
        self._ground: Ground | None = None
        self._made: dict[str, Made] = {}
        self._ordered: list[Made] = []

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
        if ground != self._ground:
            self._ground = ground
            self._made = {}
        named = _named(facts)
        before, self._made = self._made, {}
        for incident in facts.incidents:
            if not incident.is_open and now - (incident.resolved_at or incident.created_at) > RESOLVED_STAYS:
                continue
            key = incident.id
            made_of = (
                facts.last_told.get(key),
                facts.retriggered.get(key),
                actions.get(key, ()),
                named.get(key, ()),
                incident.source in stale,
            )
            made = before.get(key)
            if made is None or made.incident is not incident or made.made_of != made_of:
                made = Made(_row(incident, ground, *made_of), made_of)
            self._made[key] = made
        # As they were ordered last: what is ordered already is soon sorted.
        kept = [made for made in self._ordered if self._made.get(made.incident.id) is made]
        known = set(map(id, kept))
        self._ordered = [*kept, *(made for made in self._made.values() if id(made) not in known)]
        self._ordered.sort(key=attrgetter("order"))

    @property
    def rows(self) -> tuple[IncidentRow, ...]:
        """All of them: open ones by what needs a hand, then those resolved lately."""
        return tuple([made.row for made in self._ordered])

    def get(self, incident_id: str) -> IncidentRow | None:
        """One of them."""
        made = self._made.get(incident_id)
        return None if made is None else made.row

    def of_services(self, names: Iterable[str]) -> dict[str, list[Made]]:
        """The open ones of these services (folded names), each list in the rows' order."""
        found: dict[str, list[Made]] = {name: [] for name in names}
        for made in self._ordered:
            if made.service in found:
                found[made.service].append(made)
        return found


def _named(facts: Facts) -> dict[str, tuple[str, ...]]:
    """Incident id -> names of the alerts that its system says belong to it, sorted."""
    named: dict[str, set[str]] = {}
    for group in facts.groups:
        for incident_id, name in group.pages:
            named.setdefault(incident_id, set()).add(name)
    return {incident_id: tuple(sorted(names)) for incident_id, names in named.items()}


def _row(
    incident: Incident,
    ground: Ground,
    last_told: datetime | None,
    triggered_again_at: datetime | None,
    actions: tuple[OutboxRow, ...],
    alert_names: tuple[str, ...],
    stale: bool,
) -> IncidentRow:
    return IncidentRow(
        incident=incident,
        due=next_due(
            incident, ground.policy, ground.calendar, last_told=last_told, triggered_again_at=triggered_again_at
        ),
        relation=_relation(incident, ground),
        actions=actions,
        alert_names=alert_names,
        stale=stale,
    )


def _relation(incident: Incident, ground: Ground) -> Relation:
    if any(f"{incident.source}:{person.id}" in ground.my_ids for person in incident.assignees):
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
    return Ground(policy, calendar, seat.my_ids, frozenset(team.casefold() for team in teams), held)

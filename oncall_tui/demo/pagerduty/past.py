"""The account's incidents of long ago, made day by day when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from oncall_tui.demo.pagerduty.estate import Estate, make_id
from oncall_tui.demo.pagerduty.life import Incident, Life
from oncall_tui.demo.past import Past, between

_LONGEST = timedelta(days=1)
"""No trouble of the past lasts longer."""


class _Day(Life):
    """One day's incidents; ids follow from the day, not from what was asked for before."""

    def __init__(self, estate: Estate, day: date) -> None:
        super().__init__(estate)
        self._day = day

    def _id(self, kind: str, length: int = 14) -> str:
        self._made += 1
        return make_id(self.estate.seed, f"{self._day}:{kind}", str(self._made), length)


class Archive:
    """What is over and long ago."""

    def __init__(self, estate: Estate, began: datetime) -> None:
        self._estate = estate
        self._began = began
        self._days: dict[date, tuple[Incident, ...]] = {}
        self.known: dict[str, Incident] = {}
        """Those that were asked for before, by id."""

    def triggered(self, since: datetime, until: datetime) -> Iterator[Incident]:
        """Incidents that were triggered from ``since`` up to ``until``."""
        day = since.date()
        while day <= min(until, self._began).date():
            yield from (one for one in self._of(day) if since <= one.created_at < until)
            day += timedelta(days=1)

    def touched(self, since: datetime, until: datetime) -> Iterator[Incident]:
        """Incidents whose log may have something of that stretch."""
        return self.triggered(since - _LONGEST, until)

    def _of(self, day: date) -> tuple[Incident, ...]:
        if day not in self._days:
            life = _Day(self._estate, day)
            start = datetime(day.year, day.month, day.day, tzinfo=self._began.tzinfo)
            found = between(self._estate.seed, self._began, start, start + timedelta(days=1))
            self._days[day] = tuple(self._lived(life, one) for one in found)
            self.known |= {one.id: one for one in self._days[day]}
        return self._days[day]

    def _lived(self, life: _Day, one: Past) -> Incident:
        service = self._estate.services[one.service]
        incident = life.trigger(
            service,
            one.title,
            one.at,
            urgency="high" if one.severity <= 2 else "low",
            priority=self._estate.priority(f"P{one.severity}"),
            key=None,
        )
        incident.number = one.number
        life.add_alert(incident, one.title, one.at, "critical" if one.severity == 1 else "warning", None)
        person = incident.assignees[0]
        if one.acked_at is not None:
            life.advance_one(incident, one.acked_at)
            person = incident.assignees[0]
            life.acknowledge(incident, person, one.acked_at)
            # They go on being at it: an acknowledgement that runs out is another story.
            incident.unacknowledge_at = None
        for at, text in one.notes:
            life.note(incident, person, text, at)
        life.advance_one(incident, one.resolved_at)
        life.resolve(incident, person if one.by_person else service, one.resolved_at)
        return incident

"""The account's alerts of long ago, made day by day when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from oncall_tui.demo.genie.estate import Estate
from oncall_tui.demo.genie.life import Alert, Life
from oncall_tui.demo.past import Past, between


class _Day(Life):
    """One day's alerts; ids follow from the day, not from what was asked for before."""

    def __init__(self, estate: Estate, day: date) -> None:
        super().__init__(estate, 0.0)
        self._day = day

    def new_id(self, kind: str) -> str:
        """One more id."""
        self._made += 1
        return self.estate.make_id(kind, f"{self._day}:{self._made}")


class Archive:
    """What is over and long ago.

    Args:
        by: how the system names people: ``email`` or ``name``.
    """

    def __init__(self, estate: Estate, seed: int, began: datetime, by: str) -> None:
        self._estate = estate
        self._seed = seed
        self._began = began
        self._by = by
        self._days: dict[date, tuple[Alert, ...]] = {}
        self.known: dict[str, Alert] = {}
        """Those that were asked for before, by id."""

    def triggered(self, since: datetime, until: datetime) -> Iterator[Alert]:
        """Alerts that were created from ``since`` up to ``until``."""
        day = since.date()
        while day <= min(until, self._began).date():
            yield from (one for one in self._of(day) if since <= one.created_at < until)
            day += timedelta(days=1)

    def asked_for(self, terms: Sequence[tuple[str, str, str]]) -> Iterator[Alert]:
        """What a query whose terms (field, sign, value) bound the time of creation asks for; else nothing."""
        ends = {sign: value for name, sign, value in terms if name == "createdAt"}
        if ">" in ends and "<" in ends:
            since, until = (datetime.fromtimestamp(float(ends[sign]) / 1000, UTC) for sign in (">", "<"))
            yield from self.triggered(since, until)

    def _of(self, day: date) -> tuple[Alert, ...]:
        if day not in self._days:
            life = _Day(self._estate, day)
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            found = between(self._seed, self._began, start, start + timedelta(days=1))
            self._days[day] = tuple(self._lived(life, one) for one in found)
            self.known |= {one.id: one for one in self._days[day]}
        return self._days[day]

    def _lived(self, life: _Day, one: Past) -> Alert:
        alert = life.trigger(one.service, one.title, one.at, priority=f"P{one.severity}", alias=f"past-{one.number}")
        alert.number = one.number
        schedule = next(each for each in self._estate.schedules if each.team is self._estate.team_of(one.service))
        who = str(getattr(schedule.holder(one.at), self._by))
        if one.acked_at is not None:
            life.acknowledge(alert.id, who, one.acked_at)
        for at, text in one.notes:
            life.note(alert.id, who, text, at)
        life.close(alert.id, who if one.by_person else "System", one.resolved_at)
        alert.updated_at = one.resolved_at
        return alert

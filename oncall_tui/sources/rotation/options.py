"""Schedules and escalation paths that are kept in the config file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from oncall_tui.clock import zone_named
from oncall_tui.config.options import Findings, Hours, SourceOptions, opt, some, within
from oncall_tui.config.problems import nearest
from oncall_tui.records import dataclass
from oncall_tui.text import clean

ROLES = {"primary": 1, "secondary": 2}
"""The words of an escalation path that mean whoever holds that level of the team's schedules."""


def _zone(value: str) -> str:
    zone_named(value)
    return value


@dataclass(frozen=True, kw_only=True)
class PersonOptions:
    """One person of the schedules."""

    name: str | None = opt(None, help="as shown; left out: made of the mail address")
    contact: str | None = opt(None, help="mail, phone or handle; left out: the mail address")


@dataclass(frozen=True, kw_only=True)
class OverrideOptions:
    """Somebody stands in."""

    start: datetime = opt(help="from, in the schedule's time zone")
    end: datetime = opt(help="until")
    person: str = opt(help="who", check=some)

    def __post_init__(self) -> None:
        if (self.start.tzinfo is None) != (self.end.tzinfo is None):
            raise ValueError("end: start and end either both with a zone or both without")
        if self.end <= self.start:
            raise ValueError("end: must be later than start")


@dataclass(frozen=True, kw_only=True)
class DaysOptions:
    """Who has which day: with ``day`` hours the first named has the day and the second the night."""

    mon: tuple[str, ...] = opt((), help="Monday")
    tue: tuple[str, ...] = opt((), help="Tuesday")
    wed: tuple[str, ...] = opt((), help="Wednesday")
    thu: tuple[str, ...] = opt((), help="Thursday")
    fri: tuple[str, ...] = opt((), help="Friday")
    sat: tuple[str, ...] = opt((), help="Saturday")
    sun: tuple[str, ...] = opt((), help="Sunday")

    def week(self) -> tuple[tuple[str, ...], ...]:
        """The seven days from Monday on."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)


@dataclass(frozen=True, kw_only=True)
class ScheduleOptions:
    """One schedule: people who take turns (``starts`` and ``people``), or people by weekday (``days``)."""

    team: str = opt(help="whose schedule it is", check=some)
    level: int = opt(1, help="1 is paged first (primary), 2 next (secondary)", check=within(1, 20))
    name: str | None = opt(None, help="what it is called; left out: made of team and level")
    rotation: Literal["weekly", "daily"] = opt(help="how often it is handed over")
    starts: datetime | None = opt(None, help="the first hand-off: the first of people begins then")
    people: tuple[str, ...] = opt((), help="who takes turns, in order")
    time_zone: str | None = opt(None, help="of its times; left out: the seat's", check=_zone)
    day: Hours | None = opt(None, help='the day half, "08:00-20:00"; the other half is the night')
    days: DaysOptions | None = opt(None, help="who has which day, with rotation: daily")
    overrides: tuple[OverrideOptions, ...] = opt((), help="who stands in when; of two that overlap the later holds")

    def __post_init__(self) -> None:
        if self.days is None:
            self._check_turns()
        else:
            self._check_days(self.days)

    def _check_turns(self) -> None:
        missing = "starts" if self.starts is None else "people" if not self.people else None
        if missing is not None:
            also = " (or days)" if self.rotation == "daily" else ""
            raise ValueError(f"a {self.rotation} rotation needs starts and people{also}: {missing!r} is missing")
        if self.day is not None:
            raise ValueError("day: belongs to days")

    def _check_days(self, days: DaysOptions) -> None:
        if self.rotation != "daily":
            raise ValueError("days: belongs to rotation: daily")
        if self.starts is not None or self.people:
            raise ValueError("days: either days, or starts and people")
        most = 1 if self.day is None else 2
        for name, people in zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), days.week(), strict=True):
            if len(people) > most:
                reason = "day and night" if self.day is not None else "without day: hours, one person a day"
                raise ValueError(f"days: {name}: {len(people)} people, at most {most} ({reason})")
        if not any(days.week()):
            raise ValueError("days: nobody is named")

    def everybody(self) -> Iterator[str]:
        """All people of it, some more than once."""
        yield from self.people
        for people in self.days.week() if self.days is not None else ():
            yield from people
        yield from (override.person for override in self.overrides)


@dataclass(frozen=True, kw_only=True)
class LevelOptions:
    """One level of an escalation path."""

    after: timedelta = opt(timedelta(), help="from the trigger until this level is paged")
    to: tuple[str, ...] = opt(help="primary, secondary, the name of a schedule, or people", check=some)


@dataclass(frozen=True, kw_only=True)
class EscalationOptions:
    """Who is paged after whom."""

    team: str = opt(help="whose path it is", check=some)
    name: str | None = opt(None, help="what it is called; left out: the team")
    repeat: int = opt(0, help="how often it begins again", check=within(0, 100))
    levels: tuple[LevelOptions, ...] = opt(help="the levels in order", check=some)

    def __post_init__(self) -> None:
        afters = [level.after for level in self.levels]
        if any(later <= earlier for earlier, later in pairwise(afters)):
            raise ValueError("levels: 'after' counts from the trigger and must grow from level to level")


@dataclass(frozen=True, kw_only=True)
class Options(SourceOptions):
    """Schedules and escalation paths kept in this file, for teams without a pager's."""

    schedules: tuple[ScheduleOptions, ...] = opt(help="the schedules", check=some)
    escalation: tuple[EscalationOptions, ...] = opt((), help="the escalation paths, one a team")
    people: dict[str, PersonOptions] = opt({}, help="names and contacts, by what schedules call them")

    def __post_init__(self) -> None:
        with Findings() as findings:
            with findings.one("schedules"):
                self._check_called()
            teams = [path.team for path in self.escalation]
            for path in self.escalation:
                with findings.one("escalation"):
                    if teams.count(path.team) > 1:
                        raise ValueError(f"two paths of team {clean(path.team, 60)!r}")
                for word in (word for level in path.levels for word in level.to):
                    with findings.one("escalation"):
                        self._check_target(path.team, word)

    def _check_called(self) -> None:
        names = [schedule.name for schedule in self.schedules if schedule.name is not None]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two are called {clean(name, 60)!r}")
            if name in ROLES:
                raise ValueError(f"{name!r} means a level, no schedule can be called so")

    def _check_target(self, team: str, word: str) -> None:
        if word in ROLES:
            if not any(one.team == team and one.level == ROLES[word] for one in self.schedules):
                raise ValueError(f"{clean(team, 60)} has no schedule of level {ROLES[word]} for {word!r}")
            return
        names = [schedule.name for schedule in self.schedules if schedule.name is not None]
        known = {*ROLES, *names, *self.people, *(one for schedule in self.schedules for one in schedule.everybody())}
        if word not in known and not re.fullmatch(r"[^@\s]+@[^@\s]+", word):
            raise ValueError(
                f"{clean(word, 60)!r} is no role, schedule, person of the schedules or mail address; "
                f"{nearest(clean(word, 60), sorted(known))}"
            )

"""The schedules of the config file as facts: who is on call, who is next, who is paged after whom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import ClassVar

from oncall_tui.clock import iso, zone_named
from oncall_tui.model import (
    Directory,
    EscalationLevel,
    EscalationPolicy,
    IncidentDetail,
    OnCall,
    OutboxRow,
    Person,
    Ref,
    Shift,
    Snapshot,
    Verb,
)
from oncall_tui.records import dataclass
from oncall_tui.sources import identity
from oncall_tui.sources.base import Capability, Confirmation, Known, Probe, Sent, SourceContext, Unsupported
from oncall_tui.sources.rotation import calendar
from oncall_tui.sources.rotation.calendar import Overridden, Rotation, Stretch, Turns, Weekdays, on_the_wall
from oncall_tui.sources.rotation.options import ROLES, EscalationOptions, Options, ScheduleOptions
from oncall_tui.text import clean

AHEAD = timedelta(days=14)
"""How far shifts are told."""
_TOLD = 5
"""Gaps and overlaps that a probe names, of each."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule of the file, ready to be asked."""

    ref: Ref
    team: str
    level: int
    rotation: Rotation


class RotationSource:
    """Serves on-call, schedules and escalation without a network; does no action."""

    kind: ClassVar[str] = "rotation"
    lacks: ClassVar[Mapping[Verb, str]] = {
        Verb.OVERRIDE: "this rotation is in the config file: write the override there (overrides)"
    }

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self.poll_interval = options.poll
        self._options = options
        self._clock = context.clock
        self._user = options.user or context.seat.user
        zone = zone_named(context.seat.time_zone)
        self._schedules = tuple(_named(options.schedules, zone))

    @property
    def capabilities(self) -> frozenset[Capability]:
        """On-call and schedules, and escalation where a path is configured."""
        found = {Capability.ON_CALL, Capability.SCHEDULES}
        return frozenset(found | {Capability.ESCALATION} if self._options.escalation else found)

    async def poll(self, known: Known) -> Snapshot:
        """What the schedules say now and for :data:`AHEAD`. Raises nothing."""
        now = self._clock.now()
        return Snapshot(
            source=self.name,
            taken_at=now,
            on_call=tuple(sorted(self._on_call(now), key=lambda row: (row.team, row.level))),
            shifts=tuple(self._shifts(now, now + AHEAD)),
            directory=self._directory(now),
        )

    async def probe(self) -> Probe:
        """Always reachable; the notes name gaps, overlaps, and a seat that is in no schedule."""
        now = self._clock.now()
        me = self._me()
        notes = [*self._faults(now, now + AHEAD)]
        if self._user is not None and me is None:
            notes.append(f"{clean(self._user, 60)} is in none of the schedules")
        return Probe(ok=True, user=me, can=tuple(sorted(self.capabilities)), notes=tuple(notes))

    async def read(self, native_id: str) -> IncidentDetail:
        """Unsupported: there are no incidents here."""
        raise self._unsupported()

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Unsupported."""
        raise self._unsupported()

    async def send(self, row: OutboxRow) -> Sent:
        """Unsupported."""
        raise self._unsupported()

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Unsupported."""
        raise self._unsupported()

    def _unsupported(self) -> Unsupported:
        return Unsupported(f"{self.name}: a rotation in the config file takes no actions")

    async def aclose(self) -> None:
        """Nothing is open."""

    # -- people --------------------------------------------------------------------------------------------------

    def _person(self, word: str) -> Person:
        given = self._options.people.get(word)
        mail = word if "@" in word else None
        return Person(
            id=clean(word),
            name=clean(given.name if given is not None and given.name else readable(word)),
            contact=clean(given.contact if given is not None and given.contact else mail) or None,
        )

    def _everybody(self) -> tuple[Person, ...]:
        words = dict.fromkeys(word for schedule in self._options.schedules for word in schedule.everybody())
        names = {schedule.ref.name for schedule in self._schedules}
        for path in self._options.escalation:
            for level in path.levels:
                words.update(dict.fromkeys(word for word in level.to if word not in ROLES and word not in names))
        return tuple(self._person(word) for word in words)

    def _me(self) -> Person | None:
        return identity.match(self._everybody(), self._user)

    # -- facts ---------------------------------------------------------------------------------------------------

    def _on_call(self, now: datetime) -> Iterator[OnCall]:
        paths = {path.team: path for path in self._options.escalation}
        for schedule in self._schedules:
            piece = calendar.at(schedule.rotation, now)
            if piece.person is None:
                continue
            path = paths.get(schedule.team)
            after = calendar.following(schedule.rotation, piece)
            yield OnCall(
                source=self.name,
                team=schedule.team,
                level=schedule.level,
                person=self._person(piece.person),
                policy=_policy_ref(path) if path is not None else None,
                schedule=schedule.ref,
                since=piece.start,
                until=piece.end,
                paged_after_s=self._paged_after(path, schedule),
                next_person=self._person(after.person).name if after is not None and after.person else None,
            )
        for path in paths.values():
            for level, step in enumerate(path.levels, start=1):
                for word in step.to:
                    if not self._targets(path.team, word):
                        yield OnCall(
                            source=self.name,
                            team=clean(path.team),
                            level=level,
                            person=self._person(word),
                            policy=_policy_ref(path),
                            paged_after_s=step.after.total_seconds(),
                        )

    def _targets(self, team: str, word: str) -> tuple[Schedule, ...]:
        """The schedules that a word of an escalation path means; none where it means a person."""
        if word in ROLES:
            level = ROLES[word]
            return tuple(one for one in self._schedules if one.team == clean(team) and one.level == level)
        return tuple(one for one in self._schedules if one.ref.name == clean(word))

    def _paged_after(self, path: EscalationOptions | None, schedule: Schedule) -> float | None:
        for step in path.levels if path is not None else ():
            if path is not None and any(schedule in self._targets(path.team, word) for word in step.to):
                return step.after.total_seconds()
        return None

    def _shifts(self, start: datetime, end: datetime) -> Iterator[Shift]:
        for schedule in self._schedules:
            for piece in schedule.rotation.stretches(start, end):
                if piece.person is not None:
                    yield self._shift(schedule, piece)
        for schedules in self._levels():
            for piece in calendar.gaps([one.rotation for one in schedules], start, end):
                yield self._shift(schedules[0], piece)

    def _shift(self, schedule: Schedule, piece: Stretch) -> Shift:
        return Shift(
            source=self.name,
            schedule=schedule.ref.name,
            team=schedule.team,
            level=schedule.level,
            start=piece.start,
            end=piece.end,
            person=self._person(piece.person) if piece.person is not None else None,
            is_override=piece.is_override,
        )

    def _levels(self) -> Iterator[list[Schedule]]:
        """The schedules by what they hold together: one level of one team."""
        for key in dict.fromkeys((one.team, one.level) for one in self._schedules):
            yield [one for one in self._schedules if (one.team, one.level) == key]

    def _faults(self, start: datetime, end: datetime) -> Iterator[str]:
        for schedules in self._levels():
            rotations = [one.rotation for one in schedules]
            name = schedules[0].ref.name
            for gap in calendar.gaps(rotations, start, end)[:_TOLD]:
                yield f"{name}: nobody is on call {iso(gap.start)} to {iso(gap.end)}"
            for found in calendar.overlaps(rotations, start, end)[:_TOLD]:
                people = " and ".join(self._person(word).name for word in found.people)
                yield f"{name}: {people} are both on call {iso(found.start)} to {iso(found.end)}"

    def _directory(self, now: datetime) -> Directory:
        return Directory(
            people=self._everybody(),
            policies=tuple(self._policy(path, now) for path in self._options.escalation),
            me=self._me(),
        )

    def _policy(self, path: EscalationOptions, now: datetime) -> EscalationPolicy:
        levels = []
        for at, step in enumerate(path.levels):
            people: dict[str, Person] = {}
            targets: list[str] = []
            for word in step.to:
                schedules = self._targets(path.team, word)
                targets += [one.ref.name for one in schedules] or [self._person(word).name]
                holders = [calendar.at(one.rotation, now).person for one in schedules] if schedules else [word]
                people |= {holder: self._person(holder) for holder in holders if holder is not None}
            later = path.levels[at + 1].after if at + 1 < len(path.levels) else step.after
            levels.append(
                EscalationLevel(
                    level=at + 1,
                    people=tuple(people.values()),
                    targets=tuple(targets),
                    delay_minutes=(later - step.after) / timedelta(minutes=1),
                )
            )
        ref = _policy_ref(path)
        return EscalationPolicy(
            source=self.name,
            id=ref.id,
            name=ref.name,
            levels=tuple(levels),
            repeats=path.repeat,
            teams=(clean(path.team),),
        )


def readable(word: str) -> str:
    """A name out of a mail address: ``alice.van-dam+oncall@example.com`` is ``Alice Van Dam``; other words stay."""
    local, sign, _ = word.partition("@")
    if not sign:
        return word
    parts = [part for part in re.split(r"[._-]+", local.partition("+")[0]) if part]
    return " ".join(part[:1].upper() + part[1:] for part in parts) or word


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "schedule"


def _policy_ref(path: EscalationOptions) -> Ref:
    name = clean(path.name or path.team)
    return Ref(id=_slug(path.team), name=name)


def _named(schedules: Sequence[ScheduleOptions], seat_zone: tzinfo) -> Iterator[Schedule]:
    """Each schedule with a name and an id of its own."""
    roles = {level: word for word, level in ROLES.items()}
    taken: set[str] = set()
    for options in schedules:
        zone = zone_named(options.time_zone) if options.time_zone is not None else seat_zone
        first = clean(options.name or f"{options.team} {roles.get(options.level, f'level {options.level}')}")
        name, number = first, 1
        while name in taken:
            number += 1
            name = f"{first} {number}"
        taken.add(name)
        yield Schedule(Ref(id=_slug(name), name=name), clean(options.team), options.level, _rotation(options, zone))


def _rotation(options: ScheduleOptions, zone: tzinfo) -> Rotation:
    base: Rotation
    if options.days is not None:
        pairs = {at: (*people, None, None)[:2] for at, people in enumerate(options.days.week())}
        base = Weekdays(zone, options.day, {at: (pair[0], pair[1]) for at, pair in pairs.items()})
    else:
        assert options.starts is not None
        starts = options.starts
        if starts.tzinfo is not None:
            starts = starts.astimezone(zone).replace(tzinfo=None)
        base = Turns(zone, starts, 7 if options.rotation == "weekly" else 1, options.people)
    overrides = tuple(
        Stretch(_instant(over.start, zone), _instant(over.end, zone), over.person, is_override=True)
        for over in options.overrides
    )
    return Overridden(base, tuple(over for over in overrides if over.end > over.start))


def _instant(moment: datetime, zone: tzinfo) -> datetime:
    return on_the_wall(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)

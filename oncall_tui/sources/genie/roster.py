"""Who is on call: escalations with their steps, schedules, and who holds them when.

A step of an escalation is a level here. Its delay counts from the creation of the alert, not from the step before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from oncall_tui.model import EscalationLevel, EscalationPolicy, OnCall, Person, Ref, Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: whom it pages, and how many minutes after the alert was created.

    ``notify``: ``default`` is whoever is on call; ``next``, ``previous``, ``admins`` … are not told by on-call rows.
    """

    delay_minutes: float
    kind: str
    id: str
    name: str | None = None
    notify: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """An escalation; its steps in the order in which they page."""

    id: str
    name: str
    team: str | None
    repeats: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A schedule that is enabled."""

    id: str
    name: str
    team: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Who holds one rotation of a schedule from when to when; ``person`` ``None``: nobody."""

    rotation: str
    start: datetime
    end: datetime
    person: Person | None
    is_override: bool = False


@dataclass(frozen=True, slots=True)
class Roster:
    """What is known; any part may be empty because it could not be read."""

    people: Mapping[str, Person] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    on_call: Mapping[str, tuple[Person, ...]] = field(default_factory=dict)
    """Schedule id -> who is on call now."""
    timelines: Mapping[str, tuple[Stretch, ...]] = field(default_factory=dict)
    """Schedule id -> its stretches, oldest first."""
    timelines_since: datetime | None = None
    """From when on they were read: a stretch that begins there was cut."""

    def person(self, word: str) -> Person:
        """The person of that id, address or (where only one has it) name; else somebody of whom only ``word`` is
        known."""
        if word in self.people:
            return self.people[word]
        wanted = word.casefold()
        for found in (
            [one for one in self.people.values() if (one.contact or "").casefold() == wanted],
            [one for one in self.people.values() if one.name.casefold() == wanted],
        ):
            if len(found) == 1:
                return found[0]
        return Person(id=word, name=word)

    def policy(self, policy_id: str) -> Policy | None:
        """The escalation of that id."""
        return next((one for one in self.policies if one.id == policy_id), None)

    def named(self, step: Step) -> str:
        """What a step is called."""
        if step.kind == "user":
            return self.person(step.id).name
        known = next((one.name for one in self.schedules if one.id == step.id), None) or self.teams.get(step.id)
        name = known or step.name or step.id
        return name if step.notify == "default" else f"{name} ({step.notify})"

    def on_step(self, step: Step) -> tuple[Person, ...]:
        """Who is paged by that step now, as far as it is told."""
        if step.kind == "user":
            return (self.person(step.id),)
        return self.on_call.get(step.id, ()) if step.kind == "schedule" and step.notify == "default" else ()


def on_call(source: str, roster: Roster, now: datetime) -> tuple[OnCall, ...]:
    """One row for each policy, level and person; then for each schedule that stands on no policy."""
    rows = []
    placed: set[str] = set()
    for policy in sorted(roster.policies, key=lambda one: (one.team or one.name, one.name)):
        for level, step in enumerate(policy.steps, 1):
            placed.add(step.id)
            rows += [
                _duty(
                    OnCall(
                        source=source,
                        team=policy.team or policy.name,
                        level=level,
                        person=person,
                        policy=Ref(id=policy.id, name=policy.name),
                        paged_after_s=60.0 * step.delay_minutes,
                    ),
                    roster,
                    step.id,
                    now,
                )
                for person in roster.on_step(step)
            ]
    for schedule in roster.schedules:
        if schedule.id not in placed:
            rows += [
                _duty(
                    OnCall(source=source, team=schedule.team or schedule.name, level=1, person=person),
                    roster,
                    schedule.id,
                    now,
                )
                for person in roster.on_call.get(schedule.id, ())
            ]
    return tuple(rows)


def _duty(row: OnCall, roster: Roster, schedule_id: str, now: datetime) -> OnCall:
    """With since when and until when the person holds the schedule, and who comes next: by its timeline."""
    schedule = next((one for one in roster.schedules if one.id == schedule_id), None)
    if schedule is None:
        return row
    row = replace(row, schedule=Ref(id=schedule.id, name=schedule.name))
    stretches = [one for one in roster.timelines.get(schedule.id, ()) if one.person is not None]
    held = next((one for one in stretches if one.person == row.person and one.start <= now < one.end), None)
    if held is None:
        return row
    rotation = [one for one in stretches if one.rotation == held.rotation]
    until = held.end
    for one in rotation:  # the same person may go on in the next stretch
        if one.person == row.person and one.start <= until < one.end:
            until = one.end
    following = next((one.person for one in rotation if one.start >= until and one.person is not None), None)
    cut = roster.timelines_since is not None and held.start <= roster.timelines_since
    since = None if cut else held.start
    return replace(row, since=since, until=until, next_person=following.name if following else None)


def shifts(source: str, roster: Roster) -> tuple[Shift, ...]:
    """The stretches of every schedule, once for each team and level where it stands."""
    found = []
    for schedule in roster.schedules:
        for team, level in _places(roster, schedule):
            found += [
                Shift(
                    source=source,
                    schedule=schedule.name,
                    team=team,
                    level=level,
                    start=one.start,
                    end=one.end,
                    person=one.person,
                    is_override=one.is_override,
                    schedule_id=schedule.id,
                )
                for one in roster.timelines.get(schedule.id, ())
            ]
    return tuple(sorted(found, key=lambda one: (one.team, one.level, one.schedule, one.start)))


def _places(roster: Roster, schedule: Schedule) -> Iterator[tuple[str, int]]:
    places = dict.fromkeys(
        (policy.team or policy.name, level)
        for policy in roster.policies
        for level, step in enumerate(policy.steps, 1)
        if step.id == schedule.id
    )
    yield from places or {(schedule.team or schedule.name, 1): None}


def escalation_policies(source: str, roster: Roster) -> tuple[EscalationPolicy, ...]:
    """All escalations with the people whom each step pages now."""
    return tuple(
        EscalationPolicy(
            source=source,
            id=policy.id,
            name=policy.name,
            repeats=policy.repeats,
            teams=(policy.team,) if policy.team else (),
            levels=tuple(_levels(policy.steps, roster)),
        )
        for policy in roster.policies
    )


def _levels(steps: Sequence[Step], roster: Roster) -> Iterator[EscalationLevel]:
    for level, step in enumerate(steps, 1):
        following = steps[level].delay_minutes if level < len(steps) else step.delay_minutes
        yield EscalationLevel(
            level=level,
            people=roster.on_step(step),
            targets=(roster.named(step),),
            delay_minutes=max(0.0, following - step.delay_minutes),
        )

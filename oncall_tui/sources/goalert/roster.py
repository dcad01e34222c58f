"""People, services, policies and schedules of a server, and who is on call by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from oncall_tui.model import EscalationLevel, EscalationPolicy, OnCall, Person, Ref, Shift
from oncall_tui.sources import fields
from oncall_tui.sources.goalert.api import Row


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a policy: minutes until the next, what stands on it, and the ids of that."""

    delay_minutes: float
    targets: tuple[str, ...]
    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Policy:
    """An escalation policy."""

    id: str
    name: str
    repeats: int
    steps: tuple[Step, ...]

    def paged_after_s(self, level: int) -> float:
        """From the trigger until this level is paged."""
        return 60.0 * sum(step.delay_minutes for step in self.steps[: level - 1])


@dataclass(frozen=True, slots=True)
class Service:
    """A service, its policy, and who is on call for it: step from 0 and person."""

    id: str
    name: str
    policy: str
    on_call: tuple[tuple[int, Person], ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Who holds a schedule from when to when."""

    start: datetime
    end: datetime
    person: Person


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule over a window of time."""

    id: str
    name: str
    stretches: tuple[Stretch, ...]


@dataclass(slots=True)
class Roster:
    """What is known; any part may be empty because it could not be read."""

    people: dict[str, Person] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)

    def person(self, user: str, name: str | None) -> Person:
        """The person of that id, with the address where the people are known."""
        return self.people.get(user) or Person(id=user, name=name or user)

    def named(self, name: str) -> Person:
        """The person of that name: all that a log tells."""
        found = [person for person in self.people.values() if person.name == name]
        return found[0] if len(found) == 1 else Person(id=name, name=name)

    def is_shared(self, name: str) -> bool:
        """Whether several people are called so."""
        return sum(person.name == name for person in self.people.values()) > 1

    def on_step(self, service: str, step: int) -> tuple[Person, ...]:
        """Who is on call for a service on a step (from 0)."""
        known = self.services.get(service)
        found = {who.id: who for number, who in known.on_call if number == step} if known is not None else {}
        return tuple(found.values())

    def duties(self, policy: str) -> tuple[tuple[int, Person], ...]:
        """Step (from 0) and person of everybody on call by a policy; nobody where no service uses it."""
        found = {
            (step, person.id): (step, person)
            for service in self.services.values()
            if service.policy == policy
            for step, person in service.on_call
        }
        return tuple(found[key] for key in sorted(found))


# -- reading -----------------------------------------------------------------------------------------------------


def read_people(rows: Iterable[Row]) -> dict[str, Person]:
    """Users by id."""
    found = {}
    for row in rows:
        user = fields.native_id(row, "id")
        if user is not None:
            name = fields.text(row, "name") or user
            found[user] = Person(id=user, name=name, contact=fields.text(row, "email"))
    return found


def read_services(rows: Iterable[Row], roster: Roster) -> dict[str, Service]:
    """Services by id."""
    found = {}
    for row in rows:
        service, policy = fields.native_id(row, "id"), fields.native_id(row, "escalationPolicyID")
        if service is not None and policy is not None:
            name = fields.text(row, "name") or service
            found[service] = Service(service, name, policy, tuple(_on_call(row, roster)))
    return found


def _on_call(row: Row, roster: Roster) -> Iterator[tuple[int, Person]]:
    for item in fields.rows(row, "onCallUsers"):
        user, step = fields.native_id(item, "userID"), fields.integer(item, "stepNumber")
        if user is not None and step is not None and 0 <= step < 1000:
            yield step, roster.person(user, fields.text(item, "userName"))


def read_policies(rows: Iterable[Row]) -> dict[str, Policy]:
    """Policies by id, their steps in order."""
    found = {}
    for row in rows:
        policy = fields.native_id(row, "id")
        if policy is None:
            continue
        steps = sorted(fields.rows(row, "steps"), key=lambda step: fields.integer(step, "stepNumber") or 0)
        repeats = fields.integer(row, "repeat") or 0
        name = fields.text(row, "name") or policy
        found[policy] = Policy(policy, name, repeats, tuple(_step(step) for step in steps))
    return found


def _step(row: Row) -> Step:
    actions = list(fields.rows(row, "actions"))
    told = (fields.text(action, "displayInfo", "text") or fields.text(action, "type") for action in actions)
    ids = (value for action in actions for value in fields.labels(action, "args").values())
    return Step(
        fields.number(row, "delayMinutes") or 0.0, tuple(dict.fromkeys(name for name in told if name)), frozenset(ids)
    )


def read_schedules(rows: Iterable[Row], roster: Roster) -> dict[str, Schedule]:
    """Schedules by id, their shifts in order."""
    found = {}
    for row in rows:
        schedule = fields.native_id(row, "id")
        if schedule is None:
            continue
        stretches = []
        for shift in fields.rows(row, "shifts"):
            start, end = fields.instant(shift, "start"), fields.instant(shift, "end")
            user = fields.native_id(shift, "userID")
            if start is not None and end is not None and end > start and user is not None:
                stretches.append(Stretch(start, end, roster.person(user, fields.text(shift, "user", "name"))))
        stretches.sort(key=lambda one: (one.start, one.person.id))
        found[schedule] = Schedule(schedule, fields.text(row, "name") or schedule, tuple(stretches))
    return found


# -- as the model has it -----------------------------------------------------------------------------------------


def on_call(source: str, roster: Roster, now: datetime, since: datetime) -> tuple[OnCall, ...]:
    """One row for each policy, level and person. GoAlert has no teams: a policy's name stands for one.

    Args:
        since: from when on shifts were read. One that begins there was cut: since when it is held is not known.
    """
    found = []
    for policy in roster.policies.values():
        for step, person in roster.duties(policy.id):
            schedule, held = _held(roster, policy, step, person, now)
            found.append(
                OnCall(
                    source=source,
                    team=policy.name,
                    level=step + 1,
                    person=person,
                    policy=Ref(id=policy.id, name=policy.name),
                    schedule=Ref(id=schedule.id, name=schedule.name) if schedule is not None else None,
                    since=held.start if held is not None and held.start > since else None,
                    until=held.end if held is not None else None,
                    paged_after_s=policy.paged_after_s(step + 1),
                    next_person=_next(schedule, person, now) if schedule is not None else None,
                )
            )
    return tuple(sorted(found, key=lambda row: (row.team, row.level, row.person.name)))


def _schedules(roster: Roster, policy: Policy, step: int) -> Iterator[Schedule]:
    ids = policy.steps[step].ids if step < len(policy.steps) else frozenset()
    yield from (schedule for schedule in roster.schedules.values() if schedule.id in ids)


def _held(
    roster: Roster, policy: Policy, step: int, person: Person, now: datetime
) -> tuple[Schedule | None, Stretch | None]:
    for schedule in _schedules(roster, policy, step):
        for stretch in schedule.stretches:
            if stretch.start <= now < stretch.end and stretch.person.id == person.id:
                return schedule, stretch
    return None, None


def _next(schedule: Schedule, person: Person, now: datetime) -> str | None:
    coming = (one for one in schedule.stretches if one.start > now and one.person.id != person.id)
    return next((one.person.name for one in coming), None)


def shifts(source: str, roster: Roster, since: datetime, until: datetime) -> tuple[Shift, ...]:
    """The stretches of every schedule that stands on a step, with their gaps, once for each policy and level."""
    found: list[Shift] = []
    for policy in roster.policies.values():
        for step in range(len(policy.steps)):
            for schedule in _schedules(roster, policy, step):
                for start, end, person in _with_gaps(schedule, since, until):
                    found.append(
                        Shift(
                            source=source,
                            schedule=schedule.name,
                            team=policy.name,
                            level=step + 1,
                            start=start,
                            end=end,
                            person=person,
                            schedule_id=schedule.id,
                        )
                    )
    return tuple(sorted(found, key=lambda shift: (shift.team, shift.level, shift.schedule, shift.start)))


def _with_gaps(
    schedule: Schedule, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime, Person | None]]:
    reached = since
    for stretch in schedule.stretches:
        if stretch.start > reached:
            yield reached, stretch.start, None
        yield stretch.start, stretch.end, stretch.person
        reached = max(reached, stretch.end)
    if reached < until:
        yield reached, until, None


def policies(source: str, roster: Roster) -> tuple[EscalationPolicy, ...]:
    """All policies with the people who hold their levels now."""
    return tuple(_policy(source, roster, policy) for policy in roster.policies.values())


def _policy(source: str, roster: Roster, policy: Policy) -> EscalationPolicy:
    holders: Mapping[int, list[Person]] = {step: [] for step in range(len(policy.steps))}
    for step, person in roster.duties(policy.id):
        if step in holders:
            holders[step].append(person)
    levels = tuple(
        EscalationLevel(
            level=number + 1, people=tuple(holders[number]), targets=step.targets, delay_minutes=step.delay_minutes
        )
        for number, step in enumerate(policy.steps)
    )
    return EscalationPolicy(source=source, id=policy.id, name=policy.name, levels=levels, repeats=policy.repeats)

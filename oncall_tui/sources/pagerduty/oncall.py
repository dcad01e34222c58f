"""Who is on call: policies, the people on their levels, schedules, and at which level an incident is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta

from oncall_tui.model import EscalationLevel, EscalationPolicy, OnCall, Person, Ref
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.pagerduty.paging import Row

_ASSIGNMENT_SLACK = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Target:
    """Who or what stands on a level. ``kind``: ``user``, ``schedule``, or ``schedule_v3`` (the shift-based kind)."""

    kind: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Policy:
    """An escalation policy as PagerDuty has it: one rule a level, its delay in minutes and its targets."""

    id: str
    name: str
    teams: tuple[str, ...]
    repeats: int
    rules: tuple[tuple[float, tuple[Target, ...]], ...]

    def delay_minutes(self, level: int) -> float:
        """From paging this level until the next is paged; 0 where there is no such level."""
        return self.rules[level - 1][0] if 1 <= level <= len(self.rules) else 0.0

    def paged_after_s(self, level: int) -> float:
        """From the trigger until this level is paged."""
        return 60.0 * sum(delay for delay, _ in self.rules[: level - 1])

    def team(self, preferred: Iterable[str]) -> str:
        """What a person would call it: the seat's own team where it is one of it, its first team, else its name."""
        mine = {name.casefold() for name in preferred}
        return next((team for team in self.teams if team.casefold() in mine), (self.teams or (self.name,))[0])


@dataclass(frozen=True, slots=True)
class Duty:
    """One person on one level of one policy, for a stretch of time (``None``: for ever)."""

    policy: Ref
    level: int
    person: Person
    schedule: Ref | None
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Roster:
    """What is known of people, policies and duties; any part may be empty because it could not be read."""

    people: Mapping[str, Person] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    duties: tuple[Duty, ...] = ()
    ahead: tuple[Duty, ...] = ()
    """Duties of the next weeks, of everybody."""

    def person(self, row: object, *path: str) -> Person | None:
        """The person that a reference names, with the address where the people are known."""
        person_id = fields.native_id(row, *path, "id")
        if person_id is None:
            return None
        known = self.people.get(person_id)
        return known or Person(id=person_id, name=fields.text(row, *path, "summary") or person_id)

    def on_level(self, policy_id: str, level: int) -> tuple[Person, ...]:
        """Who holds that level now, each once."""
        found = {d.person.id: d.person for d in self.duties if d.policy.id == policy_id and d.level == level}
        return tuple(found.values())

    def level_of(
        self,
        policy_id: str | None,
        assignees: Iterable[str],
        assigned_at: datetime | None,
        escalates_at: datetime | None,
    ) -> int | None:
        """At which level of its policy an incident is: the one whose people it is assigned to.

        Where one person is on several levels, the minutes between assignment and next escalation tell them
        apart, else the lowest is taken. ``None``: not assigned by way of a level.
        """
        policy = self.policies.get(policy_id or "")
        assigned = set(assignees)
        if policy is None or not assigned:
            return None
        levels = [
            level
            for level in range(1, len(policy.rules) + 1)
            if assigned <= {person.id for person in self.on_level(policy.id, level)}
        ]
        if len(levels) > 1 and assigned_at is not None and escalates_at is not None:
            lasted = escalates_at - assigned_at
            fitting = [
                level
                for level in levels
                if abs(timedelta(minutes=policy.delay_minutes(level)) - lasted) <= _ASSIGNMENT_SLACK
            ]
            levels = fitting or levels
        return levels[0] if levels else None


# -- reading -----------------------------------------------------------------------------------------------------


def read_people(rows: Iterable[Row]) -> dict[str, Person]:
    """Users by id."""
    found = {}
    for row in rows:
        user_id = fields.native_id(row, "id")
        if user_id is not None:
            name = fields.text(row, "name") or fields.text(row, "summary") or user_id
            found[user_id] = Person(id=user_id, name=name, contact=fields.text(row, "email"))
    return found


def read_policies(rows: Iterable[Row]) -> dict[str, Policy]:
    """Escalation policies by id."""
    found = {}
    for row in rows:
        policy_id = fields.native_id(row, "id")
        if policy_id is None:
            continue
        rules = tuple(
            (fields.number(rule, "escalation_delay_in_minutes") or 0.0, tuple(_targets(rule)))
            for rule in fields.rows(row, "escalation_rules")
        )
        teams = tuple(name for team in fields.rows(row, "teams") if (name := fields.text(team, "summary")))
        name = fields.text(row, "name") or fields.text(row, "summary") or policy_id
        found[policy_id] = Policy(policy_id, name, teams, fields.integer(row, "num_loops") or 0, rules)
    return found


def _targets(rule: Row) -> Iterator[Target]:
    for row in fields.rows(rule, "targets"):
        target_id = fields.native_id(row, "id")
        kind = (fields.text(row, "type") or "").removesuffix("_reference")
        if target_id is not None:
            yield Target(kind, target_id, fields.text(row, "summary") or fields.text(row, "name") or target_id)


def read_duties(rows: Iterable[Row], roster: Roster) -> tuple[Duty, ...]:
    """On-call rows; what names no policy, level or person is passed over."""
    found = []
    for row in rows:
        policy, schedule = reference(row, "escalation_policy"), reference(row, "schedule")
        level, person = fields.integer(row, "escalation_level"), roster.person(row, "user")
        if policy is not None and person is not None and level is not None and level >= 1:
            since, until = fields.instant(row, "start"), fields.instant(row, "end")
            found.append(Duty(policy, level, person, schedule, since, until))
    return tuple(found)


def reference(row: object, *path: str) -> Ref | None:
    """The thing that a reference names."""
    thing_id = fields.native_id(row, *path, "id")
    if thing_id is None:
        return None
    return Ref(id=thing_id, name=fields.text(row, *path, "summary") or fields.text(row, *path, "name") or thing_id)


# -- as the model has it -----------------------------------------------------------------------------------------


def on_call(source: str, roster: Roster, teams: Sequence[str], now: datetime) -> tuple[OnCall, ...]:
    """One row for each policy, level and person, in that order."""
    rows: dict[tuple[str, int, str], OnCall] = {}
    for duty in roster.duties:
        key = (duty.policy.id, duty.level, duty.person.id)
        if (held := rows.get(key)) is not None:
            # Twice on one level, by two schedules: there until the later end.
            if held.until is not None and (duty.until is None or duty.until > held.until):
                rows[key] = replace(held, until=duty.until)
            continue
        policy = roster.policies.get(duty.policy.id)
        rows[key] = OnCall(
            source=source,
            team=policy.team(teams) if policy else duty.policy.name,
            level=duty.level,
            person=duty.person,
            policy=duty.policy,
            schedule=duty.schedule,
            since=duty.since,
            until=duty.until,
            paged_after_s=policy.paged_after_s(duty.level) if policy else None,
            next_person=_next(roster, duty, now),
        )
    return tuple(sorted(rows.values(), key=lambda row: (row.team, row.policy.name if row.policy else "", row.level)))


def _next(roster: Roster, duty: Duty, now: datetime) -> str | None:
    coming = [
        (other.since, other.person.name)
        for other in roster.ahead
        if other.policy.id == duty.policy.id
        and other.level == duty.level
        and other.person.id != duty.person.id
        and other.since is not None
        and other.since > now
        and (duty.schedule is None or other.schedule is None or other.schedule.id == duty.schedule.id)
    ]
    return min(coming)[1] if coming else None


def escalation_policies(source: str, roster: Roster) -> tuple[EscalationPolicy, ...]:
    """All policies with the people who hold their levels now."""
    return tuple(
        EscalationPolicy(
            source=source,
            id=policy.id,
            name=policy.name,
            repeats=policy.repeats,
            teams=policy.teams,
            levels=tuple(
                EscalationLevel(
                    level=level,
                    people=roster.on_level(policy.id, level),
                    targets=tuple(target.name for target in targets),
                    delay_minutes=delay,
                )
                for level, (delay, targets) in enumerate(policy.rules, 1)
            ),
        )
        for policy in roster.policies.values()
    )

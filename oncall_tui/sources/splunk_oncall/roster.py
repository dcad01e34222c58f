"""People, teams, policies and schedules of an organisation, and who is on call by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from oncall_tui.model import EscalationLevel, EscalationPolicy, OnCall, Person, Ref, Shift
from oncall_tui.records import dataclass
from oncall_tui.sources import fields

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Who holds a step from when to when (``None``: for ever); ``user`` ``None``: nobody."""

    start: datetime | None
    end: datetime | None
    user: str | None
    rotation: str | None
    is_override: bool = False

    def covers(self, now: datetime) -> bool:
        """Whether it is now."""
        return (self.start is None or self.start <= now) and (self.end is None or now < self.end)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a policy: the minutes that are waited before it is paged, the names of what stands on it."""

    wait_minutes: float
    targets: tuple[str, ...]
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Current:
    """Who is on call now by one policy."""

    team: Ref
    policy: Ref
    users: tuple[str, ...]


@dataclass(slots=True)
class Roster:
    """What is known; any part may be empty because it could not be read."""

    people: dict[str, Person] = field(default_factory=dict)
    current: tuple[Current, ...] = ()
    policies: dict[str, tuple[Ref, Ref | None]] = field(default_factory=dict)
    """Slug -> policy and team."""
    steps: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    """Slug of the policy -> its steps, where they were read."""
    schedules: dict[tuple[str, int], dict[str, tuple[Stretch, ...]]] = field(default_factory=dict)
    """Slug of the team and number of the step (from 0) -> slug of the policy -> its stretches."""

    def person(self, user: str) -> Person:
        """The person of that user name."""
        return self.people.get(user.casefold()) or Person(id=user, name=user)

    def team_names(self, incident: Row) -> tuple[str, ...]:
        """The teams that an incident has paged."""
        names = {ref.id: ref.name for _, ref in self.policies.values() if ref is not None}
        names |= {one.team.id: one.team.name for one in self.current}
        found = [fields.text(item, "team", "name") for item in fields.rows(incident, "pagedPolicies")]
        slugs = fields.walk(incident, "pagedTeams")
        for slug in slugs if isinstance(slugs, list) else ():
            text = fields.text({"v": slug}, "v")
            found.append(names.get(text, text) if text else None)
        return tuple(dict.fromkeys(name for name in found if name))

    def holders(self, policy: str, step: int, now: datetime) -> tuple[str, ...]:
        """The user names that hold that step (from 0) of that policy now."""
        found = [
            stretch.user
            for (_, number), policies in self.schedules.items()
            if number == step
            for stretch in policies.get(policy, ())
            if stretch.user and stretch.covers(now)
        ]
        steps = self.steps.get(policy, ())
        if not found and step < len(steps):
            found = list(steps[step].users)
        return tuple(dict.fromkeys(found))


# -- reading -----------------------------------------------------------------------------------------------------


def read_people(data: Any) -> dict[str, Person]:
    """Users by user name in lower case. Older servers nest the list once more."""
    found = {}
    for row in _flat(fields.walk(data, "users")):
        user = fields.native_id(row, "username")
        if user is None:
            continue
        name = " ".join(filter(None, (fields.text(row, "firstName"), fields.text(row, "lastName"))))
        found[user.casefold()] = Person(id=user, name=name or user, contact=fields.text(row, "email"))
    return found


def _flat(items: Any) -> Iterator[Row]:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, Mapping):
            yield item
        elif isinstance(item, list):
            yield from (inner for inner in item if isinstance(inner, Mapping))


def ref(row: Any, *path: str) -> Ref | None:
    """The thing that a slug and a name stand for."""
    slug = fields.native_id(row, *path, "slug")
    return Ref(id=slug, name=fields.text(row, *path, "name") or slug) if slug is not None else None


def read_current(rows: Iterable[Row]) -> tuple[Current, ...]:
    """Who is on call now, by team and policy; what names neither is passed over."""
    found = []
    for row in rows:
        team = ref(row, "team")
        for item in fields.rows(row, "onCallNow"):
            policy = ref(item, "escalationPolicy")
            users = (fields.native_id(user, "onCallUser", "username") for user in fields.rows(item, "users"))
            if team is not None and policy is not None:
                found.append(Current(team, policy, tuple(dict.fromkeys(user for user in users if user))))
    return tuple(dict.fromkeys(found))


def read_policies(rows: Iterable[Row]) -> dict[str, tuple[Ref, Ref | None]]:
    """Policies by slug, each with its team."""
    return {policy.id: (policy, ref(row, "team")) for row in rows if (policy := ref(row, "policy")) is not None}


def read_steps(data: Any) -> tuple[Step, ...]:
    """The steps of one policy."""
    return tuple(
        Step(fields.number(row, "timeout") or 0.0, *_targets(fields.rows(row, "entries")))
        for row in fields.rows(data, "steps")
    )


def _targets(entries: Iterable[Row]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names, users = [], []
    for entry in entries:
        user = fields.native_id(entry, "user", "username")
        if user is not None:
            users.append(user)
        for kind in ("user", "rotationGroup", "targetPolicy", "webhook", "email"):
            name = next((text for key in _NAMES if (text := fields.text(entry, kind, key))), None)
            if name is not None:
                names.append(name)
    return tuple(names), tuple(users)


_NAMES = ("label", "name", "username", "policyName", "slug", "address")


def read_schedule(data: Any) -> dict[str, tuple[Stretch, ...]]:
    """One step of one team's policies: slug of the policy -> its stretches in order, overrides put in."""
    found: dict[str, tuple[Stretch, ...]] = {}
    for row in fields.rows(data, "schedules"):
        policy = ref(row, "policy")
        if policy is None:
            continue
        stretches = [stretch for entry in fields.rows(row, "schedule") for stretch in _entry(entry)]
        for override in fields.rows(row, "overrides"):
            stretches = [part for stretch in stretches for part in _overridden(stretch, override)]
        found[policy.id] = tuple(sorted(stretches, key=lambda one: one.start.timestamp() if one.start else 0.0))
    return found


def _entry(entry: Row) -> Iterator[Stretch]:
    rotation = fields.text(entry, "rotationName") or fields.text(entry, "shiftName")
    rolls = list(fields.rows(entry, "rolls"))
    for roll in rolls:
        start, end = fields.instant(roll, "start"), fields.instant(roll, "end")
        if start is not None and end is not None and end > start:
            yield Stretch(start, end, fields.native_id(roll, "onCallUser", "username"), rotation)
    if not rolls:
        stand_in = fields.native_id(entry, "overrideOnCallUser", "username")
        user = stand_in or fields.native_id(entry, "onCallUser", "username")
        if user is not None:
            yield Stretch(None, None, user, rotation, stand_in is not None)


def _overridden(stretch: Stretch, override: Row) -> Iterator[Stretch]:
    """``stretch``, cut where somebody stands in for its user."""
    start, end = fields.instant(override, "start"), fields.instant(override, "end")
    user = fields.native_id(override, "overrideOnCallUser", "username")
    other = stretch.user != fields.native_id(override, "origOnCallUser", "username")
    if start is None or end is None or user is None or other or stretch.start is None or stretch.end is None:
        yield stretch
        return
    start, end = max(start, stretch.start), min(end, stretch.end)
    if start >= end:
        yield stretch
        return
    if stretch.start < start:
        yield Stretch(stretch.start, start, stretch.user, stretch.rotation)
    yield Stretch(start, end, user, stretch.rotation, True)
    if end < stretch.end:
        yield Stretch(end, stretch.end, stretch.user, stretch.rotation)


# -- as the model has it -----------------------------------------------------------------------------------------


def on_call(source: str, roster: Roster, now: datetime) -> tuple[OnCall, ...]:
    """One row for each policy, level and person. Whose step is not known stands on level 1: it is paged first."""
    found: dict[tuple[str, int, str], OnCall] = {}
    for current in roster.current:
        stepped = _stepped(roster, current, now)
        told = {stretch.user for _, stretch in stepped}
        loose = [(0, Stretch(None, None, user, None)) for user in current.users if user not in told]
        for step, stretch in (*stepped, *loose):
            if stretch.user is None:
                continue
            found[current.policy.id, step, stretch.user] = OnCall(
                source=source,
                team=current.team.name,
                level=step + 1,
                person=roster.person(stretch.user),
                policy=current.policy,
                schedule=Ref(id=stretch.rotation, name=stretch.rotation) if stretch.rotation else None,
                since=stretch.start,
                until=stretch.end,
                paged_after_s=_paged_after(roster.steps.get(current.policy.id, ()), step),
                next_person=_next(roster, current, step, stretch, now),
            )
    return tuple(sorted(found.values(), key=lambda row: (row.team, row.policy.name if row.policy else "", row.level)))


def _stepped(roster: Roster, current: Current, now: datetime) -> list[tuple[int, Stretch]]:
    return [
        (step, stretch)
        for (team, step), policies in sorted(roster.schedules.items())
        if team == current.team.id
        for stretch in policies.get(current.policy.id, ())
        if stretch.covers(now)
    ]


def _paged_after(steps: Sequence[Step], step: int) -> float | None:
    return 60.0 * sum(one.wait_minutes for one in steps[: step + 1]) if step < len(steps) else None


def _next(roster: Roster, current: Current, step: int, held: Stretch, now: datetime) -> str | None:
    coming = [
        (stretch.start, stretch.user)
        for stretch in roster.schedules.get((current.team.id, step), {}).get(current.policy.id, ())
        if stretch.start is not None
        and stretch.start > now
        and stretch.user
        and stretch.user != held.user
        and stretch.rotation == held.rotation
    ]
    return roster.person(min(coming)[1]).name if coming else None


def shifts(source: str, roster: Roster) -> tuple[Shift, ...]:
    """The stretches of every schedule that was read, once for each team and level."""
    names = {one.team.id: one.team.name for one in roster.current}
    found: dict[tuple[str, str, int, datetime], Shift] = {}
    for (team, step), policies in roster.schedules.items():
        for policy, stretches in policies.items():
            known = roster.policies.get(policy)
            for stretch in stretches:
                if stretch.start is None or stretch.end is None:
                    continue
                schedule = stretch.rotation or (known[0].name if known else policy)
                found[team, schedule, step, stretch.start] = Shift(
                    source=source,
                    schedule=schedule,
                    team=names.get(team, team),
                    level=step + 1,
                    start=stretch.start,
                    end=stretch.end,
                    person=roster.person(stretch.user) if stretch.user else None,
                    is_override=stretch.is_override,
                )
    return tuple(sorted(found.values(), key=lambda shift: (shift.team, shift.level, shift.schedule, shift.start)))


def policies(source: str, roster: Roster, now: datetime) -> tuple[EscalationPolicy, ...]:
    """All policies with the people who hold their levels now."""
    return tuple(
        EscalationPolicy(
            source=source,
            id=policy.id,
            name=policy.name,
            teams=(team.name,) if team is not None else (),
            levels=tuple(_levels(roster, policy.id, now)),
        )
        for policy, team in roster.policies.values()
    )


def _levels(roster: Roster, policy: str, now: datetime) -> Iterator[EscalationLevel]:
    steps = roster.steps.get(policy, ())
    known = [number for (_, number), told in roster.schedules.items() if told.get(policy)]
    for step in range(max(len(steps), max(known, default=-1) + 1)):
        yield EscalationLevel(
            level=step + 1,
            people=tuple(roster.person(user) for user in roster.holders(policy, step, now)),
            targets=steps[step].targets if step < len(steps) else (),
            # There, a step has the minutes before it; a level has those after it.
            delay_minutes=steps[step + 1].wait_minutes if step + 1 < len(steps) else 0.0,
        )

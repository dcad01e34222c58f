"""Roles and escalation paths as people: who has which role now, who is paged after whom (S2). Pure, from the board."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from oncall_tui.board import Board, Holder, OnCallTeam
from oncall_tui.clock import format_duration, iso
from oncall_tui.model import EscalationPolicy
from oncall_tui.policy import SeverityPolicy
from oncall_tui.policy.roles import Role
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One person, as people are told of."""

    name: str
    contact: str | None = None
    mine: bool = False
    """It is the seat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One level of an escalation path."""

    level: int
    after_s: float | None
    """Seconds from the trigger until it is paged."""
    people: tuple[Named, ...]
    """Empty: nobody holds it."""
    until: datetime | None = None
    following: str | None = None
    targets: tuple[str, ...] = ()
    """What stands on the level: names of schedules or people, where the system tells."""
    roles: tuple[str, ...] = ()
    """Titles of the roles that holding it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Who is paged after whom."""

    policy: str
    source: str
    steps: tuple[Step, ...]
    repeats: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One role in a team: who has it, how that is known, what is owed, how fast."""

    role: Role
    people: tuple[Named, ...]
    known_by: str
    """``level 1 of Payments``, ``on call for Support``, ``the config``, or why nobody is known."""
    answers: str
    """How fast, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamDuties:
    """One team's paths and roles."""

    team: str
    mine: bool
    paths: tuple[Path, ...]
    roles: tuple[Duty, ...]


def duties(board: Board, roles: Sequence[Role], policy: SeverityPolicy) -> tuple[TeamDuties, ...]:
    """Of every team that somebody is on call for, the seat's own first."""
    return tuple(
        TeamDuties(
            team=team.team,
            mine=team.mine,
            paths=tuple(_paths(team, board, roles)),
            roles=tuple(_duty(role, team, board, policy) for role in roles),
        )
        for team in board.on_call
    )


# -- paths -----------------------------------------------------------------------------------------------------


def _paths(team: OnCallTeam, board: Board, roles: Sequence[Role]) -> Iterator[Path]:
    for source in team.sources:
        rows = [one for one in team.holders if source in one.sources and one.entry.source == source]
        rows = rows or [one for one in team.holders if source in one.sources]
        by_policy: dict[str | None, list[Holder]] = {}
        for row in rows:
            by_policy.setdefault(row.entry.policy.id if row.entry.policy else None, []).append(row)
        for policy_id, holders in by_policy.items():
            known = _policy(board, source, policy_id)
            named = next((one.entry.policy.name for one in holders if one.entry.policy), team.team)
            yield Path(
                policy=known.name if known is not None else named,
                source=source,
                steps=tuple(_steps(holders, known, roles)),
                repeats=known.repeats if known is not None else 0,
            )


def _policy(board: Board, source: str, policy_id: str | None) -> EscalationPolicy | None:
    directory = board.directories.get(source)
    policies = directory.policies if directory is not None else ()
    return next((one for one in policies if one.id == policy_id), None)


def _steps(holders: Sequence[Holder], policy: EscalationPolicy | None, roles: Sequence[Role]) -> Iterator[Step]:
    told = {level.level: level for level in policy.levels} if policy is not None else {}
    afters: dict[int, float] = {}
    passed = 0.0
    for level in sorted(told):
        afters[level] = passed * 60
        passed += told[level].delay_minutes
    for number in sorted({one.entry.level for one in holders} | set(told)):
        here = [one for one in holders if one.entry.level == number]
        first = here[0].entry if here else None
        after = first.paged_after_s if first is not None else None
        yield Step(
            level=number,
            after_s=after if after is not None else afters.get(number),
            people=tuple(_named(one) for one in here),
            until=first.until if first is not None else None,
            following=first.next_person if first is not None else None,
            targets=told[number].targets if number in told else (),
            roles=tuple(role.title for role in roles if role.level == number and role.team is None),
        )


def _named(holder: Holder) -> Named:
    person = holder.entry.person
    return Named(name=person.name, contact=person.contact, mine=holder.mine)


# -- roles -----------------------------------------------------------------------------------------------------


def _duty(role: Role, team: OnCallTeam, board: Board, policy: SeverityPolicy) -> Duty:
    people, known_by = _people(role, team, board)
    return Duty(role=role, people=people, known_by=known_by, answers=answers(role, policy))


def _people(role: Role, team: OnCallTeam, board: Board) -> tuple[tuple[Named, ...], str]:
    if role.people:
        return tuple(_configured(name, board) for name in role.people), "the config"
    if role.team is not None:
        level = role.level or 1
        other = next((one for one in board.on_call if one.team.casefold() == role.team.casefold()), None)
        if other is None:
            return (), f"no system tells who is on call for {role.team}"
        return _on_level(other, level), f"on call for {other.team}{f', level {level}' if level > 1 else ''}"
    if role.level is not None:
        return _on_level(team, role.level), f"level {role.level} of {team.team}"
    return (), "named when it is needed" if role.when else f"nobody is named: policy.roles.{role.id} in the config"


def _on_level(team: OnCallTeam, level: int) -> tuple[Named, ...]:
    return tuple(_named(one) for one in team.holders if one.entry.level == level)


def _configured(name: str, board: Board) -> Named:
    """The person of that name or mail address, where a system knows them."""
    wanted = name.casefold()
    for source, directory in board.directories.items():
        for person in directory.people:
            if wanted in (person.name.casefold(), (person.contact or "").casefold(), person.id.casefold()):
                mine = f"{source}:{person.id}" in board.seat.my_ids
                return Named(name=person.name, contact=person.contact, mine=mine)
    return Named(name=name, mine=board.seat.user is not None and wanted == board.seat.user.casefold())


def answers(role: Role, policy: SeverityPolicy) -> str:
    """How fast whoever has the role answers, in words."""
    if role.respond is not None:
        return f"within {format_duration(role.respond)}"
    if role.level != 1 or role.team is not None:
        return ""
    told = []
    for severity in sorted(policy.rules):
        rule = policy.rules[severity]
        told.append(f"Sev{severity} {format_duration(rule.respond) if rule.respond else 'in business hours'}")
    return ", ".join(told)


def to_json(found: Sequence[TeamDuties]) -> dict[str, Any]:
    """As one JSON document."""
    return {
        "version": 1,
        "teams": [
            {
                "team": one.team,
                "mine": one.mine,
                "escalation": [
                    {
                        "policy": path.policy,
                        "source": path.source,
                        "repeats": path.repeats,
                        "levels": [_step(step) for step in path.steps],
                    }
                    for path in one.paths
                ],
                "roles": [_role(duty) for duty in one.roles],
            }
            for one in found
        ],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "level": step.level,
        "paged_after_s": step.after_s,
        "people": [_person(one) for one in step.people],
        "until": iso(step.until) if step.until is not None else None,
        "next": step.following,
        "targets": list(step.targets),
        "roles": list(step.roles),
    }


def _role(duty: Duty) -> dict[str, Any]:
    role = duty.role
    return {
        "id": role.id,
        "title": role.title,
        "people": [_person(one) for one in duty.people],
        "known_by": duty.known_by,
        "owes": list(role.owes),
        "respond_s": int(role.respond.total_seconds()) if role.respond is not None else None,
        "answers": duty.answers or None,
        "when": role.when or None,
        "escalates": role.escalates or None,
    }


def _person(one: Named) -> dict[str, Any]:
    return {"name": one.name, "contact": one.contact, "mine": one.mine}

"""Escalation chains as levels: what stands between two waits is one level."""

from __future__ import annotations

from collections.abc import Iterable

from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.grafana_oncall.api import Row

_LISTS = {
    "persons_to_notify": "user",
    "persons_to_notify_next_each_time": "turn",
    "notify_on_call_from_schedule": "schedule",
    "team_to_notify": "team",
    "group_to_notify": "group",
}
"""The field that names whom a step notifies -> what its ids are of."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a step notifies. ``kind``: ``user``; ``turn`` (one of several users, another each time); ``schedule``;
    ``team``; ``group`` (of the chat, whose members OnCall does not tell)."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Level:
    """Those who are notified together, ``after_minutes`` after the alert group began; the next level follows
    ``delay_minutes`` later."""

    targets: tuple[Target, ...]
    after_minutes: float
    delay_minutes: float


@dataclass(frozen=True, slots=True)
class Chain:
    """An escalation chain."""

    id: str
    name: str
    team_id: str | None
    levels: tuple[Level, ...] = ()


def read_chains(chains: Iterable[Row], steps: Iterable[Row]) -> dict[str, Chain]:
    """Chains by id, with their levels."""
    by_chain: dict[str, list[Row]] = {}
    for step in steps:
        by_chain.setdefault(fields.native_id(step, "escalation_chain_id") or "", []).append(step)
    found = {}
    for row in chains:
        chain_id = fields.native_id(row, "id")
        if chain_id is not None:
            name = fields.text(row, "name") or chain_id
            levels = read_levels(by_chain.get(chain_id, ()))
            found[chain_id] = Chain(chain_id, name, fields.native_id(row, "team_id"), levels)
    return found


def read_levels(steps: Iterable[Row]) -> tuple[Level, ...]:
    """The levels of one chain's steps. Steps that notify nobody and do not wait (webhooks, conditions, resolving) are
    passed over."""
    groups: list[list[Target]] = []
    waits: list[float] = [0.0]
    """Before the first level, then after each."""
    for step in sorted(steps, key=lambda row: fields.integer(row, "position") or 0):
        if fields.text(step, "type") == "wait":
            waits[-1] += (fields.number(step, "duration") or 0.0) / 60
            continue
        targets = _targets(step)
        if not targets:
            continue
        if not groups or waits[-1] > 0:
            groups.append([])
            waits.append(0.0)
        groups[-1] += targets
    levels = []
    after = waits[0]
    for targets, delay in zip(groups, waits[1:], strict=True):
        levels.append(Level(tuple(dict.fromkeys(targets)), after, delay))
        after += delay
    return tuple(levels)


def _targets(step: Row) -> list[Target]:
    found = []
    for field, kind in _LISTS.items():
        named = step.get(field)
        for one in named if isinstance(named, list) else [named]:
            target_id = fields.native_id(one)
            if target_id is not None:
                found.append(Target(kind, target_id))
    return found

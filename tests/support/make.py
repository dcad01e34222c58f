"""Short makers of model values for tests. Times are given as minutes before :data:`NOW`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from oncall_tui.board.groups import Member, group_key, group_of, member_of
from oncall_tui.board.twins import each_once
from oncall_tui.model import Alert, AlertGroup, AlertState, Incident, IncidentState, OnCall, Person, Ref

NOW = datetime(2026, 11, 23, 14, 42, tzinfo=UTC)
"""A Monday."""

ALICE = Person(id="PALICE", name="Alice Andersson", contact="alice@example.com")
BOB = Person(id="PBOB", name="Bob Brandt", contact="bob@example.com")


def ago(minutes: float) -> datetime:
    """That many minutes before NOW."""
    return NOW - timedelta(minutes=minutes)


def incident(native_id: str = "Q1", *, minutes: float = 3, **fields: Any) -> Incident:
    """A triggered Sev1 of service payments, ``minutes`` old."""
    service = fields.pop("service", "payments")
    values: dict[str, Any] = {
        "id": f"pager:{native_id}",
        "source": "pager",
        "native_id": native_id,
        "title": f"Incident {native_id}",
        "state": IncidentState.TRIGGERED,
        "severity": 1,
        "created_at": ago(minutes),
        "service": Ref(id=f"S-{service}", name=service) if service else None,
    }
    return Incident(**{**values, **fields})


def alert(native_id: str = "f1", *, minutes: float = 5, **fields: Any) -> Alert:
    """A firing HighErrorRate of payments, first seen ``minutes`` ago."""
    values: dict[str, Any] = {
        "id": f"{fields.get('source', 'alerts')}:{native_id}",
        "source": "alerts",
        "native_id": native_id,
        "name": "HighErrorRate",
        "state": AlertState.FIRING,
        "first_at": ago(minutes),
        "last_at": NOW,
        "service": "payments",
        "severity": 2,
        "severity_word": "critical",
    }
    return Alert(**{**values, **fields})


def on_call(person: Person = ALICE, level: int = 1, **fields: Any) -> OnCall:
    """A person on a level of Payments, from six hours ago to six hours from now."""
    values: dict[str, Any] = {
        "source": "pager",
        "team": "Payments",
        "level": level,
        "person": person,
        "policy": Ref(id="PPOL", name="Critical Service On-Call"),
        "since": ago(360),
        "until": NOW + timedelta(hours=6),
    }
    return OnCall(**{**values, **fields})


def grouped(alerts: Iterable[Alert], silencers: Collection[str] = ("alerts",)) -> tuple[AlertGroup, ...]:
    """These alerts as the store tells of them: each once, in groups."""
    by_id = {one.id: one for one in alerts}
    groups: dict[tuple[str, str], list[Member]] = {}
    for member in each_once(map(member_of, by_id.values()), silencers):
        groups.setdefault((member.source, group_key(by_id[member.id])), []).append(member)
    for members in groups.values():
        members.sort(key=lambda member: (member.rank, -member.last_at, member.id))
    return tuple(group_of(*key, by_id[members[0].id], members) for key, members in groups.items())

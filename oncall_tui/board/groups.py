"""Alerts that are drawn as one row: who belongs together, and what a row needs of all its members. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from oncall_tui.model import Alert, AlertGroup, AlertState, Ids

STATE_RANK = {
    AlertState.FIRING: 0,
    AlertState.UNKNOWN: 1,
    AlertState.SILENCED: 2,
    AlertState.ENDED: 3,
    AlertState.RESOLVED: 4,
}
"""What is looked at first."""
MOST_REFS = 20
"""Of each kind of reference the first so many are looked at."""
GONE = 3
"""The first rank of what is not there any more."""
# What tells the members of a group apart, in the order in which it says most to a person.
_WHERE = ("instance", "region", "zone", "pod", "host", "node", "job", "cluster")


class Member(msgspec.Struct, array_like=True, gc=False):
    """What a group needs of one alert: a hundred thousand of them are read for a board, a few at a time."""

    name: str
    first_at: float
    """Seconds since 1970, as :attr:`last_at`."""
    count: int
    labels: dict[str, str]
    severity: int | None = None
    incident_id: str | None = None
    silenced_by: tuple[str, ...] = ()
    runbook: str | None = None
    last_at: float = 0.0
    id: str = ""
    rank: int = 0
    """See :data:`STATE_RANK`."""
    source: str = ""


def member_of(alert: Alert) -> Member:
    """What a group needs of ``alert``."""
    return Member(
        name=alert.name,
        first_at=alert.first_at.timestamp(),
        count=alert.count,
        labels=alert.labels,
        severity=alert.severity,
        incident_id=alert.incident_id,
        silenced_by=alert.silenced_by,
        runbook=alert.runbook,
        id=alert.id,
        rank=STATE_RANK[alert.state],
        last_at=alert.last_at.timestamp(),
        source=alert.source,
    )


def group_key(alert: Alert) -> str:
    """Alerts of one source with the same key are one row."""
    return alert.group_key or f"{alert.name}|{alert.service or ''}"


def group_of(
    source: str,
    key: str,
    head: Alert,
    members: Sequence[Member],
    *,
    keyed: set[str] | frozenset[str] = frozenset(),
    labels: Sequence[str] = (),
) -> AlertGroup:
    """The group of these members, in the order of their rank, the latest first; ``head`` is the first of them.

    Args:
        keyed: full ids of alerts of the source whose native id is some incident's dedup key.
        labels: names of labels that name incidents.
    """
    ids = [member.id for member in members]
    shared = shared_labels(members)
    severities = [member.severity for member in members if member.severity is not None]
    paged = dict.fromkeys((one.incident_id, one.name) for one in members if one.incident_id is not None)
    return AlertGroup(
        source=source,
        key=key,
        head=head,
        ids=Ids(ids),
        severity=min(severities) if severities else None,
        first_at=_moment(min([member.first_at for member in members])),
        last_at=_moment(max([member.last_at for member in members])),
        count=sum([member.count for member in members]),
        labels=tuple(sorted(shared.items())),
        where=_where(members, shared, head.service or ""),
        pages=tuple((incident_id, name) for incident_id, name in paged if incident_id is not None),
        is_paged=bool(paged) and all(member.incident_id is not None for member in members),
        refs=_refs(source, ids, members, keyed, labels) if keyed or labels else (),
        silenced_by=tuple(sorted({ref for member in members for ref in member.silenced_by})),
        runbook=next((member.runbook for member in members if member.runbook), None),
    )


def _refs(
    source: str, ids: list[str], members: Sequence[Member], keyed: set[str] | frozenset[str], labels: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    found = (
        [("", full_id[len(source) + 1 :]) for full_id in sorted(keyed.intersection(ids))[:MOST_REFS]] if keyed else []
    )
    for name in labels:
        values = {member.labels[name] for member in members if name in member.labels}
        found += [(name, value) for value in sorted(values)[:MOST_REFS]]
    return tuple(found)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def shared_labels(members: Sequence[Member]) -> dict[str, str]:
    """The labels that all of them have; there is at least one."""
    shared = dict(members[0].labels)
    items = shared.items()
    for member in members:
        labels = member.labels
        if not items <= labels.items():
            shared = {name: value for name, value in items if labels.get(name) == value}
            items = shared.items()
    return shared


def _where(members: Sequence[Member], shared: dict[str, str], service: str) -> str:
    for name in _WHERE:
        if name in shared:
            values = {shared[name]} - {service}
        else:
            values = {member.labels[name] for member in members if name in member.labels} - {service}
        if len(values) == 1 or (values and name not in shared):
            detail = values.pop() if len(values) == 1 else f"{len(values)} {name}s"
            return f"{service}/{detail}" if service else detail
    return service

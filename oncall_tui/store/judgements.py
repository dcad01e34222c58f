"""What was said of groups of alerts that belong to no incident: real, noise, duplicate, fix the alert (W11)."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING

from oncall_tui.store.codec import moment, stamp
from oncall_tui.store.schema import transaction
from oncall_tui.store.small import storable

if TYPE_CHECKING:
    from oncall_tui.policy.judging import Judgement

_FIELDS = "kind, at, seat, grp, source, name, service, why"


def within(db: sqlite3.Connection, start: datetime, end: datetime) -> tuple[Judgement, ...]:
    """What was said from ``start`` to before ``end``, oldest first."""
    return _read(db, "at >= ? AND at < ?", (stamp(start), stamp(end)))


def of_group(db: sqlite3.Connection, group: str) -> tuple[Judgement, ...]:
    """What was said of one group, oldest first."""
    return _read(db, "grp = ?", (group,))


def put(db: sqlite3.Connection, one: Judgement) -> None:
    """Add what is said now."""
    with transaction(db):
        db.execute(
            f"INSERT INTO judgement ({_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - names of ours
            (
                one.kind.value,
                stamp(one.at),
                storable(one.seat),
                storable(one.group),
                one.source,
                storable(one.name),
                storable(one.service) if one.service is not None else None,
                storable(one.why),
            ),
        )


def _read(db: sqlite3.Connection, where: str, values: tuple[object, ...]) -> tuple[Judgement, ...]:
    # Not at the top: every start makes a store, few ask for this.
    from oncall_tui.policy.judging import Judgement
    from oncall_tui.policy.marks import JUDGEMENTS

    known = {kind.value: kind for kind in JUDGEMENTS}
    rows = db.execute(f"SELECT {_FIELDS} FROM judgement WHERE {where} ORDER BY at, number", values)  # noqa: S608 - ours
    return tuple(
        Judgement(kind=known[kind], at=at, seat=seat, group=group, source=source, name=name, service=service, why=why)
        for kind, when, seat, group, source, name, service, why in rows
        if kind in known and (at := moment(when)) is not None
    )

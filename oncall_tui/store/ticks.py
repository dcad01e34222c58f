"""What was ticked on checklists, and how the commands of their items ended: one row an item, so that two windows that
tick different items both have said so."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING

from oncall_tui.store.codec import moment, stamp
from oncall_tui.store.schema import transaction
from oncall_tui.store.small import storable

if TYPE_CHECKING:
    from oncall_tui.policy.checklists import Tick


def ticks(db: sqlite3.Connection, checklist: str, subject: str) -> tuple[Tick, ...]:
    """What was said of the list's items about that subject (an incident's id, a shift), the oldest first."""
    # Not at the top: every start makes a store, few look at a checklist.
    from oncall_tui.policy.checklists import Tick

    rows = db.execute(
        "SELECT item, at, seat, is_done, said FROM tick WHERE list = ? AND subject = ? ORDER BY at, item",
        (checklist, subject),
    )
    return tuple(
        Tick(item=item, at=at, by=by, done=bool(done), said=said)
        for item, when, by, done, said in rows
        if (at := moment(when)) is not None
    )


def subjects(db: sqlite3.Connection, checklist: str, since: datetime) -> tuple[str, ...]:
    """Of which subjects something was said since then."""
    found = db.execute(
        "SELECT DISTINCT subject FROM tick WHERE list = ? AND at >= ? ORDER BY subject", (checklist, stamp(since))
    )
    return tuple(subject for (subject,) in found)


def mitigated(db: sqlite3.Connection, since: datetime) -> tuple[str, ...]:
    """Incidents on whose timeline a note since then speaks of a mitigation: it may be the mark, whoever wrote it."""
    # Without DISTINCT and ORDER: for their sake SQLite would read every entry of every incident.
    found = db.execute(
        "SELECT incident_id FROM entry WHERE at >= ? AND kind = 'note'"
        " AND (instr(data, CAST('itigat' AS BLOB)) OR instr(data, CAST('ITIGAT' AS BLOB)))",
        (stamp(since),),
    )
    return tuple(sorted({incident_id for (incident_id,) in found}))


def put_tick(db: sqlite3.Connection, checklist: str, subject: str, tick: Tick) -> None:
    """What is said of an item from now on."""
    key, said = _id(checklist, subject, tick.item), storable(tick.said)
    with transaction(db):
        db.execute(
            "INSERT OR REPLACE INTO tick (id, list, subject, item, at, seat, is_done, said)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (key, checklist, subject, tick.item, stamp(tick.at), storable(tick.by), int(tick.done), said),
        )


def drop_tick(db: sqlite3.Connection, checklist: str, subject: str, item: str) -> None:
    """Nothing is said of that item any more."""
    with transaction(db):
        db.execute("DELETE FROM tick WHERE id = ?", (_id(checklist, subject, item),))


def _id(checklist: str, subject: str, item: str) -> str:
    return "\t".join((checklist, subject, item))

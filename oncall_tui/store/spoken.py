"""What was said through a channel, on the incident's timeline: an entry of our own, for no pager tells of it.

It is written in the transaction that confirms the action, so the timeline never lacks what the outbox calls done.
"""

from __future__ import annotations

import sqlite3

from oncall_tui.model import MESSAGING, EntryKind, NoteKind, OutboxRow, OutboxState, TimelineEntry, Verb
from oncall_tui.store.cache import put_entries

_TOLD = frozenset({Verb.MESSAGE, Verb.UPDATE_MESSAGE, Verb.PUBLISH, Verb.PUBLISH_UPDATE})
"""What stakeholders hear: it restarts the update clock."""


def put_spoken(db: sqlite3.Connection, row: OutboxRow) -> None:
    """Write the entry of a confirmed messaging action about an incident; of any other row nothing."""
    entry = spoken(row)
    if entry is not None:
        put_entries(db, row.source, (entry,))


def spoken(row: OutboxRow) -> TimelineEntry | None:
    """The entry that the row makes, or ``None``. Pure."""
    if row.verb not in MESSAGING or row.state is not OutboxState.CONFIRMED or row.target.startswith("local:"):
        return None
    kind, note_kind = EntryKind.OTHER, None
    if row.verb in _TOLD:
        kind = EntryKind.STATUS_UPDATE
    elif row.verb is Verb.TICK:
        kind, note_kind = EntryKind.NOTE, NoteKind.DID
    return TimelineEntry(
        id=f"local:{row.key}",
        incident_id=row.target,
        at=row.sent_at or row.created_at,
        kind=kind,
        text=_words(row),
        author=row.seat,
        origin=row.source,
        note_kind=note_kind,
    )


def _words(row: OutboxRow) -> str:
    params = row.params
    text = str(params.get("text") or "")
    match row.verb:
        case Verb.ROOM:
            # The answer tells the name that it got there, and what was not as wanted.
            return f"room {row.answer or params.get('name', '')}"
        case Verb.TOPIC:
            return f"topic: {params.get('topic', '')}"
        case Verb.PUBLISH:
            return f"{params.get('status', '')}: {params.get('title', '')}\n{text}"
        case Verb.PUBLISH_UPDATE:
            return f"{params.get('status', '')}: {text}"
        case Verb.TICKET:
            return f"ticket {row.native_ref or ''}: {params.get('title', '')}"
        case Verb.UPDATE_MESSAGE:
            return f"changed to: {text}"
        case Verb.TICK:
            return text or "done by hand"
    return text
